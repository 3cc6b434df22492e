//! `/`: the page. A few files in the binary, which need no other host and no build step.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::routing::get;

use crate::peer::Peer;
use crate::server::http_cache::{Freshness, Tag};
use crate::server::shared_link;
use crate::server::state::{App, Served};

/// Scripts and styles of the page's own files only, requests to this service only, and no text that becomes markup.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'",
);

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page.
struct File {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

/// A file of the folder beside this one, served by its name.
macro_rules! file {
    ($name:literal, $kind:expr) => {
        File { path: concat!("/page/", $name), kind: $kind, bytes: include_bytes!(concat!("page/", $name)) }
    };
}

/// The page without the tags that chats read.
const INDEX: &str = include_str!("page/index.html");

const HTML: &str = "text/html; charset=utf-8";

static FILES: [File; 30] = [
    file!("style.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("icon-192.png", "image/png"),
    file!("icon-512.png", "image/png"),
    file!("icon-maskable.png", "image/png"),
    file!("manifest.webmanifest", "application/manifest+json"),
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
    file!("keypad.js", SCRIPT),
    file!("notation.js", SCRIPT),
    file!("numbers.js", SCRIPT),
    file!("plot.js", SCRIPT),
    file!("portuguese.js", SCRIPT),
    file!("projector.js", SCRIPT),
    file!("readout.js", SCRIPT),
    file!("remembered.js", SCRIPT),
    file!("school.js", SCRIPT),
    file!("trip.js", SCRIPT),
    file!("words.js", SCRIPT),
];

/// `/`, with the tags that chats read of a shared link.
pub(super) async fn index(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let (request, _) = request.into_parts();
    let tags = shared_link::tags(&app, peer, &request).await;
    let page = INDEX.replacen("  </head>", &format!("{tags}  </head>"), 1);
    let freshness = Freshness::new(Tag::of(&[&page])).in_words().for_seconds(0);
    freshness.put_on(response(HTML, page.into()), &request.headers, app.calculator.workers().by(peer)).await
}

/// The files of the page.
pub(super) fn files() -> Router<Served> {
    let picture = Router::new().route("/page/card.png", get(shared_link::picture));
    FILES.iter().fold(picture, |routes, file| {
        routes.route(
            file.path,
            get(move |app: State<Arc<App>>, peer: Peer, headers: HeaderMap| serve(file, app, peer, headers)),
        )
    })
}

/// Browsers revalidate each file each time, so that a page is never made of files of two versions.
async fn serve(file: &'static File, State(app): State<Arc<App>>, peer: Peer, headers: HeaderMap) -> Response<Body> {
    // A tag is made of texts, and most files are texts.
    let tag = Tag::of(&[&String::from_utf8_lossy(file.bytes)]);
    let freshness = Freshness::new(tag).for_seconds(0);
    let freshness = if file.kind == "image/png" { freshness.packed() } else { freshness };
    let response = response(file.kind, Bytes::from_static(file.bytes));
    freshness.put_on(response, &headers, app.calculator.workers().by(peer)).await
}

fn response(kind: &'static str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    for (name, value) in [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // The address of a shared page contains an expression, which is not to be sent to other sites.
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
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
        let names = FILES.iter().map(|file| file.path.trim_start_matches("/page/")).chain(["index.html"]);
        assert_eq!(there, names.map(str::to_owned).collect());
        let app = App::for_tests();
        let request = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br"))]);
        let mut size = INDEX.len();
        // Icons are loaded by who installs the page.
        for file in FILES.iter().filter(|file| file.kind != "image/png") {
            let sent = serve(file, State(app.clone()), Peer::default(), request.clone()).await;
            size += axum::body::to_bytes(sent.into_body(), usize::MAX).await.expect("a body").len();
        }
        assert!(size < 100 << 10, "{size} bytes");
    }
}
