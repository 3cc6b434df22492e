//! `/docs`, where people try the API, and `/redoc`, where they read about it. All files are in the binary, so no
//! internet is needed, and no script is inline, so a strict content security policy holds.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::routing::get;

use crate::server::negotiation::language::{self, Language};
use crate::server::state::Served;

/// The script refers to these beside it.
const LICENCES: &str = include_str!("docs/swagger-ui-bundle.js.LICENSE.txt");

const REDOC_LICENCES: &str =
    concat!(include_str!("docs/redoc.LICENSE"), "\n", include_str!("docs/redoc.standalone.js.LICENSE.txt"));

/// Swagger UI and ReDoc load nothing from other hosts. Their icons are images in style sheets, and both set styles by
/// script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `/docs`.
pub(super) async fn swagger() -> Response<Body> {
    page(include_str!("docs/index.html")).await
}

/// `/redoc`.
pub(super) async fn redoc() -> Response<Body> {
    page(include_str!("docs/redoc.html")).await
}

/// `/openapi.json`: the description of the API in the language of the client.
pub(super) async fn description(headers: &HeaderMap, document: fn(Language) -> &'static str) -> Response<Body> {
    let language = language::preferred(headers);
    let mut response = text("application/json", document(language)).await;
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Language"));
    response
}

/// The files of the pages.
pub(super) fn files() -> Router<Served> {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const STYLE: &str = "text/css; charset=utf-8";
    const PLAIN: &str = "text/plain; charset=utf-8";
    Router::new()
        .route("/docs/docs.css", get(|| text(STYLE, include_str!("docs/docs.css"))))
        .route("/docs/header.js", get(|| text(SCRIPT, include_str!("docs/header.js"))))
        .route("/docs/start.js", get(|| text(SCRIPT, include_str!("docs/start.js"))))
        .route("/docs/swagger-ui-bundle.js", get(|| packed(SCRIPT, include_bytes!("docs/swagger-ui-bundle.js.gz"))))
        .route("/docs/swagger-ui.css", get(|| packed(STYLE, include_bytes!("docs/swagger-ui.css.gz"))))
        .route("/docs/swagger-ui-bundle.js.LICENSE.txt", get(|| text(PLAIN, LICENCES)))
        .route("/redoc/start.js", get(|| text(SCRIPT, include_str!("docs/redoc-start.js"))))
        .route("/redoc/redoc.standalone.js", get(|| packed(SCRIPT, include_bytes!("docs/redoc.standalone.js.gz"))))
        .route("/redoc/redoc.standalone.js.LICENSE.txt", get(|| text(PLAIN, REDOC_LICENCES)))
}

async fn page(html: &'static str) -> Response<Body> {
    let mut response = text("text/html; charset=utf-8", html).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// A text of this type.
async fn text(kind: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A file that is stored compressed only. Every browser accepts it. The paths do not change with a version, so browsers
/// ask again every day.
async fn packed(kind: &'static str, file: &'static [u8]) -> Response<Body> {
    let mut response = text(kind, "").await;
    *response.body_mut() = Body::from(Bytes::from_static(file));
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The colours of a style sheet, each in light and dark.
    fn colours(style: &str) -> BTreeSet<&str> {
        style.lines().map(str::trim).filter(|line| line.starts_with("--") && line.contains("light-dark(")).collect()
    }

    #[test]
    fn the_documentation_has_the_colours_of_the_page() {
        let (own, page) = (colours(include_str!("docs/docs.css")), colours(include_str!("page/style.css")));
        assert!(own.len() > 5 && own.is_subset(&page), "{:?}", own.difference(&page));
    }
}
