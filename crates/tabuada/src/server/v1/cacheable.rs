//! Answers to `GET` that are made for each request, pictures and explanations: this server stores none, but caches may.
//! The entity tag is made from the question and a version, so it is known before anything is computed.

use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, Response, Uri};

use crate::server::http_cache::Freshness;
use crate::server::negotiation::language;
use crate::server::problems::Problem;
use crate::server::render::{bypass, not_kept, with_cache_status, with_server_timing};
use crate::workers::PeerPool;

/// A finished body.
pub(super) struct Made {
    pub(super) response: Response<Body>,
    /// Whether the same question always has the same body.
    pub(super) is_pure: bool,
}

/// Answers a question. `asked` gives the freshness of the answer, if that is pure, and the future that makes it.
pub(super) async fn answer<M>(
    workers: PeerPool<'_>,
    request: &HeaderMap,
    uri: &Uri,
    asked: impl FnOnce() -> Result<(Freshness, M), Problem>,
) -> Response<Body>
where
    M: Future<Output = Result<Made, Problem>>,
{
    let begun = Instant::now();
    let made = async {
        let (freshness, making) = asked()?;
        if let Some(known) = freshness.known(request) {
            return Ok((known, "not-modified"));
        }
        let Made { response, is_pure } = making.await?;
        if !is_pure {
            return Ok((not_kept(response), "impure"));
        }
        Ok::<_, Problem>((freshness.put_on(response, request, workers).await, "uncached"))
    };
    let (response, detail) = match made.await {
        Ok(made) => made,
        Err(problem) => {
            let code = problem.code;
            let response = match problem.response_to(uri.query(), language::preferred(request)) {
                (response, Some(freshness)) => freshness.put_on(response, request, workers).await,
                (response, None) => not_kept(response),
            };
            (response, code)
        }
    };
    with_server_timing(with_cache_status(response, bypass(detail)), begun.elapsed(), false)
}
