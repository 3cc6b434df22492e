//! Which path leads where.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use percent_encoding::percent_decode_str;
use tower::ServiceExt;

use super::evaluate::evaluate;
use super::fault::Fault;
use super::language;
use super::problem::Problem;
use super::render::{CACHE_STATUS, bypass, detail};
use super::state::{App, Listening, Served};
use super::{docs, health, metrics, operator, page, v1, version};
use crate::peer::Peer;

/// Every route of a listener.
pub(super) fn router(served: Served) -> Router {
    routes(&served).fallback(elsewhere).with_state(served)
}

fn routes(served: &Served) -> Router<Served> {
    let routes = match served.listening {
        Listening::Everything => public().merge(apart(served)),
        Listening::Public => public(),
        Listening::Operator => apart(served),
    };
    routes.method_not_allowed_fallback(method_not_allowed)
}

/// What is for everybody.
fn public() -> Router<Served> {
    Router::new()
        .merge(page::routes())
        .route(
            "/evaluate",
            post(|State(app): State<App>, peer: Peer, request: Request| async move { evaluate(&app, peer, request).await }),
        )
        .merge(docs::routes())
        .merge(v1::routes())
        .route("/version", get(version::version))
        // The course's application has nothing there: by other methods than that of a health check there still is nothing.
        .route("/health", get(health::health).fallback(|headers: HeaderMap| async move { nowhere(b"/health", &headers) }))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
}

/// What may have a listener of its own.
fn apart(served: &Served) -> Router<Served> {
    let metrics = Router::new()
        .route("/metrics", get(|State(app): State<App>| async move { metrics::page(&app.registry) }))
        .route_layer(from_fn_with_state(served.clone(), operator::scraper_door));
    operator::routes(served).merge(metrics)
}

/// A path is compared decoded (`/%65valuate` is `/evaluate`), and one with a slash too many is led to the one without, as
/// the course's framework does. The redirect names neither host nor root: behind a proxy, ours would be the wrong ones.
async fn elsewhere(State(served): State<Served>, mut request: Request) -> Response<Body> {
    let path = percent_decode_str(request.uri().path()).collect::<Vec<u8>>();
    let without_slash = &path[..path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1)];
    let Some(known) = paths(served.listening).find(|known| without_slash == known.as_bytes()) else {
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

/// The paths that may be written otherwise.
fn paths(listening: Listening) -> impl Iterator<Item = &'static str> {
    const PUBLIC: [&str; 8] =
        ["/evaluate", "/docs", "/redoc", "/openapi.json", "/version", "/health", "/health/live", "/health/ready"];
    let public = PUBLIC.into_iter().chain(v1::PATHS).filter(move |_| listening != Listening::Operator);
    let apart = operator::PATHS.into_iter().chain(["/metrics"]).filter(move |_| listening != Listening::Public);
    public.chain(apart)
}

fn nowhere(path: &[u8], headers: &HeaderMap) -> Response<Body> {
    if path.starts_with(b"/v1/") {
        return Problem::from(Fault::NothingHere).told(language::preferred(headers)).response();
    }
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// A known path, as it is found from the path of a request: up as many levels as that has, and down again.
fn relative(from: &str, known: &str) -> String {
    let levels = from.matches('/').count().saturating_sub(1);
    format!("{}{}", "../".repeat(levels), known.trim_start_matches('/'))
}

fn redirect(to: &str, query: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    // What came in a request line can go out in a header.
    if let Ok(to) = HeaderValue::try_from(format!("{to}{query}")) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// `Allow` is added by the router.
async fn method_not_allowed(headers: HeaderMap, uri: Uri) -> Response<Body> {
    if uri.path().starts_with("/v1/") {
        return Problem::from(Fault::MethodNotAllowed).told(language::preferred(&headers)).response();
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
    use serde_json::Value;
    use tabuada_cache::Options;

    use super::super::description;
    use super::super::state::Setup;
    use super::*;
    use crate::answer::Calculator;
    use crate::counters::Counters;

    /// What is not told of in the description of the API: that itself, and the pages for people.
    const PAGES: [&str; 4] = ["/", "/openapi.json", "/docs", "/redoc"];

    #[tokio::test]
    async fn every_route_is_described_and_what_is_described_is_a_route() {
        let counters = Counters::default();
        let calculator = Calculator::new(Options::default(), 1, counters.clone()).expect("the options are good");
        let app = App::new(calculator, counters, Setup::default());
        let served = Served { app, listening: Listening::Everything, is_loopback: true };

        // The router tells nobody what it was given, but for this.
        let shown = format!("{:?}", routes(&served));
        let routed = shown.split('"').filter(|part| part.starts_with('/'));
        // Their parts; and the router's own, for what is not found.
        let parts = ["/docs/", "/redoc/", "/page/", "/{*__private__"];
        let is_page = |path: &str| PAGES.contains(&path) || parts.iter().any(|part| path.starts_with(part));
        let routed: BTreeSet<&str> = routed.filter(|path| !is_page(path)).collect();
        let document: Value = serde_json::from_str(&description::document()).expect("it is JSON");
        let described = document["paths"].as_object().expect("paths");
        assert_eq!(routed, described.keys().map(String::as_str).collect());

        for (path, item) in described {
            assert!(paths(Listening::Everything).any(|known| known == path), "{path} cannot be written otherwise");
            if path == "/health" {
                continue;
            }
            let request = Request::builder().method("TRACE").uri(path).header("host", "localhost");
            let request = request.body(Body::empty()).expect("it is a request");
            let response = router(served.clone()).oneshot(request).await.expect("it is answered");
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            let allowed = response.headers()[ALLOW].to_str().expect("methods").split(',').map(str::trim);
            // Where there is GET there is HEAD.
            let allowed: BTreeSet<String> = allowed.filter(|method| *method != "HEAD").map(str::to_lowercase).collect();
            let methods = item.as_object().expect("methods").keys().cloned().collect();
            assert_eq!(allowed, methods, "{path}");
        }
    }
}
