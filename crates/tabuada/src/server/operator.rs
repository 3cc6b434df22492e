//! `/v1/cache`: what the cache remembers and did, for its operator. Who that is says [`admission`](super::admission).

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::get;
use serde_json::Value;
use tabuada_cache::{Cursor, CursorError, NameError, Operator, RedisStatus, RemovalStatus, Removed};

use super::admission::{admit, admit_scraper};
use super::described::{NotAdmitted, Overloaded, RedisRefused};
use super::fault::Fault;
use super::language;
use super::problem::{Document as ProblemDocument, Problem};
use super::query::parameter;
use super::render::{json, not_kept};
use super::state::{App, Served};
use crate::answer::Answers;
use crate::view::{self, Listing, RememberedLine, RemovedCount, Statistics};

/// Entries of a page, where nothing else is asked for; and the most that can be.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;

/// The paths here.
pub(super) const PATHS: [&str; 3] = ["/v1/cache", "/v1/cache/keys", "/v1/cache/entry"];

/// The operator's routes, each behind the door.
pub(super) fn routes(served: &Served) -> Router<Served> {
    let [cache, keys, entry] = PATHS;
    Router::new()
        .route(cache, get(statistics).delete(clear))
        .route(keys, get(list))
        .route(entry, get(show).delete(delete))
        .route_layer(from_fn_with_state(served.clone(), door))
}

/// Before the metrics, which have a door of their own.
pub(super) async fn scraper_door(State(served): State<Served>, request: Request, next: Next) -> Response<Body> {
    let (token, names) = (served.app.admin_token.as_ref(), &served.app.metrics_hosts);
    match admit_scraper(token, served.is_loopback, names, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal.into(), request.headers()),
    }
}

async fn door(State(served): State<Served>, request: Request, next: Next) -> Response<Body> {
    match admit(served.app.admin_token.as_ref(), served.is_loopback, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal.into(), request.headers()),
    }
}

/// What is wrong with a request, as whoever sent it is told.
fn told(fault: Fault, headers: &HeaderMap) -> Problem {
    Problem::from(fault).told(language::preferred(headers))
}

/// The answer to a request that is not followed.
fn refused(fault: Fault, headers: &HeaderMap) -> Response<Body> {
    told(fault, headers).response()
}

/// What the cache did
#[utoipa::path(
    get,
    path = "/v1/cache",
    tag = "cache",
    operation_id = "get_cache_statistics",
    security((), ("token" = [])),
    responses(
        (
            status = 200,
            description = "Counts since the process began, named after the hops.",
            body = Statistics,
            example = json!({
                "state": "memory",
                "asked": 3,
                "answers": {"memory": 1, "redis": 0, "computed": 2, "collapsed": 0, "failed": 0, "bypass": 0, "abandoned": 0},
                "open": 0,
                "memory": {"hit": 1, "miss": 2, "entries": 2, "bytes": 262, "bytes_max": 67108864},
                "redis": {},
                "flights": {},
                "offers": {},
                "forgotten": {},
                "redis_errors": {},
                "removals_pending": 0,
            }),
        ),
        NotAdmitted,
    ),
)]
pub(super) async fn statistics(State(app): State<App>) -> Response<Body> {
    said(StatusCode::OK, &view::stats(&app.calculator.cache().stats(), &app.counters))
}

/// List what is remembered
#[utoipa::path(
    get,
    path = "/v1/cache/keys",
    tag = "cache",
    operation_id = "list_cache",
    security((), ("token" = [])),
    params(
        (
            "limit" = Option<u32>,
            Query,
            description = "How many at once; 100 if nothing is said.",
            minimum = 1,
            maximum = 1000,
            example = 100,
        ),
        (
            "cursor" = Option<String>,
            Query,
            description = "`next` of the page before.",
            pattern = "^(r[0-9]{1,4}-[0-9]{1,18}|m([2-7][0-9a-f])*)$",
        ),
    ),
    responses(
        (
            status = 200,
            description = "A page of them. What is remembered or forgotten meanwhile may be in it or not.",
            body = Listing,
            examples(("page" = (
                summary = "GET /v1/cache/keys?limit=100",
                value = json!({
                    "entries": [{"name": "tabuada:2:2+2", "text": "2+2", "kind": "answer", "layers": ["memory"], "ttl": 86400, "bytes": 131}],
                    "next": null,
                    "redis": "absent",
                }),
            ))),
        ),
        (
            status = 400,
            description = "`limit` or `cursor` is none.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("limit" = (
                summary = "GET /v1/cache/keys?limit=0",
                value = json!({
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "code": "malformed",
                    "detail": "limit is a number from 1 to 1000",
                }),
            ))),
        ),
        NotAdmitted,
    ),
)]
pub(super) async fn list(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let asked = || -> Result<_, Fault> {
        let limit = match parameter(uri.query(), "limit")? {
            None => PAGE,
            Some(limit) => limit
                .parse()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
                .ok_or(Fault::Limit { most: PAGE_MAX })?,
        };
        let cursor = parameter(uri.query(), "cursor")?.map(|cursor| cursor.parse::<Cursor>()).transpose();
        Ok((cursor.map_err(|CursorError| Fault::Cursor)?, limit))
    };
    match asked() {
        Ok((cursor, limit)) => said(StatusCode::OK, &view::page(&operator(&app).list(cursor.as_ref(), limit).await)),
        Err(fault) => refused(fault, &headers),
    }
}

/// Look at one answer that is remembered
#[utoipa::path(
    get,
    path = "/v1/cache/entry",
    tag = "cache",
    operation_id = "get_cache_entry",
    security((), ("token" = [])),
    params(
        (
            "key" = String,
            Query,
            description = "An expression, or a name as it stands in Redis.",
            min_length = 1,
            example = "2+2",
        ),
    ),
    responses(
        (
            status = 200,
            description = "What is remembered under that name, and the line that stands in Redis.",
            body = RememberedLine,
            examples(("answer" = (
                summary = "GET /v1/cache/entry?key=2%2B2",
                value = json!({
                    "name": "tabuada:2:2+2",
                    "text": "2+2",
                    "kind": "answer",
                    "layers": ["memory"],
                    "ttl": 86400,
                    "bytes": 131,
                    "line": "{}",
                    "redis": "absent",
                }),
            ))),
        ),
        (
            status = 400,
            description = "`key` is missing, or is no expression.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("missing" = (
                summary = "GET /v1/cache/entry",
                value = json!({
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "code": "malformed",
                    "detail": "expected ?key=, a name as it stands in Redis or an expression",
                }),
            ))),
        ),
        NotAdmitted,
        (
            status = 404,
            description = "Nothing is remembered under that name.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("absent" = (
                summary = "GET /v1/cache/entry?key=6%2A7",
                value = json!({
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "code": "not-remembered",
                    "detail": "nothing is remembered under tabuada:2:6*7",
                }),
            ))),
        ),
        Overloaded,
    ),
)]
pub(super) async fn show(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let name = match name(&app, &uri).await {
        Ok(name) => name,
        Err(fault) => return told(fault, &headers).in_query(uri.query()).response(),
    };
    match operator(&app).entry(&name).await {
        Ok((Some(entry), behind)) => said(StatusCode::OK, &view::entry(&entry, Some(behind))),
        Ok((None, behind)) => absent(name, behind, &headers),
        Err(NameError) => absent(name, RedisStatus::Absent, &headers),
    }
}

/// Forget one answer
#[utoipa::path(
    delete,
    path = "/v1/cache/entry",
    tag = "cache",
    operation_id = "delete_cache_entry",
    security((), ("token" = [])),
    params(
        (
            "key" = String,
            Query,
            description = "An expression, or a name as it stands in Redis.",
            min_length = 1,
            example = "2+2",
        ),
    ),
    responses(
        (
            status = 200,
            description = "It is forgotten, on every node.",
            body = RemovedCount,
            examples(("removed" = (
                summary = "DELETE /v1/cache/entry?key=2%2B2",
                value = json!({"removed": 1, "pending": false}),
            ))),
        ),
        (
            status = 202,
            description = "Redis cannot be reached: there it is removed as soon as it can.",
            body = RemovedCount,
            example = json!({"removed": 1, "pending": true}),
        ),
        (
            status = 400,
            description = "`key` is missing, or is no expression.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("missing" = (
                summary = "DELETE /v1/cache/entry",
                value = json!({
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "code": "malformed",
                    "detail": "expected ?key=, a name as it stands in Redis or an expression",
                }),
            ))),
        ),
        NotAdmitted,
        (
            status = 404,
            description = "Nothing is remembered under that name.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("absent" = (
                summary = "DELETE /v1/cache/entry?key=6%2A7",
                value = json!({
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "code": "not-remembered",
                    "detail": "nothing is remembered under tabuada:2:6*7",
                }),
            ))),
        ),
        RedisRefused,
        Overloaded,
    ),
)]
pub(super) async fn delete(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let name = match name(&app, &uri).await {
        Ok(name) => name,
        Err(fault) => return told(fault, &headers).in_query(uri.query()).response(),
    };
    match operator(&app).delete(&name).await {
        Ok(Removed { count: 0, redis: RemovalStatus::Done, .. }) | Err(NameError) => {
            absent(name, RedisStatus::Reached, &headers)
        }
        Ok(removed) => gone(removed, &headers),
    }
}

/// Forget everything
///
/// Takes no parameters: one who wants to delete one entry and forgets half of the path is not to lose them all.
#[utoipa::path(
    delete,
    path = "/v1/cache",
    tag = "cache",
    operation_id = "clear_cache",
    security((), ("token" = [])),
    responses(
        (
            status = 200,
            description = "All is forgotten, on every node.",
            body = RemovedCount,
            examples(("cleared" = (summary = "DELETE /v1/cache", value = json!({"removed": 1, "pending": false})))),
        ),
        (
            status = 202,
            description = "Redis cannot be reached: there it is removed as soon as it can.",
            body = RemovedCount,
            example = json!({"removed": 1, "pending": true}),
        ),
        (
            status = 400,
            description = "There are parameters.",
            body = ProblemDocument,
            content_type = "application/problem+json",
            examples(("parameters" = (
                summary = "DELETE /v1/cache?key=2%2B2",
                value = json!({
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "code": "malformed",
                    "detail": "DELETE here removes everything and takes no parameters; one entry is /v1/cache/entry?key=…",
                }),
            ))),
        ),
        NotAdmitted,
        RedisRefused,
    ),
)]
pub(super) async fn clear(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return refused(Fault::ClearsAll, &headers);
    }
    gone(operator(&app).clear().await, &headers)
}

fn operator(app: &App) -> Operator<Answers> {
    app.calculator.cache().operator()
}

/// The name that the parameter `key` is about.
async fn name(app: &App, uri: &Uri) -> Result<String, Fault> {
    let key = parameter(uri.query(), "key")?.filter(|key| !key.is_empty()).ok_or(Fault::KeyMissing)?;
    app.calculator.name_in_cache(&key).await.map_err(|nameless| Fault::of_key(nameless, key))
}

fn absent(name: String, behind: RedisStatus, headers: &HeaderMap) -> Response<Body> {
    let fault = match behind {
        RedisStatus::Unreachable => Fault::Unreachable { name },
        RedisStatus::Absent | RedisStatus::Reached => Fault::NotRemembered { name },
    };
    refused(fault, headers)
}

fn gone(removed: Removed, headers: &HeaderMap) -> Response<Body> {
    match removed.redis {
        RemovalStatus::Done => said(StatusCode::OK, &view::removed(&removed)),
        RemovalStatus::Pending => said(StatusCode::ACCEPTED, &view::removed(&removed)),
        RemovalStatus::Refused => refused(Fault::RedisRefused, headers),
    }
}

fn said(status: StatusCode, body: &Value) -> Response<Body> {
    not_kept(json(status, body.to_string()))
}
