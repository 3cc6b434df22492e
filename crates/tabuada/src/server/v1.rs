//! `/v1`: the product's API. Every route of it answers a failure with a [`Problem`](super::problem::Problem).

mod question;
mod reply;
pub(super) mod evaluate;

pub(super) use evaluate::answer_query;

use axum::Router;
use axum::routing::get;

use super::state::Served;

/// The paths here.
pub(super) const PATHS: [&str; 1] = ["/v1/evaluate"];

pub(super) fn routes() -> Router<Served> {
    let [evaluate] = PATHS;
    Router::new().route(evaluate, get(evaluate::get).post(evaluate::post))
}
