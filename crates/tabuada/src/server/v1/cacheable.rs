//! What is made anew for whoever does not have it, pictures and explanations: nothing of it is remembered here, but others
//! may keep it. Its entity tag is made of the question and of a version of ours, both of which are known before anything is
//! worked out.

use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, Response, Uri};

use crate::server::http_cache::Freshness;
use crate::server::negotiation::language;
use crate::server::problems::Problem;
use crate::server::render::{bypass, not_kept, with_cache_status, with_server_timing};
use crate::workers::Hands;

/// A body that was made.
pub(super) struct Made {
    pub(super) response: Response<Body>,
    /// Whether the same question has the same.
    pub(super) is_pure: bool,
}

/// Answers a question, once it is known what is asked: `freshness` is that of what `making` makes, if that is pure.
pub(super) async fn answer<M>(
    workers: Hands<'_>,
    asker: &HeaderMap,
    uri: &Uri,
    asked: impl FnOnce() -> Result<(Freshness, M), Problem>,
) -> Response<Body>
where
    M: Future<Output = Result<Made, Problem>>,
{
    let begun = Instant::now();
    let made = match asked() {
        Ok((freshness, making)) => match freshness.known(asker) {
            Some(known) => Ok((known, "not-modified")),
            None => match making.await {
                Ok(Made { response, is_pure: true }) => {
                    Ok((freshness.put_on(response, asker, workers).await, "uncached"))
                }
                Ok(Made { response, is_pure: false }) => Ok((not_kept(response), "impure")),
                Err(problem) => Err(problem),
            },
        },
        Err(problem) => Err(problem),
    };
    let (response, detail) = match made {
        Ok(answered) => answered,
        Err(problem) => {
            let problem = problem.told(language::preferred(asker)).in_query(uri.query());
            let body = problem.body();
            let freshness = problem.freshness(&body);
            let response = problem.response_with(body);
            let response = match freshness {
                Some(freshness) => freshness.put_on(response, asker, workers).await,
                None => not_kept(response),
            };
            (response, problem.code)
        }
    };
    with_server_timing(with_cache_status(response, bypass(detail)), begun.elapsed(), false)
}
