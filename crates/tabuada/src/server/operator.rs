//! `/v1/cache`: what the cache remembers and did, for its operator. Who that is says [`admission`](super::admission).

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::get;
use serde_json::Value;
use tabuada_cache::{Behind, Cursor, NotOurs, Operator, Removal, Removed};

use super::admission::admit;
use super::language::Language;
use super::problem::problem;
use super::query::{about_plus, parameter};
use super::render::{json, not_kept};
use super::state::{App, Served};
use crate::answer::{Answers, Nameless};
use crate::view;

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

/// Why a request is not followed.
struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Refused {
    fn response(self) -> Response<Body> {
        problem(self.status, self.code, &self.detail)
    }
}

async fn door(State(served): State<Served>, request: Request, next: Next) -> Response<Body> {
    match admit(served.app.admin_token.as_ref(), served.is_loopback, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.response(),
    }
}

async fn statistics(State(app): State<App>) -> Response<Body> {
    said(StatusCode::OK, &view::stats(&app.calculator.cache().stats(), &app.counters))
}

async fn list(State(app): State<App>, uri: Uri) -> Response<Body> {
    let asked = || -> Result<_, Refused> {
        let limit = match text_of(&uri, "limit")? {
            None => PAGE,
            Some(limit) => limit
                .parse()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
                .ok_or_else(|| malformed(&format!("limit is a number from 1 to {PAGE_MAX}")))?,
        };
        let cursor = text_of(&uri, "cursor")?.map(|cursor| cursor.parse::<Cursor>()).transpose();
        Ok((cursor.map_err(|error| malformed(&error.to_string()))?, limit))
    };
    match asked() {
        Ok((cursor, limit)) => said(StatusCode::OK, &view::page(&operator(&app).list(cursor.as_ref(), limit).await)),
        Err(refused) => refused.response(),
    }
}

async fn show(State(app): State<App>, uri: Uri) -> Response<Body> {
    let name = match name(&app, &uri).await {
        Ok(name) => name,
        Err(refused) => return refused.response(),
    };
    match operator(&app).entry(&name).await {
        Ok((Some(entry), behind)) => {
            let mut body = view::entry(&entry);
            body["redis"] = Value::from(view::behind(behind));
            said(StatusCode::OK, &body)
        }
        Ok((None, behind)) => absent(&name, behind),
        Err(NotOurs) => absent(&name, Behind::Absent),
    }
}

async fn delete(State(app): State<App>, uri: Uri) -> Response<Body> {
    let name = match name(&app, &uri).await {
        Ok(name) => name,
        Err(refused) => return refused.response(),
    };
    match operator(&app).delete(&name).await {
        Ok(Removed { count: 0, redis: Removal::Done }) | Err(NotOurs) => absent(&name, Behind::Reached),
        Ok(removed) => gone(removed),
    }
}

/// One who wants to delete one entry and forgets half of the path is not to lose them all.
async fn clear(State(app): State<App>, uri: Uri) -> Response<Body> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        let detail = "DELETE here removes everything and takes no parameters; one entry is /v1/cache/entry?key=…";
        return malformed(detail).response();
    }
    gone(operator(&app).clear().await)
}

fn operator(app: &App) -> Operator<Answers> {
    app.calculator.cache().operator()
}

/// The name that the parameter `key` is about.
async fn name(app: &App, uri: &Uri) -> Result<String, Refused> {
    let Some(key) = text_of(uri, "key")?.filter(|key| !key.is_empty()) else {
        return Err(malformed("expected ?key=, a name as it stands in Redis or an expression"));
    };
    app.calculator.name_in_cache(&key).await.map_err(|nameless| match nameless {
        Nameless::Unreadable(_) => {
            malformed(&format!("{}{}", nameless.message(), about_plus(uri.query(), Language::English)))
        }
        Nameless::Overloaded => {
            Refused { status: StatusCode::SERVICE_UNAVAILABLE, code: "overloaded", detail: nameless.message() }
        }
    })
}

fn text_of(uri: &Uri, name: &str) -> Result<Option<String>, Refused> {
    parameter(uri.query(), name).map_err(|_| malformed("the query is not valid UTF-8"))
}

fn malformed(detail: &str) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, code: "malformed", detail: detail.to_owned() }
}

fn absent(name: &str, behind: Behind) -> Response<Body> {
    let detail = match behind {
        Behind::Unreachable => format!("memory holds nothing under {name}, and Redis cannot be reached"),
        Behind::Absent | Behind::Reached => format!("nothing is remembered under {name}"),
    };
    problem(StatusCode::NOT_FOUND, "not-remembered", &detail)
}

fn gone(removed: Removed) -> Response<Body> {
    match removed.redis {
        Removal::Done => said(StatusCode::OK, &view::removed(&removed)),
        Removal::Pending => said(StatusCode::ACCEPTED, &view::removed(&removed)),
        Removal::Refused => {
            let detail = "this node's memory has forgotten it, but Redis does not let us remove it there";
            problem(StatusCode::BAD_GATEWAY, "redis-refused", detail)
        }
    }
}

fn said(status: StatusCode, body: &Value) -> Response<Body> {
    not_kept(json(status, body.to_string()))
}
