//! `/v1/functions`: the names that the language knows, for help and completion.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_LANGUAGE;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use tabuada_lang::{FunctionInfo, FunctionKind, Language, functions};

use crate::peer::Peer;
use crate::server::http_cache::{Freshness, Tag, WORDS_SECONDS};
use crate::server::negotiation::language;
use crate::server::render::json;
use crate::server::state::App;

/// Lists the names that the language knows.
pub(in crate::server) async fn get(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Response<Body> {
    let language = language::preferred(&headers);
    let list: &'static str = match language {
        Language::English => &ENGLISH,
        Language::Portuguese => &PORTUGUESE,
    };
    let mut response = json(StatusCode::OK, list.to_owned());
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
    let freshness = Freshness::new(Tag::of(&[list])).in_words().for_seconds(WORDS_SECONDS);
    freshness.put_on(response, &headers, app.calculator.workers().by(peer)).await
}

/// They are the same for everybody who reads the same language.
static ENGLISH: LazyLock<String> = LazyLock::new(|| written(Language::English));
static PORTUGUESE: LazyLock<String> = LazyLock::new(|| written(Language::Portuguese));

/// Every name that the language knows, section by section.
#[derive(Serialize)]
struct List {
    functions: Vec<Entry>,
}

/// A name and what it stands for. `sum` and `prod` are there twice: as functions and as binders.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    kind: &'static str,
    /// The title of its section.
    section: &'static str,
    /// The arguments, in Python's manner; empty for a constant.
    signature: &'static str,
    /// One line; code in it stands between grave accents.
    doc: &'static str,
    /// Whether it is reached only with `math.` before it.
    needs_prefix: bool,
}

fn written(language: Language) -> String {
    let entry = |info: FunctionInfo| Entry {
        name: info.name,
        kind: match info.kind {
            FunctionKind::Function => "function",
            FunctionKind::Binder => "binder",
            FunctionKind::Constant => "constant",
        },
        section: match language {
            Language::English => info.section.title(),
            Language::Portuguese => info.section.title_pt(),
        },
        signature: info.signature,
        doc: match language {
            Language::English => info.doc,
            Language::Portuguese => info.doc_pt,
        },
        needs_prefix: info.needs_prefix,
    };
    // Texts always serialise.
    serde_json::to_string(&List { functions: functions().map(entry).collect() }).unwrap_or_default()
}
