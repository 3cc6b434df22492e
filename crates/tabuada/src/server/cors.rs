//! Pages of other origins: whether a browser lets them send requests and read answers (CORS, in the Fetch standard).
//!
//! Nothing is granted unless the operator names origins. Then the public operations are granted, but never those of the
//! operator and the metrics. No operation needs a cookie or a login, so credentials are not allowed.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_REQUEST_METHOD, AGE, ETAG, HeaderName, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Request, Response};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::config::Origins;
use crate::server::render::{CACHE_STATUS, SERVER_TIMING, vary};
use crate::server::request_id::REQUEST_ID;

/// How long a browser may cache a preflight: the most that any browser allows.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The headers that a page may read, beside those of every answer.
const EXPOSED: [HeaderName; 6] = [ETAG, AGE, CACHE_STATUS, SERVER_TIMING, REQUEST_ID, RETRY_AFTER];

/// The policy.
#[derive(Clone, Debug)]
pub(super) struct Cors {
    layer: CorsLayer,
    /// The answer names the origin of the request, so it varies by origin.
    is_for_some: bool,
}

impl Cors {
    /// The policy for pages of these origins; `None`: nothing is granted.
    pub(super) fn new(origins: &Origins) -> Option<Self> {
        let layer = CorsLayer::new()
            .allow_methods([Method::GET, Method::HEAD, Method::POST])
            // Unknown request headers are ignored.
            .allow_headers(Any)
            .expose_headers(EXPOSED)
            .max_age(MAX_AGE)
            .vary([]);
        match origins {
            Origins::None => None,
            Origins::Some(origins) => {
                // The characters of an origin are valid in a header.
                let origins = origins.iter().filter_map(|origin| HeaderValue::try_from(origin.as_str()).ok());
                Some(Self { layer: layer.allow_origin(AllowOrigin::list(origins)), is_for_some: true })
            }
            Origins::All => Some(Self { layer: layer.allow_origin(Any), is_for_some: false }),
        }
    }

    /// Remembers a request while it is answered.
    pub(super) fn page<B>(&self, request: &Request<B>) -> Page {
        let mut asked = Request::new(());
        asked.method_mut().clone_from(request.method());
        asked.headers_mut().clone_from(request.headers());
        Page { cors: self.clone(), asked }
    }
}

/// Whether a request may be from a page. `OPTIONS` that is no preflight is answered like any other method that is not
/// allowed.
pub(super) fn concerns<B>(request: &Request<B>) -> bool {
    let asks = |name| request.headers().contains_key(name);
    request.method() != Method::OPTIONS || asks(ORIGIN) && asks(ACCESS_CONTROL_REQUEST_METHOD)
}

/// A request that may be from a page.
pub(super) struct Page {
    cors: Cors,
    asked: Request<()>,
}

impl Page {
    /// Adds the CORS headers to the answer. The answer to a preflight consists of them.
    ///
    /// The layer wraps the finished answer and not the service, so that other requests do not pass through it.
    pub(super) async fn told(self, response: Response<Body>) -> Response<Body> {
        let mut response = Some(response);
        let service = tower::service_fn(|_| ready(Ok::<_, Infallible>(response.take().unwrap_or_default())));
        let mut told = match self.cors.layer.layer(service).oneshot(self.asked).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if self.cors.is_for_some {
            vary(told.headers_mut(), "Origin");
        }
        told
    }
}
