//! Which path leads where.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::routing::{get, post};
use prometheus_client::registry::Registry;

use super::render::{CACHE_STATUS, bypass, detail, json, not_kept};
use super::{docs, evaluate, metrics};
use crate::answer::Calculator;
use crate::counters::{Counters, Route};

/// What every route may use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(super) calculator: Calculator,
    pub(super) counters: Counters,
    pub(super) registry: Arc<Registry>,
}

impl App {
    /// Puts together what the routes need. `counters` are those that `calculator` was given.
    pub fn new(calculator: Calculator, counters: Counters) -> Self {
        let registry = Arc::new(metrics::registry(&counters, &calculator));
        Self { calculator, counters, registry }
    }
}

/// The routes.
pub fn app(app: App) -> Router {
    Router::new()
        .route("/", get(|| async { redirect(StatusCode::TEMPORARY_REDIRECT, "/docs") }))
        .route("/evaluate", post(evaluate::evaluate))
        .merge(docs::routes())
        .route("/health/live", get(|| async { not_kept(json(StatusCode::OK, "{\"status\":\"ok\"}".to_owned())) }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics::metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), counted))
        .with_state(app)
}

/// Ready whatever the cache is doing: without Redis every request is still answered.
async fn ready(State(app): State<App>) -> Response<Body> {
    let cache = app.calculator.cache().state().name();
    not_kept(json(StatusCode::OK, format!(r#"{{"status":"ok","cache":"{cache}"}}"#)))
}

/// The course's framework leads a path with a slash too many to the one without.
async fn not_found(uri: Uri) -> Response<Body> {
    const PATHS: [&str; 6] = ["/evaluate", "/docs", "/openapi.json", "/health/live", "/health/ready", "/metrics"];
    let path = uri.path().trim_end_matches('/');
    match PATHS.iter().find(|known| path == **known) {
        Some(known) => {
            let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
            redirect(StatusCode::TEMPORARY_REDIRECT, &format!("{known}{query}"))
        }
        None => detail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn redirect(status: StatusCode, to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    // A query that came in a request line can go out in a header.
    if let Ok(to) = HeaderValue::try_from(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// `Allow` is added by the router.
async fn method_not_allowed(uri: Uri) -> Response<Body> {
    let mut response = detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    if uri.path() == "/evaluate" {
        response.headers_mut().insert(CACHE_STATUS, bypass("method"));
    }
    response
}

async fn counted(State(app): State<App>, request: Request, next: Next) -> Response<Body> {
    let begun = Instant::now();
    let route = match request.uri().path() {
        "/evaluate" => Route::evaluate,
        "/metrics" => Route::metrics,
        path if path.starts_with("/health/") => Route::health,
        path if path.starts_with("/docs") || path == "/openapi.json" => Route::docs,
        _ => Route::other,
    };
    let response = next.run(request).await;
    app.counters.answered(route, response.status().as_u16(), begun.elapsed());
    response
}
