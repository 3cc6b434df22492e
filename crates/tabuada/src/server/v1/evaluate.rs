//! `/v1/evaluate`: one expression.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::super::described::{NoBody, Overloaded};
use super::super::language;
use super::super::problem::{Document as ProblemDocument, Problem};
use super::super::render::{cache_status, json, not_kept, with_cache_status};
use super::super::state::App;
use super::question::{Members, ModeText, OwnQuestion, body_of};
use super::reply::{self, Value as Answer};

/// Evaluate an expression
#[utoipa::path(
    get,
    path = "/v1/evaluate",
    tag = "calculator",
    operation_id = "get_evaluation",
    params(
        ("expr" = String, Query, description = "The expression: at most 65,536 bytes.", example = "2+2"),
        ("mode" = Option<ModeText>, Query, description = "`python`, `exact` or `decimal:N`.", example = "python"),
    ),
    responses(
        (
            status = 200,
            description = "Its value.",
            body = Answer,
            headers(("Cache-Status" = String, description = "Where the answer comes from (RFC 9211).")),
            examples(
                ("sum" = (
                    summary = "GET /v1/evaluate?expr=2%2B2",
                    value = json!({"result": 4, "type": "int", "text": "4"}),
                )),
                ("fraction" = (
                    summary = "GET /v1/evaluate?expr=1%2F3%2B1%2F6&mode=exact",
                    value = json!({"result": "1/2", "type": "fraction", "text": "1/2"}),
                )),
            ),
        ),
        (
            status = 400,
            description = "The request cannot be understood.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("missing" = (
                summary = "GET /v1/evaluate",
                value = json!({
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "code": "malformed",
                    "detail": "expr is missing in the query",
                }),
            ))),
        ),
        (
            status = 422,
            description = "The expression cannot be read, or has no value.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            headers(("Cache-Status" = String, description = "Where the answer comes from (RFC 9211).")),
            examples(("failure" = (
                summary = "GET /v1/evaluate?expr=1%2F0",
                value = json!({
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "code": "division-by-zero",
                    "detail": "division by zero",
                    "span": {"start": 0, "end": 3},
                }),
            ))),
        ),
        Overloaded,
    ),
)]
pub(super) async fn get(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    match OwnQuestion::in_query(&uri) {
        Ok(question) => answer(&app, &question, &headers).await,
        Err(problem) => problem.response(),
    }
}

/// Evaluate an expression, with variables
#[utoipa::path(
    post,
    path = "/v1/evaluate",
    tag = "calculator",
    operation_id = "evaluate_question",
    request_body(
        content = Members,
        examples(
            ("variables" = (summary = "With a variable", value = json!({"expr": "x**2", "variables": {"x": 3}}))),
            ("digits" = (summary = "With 20 digits", value = json!({"expr": "pi", "mode": "decimal:20"}))),
        ),
    ),
    responses(
        (
            status = 200,
            description = "Its value.",
            body = Answer,
            headers(("Cache-Status" = String, description = "Where the answer comes from (RFC 9211).")),
            examples(
                ("variables" = (
                    summary = r#"POST /v1/evaluate {"expr":"x**2","variables":{"x":3}}"#,
                    value = json!({"result": 9, "type": "int", "text": "9"}),
                )),
                ("hint" = (
                    summary = r#"POST /v1/evaluate {"expr":"2^3"}"#,
                    value = json!({
                        "result": 1,
                        "type": "int",
                        "text": "1",
                        "hints": [{
                            "code": "xor",
                            "message": "'^' is exclusive or, bit by bit; for a power write **",
                            "span": {"start": 1, "end": 2},
                            "suggestion": {"span": {"start": 1, "end": 2}, "replacement": "**", "expr": "2**3"},
                        }],
                    }),
                )),
            ),
        ),
        (
            status = 400,
            description = "The request cannot be understood.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("missing" = (
                summary = "POST /v1/evaluate {}",
                value = json!({
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "code": "malformed",
                    "detail": "the body is not as expected: missing field `expr` at line 1 column 2",
                }),
            ))),
        ),
        NoBody,
        (
            status = 422,
            description = "The expression cannot be read, or has no value.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            headers(("Cache-Status" = String, description = "Where the answer comes from (RFC 9211).")),
            examples(("unknown" = (
                summary = r#"POST /v1/evaluate {"expr":"sqr(2)"}"#,
                value = json!({
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "code": "unknown-name",
                    "detail": "name 'sqr' is not defined",
                    "span": {"start": 0, "end": 3},
                    "suggestion": {"span": {"start": 0, "end": 3}, "replacement": "sqrt", "expr": "sqrt(2)"},
                }),
            ))),
        ),
        Overloaded,
    ),
)]
pub(super) async fn post(State(app): State<App>, request: Request) -> Response<Body> {
    let asked = async {
        let (headers, _, body) = body_of(request).await?;
        Ok::<_, Problem>((OwnQuestion::in_body(&body)?, headers))
    };
    match asked.await {
        Ok((question, headers)) => answer(&app, &question, &headers).await,
        Err(problem) => problem.response(),
    }
}

async fn answer(app: &App, question: &OwnQuestion, headers: &HeaderMap) -> Response<Body> {
    let question = question.as_question();
    let reply = app.calculator.answer(question).await;
    let response = match reply::body(&reply, question, language::preferred(headers)) {
        Ok(body) => not_kept(json(StatusCode::OK, body)),
        Err(problem) => problem.response(),
    };
    with_cache_status(response, cache_status(&reply))
}
