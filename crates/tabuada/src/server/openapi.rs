//! `/openapi.json`: the descriptions of the operations, and what holds for many of them.
//!
//! A file of `openapi/` describes the methods of one path as OpenAPI 3.1 has it, with two abbreviations: a header is its
//! description, and `x-headers` of an operation are headers of all its responses. Added here are the headers that every
//! response carries, and the [`Shared`] responses, whose examples are what is sent. The paths are in the order of the table
//! of operations. `portuguese.json` has each description in Portuguese.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};
use tabuada_lang::Language;

use crate::server::problems::{Fault, Problem};
use crate::server::version;
use crate::version::VERSION;

type Object = Map<String, Value>;

/// A path and the text that describes its methods, with the responses that follow from its row in the table of operations.
pub(super) struct Described {
    pub(super) path: &'static str,
    pub(super) methods: &'static str,
    pub(super) shared: Vec<Shared>,
}

/// Responses of many operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// To a body that cannot be taken: 408, 413.
    NoBody,
    /// To everybody but the operator: 401, 403.
    NotOperator,
    /// To a client that may not read the metrics: 403.
    NotScraper,
    /// Where there is more to do than can be done: 503.
    Overloaded,
}

impl Shared {
    fn responses(self) -> &'static [(Fault, &'static str)] {
        match self {
            Self::NoBody => &[
                (Fault::BodyTooSlow, "The body did not arrive in time."),
                (Fault::BodyTooLarge, "The body is larger than 1 MiB."),
            ],
            Self::NotOperator => &[
                (Fault::Token, "A token is set, and this is not it."),
                (Fault::Origin, "No token is set, and the request does not come from here."),
            ],
            Self::NotScraper => {
                &[(Fault::MetricsHost, "The request is meant for another host, or came through a proxy.")]
            }
            Self::Overloaded => &[(Fault::Overloaded, "Too much is going on, or the answer took too long.")],
        }
    }
}

/// All of it, in the order in which readers are shown it.
#[derive(Default, Deserialize, Serialize)]
struct Document {
    openapi: Value,
    info: Object,
    servers: Value,
    tags: Value,
    #[serde(skip_deserializing, serialize_with = "in_order")]
    paths: Vec<(&'static str, Methods)>,
    components: Object,
}

fn in_order<S: Serializer>(paths: &[(&'static str, Methods)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(paths.iter().map(|(path, methods)| (path, methods)))
}

/// What a file of `openapi/` holds.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Methods {
    #[serde(skip_serializing_if = "Option::is_none")]
    get: Option<Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete: Option<Object>,
}

impl Methods {
    fn all(&mut self) -> impl Iterator<Item = &mut Object> {
        [&mut self.get, &mut self.post, &mut self.delete].into_iter().flatten()
    }
}

/// The document, as it is sent.
pub(super) fn document(described: impl Iterator<Item = Described>, language: Language) -> String {
    // These files are JSON, which a test checks; and what is JSON always serialises.
    let mut document: Document = serde_json::from_str(include_str!("openapi/document.json")).unwrap_or_default();
    let schemas = serde_json::from_str(include_str!("openapi/schemas.json")).unwrap_or_default();
    document.info.insert("version".to_owned(), VERSION.into());
    document.components.insert("schemas".to_owned(), schemas);
    document.paths = described.map(|described| (described.path, methods(&described))).collect();
    if language == Language::Portuguese {
        document.translate();
    }
    serde_json::to_string(&document).unwrap_or_default()
}

impl Document {
    fn translate(&mut self) {
        let words: Words = serde_json::from_str(include_str!("openapi/portuguese.json")).unwrap_or_default();
        let operations = self.paths.iter_mut().flat_map(|(_, methods)| methods.all());
        operations.chain([&mut self.info, &mut self.components]).for_each(|object| translate_members(object, &words));
        translate(&mut self.tags, &words);
    }
}

/// The descriptions, each with its translation.
type Words = BTreeMap<String, String>;

/// Translates the descriptions and summaries in a part of the document; one without a translation stays. The document
/// is ours, so its depth is bounded.
fn translate(part: &mut Value, words: &Words) {
    match part {
        Value::Array(elements) => elements.iter_mut().for_each(|element| translate(element, words)),
        Value::Object(members) => translate_members(members, words),
        _ => {}
    }
}

fn translate_members(members: &mut Object, words: &Words) {
    for (name, member) in members {
        match member {
            Value::String(text) if matches!(name.as_str(), "description" | "summary") => {
                if let Some(translation) = words.get(text.as_str()) {
                    text.clone_from(translation);
                }
            }
            // Examples are what is sent.
            _ if matches!(name.as_str(), "value" | "example") => {}
            _ => translate(member, words),
        }
    }
}

fn methods(described: &Described) -> Methods {
    // A file that describes several paths names its own so in its examples.
    let text = described.methods.replace(" PATH", &format!(" {}", described.path));
    let mut methods: Methods = serde_json::from_str(&text).unwrap_or_default();
    for operation in methods.all() {
        complete(described.path, operation, &described.shared);
    }
    methods
}

/// Adds to the description of an operation what it has in common with others.
fn complete(path: &str, operation: &mut Object, shared: &[Shared]) {
    if shared.contains(&Shared::NotOperator) {
        operation.insert("security".to_owned(), json!([{}, {"token": []}]));
    }
    if path == "/v4"
        && let Some(Value::String(id)) = operation.get_mut("operationId")
    {
        // The same as at `/v4/`; the name of an operation stands once.
        id.push_str("_without_slash");
    }
    let takes_body = operation.contains_key("requestBody");
    let headers = operation.remove("x-headers").unwrap_or_default();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    let of_this = shared.iter().filter(|shared| takes_body || **shared != Shared::NoBody);
    for (fault, description) in of_this.flat_map(|shared| shared.responses()) {
        // What the file itself says of a status goes before.
        let status = fault.code().0.as_u16().to_string();
        responses.entry(status).or_insert_with(|| problem(fault, description));
    }
    for (status, response) in responses {
        if path == "/version" {
            let build = serde_json::from_str(&version::build()).unwrap_or_default();
            response["content"]["application/json"]["examples"]["version"]["value"] = build;
        }
        add_headers(path, status, response, &headers);
    }
}

/// Adds the headers of an operation, and those that follow from the kind of a response.
fn add_headers(path: &str, status: &str, response: &mut Value, of_all: &Value) {
    let is_problem = !response["content"]["application/problem+json"].is_null();
    let mut headers = response["headers"].take().as_object().cloned().unwrap_or_default();
    headers.extend(of_all.as_object().cloned().unwrap_or_default());
    let mut add = |name: &str, description: &str| {
        headers.entry(name).or_insert_with(|| description.into());
    };
    add("X-Content-Type-Options", "`nosniff`.");
    let name = "Request ID, as logged: the client's own `X-Request-Id`, or a new one. Responses that shared caches may keep \
                always have a new one.";
    add("X-Request-Id", name);
    if !matches!(path, "/evaluate" | "/metrics") {
        add("Cache-Control", "Who may keep the answer, and for how long.");
    }
    if is_problem {
        add("Content-Language", "What `detail` is written in: `en` or `pt-BR`, by `Accept-Language`.");
        add("Vary", "What in a request makes another answer.");
    }
    if status == "401" {
        add("WWW-Authenticate", "`Bearer`.");
    }
    for header in headers.values_mut().filter(|header| header.is_string()) {
        *header = json!({"schema": {"type": "string"}, "description": header});
    }
    if is_problem && status == "503" {
        let schema = json!({"type": "integer", "minimum": 1});
        let header = json!({"schema": schema, "description": "After how many seconds to try again."});
        headers.insert("Retry-After".to_owned(), header);
    }
    response["headers"] = headers.into();
}

fn problem(fault: &Fault, description: &str) -> Value {
    // It was written as JSON.
    let example: Value =
        serde_json::from_str(&Problem::from(fault.clone()).body(Language::English)).unwrap_or_default();
    let content = json!({"schema": {"$ref": "#/components/schemas/Problem"}, "example": example});
    json!({"description": description, "content": {"application/problem+json": content}})
}
