//! `/v1/functions`: the names that the language knows, for help and completion.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_LANGUAGE;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use tabuada_lang::{FunctionInfo, Language, functions};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::super::freshness::{Freshness, Tag, WORDS_SECONDS};
use super::super::language;
use super::super::render::json;
use super::super::state::App;
use crate::peer::Peer;

/// They are the same for everybody who reads the same language.
static ENGLISH: LazyLock<String> = LazyLock::new(|| written(Language::English));
static PORTUGUESE: LazyLock<String> = LazyLock::new(|| written(Language::Portuguese));

/// Every name that the language knows, section by section.
#[derive(Serialize, ToSchema)]
#[schema(as = Functions)]
pub(super) struct List {
    functions: Vec<Entry>,
}

/// A name and what it stands for. `sum` and `prod` are there twice: as functions and as binders.
#[derive(Serialize, ToSchema)]
#[schema(as = Function)]
struct Entry {
    #[schema(example = "sqrt")]
    name: &'static str,
    #[schema(schema_with = kinds)]
    kind: &'static str,
    /// The title of its section.
    section: &'static str,
    /// The arguments, in Python's manner; empty for a constant.
    #[schema(example = "x")]
    signature: &'static str,
    /// One line; code in it stands between grave accents.
    doc: &'static str,
    /// Whether it is reached only with `math.` before it.
    needs_prefix: bool,
}

fn kinds() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["function", "binder", "constant"]))
        .description(Some("What it is; a binder is called as `sum(k**2, k, 1, 10)`."))
        .build()
}

/// List the names that the language knows
#[utoipa::path(
    get,
    path = "/v1/functions",
    tag = "calculator",
    operation_id = "list_functions",
    responses((
        status = 200,
        description = "Functions, binders and constants, in the language of `Accept-Language`.",
        body = List,
        examples(("list" = (summary = "GET /v1/functions", external_value = "v1/functions"))),
    ), (status = 304, description = "What the asker has still holds.")),
)]
pub(super) async fn get(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Response<Body> {
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
    // Texts always serialise.
    serde_json::to_string(&List { functions: functions().map(entry).collect() }).unwrap_or_default()
}
