//! `/v1`: the product's API. Every failure is a [`Problem`](crate::server::problems::Problem).

mod question;
mod reply;
mod cacheable;
mod ordered_stream;
pub(super) mod evaluate;
pub(super) mod batch;
pub(super) mod table;
pub(super) mod plot;
pub(super) mod explain;
pub(super) mod functions;

pub(super) use evaluate::answer_query;

#[cfg(test)]
mod tests {
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::http::header::ACCEPT;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::peer::Peer;
    use crate::server::http_cache::Tag;
    use crate::server::state::App;

    /// A digest of pictures and explanations, beside the versions that stand for them in their tags. If this fails
    /// because one of them has changed, raise its version: or clients with the old one are told that it is still valid.
    #[tokio::test]
    async fn the_versions_stand_for_what_is_drawn_and_explained() {
        let app = App::for_tests();
        let [plot_path, explain_path] = ["/v1/plot", "/v1/explain"];
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
        assert_eq!((plot::VERSION, &*digest(&bodies[..3])), ("plot 6", "Tag(285916522013422042112570720286463062172)"));
        assert_eq!(
            (explain::VERSION, &*digest(&bodies[3..])),
            ("explain 4", "Tag(330779053526399874932458213179119123931)")
        );
    }
}
