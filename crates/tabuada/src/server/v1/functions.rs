//! `/v1/functions`: the names of the language, for help and completion.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_LANGUAGE;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use tabuada_lang::{FunctionInfo, Language, functions};

use crate::peer::Peer;
use crate::server::http_cache::{Freshness, Tag};
use crate::server::negotiation::language;
use crate::server::render::json;
use crate::server::state::App;

/// Lists the names of the language.
pub(in crate::server) async fn get(State(app): State<Arc<App>>, peer: Peer, headers: HeaderMap) -> Response<Body> {
    let language = language::preferred(&headers);
    let list: &'static str = match language {
        Language::English => &ENGLISH,
        Language::Portuguese => &PORTUGUESE,
    };
    let mut response = json(StatusCode::OK, list.to_owned());
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
    let freshness = Freshness::new(Tag::of(&[list])).in_words();
    freshness.put_on(response, &headers, app.calculator.workers().by(peer)).await
}

/// The same for all clients of a language.
static ENGLISH: LazyLock<String> = LazyLock::new(|| written(Language::English));
static PORTUGUESE: LazyLock<String> = LazyLock::new(|| written(Language::Portuguese));

/// A name. `sum` and `prod` occur twice: as functions and as binders.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    kind: &'static str,
    /// The title of its section.
    section: &'static str,
    /// The parameters, in Python's notation; empty for a constant.
    signature: &'static str,
    /// One line; code is between backquotes.
    doc: &'static str,
    /// Whether it needs the prefix `math.`.
    needs_prefix: bool,
}

fn written(language: Language) -> String {
    let entry = |info: FunctionInfo| Entry {
        name: info.name,
        kind: info.kind.code(),
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
    let entries: Vec<Entry> = functions().map(entry).collect();
    // Texts always serialise.
    serde_json::to_string(&BTreeMap::from([("functions", entries)])).unwrap_or_default()
}
