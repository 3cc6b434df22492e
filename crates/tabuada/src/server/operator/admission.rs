//! Access to the operator's routes.
//!
//! With a token set, the client has to send it (`Authorization: Bearer …`). No browser sends that by itself, whatever
//! page asks. Without a token, the client has to be on this machine: the listener is on loopback, and the request is
//! meant for it.
//!
//! Pages of other sites run on this machine too, in a browser. A page whose name was made to resolve to this machine
//! (DNS rebinding) sends its own name as `Host`, so `Host` has to be present and a name of loopback. A page of another
//! origin cannot send `DELETE` without a preflight (CORS), which is never granted. `Sec-Fetch-Site` and `Origin`, which
//! no page can change, are a second check.
//!
//! Other clients reach this machine through a proxy on it: the listener sees the proxy, and `Host` is what the proxy or
//! the client sends. So a request with any sign of a proxy needs the token, whatever the sign says.
//!
//! The metrics change nothing, and scrapers seldom have a token: on loopback they need the same `Host`; elsewhere one
//! of the names that the operator gave, if there are any.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::header::{AUTHORIZATION, FORWARDED, HOST, HeaderName, ORIGIN, VIA};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};

use crate::config::{AdminToken, Origins};
use crate::server::problems::Fault;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Admits a request, or gives the reason for a refusal. `token` is the one that is set, `is_loopback` whether only this
/// machine reaches the listener.
pub(super) fn admit(
    token: Option<&AdminToken>,
    is_loopback: bool,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Fault> {
    if let Some(token) = token {
        return if is_sent(token, headers) { Ok(()) } else { Err(Fault::Token) };
    }
    if !is_loopback {
        return Err(Fault::Listener);
    }
    if is_proxied(headers) {
        return Err(Fault::Proxied);
    }
    let host = meant_for(uri, headers, is_loopback_host).ok_or(Fault::Host)?;
    // `none`: a person typed the address. `same-site`: a page on another port of this machine.
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    let mut origins = headers.get_all(ORIGIN).iter();
    let own = format!("http://{host}");
    let is_own = sites.all(|site| site == "same-origin" || site == "none")
        && origins.all(|origin| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()));
    if is_own { Ok(()) } else { Err(Fault::Origin) }
}

/// Whether no page sent a request, or a page of one of these origins or of this machine's own. A page elsewhere whose name
/// was made to lead here has that name as its `Host` too.
pub(in crate::server) fn is_from_no_other_page(origins: &Origins, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(ORIGIN).iter().map(HeaderValue::as_bytes).peekable();
    if given.peek().is_none() {
        return true;
    }
    let own = meant_for(uri, headers, is_loopback_host).map(|host| format!("http://{host}"));
    let is_own = |origin: &[u8]| own.as_ref().is_some_and(|own| origin.eq_ignore_ascii_case(own.as_bytes()));
    match origins {
        Origins::All => true,
        Origins::None => given.all(is_own),
        Origins::Some(listed) => {
            given.all(|origin| is_own(origin) || listed.iter().any(|listed| listed.as_str().as_bytes() == origin))
        }
    }
}

/// The same for the metrics. `names` are the allowed hosts, beside those of loopback; if there are none, only a
/// listener on loopback checks the name.
pub(super) fn admit_scraper(
    token: Option<&AdminToken>,
    is_loopback: bool,
    names: &[String],
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Fault> {
    if token.is_some_and(|token| is_sent(token, headers)) {
        return Ok(());
    }
    if is_proxied(headers) {
        return Err(Fault::Proxied);
    }
    let is_known = |host: &str| is_loopback_host(host) || names.iter().any(|name| is_named(host, name));
    let is_asked_for = is_loopback || !names.is_empty();
    if is_asked_for && meant_for(uri, headers, is_known).is_none() {
        return Err(Fault::MetricsHost);
    }
    Ok(())
}

/// Whether the request carries the token.
fn is_sent(token: &AdminToken, headers: &HeaderMap) -> bool {
    only(headers, AUTHORIZATION).and_then(bearer).is_some_and(|given| token.is(given))
}

/// Whether there is any sign of a proxy, whatever it says.
fn is_proxied(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        name.as_str().starts_with("x-forwarded-")
            || [FORWARDED.as_str(), VIA.as_str(), "x-real-ip"].contains(&name.as_str())
    })
}

/// The `Host` of a request, if it and the host of the request line, which takes precedence, are both known.
fn meant_for<'h>(uri: &Uri, headers: &'h HeaderMap, is_known: impl Fn(&str) -> bool) -> Option<&'h str> {
    let host = only(headers, HOST)?.to_str().ok()?;
    let named = uri.authority().map(Authority::as_str);
    (is_known(host) && named.is_none_or(is_known)).then_some(host)
}

/// Whether a `Host`, with or without a port, is this name.
fn is_named(host: &str, name: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|host| host.host().eq_ignore_ascii_case(name))
}

/// The header, if it is present once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// What follows `Bearer `.
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

/// `localhost`, 127.0.0.0/8 or `[::1]`, with or without a port.
fn is_loopback_host(host: &str) -> bool {
    let Some(authority) = host.parse::<Authority>().ok().filter(|_| !host.contains('@')) else { return false };
    let name = authority.host();
    let in_brackets = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || in_brackets.is_some_and(|name| name.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "s3cret-of-the-test";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn without_token(is_loopback: bool, target: &str, pairs: &[(&'static str, &str)]) -> Result<(), Fault> {
        // The iterator above keeps the last of each name: append what is given twice.
        let mut all = HeaderMap::new();
        for (name, value) in pairs {
            all.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        admit(None, is_loopback, &target.parse().unwrap(), &all)
    }

    #[test]
    fn a_token_admits_clients_that_have_it_and_no_others() {
        let token = AdminToken::new(TOKEN).unwrap();
        let tried =
            |pairs: &[(&'static str, &str)]| admit(Some(&token), true, &Uri::from_static("/v1/cache"), &headers(pairs));
        for value in ["Bearer s3cret-of-the-test", "bearer s3cret-of-the-test", "BEARER s3cret-of-the-test"] {
            assert_eq!(tried(&[("authorization", value)]), Ok(()), "{value}");
        }
        for value in [
            "",
            "s3cret-of-the-test",
            "Bearer",
            "Bearer ",
            "Bearer s3cret-of-the-tes",
            "Bearer s3cret-of-the-test2",
            "Bearer  s3cret-of-the-test",
            "Basic s3cret-of-the-test",
        ] {
            assert_eq!(tried(&[("authorization", value)]), Err(Fault::Token), "{value}");
        }
        assert_eq!(tried(&[("host", "localhost")]), Err(Fault::Token), "loopback is not enough then");
        // With the token, from anywhere.
        let from_afar = headers(&[
            ("authorization", "Bearer s3cret-of-the-test"),
            ("host", "example.org"),
            ("origin", "https://a"),
        ]);
        assert_eq!(admit(Some(&token), false, &Uri::from_static("/v1/cache"), &from_afar), Ok(()));
        let mut twice = headers(&[("authorization", "Bearer s3cret-of-the-test")]);
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer other"));
        assert_eq!(admit(Some(&token), true, &Uri::from_static("/v1/cache"), &twice), Err(Fault::Token));
    }

    #[test]
    fn without_one_only_loopback_is_let_in() {
        for host in
            ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "127.255.0.3:1", "[::1]", "[::1]:8000"]
        {
            assert_eq!(without_token(true, "/v1/cache", &[("host", host)]), Ok(()), "{host}");
            assert_eq!(without_token(false, "/v1/cache", &[("host", host)]), Err(Fault::Listener), "{host}");
        }
        for host in [
            "",
            "example.org",
            "example.org:8000",
            "localhost.example.org",
            "localhost.",
            "127.0.0.1.nip.io",
            "127.1",
            "0.0.0.0",
            "10.0.0.1",
            "2130706433",
            "0177.0.0.1",
            "::1",
            "[::]",
            "[::ffff:127.0.0.1]",
            "a@localhost",
            "localhost@example.org",
            "localhost:8000:1",
            "localhost/",
            "localhost, example.org",
            "1",
        ] {
            assert_eq!(without_token(true, "/v1/cache", &[("host", host)]), Err(Fault::Host), "{host}");
        }
        assert_eq!(without_token(true, "/v1/cache", &[]), Err(Fault::Host), "none at all");
        let twice = [("host", "localhost"), ("host", "example.org")];
        assert_eq!(without_token(true, "/v1/cache", &twice), Err(Fault::Host));
        for (target, admitted) in [("http://localhost:8000/v1/cache", true), ("http://example.org/v1/cache", false)] {
            assert_eq!(without_token(true, target, &[("host", "localhost:8000")]).is_ok(), admitted, "{target}");
        }
    }

    /// Whatever they say: nothing, or that the request comes from this machine.
    #[test]
    fn without_one_no_sign_of_a_proxy_is_let_in() {
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-of-tomorrow",
            "x-real-ip",
            "via",
        ] {
            for value in ["", "127.0.0.1", "for=127.0.0.1;host=localhost", "1.1 localhost", "203.0.113.7"] {
                let pairs = [("host", "localhost:8000"), (name, value)];
                assert_eq!(without_token(true, "/v1/cache", &pairs), Err(Fault::Proxied), "{name}: {value}");
                let scraped = |token, is_loopback, pairs: &[(&'static str, &str)]| {
                    admit_scraper(token, is_loopback, &[], &Uri::from_static("/metrics"), &headers(pairs))
                };
                let token = AdminToken::new(TOKEN).unwrap();
                for is_loopback in [true, false] {
                    for token in [None, Some(&token)] {
                        assert_eq!(scraped(token, is_loopback, &pairs), Err(Fault::Proxied), "{name}: {value}");
                    }
                    let with_token = [pairs[0], pairs[1], ("authorization", "Bearer s3cret-of-the-test")];
                    assert_eq!(scraped(Some(&token), is_loopback, &with_token), Ok(()), "{name}: {value}");
                }
            }
        }
        // Headers with similar names.
        for name in ["x-forwarded", "x-forward-for", "x-request-id", "vian"] {
            assert_eq!(without_token(true, "/v1/cache", &[("host", "localhost"), (name, "1")]), Ok(()), "{name}");
        }
    }

    #[test]
    fn metrics_are_read_under_a_name_that_counts() {
        let names = ["metrics.example.org".to_owned()];
        let tried = |is_loopback, names: &[String], host: &str| {
            admit_scraper(None, is_loopback, names, &Uri::from_static("/metrics"), &headers(&[("host", host)]))
        };
        for host in ["localhost", "127.0.0.1:8000", "[::1]:8000"] {
            for (is_loopback, names) in [(true, &[][..]), (true, &names[..]), (false, &[]), (false, &names)] {
                assert_eq!(tried(is_loopback, names, host), Ok(()), "{host}");
            }
        }
        for host in ["metrics.example.org", "Metrics.Example.Org:9000"] {
            assert_eq!(tried(true, &[], host), Err(Fault::MetricsHost), "{host}");
            assert_eq!(tried(false, &[], host), Ok(()), "{host}");
            assert_eq!((tried(true, &names, host), tried(false, &names, host)), (Ok(()), Ok(())), "{host}");
        }
        for host in ["rebound.example.org", "metrics.example.org.evil.example", ""] {
            assert_eq!(tried(false, &names, host), Err(Fault::MetricsHost), "{host}");
            assert_eq!(tried(true, &[], host), Err(Fault::MetricsHost), "{host}");
        }
        let named = "http://rebound.example.org/metrics".parse().unwrap();
        let meant = admit_scraper(None, true, &[], &named, &headers(&[("host", "localhost")]));
        assert_eq!(meant, Err(Fault::MetricsHost));
    }

    #[test]
    fn without_one_no_page_of_another_origin_is_let_in() {
        let tried = |pairs: &[(&'static str, &str)]| {
            without_token(true, "/v1/cache", &[&[("host", "localhost:8000")], pairs].concat())
        };
        for site in ["same-origin", "none"] {
            assert_eq!(tried(&[("sec-fetch-site", site)]), Ok(()), "{site}");
        }
        for site in ["cross-site", "same-site", "", "other"] {
            assert_eq!(tried(&[("sec-fetch-site", site)]), Err(Fault::Origin), "{site}");
        }
        assert_eq!(tried(&[("origin", "http://localhost:8000")]), Ok(()));
        for origin in
            ["null", "http://localhost", "http://localhost:3000", "https://localhost:8000", "http://example.org", ""]
        {
            assert_eq!(tried(&[("origin", origin)]), Err(Fault::Origin), "{origin}");
            assert_eq!(tried(&[("origin", origin), ("sec-fetch-site", "same-origin")]), Err(Fault::Origin), "{origin}");
        }
        let both = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert_eq!(tried(&both), Err(Fault::Origin));
    }
}
