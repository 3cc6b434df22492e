//! `/`: the page. A few files in the binary, which need no other host and no build step.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::routing::get;

use crate::peer::Peer;
use crate::server::http_cache::{Freshness, Tag};
use crate::server::state::{App, Served};

/// Scripts and styles of the page's own files only, requests to this service only, and no text that becomes markup.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'",
);

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page.
struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// A file of the folder beside this one, served by its name.
macro_rules! file {
    ($name:literal, $kind:expr) => {
        File { path: concat!("/page/", $name), kind: $kind, text: include_str!(concat!("page/", $name)) }
    };
}

static FILES: [File; 24] = [
    File { path: "/", kind: "text/html; charset=utf-8", text: include_str!("page/index.html") },
    file!("style.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("main.js", SCRIPT),
    file!("address.js", SCRIPT),
    file!("answer.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("completion.js", SCRIPT),
    file!("definitions.js", SCRIPT),
    file!("dialog.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("english.js", SCRIPT),
    file!("equation.js", SCRIPT),
    file!("explain.js", SCRIPT),
    file!("expression.js", SCRIPT),
    file!("history.js", SCRIPT),
    file!("notation.js", SCRIPT),
    file!("numbers.js", SCRIPT),
    file!("plot.js", SCRIPT),
    file!("portuguese.js", SCRIPT),
    file!("readout.js", SCRIPT),
    file!("remembered.js", SCRIPT),
    file!("trip.js", SCRIPT),
    file!("words.js", SCRIPT),
];

/// `/`.
pub(super) async fn index(app: State<Arc<App>>, peer: Peer, headers: HeaderMap) -> Response<Body> {
    serve(&FILES[0], app, peer, headers).await
}

/// The files of the page.
pub(super) fn files() -> Router<Served> {
    FILES[1..].iter().fold(Router::new(), |routes, file| {
        routes.route(
            file.path,
            get(move |app: State<Arc<App>>, peer: Peer, headers: HeaderMap| serve(file, app, peer, headers)),
        )
    })
}

/// Browsers revalidate each file each time, so that a page is never made of files of two versions.
async fn serve(file: &'static File, State(app): State<Arc<App>>, peer: Peer, headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::from(file.text));
    for (name, value) in [
        (CONTENT_TYPE, HeaderValue::from_static(file.kind)),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // The address of a shared page contains an expression, which is not to be sent to other sites.
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ] {
        response.headers_mut().insert(name, value);
    }
    let freshness = Freshness::new(Tag::of(&[file.text])).for_seconds(0);
    freshness.put_on(response, &headers, app.calculator.workers().by(peer)).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::StatusCode;
    use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, ETAG, IF_NONE_MATCH};

    use super::*;

    /// Every file is revalidated each time, and by its own tag.
    #[tokio::test]
    async fn every_file_of_the_page_has_its_policy_and_its_tag() {
        let app = App::for_tests();
        let mut tags = BTreeSet::new();
        for file in &FILES {
            let mut request = HeaderMap::new();
            let sent = serve(file, State(app.clone()), Peer::default(), request.clone()).await;
            for (name, value) in [
                (CONTENT_TYPE, file.kind),
                (CONTENT_SECURITY_POLICY, POLICY.to_str().expect("a policy")),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (REFERRER_POLICY, "no-referrer"),
                (CACHE_CONTROL, "public, max-age=0"),
            ] {
                assert_eq!(
                    sent.headers().get(&name),
                    Some(&HeaderValue::from_str(value).expect("a header")),
                    "{}: {name}",
                    file.path
                );
            }
            let tag = sent.headers()[ETAG].clone();
            assert!(tags.insert(tag.as_bytes().to_vec()), "{}: two files with one tag", file.path);
            request.insert(IF_NONE_MATCH, tag);
            let told = serve(file, State(app.clone()), Peer::default(), request).await;
            assert_eq!(told.status(), StatusCode::NOT_MODIFIED, "{}", file.path);
        }
    }

    /// Every file of the folder is served, and all of them load in a moment on a slow line: this is what they take there.
    #[tokio::test]
    async fn the_page_is_a_few_files_and_small() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/page");
        let there = std::fs::read_dir(folder).expect("the folder is there");
        let there: BTreeSet<String> =
            there.map(|entry| entry.expect("it is read").file_name().into_string().expect("UTF-8")).collect();
        let name = |file: &File| match file.path {
            "/" => "index.html".to_owned(),
            path => path.trim_start_matches("/page/").to_owned(),
        };
        assert_eq!(there, FILES.iter().map(name).collect());
        let app = App::for_tests();
        let request = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br"))]);
        let mut size = 0;
        for file in &FILES {
            let sent = serve(file, State(app.clone()), Peer::default(), request.clone()).await;
            size += axum::body::to_bytes(sent.into_body(), usize::MAX).await.expect("a body").len();
        }
        assert!(size < 90 << 10, "{size} bytes");
    }
}
