//! HTTP caching of `/v1/evaluate`, `/v1/plot` and `/v1/explain`: what clients may store, and how they revalidate.
#![allow(clippy::panic)]

use crate::support;

use std::io::Read as _;
use std::time::{Duration, Instant};

use support::{Client, Response, Server, encoded, structured_list, wait_for};
use tabuada::Setup;

/// `GET /v1/evaluate?expr=…`, with the expression encoded as a client library does.
fn get(client: &mut Client, expr: &str, headers: &[(&str, &str)]) -> Response {
    client.request("GET", &format!("/v1/evaluate?expr={}", encoded(expr)), headers, b"")
}

/// The seconds of `max-age` of a public response.
fn max_age(response: &Response) -> u64 {
    let said = response.header("cache-control").expect("a lifetime");
    let seconds = said.strip_prefix("public, max-age=").unwrap_or_else(|| panic!("{said}"));
    seconds.parse().expect("a number")
}

fn tag(response: &Response) -> String {
    let tag = response.header("etag").unwrap_or_else(|| panic!("no tag: {response:?}")).to_owned();
    // A strong tag, in quotes.
    assert!(tag.len() > 10 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    tag
}

fn varies(response: &Response) -> Vec<String> {
    let lists = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("vary"));
    let mut names =
        lists.flat_map(|(_, list)| list.split(',').map(|name| name.trim().to_lowercase())).collect::<Vec<_>>();
    names.sort();
    names
}

/// The members of `Cache-Status`.
fn cache_status(response: &Response) -> Vec<(String, String)> {
    let status = structured_list(response.header("cache-status").expect("always there"));
    let [(name, parameters)] = &status[..] else { panic!("one cache, not {status:?}") };
    assert_eq!(name, "tabuada");
    // RFC 9211: either a hit, or the reason why the request was forwarded (`fwd`).
    let is = |key: &str| parameters.iter().any(|(given, _)| given == key);
    assert!(is("hit") != is("fwd"), "{parameters:?}");
    for (key, _) in parameters {
        assert!(
            ["hit", "fwd", "fwd-status", "ttl", "stored", "collapsed", "key", "detail"].contains(&key.as_str()),
            "{key}"
        );
    }
    parameters.clone()
}

fn said_by_the_cache(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The lifetime in the headers does not show the age either: a new and an old answer have the same headers.
#[test]
fn responses_can_hide_the_state_of_the_cache() {
    let server = Server::start_with(Setup { hides_memory: true, ..Setup::default() });
    let mut client = Client::connect(server.address);
    let told = |response: &Response| {
        let mut headers = response.headers.clone();
        headers.retain(|(name, _)| !["date", "x-request-id"].contains(&&*name.to_lowercase()));
        headers.sort();
        headers
    };
    let new = get(&mut client, "6*7", &[]);
    for name in ["cache-status", "age", "server-timing"] {
        assert_eq!(new.header(name), None);
    }
    assert_eq!(told(&get(&mut client, "6*7", &[])), told(&new));
    let begun = Instant::now();
    wait_for("the answer to have an age", || begun.elapsed() > Duration::from_millis(1_100));
    assert_eq!(told(&get(&mut client, "6 * 7", &[])), told(&new));
    for target in ["/v1/evaluate?expr=2%2B", "/v1/plot?expr=x", "/v1/explain?expr=1"] {
        let response = client.get(target);
        assert_eq!((response.header("cache-status"), response.header("server-timing")), (None, None), "{target}");
    }
    assert_eq!(client.evaluate("6*7").header("cache-status"), None);
}

#[test]
fn cache_status_names_the_source_of_an_answer() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let computed = get(&mut client, "6*7", &[]);
    assert_eq!(cache_status(&computed), said_by_the_cache(&[("fwd", "uri-miss"), ("stored", "true")]));
    assert_eq!(computed.header("age"), None);
    let hit = get(&mut client, " 6 * 7 ", &[]);
    let status = cache_status(&hit);
    assert_eq!(status[..2], said_by_the_cache(&[("hit", "true"), ("detail", "memory")])[..]);
    assert!(status[2].0 == "ttl" && status[2].1.parse::<u64>().is_ok(), "{status:?}");
    assert!(hit.header("age").is_some_and(|age| age.parse::<u64>().is_ok()), "{hit:?}");
    for (expr, detail) in [("rnd()", "impure"), ("2 +", "syntax")] {
        let status = cache_status(&get(&mut client, expr, &[]));
        assert_eq!(status, said_by_the_cache(&[("fwd", "bypass"), ("detail", detail)]), "{expr}");
    }
    for target in ["/v1/evaluate", "/v1/evaluate?expr=1&mode=x"] {
        let status = cache_status(&client.get(target));
        assert_eq!(status, said_by_the_cache(&[("fwd", "bypass"), ("detail", "malformed")]), "{target}");
    }
    let again = [("if-none-match", &*tag(&hit))];
    let status = cache_status(&get(&mut client, "6*7", &again));
    assert_eq!(status, said_by_the_cache(&[("fwd", "bypass"), ("detail", "not-modified")]));
}

/// An answer has the same tag for every way to request it. Another answer, or one in another language, has another tag.
#[test]
fn one_body_has_one_tag() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut tagged: Vec<(String, Vec<u8>)> = Vec::new();
    let portuguese = [("accept-language", "pt-BR")];
    for (expr, headers) in [
        ("2+2", &[][..]),
        ("2 + 2", &[]),
        ("(2)+(2)", &[]),
        ("2+2", &portuguese),
        ("2+3", &[]),
        ("2+2.0", &[]),
        ("2^3", &[]),
        ("2 ^ 3", &[]),
        ("2^3", &portuguese),
        ("(2^3)", &[]),
        ("1,5", &[]),
        ("(1, 5)", &[]),
        ("2x", &[]),
        ("2x", &portuguese),
        (" 2x", &[]),
        ("1/0", &[]),
        (" 1/0", &[]),
        ("1/0", &portuguese),
        ("foo", &[]),
    ] {
        for _ in 0..2 {
            let response = get(&mut client, expr, headers);
            let tag = tag(&response);
            for (other, body) in &tagged {
                assert_eq!(*other == tag, *body == response.body, "{expr}: {}", response.text());
            }
            tagged.push((tag, response.body));
        }
    }
    let in_mode = |client: &mut Client, mode: &str| tag(&client.get(&format!("/v1/evaluate?expr=2%2B2&mode={mode}")));
    assert_eq!(in_mode(&mut client, "python"), tag(&get(&mut client, "2+2", &[])));
    assert_ne!(in_mode(&mut client, "python"), in_mode(&mut client, "exact"));
    assert_ne!(in_mode(&mut client, "decimal:5"), in_mode(&mut client, "decimal:6"));
    // Another server gives the same tag.
    let other = Server::start();
    assert_eq!(tag(&get(&mut Client::connect(other.address), "2+2", &[])), tagged[0].0);
}

/// A client that has the body gets 304, and nothing is evaluated.
#[test]
fn a_matching_tag_gets_304_without_an_evaluation() {
    let (here, there) = (Server::start(), Server::start());
    let (mut here, mut there) = (Client::connect(here.address), Client::connect(there.address));
    let portuguese = ("accept-language", "pt-BR");
    for (expr, language, varying) in [
        ("factorial(30)", None, &["accept-encoding"][..]),
        ("2^3", None, &["accept-encoding", "accept-language"]),
        ("2^3", Some(portuguese), &["accept-encoding", "accept-language"]),
    ] {
        let headers = language.into_iter().collect::<Vec<_>>();
        let first = get(&mut here, expr, &headers);
        let tag = tag(&first);
        assert_eq!(varies(&first), varying, "{expr}");
        for list in [tag.clone(), format!("W/{tag}"), format!("\"x\", W/\"a,b\", {tag}")] {
            let headers = [&headers[..], &[("if-none-match", &list)]].concat();
            // This server has never evaluated the expression.
            let told = get(&mut there, expr, &headers);
            assert_eq!((told.status, &*told.body), (304, &b""[..]), "{expr}: {told:?}");
            assert_eq!(told.header("etag"), Some(&*tag), "{expr}");
            assert_eq!((max_age(&told), varies(&told)), (max_age(&first), varies(&first)), "{expr}");
            assert_eq!(told.header("content-type"), None, "{expr}");
        }
        let headers = [&headers[..], &[("if-none-match", "\"x\"")]].concat();
        assert_eq!(get(&mut here, expr, &headers).body, first.body);
    }
    assert!(there.get("/metrics").text().contains("\ntabuada_evaluations_total 0\n"));
    // In another language the text differs.
    let english = tag(&get(&mut here, "2^3", &[]));
    assert_eq!(get(&mut here, "2^3", &[portuguese, ("if-none-match", &english)]).status, 200);
    // `*` matches any answer, so the server must know that one exists.
    assert_eq!(get(&mut there, "2+2", &[("if-none-match", "*")]).status, 304);
    // Repeated, and in the other order: a 304 for the client with the tag is never sent to another client.
    for _ in 0..3 {
        assert_eq!(get(&mut there, "2+2", &[("if-none-match", "*")]).status, 304);
        let whole = get(&mut there, "2+2", &[]);
        assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/json")), "{whole:?}");
    }
    // Conditions apply neither to failures nor to random values.
    for (expr, status) in [("1/0", 422), ("2x", 422), ("rnd()", 200)] {
        let first = get(&mut here, expr, &[]);
        for list in [first.header("etag").unwrap_or("\"x\""), "*"] {
            assert_eq!(get(&mut here, expr, &[("if-none-match", list)]).status, status, "{expr} {list}");
        }
    }
}

#[test]
fn only_deterministic_answers_may_be_stored() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, seconds) in [("2+2", 86_400), ("2^3", 3_600), ("1/0", 3_600), ("2x", 3_600), ("9**9**9", 60)] {
        for _ in 0..2 {
            let response = get(&mut client, expr, &[]);
            let age = response.header("age").map_or(0, |age| age.parse::<u64>().expect("seconds"));
            // The rest of the lifetime is the same, whatever the age.
            assert!(max_age(&response) - age == seconds, "{expr}: {response:?}");
            let is_in_words = expr != "2+2";
            assert_eq!(varies(&response).contains(&"accept-language".to_owned()), is_in_words, "{expr}");
        }
    }
    for expr in ["rnd()", "randint(1, 6)", "rnd() + 1/0", "[rnd()]^{1}"] {
        let response = get(&mut client, expr, &[]);
        assert_eq!(response.header("cache-control"), Some("no-store"), "{expr}: {response:?}");
        assert_eq!(response.header("etag"), None, "{expr}");
    }
}

#[test]
fn head_has_the_headers_of_get() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for expr in ["2+2", "2**10_000", "1/0", "rnd("] {
        let target = format!("/v1/evaluate?expr={}", encoded(expr));
        // Once more, so that both are cached.
        client.get(&target);
        let (got, head) = (client.get(&target), client.request("HEAD", &target, &[], b""));
        assert_eq!((head.status, &*head.body), (got.status, &b""[..]));
        for name in ["content-type", "content-length", "etag", "vary", "content-language"] {
            assert_eq!(head.header(name), got.header(name), "{expr}: {name}");
        }
        assert_eq!(got.header("content-length"), Some(&*got.body.len().to_string()), "{expr}");
        assert!(head.header("cache-control").is_some(), "{expr}");
    }
}

/// Bodies above 1 KiB are compressed as the client accepts it. The length and the tag are those of the compressed body.
#[test]
fn long_bodies_are_compressed() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let long = format!("{}2x", "1+".repeat(600));
    for (expr, status) in [("2**10_000", 200), ("'ab'*20_000", 200), (&*long, 422)] {
        let plain = get(&mut client, expr, &[]);
        assert_eq!((plain.status, plain.header("content-encoding")), (status, None));
        assert!(plain.body.len() > 1_024, "{expr}");
        let mut tags = vec![tag(&plain)];
        for (accepted, coding) in [("gzip", "gzip"), ("gzip, deflate, br", "br"), ("br;q=0.5, gzip", "gzip")] {
            let compressed = get(&mut client, expr, &[("accept-encoding", accepted)]);
            assert_eq!(compressed.header("content-encoding"), Some(coding), "{expr}");
            assert!(compressed.body.len() < plain.body.len(), "{expr}");
            assert_eq!(decompressed(&compressed), plain.body, "{expr}: {coding}");
            assert!(varies(&compressed).contains(&"accept-encoding".to_owned()));
            let mine = tag(&compressed);
            let told = get(&mut client, expr, &[("accept-encoding", accepted), ("if-none-match", &mine)]);
            let expected = if status == 200 { 304 } else { status };
            assert_eq!((told.status, told.header("etag")), (expected, Some(&*mine)), "{expr}");
            if coding == "br" || accepted == "gzip" {
                assert!(!tags.contains(&mine), "{expr}: {mine}");
            }
            tags.push(mine);
        }
    }
    // Short bodies are not compressed, and neither are bodies that the compression would not make shorter.
    let short = get(&mut client, "2+2", &[("accept-encoding", "br, gzip")]);
    assert_eq!((short.header("content-encoding"), short.body.len()), (None, 36));
}

fn decompressed(response: &Response) -> Vec<u8> {
    let mut decompressed = Vec::new();
    match response.header("content-encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(&*response.body).read_to_end(&mut decompressed),
        Some("br") => brotli::Decompressor::new(&*response.body, 4_096).read_to_end(&mut decompressed),
        other => panic!("unknown encoding {other:?}"),
    }
    .expect("it can be decompressed");
    decompressed
}

/// Plots and explanations with status 200. No two of them have the same body.
const MADE: [&str; 19] = [
    "/v1/plot?expr=x",
    "/v1/plot?expr=(x)",
    "/v1/plot?expr=x&expr=x",
    "/v1/plot?expr=x%2B1",
    "/v1/plot?expr=x&from=0",
    "/v1/plot?expr=x&to=0",
    "/v1/plot?expr=x&y_from=0",
    "/v1/plot?expr=x&y_to=0",
    "/v1/plot?expr=x&width=300",
    "/v1/plot?expr=x&height=300",
    "/v1/plot?expr=x&aspect=equal",
    "/v1/plot?expr=x&digits=2",
    "/v1/plot?expr=x&font_size=20",
    "/v1/plot?expr=x&points=true",
    "/v1/explain?expr=2%5E3",
    "/v1/explain?expr=2%20%5E3",
    "/v1/explain?expr=2%5E3&mode=exact",
    "/v1/explain?expr=2%5E3&mode=decimal:9",
    "/v1/explain?expr=1%2F0",
];

#[test]
fn plots_and_explanations_have_a_tag_of_their_body() {
    let (here, there) = (Server::start(), Server::start());
    let (mut here, mut there) = (Client::connect(here.address), Client::connect(there.address));
    let mut tagged: Vec<(String, Vec<u8>)> = Vec::new();
    for target in MADE {
        let mut asked = vec![vec![], vec![("accept-language", "pt-BR")]];
        if target.starts_with("/v1/plot") {
            asked.push(vec![("accept", "image/png")]);
        }
        for headers in asked {
            let first = here.request("GET", target, &headers, b"");
            assert_eq!(first.status, 200, "{target}: {first:?}");
            let (mine, is_png) = (tag(&first), first.header("content-type") == Some("image/png"));
            let kinds: &[&str] = if target.starts_with("/v1/plot") { &["accept"] } else { &[] };
            let varying = [kinds, &["accept-encoding", "accept-language"]].concat();
            assert_eq!(
                (max_age(&first), varies(&first)),
                (3_600, varying.iter().map(|name| (*name).to_owned()).collect())
            );
            assert_eq!(
                cache_status(&first),
                said_by_the_cache(&[("fwd", "bypass"), ("detail", "uncached")]),
                "{target}"
            );
            for (other, body) in &tagged {
                assert!(*other != mine && (*body != first.body || is_png), "{target} {headers:?}");
            }
            let again = there.request("GET", target, &headers, b"");
            assert_eq!((tag(&again), &again.body), (mine.clone(), &first.body), "{target}");

            for list in [mine.clone(), format!("\"x\", W/{mine}"), "*".to_owned()] {
                let headers = [&headers[..], &[("if-none-match", &list)]].concat();
                let told = here.request("GET", target, &headers, b"");
                assert_eq!((told.status, &*told.body, tag(&told)), (304, &b""[..], mine.clone()), "{target} {list}");
                assert_eq!((max_age(&told), varies(&told)), (max_age(&first), varies(&first)), "{target}");
                for name in ["content-type", "content-language", "content-encoding", "content-security-policy"] {
                    assert!(told.header(name).is_none(), "{target}: {name}");
                }
                // A client that sends the tag gets 304 before anything is made.
                let detail = if list == "*" { "uncached" } else { "not-modified" };
                assert_eq!(
                    cache_status(&told),
                    said_by_the_cache(&[("fwd", "bypass"), ("detail", detail)]),
                    "{target}"
                );
            }
            let other = here.request("GET", target, &[&headers[..], &[("if-none-match", "\"x\"")]].concat(), b"");
            assert_eq!((other.status, &other.body), (200, &first.body), "{target}");

            let head = here.request("HEAD", target, &headers, b"");
            assert_eq!((head.status, &*head.body), (200, &b""[..]), "{target}");
            for name in ["content-type", "content-length", "content-language", "etag", "vary", "cache-control"] {
                assert_eq!(head.header(name), first.header(name), "{target}: {name}");
            }
            assert_eq!(head.header("content-length"), Some(&*first.body.len().to_string()), "{target}");
            tagged.push((mine, first.body));
        }
    }
}

#[test]
fn plots_and_explanations_are_compressed_except_png() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for target in ["/v1/plot?expr=sin(x)", "/v1/explain?expr=1-2-3-4-5-6-7-8-9-10-11-12-13"] {
        let plain = client.get(target);
        assert_eq!((plain.header("content-encoding"), plain.body.len() > 1_024), (None, true), "{target}");
        for (accepted, coding) in [("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0, *", "gzip")] {
            let compressed = client.request("GET", target, &[("accept-encoding", accepted)], b"");
            assert_eq!(compressed.header("content-encoding"), Some(coding), "{target}");
            assert_eq!(decompressed(&compressed), plain.body, "{target}");
            assert_eq!(compressed.header("content-length"), Some(&*compressed.body.len().to_string()), "{target}");
            let mine = tag(&compressed);
            assert_ne!(mine, tag(&plain), "{target}");
            let told = [("accept-encoding", accepted), ("if-none-match", &*mine)];
            assert_eq!(client.request("GET", target, &told, b"").status, 304, "{target}");
            // A client that no longer accepts compression does not get 304 for the compressed body's tag.
            let told = [("accept-encoding", "identity"), ("if-none-match", &*mine)];
            assert_eq!(client.request("GET", target, &told, b"").body, plain.body, "{target}");
        }
    }
    let png = [("accept", "image/png"), ("accept-encoding", "br, gzip")];
    let compressed = client.request("GET", "/v1/plot?expr=sin(x)", &png, b"");
    assert_eq!((compressed.header("content-encoding"), &compressed.body[1..4]), (None, &b"PNG"[..]));
    let plain = client.request("GET", "/v1/plot?expr=sin(x)", &png[..1], b"");
    assert_eq!((tag(&compressed), varies(&compressed)), (tag(&plain), varies(&plain)));
}

/// A plot or an explanation that fails because of its expression may be stored as a failure. A random one, or an
/// invalid request, may not.
#[test]
fn only_failures_of_the_expression_may_be_stored() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let portuguese = [("accept-language", "pt-BR")];
    for (target, code) in
        [("/v1/plot?expr=2x", "syntax"), ("/v1/plot?expr=x*y", "unknown-name"), ("/v1/explain?expr=2x", "syntax")]
    {
        let (english, portuguese) = (client.get(target), client.request("GET", target, &portuguese, b""));
        assert_eq!((english.status, max_age(&english)), (422, 3_600), "{target}");
        assert_eq!(varies(&english), ["accept-encoding", "accept-language", "prefer"], "{target}");
        assert_ne!(tag(&english), tag(&portuguese), "{target}");
        assert_eq!(english.text().contains("%2B"), target.contains('+'), "{target}");
        assert_eq!(cache_status(&english), said_by_the_cache(&[("fwd", "bypass"), ("detail", code)]), "{target}");
        // Conditions do not apply to failures.
        for list in [&*tag(&english), "*"] {
            assert_eq!(client.request("GET", target, &[("if-none-match", list)], b"").status, 422, "{target}");
        }
    }
    for (target, status, detail) in [
        ("/v1/plot?expr=rnd()*x", 200, "impure"),
        ("/v1/explain?expr=rnd()", 200, "impure"),
        ("/v1/plot", 400, "malformed"),
        ("/v1/plot?expr=x&from=a", 400, "malformed"),
        ("/v1/explain?expr=1&mode=x", 400, "malformed"),
        // Random expressions can be too expensive too.
        ("/v1/plot?expr=sum(k*x,k,1,10**9)", 422, "out-of-fuel"),
        ("/v1/plot?expr=rnd()%2Bsum(k*x,k,1,10**9)", 422, "out-of-fuel"),
    ] {
        for headers in [&[][..], &[("if-none-match", "*")]] {
            let is_told = status == 200 && !headers.is_empty();
            let response = client.request("GET", target, headers, b"");
            // A random answer never matches a client's tag.
            assert_eq!((response.status, is_told && response.body.is_empty()), (status, false), "{target}");
            assert_eq!(
                (response.header("cache-control"), response.header("etag")),
                (Some("no-store"), None),
                "{target}"
            );
            assert_eq!(
                cache_status(&response),
                said_by_the_cache(&[("fwd", "bypass"), ("detail", detail)]),
                "{target}"
            );
        }
    }
}

#[test]
fn every_answer_says_how_long_it_took() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (target, again) in [
        ("/v1/evaluate?expr=6*7", false),
        ("/v1/evaluate?expr=6*7", true),
        ("/v1/evaluate?expr=rnd()", false),
        ("/v1/evaluate?expr=2%20%2B", false),
        ("/v1/plot?expr=x", false),
        ("/v1/plot?expr=x", true),
        ("/v1/plot", false),
        ("/v1/explain?expr=6*7", false),
        ("/v1/explain?expr=6*7", true),
        ("/v1/explain?expr=2%20%2B", false),
    ] {
        let tag = client.get(target).header("etag").unwrap_or_default().to_owned();
        let headers: &[(&str, &str)] = if again { &[("if-none-match", &tag)] } else { &[] };
        let response = client.request("GET", target, headers, b"");
        assert_eq!(response.status == 304, again, "{target}");
        let timing = structured_list(response.header("server-timing").expect("always there"));
        let [(name, parameters)] = &timing[..] else { panic!("{timing:?}") };
        assert_eq!((name.as_str(), parameters[0].0.as_str()), ("total", "dur"));
        assert!(parameters[0].1.parse::<f64>().is_ok_and(|ms| ms >= 0.0), "{timing:?}");
    }
}
