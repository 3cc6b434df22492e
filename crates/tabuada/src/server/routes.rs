//! The router, made from the [table of operations](crate::server::operations).

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use percent_encoding::percent_decode_str;
use tower::ServiceExt;

use super::{docs, operator, page};
use crate::server::negotiation::language;
use crate::server::operations::{Access, OPERATIONS, Operation};
use crate::server::problems::{Fault, Problem};
use crate::server::render::{CACHE_STATUS, bypass, detail};
use crate::server::state::{Listening, Served};

/// All routes of a listener.
pub(super) fn router(served: Served) -> Router {
    routes(&served).fallback(elsewhere).with_state(served)
}

fn routes(served: &Served) -> Router<Served> {
    let mut routes = Router::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.is_served(served.listening)) {
        let route = Router::new().route(operation.path, (operation.handlers)());
        routes = routes.merge(match operation.access {
            Access::Public { .. } | Access::PublicToAllPages => route,
            Access::Operator => route.route_layer(from_fn_with_state(served.clone(), operator::let_operator_in)),
            Access::Scraper => route.route_layer(from_fn_with_state(served.clone(), operator::let_scraper_in)),
        });
    }
    if served.listening != Listening::Operator {
        routes = routes.merge(page::files()).merge(docs::files());
    }
    routes.method_not_allowed_fallback(method_not_allowed)
}

/// Paths are compared decoded (`/%65valuate` is `/evaluate`), and a path with trailing slashes is redirected to the one
/// without, as by the course's framework. The redirect is relative: behind a proxy, our host and root would be wrong.
async fn elsewhere(State(served): State<Served>, mut request: Request) -> Response<Body> {
    let path = percent_decode_str(request.uri().path()).collect::<Vec<u8>>();
    let without_slash = &path[..path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1)];
    let mut known = OPERATIONS.iter().filter(|operation| operation.is_served(served.listening));
    let Some(Operation { path: known, .. }) = known.find(|known| without_slash == known.path.as_bytes()) else {
        return nowhere(&path, request.headers());
    };
    let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
    if path.len() > without_slash.len() {
        return redirect(&relative(request.uri().path(), known), &query);
    }
    let Ok(target) = Uri::try_from(format!("{known}{query}")) else {
        return nowhere(&path, request.headers());
    };
    *request.uri_mut() = target;
    match routes(&served).with_state(served).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn nowhere(path: &[u8], headers: &HeaderMap) -> Response<Body> {
    if path.starts_with(b"/v1/") {
        return Problem::from(Fault::NothingHere).response(language::preferred(headers));
    }
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// The relative reference from the path of a request to a known path: up as many levels, and down again.
fn relative(from: &str, known: &str) -> String {
    let levels = from.matches('/').count().saturating_sub(1);
    format!("{}{}", "../".repeat(levels), known.trim_start_matches('/'))
}

fn redirect(to: &str, query: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    // The characters of a request line are valid in a header.
    if let Ok(to) = HeaderValue::try_from(format!("{to}{query}")) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// The router adds `Allow`.
async fn method_not_allowed(headers: HeaderMap, uri: Uri) -> Response<Body> {
    if uri.path().starts_with("/v1/") {
        return Problem::from(Fault::MethodNotAllowed).response(language::preferred(&headers));
    }
    let mut response = detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    if uri.path() == "/evaluate" {
        response.headers_mut().insert(CACHE_STATUS, bypass("method"));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::header::ALLOW;

    use super::*;
    use crate::server::state::App;

    /// By its methods and no others.
    #[tokio::test]
    async fn every_operation_is_done_as_it_is_described() {
        let app = App::for_tests();
        let served = Served { app, listening: Listening::Everything, is_loopback: true };
        for operation in &OPERATIONS {
            let path = operation.path;
            let request = Request::builder().method("TRACE").uri(path).header("host", "localhost");
            let request = request.body(Body::empty()).expect("it is a request");
            let response = router(served.clone()).oneshot(request).await.expect("it is answered");
            if path == "/health" {
                assert_eq!(response.status(), StatusCode::NOT_FOUND);
                continue;
            }
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            let allowed = response.headers()[ALLOW].to_str().expect("methods").split(',').map(str::trim);
            // Where there is GET there is HEAD.
            let allowed: BTreeSet<String> = allowed.filter(|method| *method != "HEAD").map(str::to_lowercase).collect();
            assert_eq!(allowed, operation.methods(), "{path}");
        }
    }
}
