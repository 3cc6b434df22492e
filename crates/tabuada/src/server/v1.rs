//! `/v1`: the product's API. Every route of it answers a failure with a [`Problem`](super::problem::Problem).

mod question;
mod reply;
pub(super) mod evaluate;
pub(super) mod batch;
pub(super) mod table;
pub(super) mod plot;
pub(super) mod explain;
pub(super) mod functions;

pub(super) use evaluate::answer_query;

use axum::Router;
use axum::routing::{get, post};

use super::state::Served;

/// The paths here.
pub(super) const PATHS: [&str; 6] =
    ["/v1/evaluate", "/v1/batch", "/v1/table", "/v1/plot", "/v1/explain", "/v1/functions"];

pub(super) fn routes() -> Router<Served> {
    let [evaluate, batch, table, plot, explain, functions] = PATHS;
    Router::new()
        .route(evaluate, get(evaluate::get).post(evaluate::post))
        .route(batch, post(batch::post))
        .route(table, post(table::post))
        .route(plot, get(plot::get))
        .route(explain, get(explain::get))
        .route(functions, get(functions::get))
}
