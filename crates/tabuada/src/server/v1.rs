//! `/v1`: the product's API. Every route of it answers a failure with a [`Problem`](super::problem::Problem).

mod question;
mod reply;
mod evaluate;
mod plot;
mod explain;

use axum::Router;
use axum::routing::get;

use super::state::Served;

/// The paths here.
pub(super) const PATHS: [&str; 3] = ["/v1/evaluate", "/v1/plot", "/v1/explain"];

pub(super) fn routes() -> Router<Served> {
    let [evaluate, plot, explain] = PATHS;
    Router::new()
        .route(evaluate, get(evaluate::get).post(evaluate::post))
        .route(plot, get(plot::get))
        .route(explain, get(explain::get))
}
