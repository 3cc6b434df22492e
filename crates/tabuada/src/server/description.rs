//! `/openapi.json`: the operations, each described where it is handled, and what holds for all of them. A new one is
//! added to the list here.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, PathItem, RefOr, Response};
use utoipa::{Modify, OpenApi};

use super::described::expr_missing;
use super::problem::Document as Problem;
use super::v1::batch;
use super::{evaluate, health, metrics, operator, v1, version};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tabuada",
        description = "A calculator backend that remembers. `/evaluate` answers as the course's application does; what \
                       is under `/v1` answers every failure with `application/problem+json`. A request with the \
                       header `Prefer: handling=lenient` is told its problems with the status 200, for pages \
                       whose browser would report another as an error of theirs.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    // Beside this document, wherever a proxy has put that.
    servers((url = ".")),
    tags(
        (name = "calculator", description = "Expressions and their values."),
        (name = "course", description = "The course's route, byte for byte."),
        (name = "cache", description = "What is remembered, for the operator: with the server's token; without one set, from this machine."),
        (name = "operation", description = "For whoever runs it."),
    ),
    paths(
        v1::evaluate::get,
        v1::evaluate::post,
        v1::batch::post,
        v1::table::post,
        v1::plot::get,
        v1::explain::get,
        v1::functions::get,
        evaluate::evaluate,
        operator::statistics,
        operator::clear,
        operator::list,
        operator::show,
        operator::delete,
        health::live,
        health::ready,
        health::health,
        version::version,
        metrics::page,
    ),
    components(schemas(Problem, batch::Line, batch::LineValue, batch::LineError, batch::Reason)),
    modifiers(&Token, &Headers),
)]
struct Api;

/// The document, as it is sent.
pub(super) fn document() -> String {
    // Texts and numbers always serialise.
    Api::openapi().to_json().unwrap_or_default()
}

/// How the operator is known.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The server's `TABUADA_ADMIN_TOKEN`."))
            .build();
        document.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// What every answer of a kind carries.
struct Headers;

impl Modify for Headers {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            for (is_get, operation) in operations(item) {
                if operation.parameters.iter().flatten().any(is_expr) {
                    operation.responses.responses.extend([expr_missing(path)]);
                }
                for (status, response) in &mut operation.responses.responses {
                    if let RefOr::T(response) = response {
                        complete(path, is_get, status, response);
                    }
                }
            }
        }
    }
}

fn is_expr(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.name == "expr")
}

/// Those of a path, and whether each is GET.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let all = [(true, &mut item.get), (false, &mut item.post), (false, &mut item.delete)];
    all.into_iter().filter_map(|(is_get, operation)| Some((is_get, operation.as_mut()?)))
}

fn complete(path: &str, is_get: bool, status: &str, response: &mut Response) {
    let mut add = |name: &str, header: Header| {
        response.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
    };
    add("X-Content-Type-Options", text("`nosniff`."));
    let name = "What the request is called: as its own `X-Request-Id` says, or by a name of ours, which what shared caches \
                may keep always has.";
    add("X-Request-Id", text(name));
    if response.content.contains_key("application/problem+json") {
        add("Content-Language", text("What `detail` is written in: `en` or `pt-BR`, by `Accept-Language`."));
        add("Vary", text("What in a request makes another answer."));
    }
    if path == "/v1/functions" {
        add("ETag", text("Names the list, for `If-None-Match`."));
        add("Content-Language", text("What it is written in."));
        add("Vary", text("What in a request makes another answer."));
    }
    if matches!(path, "/v1/evaluate" | "/v1/plot" | "/v1/explain") {
        add("Cache-Status", text("Where the answer comes from (RFC 9211)."));
        add("Server-Timing", text("How long it took."));
        if is_get && matches!(status, "200" | "304" | "422") {
            add("ETag", text("Names the answer, for `If-None-Match`. Not there if it is different each time."));
            add("Vary", text("What in a request makes another answer."));
        }
        if status < "400" {
            add("Content-Language", text("What the words in it are written in, if there are any."));
        }
    }
    match (path, status) {
        ("/v1/evaluate", "200" | "304" | "422") if is_get => {
            add("Age", text("For how many seconds it has been remembered, if it has."));
        }
        ("/v1/table", "200") => add("Vary", text("What in a request makes another answer.")),
        ("/v1/plot", "200") => {
            add("Content-Security-Policy", text("That a picture which is looked at by itself does nothing."));
        }
        _ => {}
    }
    if matches!(path, "/v1/batch" | "/v1/table") && status == "200" {
        add("X-Accel-Buffering", text("`no`: a proxy hands each piece on as it comes."));
    }
    match path {
        "/evaluate" => add("Cache-Status", text("Where the answer comes from (RFC 9211).")),
        "/metrics" => {}
        _ => add("Cache-Control", text("Who may keep the answer, and for how long.")),
    }
    match status {
        "401" => add("WWW-Authenticate", text("`Bearer`.")),
        "503" if !matches!(path, "/health" | "/health/ready") => add("Retry-After", seconds()),
        _ => {}
    }
}

fn text(description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

fn seconds() -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new().schema(Some(schema)).description(Some("After how many seconds to try again.")).build()
}
