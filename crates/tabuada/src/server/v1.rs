//! `/v1`: the product's API. Every route of it answers a failure with a [`Problem`](super::problem::Problem).

mod question;
mod reply;
mod made;
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

#[cfg(test)]
mod tests {
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::http::header::ACCEPT;
    use http_body_util::BodyExt as _;
    use tabuada_cache::Options;

    use super::super::freshness::Tag;
    use super::super::state::{App, Setup};
    use super::*;
    use crate::answer::Calculator;
    use crate::counters::Counters;
    use crate::peer::Peer;

    /// Pictures and explanations, in one number, beside the versions that stand for them in their tags. If this fails
    /// because one of them has changed, raise its version: or who has the old one will be told that it still holds.
    #[tokio::test]
    async fn the_versions_stand_for_what_is_drawn_and_explained() {
        let counters = Counters::default();
        let calculator = Calculator::new(Options::default(), 1, counters.clone()).expect("the options are good");
        let app = App::new(calculator, counters, Setup::default());
        let [_, _, _, plot_path, explain_path, _] = PATHS;
        let mut bodies = Vec::new();
        for (path, query, accepted) in [
            (plot_path, "expr=sin(x)&expr=1/x&expr=sqrt(-1-x**2)", "image/svg+xml"),
            (plot_path, "expr=x**2&from=0&to=1e6&width=300", "image/svg+xml"),
            (plot_path, "expr=tan(x)", "image/png"),
            (explain_path, "expr=2%2B3*4^1", "*/*"),
            (explain_path, "expr=f(a)@=a**2;f(3)/0", "*/*"),
            (explain_path, "expr=1/3%2Bsum(k,k,1,9)&mode=exact", "*/*"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accepted.parse().expect("a header"));
            let uri = format!("{path}?{query}").parse().expect("a target");
            let response = if path == plot_path {
                plot::get(State(app.clone()), Peer::default(), headers, uri).await
            } else {
                explain::get(State(app.clone()), Peer::default(), headers, uri).await
            };
            assert_eq!(response.status(), 200, "{query}");
            let body = response.into_body().collect().await.expect("it is there").to_bytes();
            bodies.push(format!("{body:?}"));
        }
        let digest =
            |bodies: &[String]| format!("{:?}", Tag::of(&bodies.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!((plot::VERSION, &*digest(&bodies[..3])), ("plot 3", "Tag(337396346658188692137660326032001559468)"));
        assert_eq!(
            (explain::VERSION, &*digest(&bodies[3..])),
            ("explain 2", "Tag(44786241641224229542224912975912610333)")
        );
    }
}
