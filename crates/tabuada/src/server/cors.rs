//! Pages of other origins: whether a browser lets them ask, and read the answer (CORS, as the Fetch standard has it).
//!
//! Nothing is granted unless the operator names origins; then what is for everybody is, and the operator's routes and the
//! metrics never are. Nothing of ours needs a cookie or a login of the asker's, so none may be sent.

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

/// How long a browser need not ask again: as long as any of them believes.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a page may read beside what every page may.
const EXPOSED: [HeaderName; 6] = [ETAG, AGE, CACHE_STATUS, SERVER_TIMING, REQUEST_ID, RETRY_AFTER];

/// What is granted.
#[derive(Clone, Debug)]
pub(super) struct Cors {
    layer: CorsLayer,
    /// The answer names the origin that asked, so it is another for each.
    is_for_some: bool,
}

impl Cors {
    /// What is granted to pages of these origins; `None`: nothing, to nobody.
    pub(super) fn new(origins: &Origins) -> Option<Self> {
        let layer = CorsLayer::new()
            .allow_methods([Method::GET, Method::HEAD, Method::POST])
            // Those that are not known here are not looked at.
            .allow_headers(Any)
            .expose_headers(EXPOSED)
            .max_age(MAX_AGE)
            .vary([]);
        match origins {
            Origins::None => None,
            Origins::Some(origins) => {
                // What an origin is made of can stand in a header.
                let origins = origins.iter().filter_map(|origin| HeaderValue::try_from(origin.as_str()).ok());
                Some(Self { layer: layer.allow_origin(AllowOrigin::list(origins)), is_for_some: true })
            }
            Origins::All => Some(Self { layer: layer.allow_origin(Any), is_for_some: false }),
        }
    }

    /// What is remembered of a request while it is answered.
    pub(super) fn page<B>(&self, request: &Request<B>) -> Page {
        let mut asked = Request::new(());
        asked.method_mut().clone_from(request.method());
        asked.headers_mut().clone_from(request.headers());
        Page { cors: self.clone(), asked }
    }
}

/// Whether a request may be a page's. `OPTIONS` that is no preflight is answered like any method that is not done.
pub(super) fn concerns<B>(request: &Request<B>) -> bool {
    let asks = |name| request.headers().contains_key(name);
    request.method() != Method::OPTIONS || asks(ORIGIN) && asks(ACCESS_CONTROL_REQUEST_METHOD)
}

/// A request that may be a page's.
pub(super) struct Page {
    cors: Cors,
    asked: Request<()>,
}

impl Page {
    /// The answer, and for whose pages it is. To a question for leave it is that alone.
    ///
    /// The layer is put around the answer and not around what makes it, so that a request which is no page's goes no
    /// longer way than without.
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
