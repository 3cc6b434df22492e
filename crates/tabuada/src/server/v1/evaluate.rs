//! `/v1/evaluate`: one expression.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::super::language;
use super::super::problem::Problem;
use super::super::render::{cache_status, json, not_kept, with_cache_status};
use super::super::state::App;
use super::question::{OwnQuestion, body_of};
use super::reply;

/// `?expr=…&mode=…`
pub(super) async fn get(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    match OwnQuestion::in_query(&uri) {
        Ok(question) => answer(&app, &question, &headers).await,
        Err(problem) => problem.response(),
    }
}

/// `{"expr": …, "variables": {…}, "mode": …}`
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
