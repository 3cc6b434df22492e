//! Who is let in to the operator's routes.
//!
//! With a token set, whoever sends it (`Authorization: Bearer …`). No browser sends that of its own accord, whichever page
//! asks it to. Without one, whoever sits at this machine: the listener is on loopback, and the request is meant for it.
//!
//! Pages of strangers run on this machine too, in a browser. A page whose name was made to point here (DNS rebinding) sends
//! its own name as `Host`: so that has to be one of loopback, and to be there. A page of another origin cannot send
//! `DELETE` without asking first (CORS), which is nowhere granted; that it is told by `Sec-Fetch-Site` and `Origin`, which
//! no page can change, is a second lock.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};

use super::fault::Fault;
use crate::config::AdminToken;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A token is set, and is not what was sent.
    Token,
    /// No token is set, and others than this machine can reach the listener.
    Listener,
    /// The request is meant for another host, or for none that it names.
    Host,
    /// A page of another origin sent it.
    Origin,
}

/// Lets in, or says why not. `token` is the one that is set, `is_loopback` whether only this machine reaches the
/// listener.
pub(super) fn admit(
    token: Option<&AdminToken>,
    is_loopback: bool,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    if let Some(token) = token {
        let is_it = only(headers, AUTHORIZATION).and_then(bearer).is_some_and(|given| token.is(given));
        return if is_it { Ok(()) } else { Err(Refusal::Token) };
    }
    if !is_loopback {
        return Err(Refusal::Listener);
    }
    let host = only(headers, HOST).and_then(|host| host.to_str().ok()).ok_or(Refusal::Host)?;
    // A request line may name a host of its own, which then counts.
    let named = uri.authority().map(Authority::as_str);
    if !is_loopback_host(host) || named.is_some_and(|named| !is_loopback_host(named)) {
        return Err(Refusal::Host);
    }
    // `none`: a person typed it. `same-site` is another port of this machine: somebody else's page.
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    let mut origins = headers.get_all(ORIGIN).iter();
    let own = format!("http://{host}");
    let is_own = sites.all(|site| site == "same-origin" || site == "none")
        && origins.all(|origin| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()));
    if is_own { Ok(()) } else { Err(Refusal::Origin) }
}

/// The header, if it is there once.
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

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Token => Self::Token,
            Refusal::Listener => Self::Listener,
            Refusal::Host => Self::Host,
            Refusal::Origin => Self::Origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn without_token(is_loopback: bool, target: &str, pairs: &[(&'static str, &str)]) -> Result<(), Refusal> {
        // The iterator above keeps the last of each name: append what is given twice.
        let mut all = HeaderMap::new();
        for (name, value) in pairs {
            all.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        admit(None, is_loopback, &target.parse().unwrap(), &all)
    }

    #[test]
    fn a_token_lets_in_whoever_has_it_and_nobody_else() {
        let token = AdminToken::new("s3cret").unwrap();
        let tried =
            |pairs: &[(&'static str, &str)]| admit(Some(&token), true, &Uri::from_static("/v1/cache"), &headers(pairs));
        for value in ["Bearer s3cret", "bearer s3cret", "BEARER s3cret"] {
            assert_eq!(tried(&[("authorization", value)]), Ok(()), "{value}");
        }
        for value in
            ["", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Bearer  s3cret", "Basic s3cret"]
        {
            assert_eq!(tried(&[("authorization", value)]), Err(Refusal::Token), "{value}");
        }
        assert_eq!(tried(&[("host", "localhost")]), Err(Refusal::Token), "loopback is not enough then");
        // Whoever has it may sit anywhere.
        let from_afar =
            headers(&[("authorization", "Bearer s3cret"), ("host", "example.org"), ("origin", "https://a")]);
        assert_eq!(admit(Some(&token), false, &Uri::from_static("/v1/cache"), &from_afar), Ok(()));
        let mut twice = headers(&[("authorization", "Bearer s3cret")]);
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer other"));
        assert_eq!(admit(Some(&token), true, &Uri::from_static("/v1/cache"), &twice), Err(Refusal::Token));
    }

    #[test]
    fn without_one_only_loopback_is_let_in() {
        for host in
            ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "127.255.0.3:1", "[::1]", "[::1]:8000"]
        {
            assert_eq!(without_token(true, "/v1/cache", &[("host", host)]), Ok(()), "{host}");
            assert_eq!(without_token(false, "/v1/cache", &[("host", host)]), Err(Refusal::Listener), "{host}");
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
            assert_eq!(without_token(true, "/v1/cache", &[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(without_token(true, "/v1/cache", &[]), Err(Refusal::Host), "none at all");
        let twice = [("host", "localhost"), ("host", "example.org")];
        assert_eq!(without_token(true, "/v1/cache", &twice), Err(Refusal::Host));
        for (target, admitted) in [("http://localhost:8000/v1/cache", true), ("http://example.org/v1/cache", false)] {
            assert_eq!(without_token(true, target, &[("host", "localhost:8000")]).is_ok(), admitted, "{target}");
        }
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
            assert_eq!(tried(&[("sec-fetch-site", site)]), Err(Refusal::Origin), "{site}");
        }
        assert_eq!(tried(&[("origin", "http://localhost:8000")]), Ok(()));
        for origin in
            ["null", "http://localhost", "http://localhost:3000", "https://localhost:8000", "http://example.org", ""]
        {
            assert_eq!(tried(&[("origin", origin)]), Err(Refusal::Origin), "{origin}");
            assert_eq!(
                tried(&[("origin", origin), ("sec-fetch-site", "same-origin")]),
                Err(Refusal::Origin),
                "{origin}"
            );
        }
        let both = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert_eq!(tried(&both), Err(Refusal::Origin));
    }
}
