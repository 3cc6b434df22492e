//! `/docs`, where a person tries the API, `/redoc`, where one reads it, and `/openapi.json`, which describes it.
//! Everything is in the binary: none needs the internet, and no script stands in a page, so a strict content security
//! policy holds.

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response};
use axum::routing::get;

use super::description;
use super::state::Served;

/// The description of the API. It says the same whoever asks, so it is made once.
static OPENAPI: LazyLock<String> = LazyLock::new(description::document);

/// The script itself says that these lie beside it.
const LICENCES: &str = include_str!("docs/swagger-ui-bundle.js.LICENSE.txt");

const REDOC_LICENCES: &str =
    concat!(include_str!("docs/redoc.LICENSE"), "\n", include_str!("docs/redoc.standalone.js.LICENSE.txt"));

/// Scripts and styles of Swagger UI and of ReDoc need nothing from elsewhere; icons are images in style sheets, and both set
/// styles of their own.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The routes of the documentation.
pub(super) fn routes() -> axum::Router<Served> {
    axum::Router::new()
        .route("/docs", get(|| page(include_str!("docs/index.html"))))
        .route("/docs/start.js", get(|| text("text/javascript; charset=utf-8", include_str!("docs/start.js"))))
        .route(
            "/docs/swagger-ui-bundle.js",
            get(|| packed("text/javascript; charset=utf-8", include_bytes!("docs/swagger-ui-bundle.js.gz"))),
        )
        .route(
            "/docs/swagger-ui.css",
            get(|| packed("text/css; charset=utf-8", include_bytes!("docs/swagger-ui.css.gz"))),
        )
        .route("/docs/swagger-ui-bundle.js.LICENSE.txt", get(|| text("text/plain; charset=utf-8", LICENCES)))
        .route("/redoc", get(|| page(include_str!("docs/redoc.html"))))
        .route("/redoc/start.js", get(|| text("text/javascript; charset=utf-8", include_str!("docs/redoc-start.js"))))
        .route(
            "/redoc/redoc.standalone.js",
            get(|| packed("text/javascript; charset=utf-8", include_bytes!("docs/redoc.standalone.js.gz"))),
        )
        .route("/redoc/redoc.standalone.js.LICENSE.txt", get(|| text("text/plain; charset=utf-8", REDOC_LICENCES)))
        .route("/openapi.json", get(|| text("application/json", &OPENAPI)))
}

async fn page(html: &'static str) -> Response<Body> {
    let mut response = text("text/html; charset=utf-8", html).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

async fn text(kind: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A file that is only kept compressed. Every browser takes it; the paths change with no version, so it is asked for
/// again every day.
async fn packed(kind: &'static str, file: &'static [u8]) -> Response<Body> {
    let mut response = text(kind, "").await;
    *response.body_mut() = Body::from(Bytes::from_static(file));
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
    response
}
