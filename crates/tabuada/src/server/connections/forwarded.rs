//! The client of a request, where a trusted proxy names it: `X-Forwarded-For`, and `Forwarded` (RFC 7239).

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::FORWARDED;
use axum::http::request::Parts;

use crate::peer::{Peer, Proxies};

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote {
    /// `None` at a Unix socket.
    address: Option<IpAddr>,
    is_proxy: bool,
}

impl Remote {
    /// `address` is `None` at a Unix socket; all clients there are one peer.
    pub(super) fn new(address: Option<IpAddr>, proxies: &Proxies) -> Self {
        let address = address.map(|address| address.to_canonical());
        let is_proxy = address.map_or(proxies.connect_over_unix_sockets(), |address| proxies.have(address));
        Self { address, is_proxy }
    }

    /// Whether it is a trusted proxy.
    pub(super) fn is_proxy(self) -> bool {
        self.is_proxy
    }

    /// The peer whose share of connections this one uses; `None` for a proxy, whose connections serve many.
    pub(super) fn holder(self) -> Option<Peer> {
        (!self.is_proxy).then(|| self.address.into())
    }

    /// The address of the client of a request with these headers; `None` if it has none.
    pub(super) fn caller(self, headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
        if self.is_proxy { told(headers, proxies).or(self.address) } else { self.address }
    }
}

/// Handlers extract the peer that the connection added to the request.
impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

/// The right-most address that is no proxy's: clients can forge what precedes it. `None` if it is no address, or if the
/// two headers differ: a proxy writes one of them and passes the other on.
fn told(headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    let last = |name: &str, read: fn(&str) -> Option<IpAddr>| {
        let lines = headers.get_all(name).iter().rev();
        let members = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        // A value that cannot be parsed ends the search, as the address of a client does.
        members.map(|member| read(member.trim())).find(|read| read.is_none_or(|address| !proxies.have(address)))
    };
    match (last(X_FORWARDED_FOR, address), last(FORWARDED.as_str(), forwarded)) {
        (Some(told), None) | (None, Some(told)) => told,
        (Some(one), Some(other)) if one == other => one,
        _ => None,
    }
}

/// `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, and with a port.
fn address(text: &str) -> Option<IpAddr> {
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    text.parse().ok().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

/// The address in `for=192.0.2.1;proto=https`. A quote that is not at both ends of a value may belong to a quoted
/// comma, where the element was split: such a value is ignored.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut told = None;
    for pair in element.split(';') {
        let (name, value) = pair.split_once('=')?;
        let value = match value.strip_prefix('"') {
            Some(value) => value.strip_suffix('"')?,
            None => value,
        };
        if value.contains(['"', '\\']) {
            return None;
        }
        if name.trim().eq_ignore_ascii_case("for") && told.replace(address(value)?).is_some() {
            return None;
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(connection: &str, headers: &[(&'static str, &str)]) -> String {
        client_of(Some(connection.parse().unwrap()), "fd00::/8", headers)
    }

    /// The client over a connection from `remote`, with proxies at 10.0.0.0/8 and one other address.
    fn client_of(connection: Option<IpAddr>, another: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies = Proxies::read(["10.0.0.0/8", another]).unwrap();
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            given.append(*name, value.parse().unwrap());
        }
        let remote = Remote::new(connection, &proxies);
        match remote.caller(&given, &proxies).into() {
            Peer::V4([10, 0, 0, 1]) => "the proxy".to_owned(),
            Peer::V4(octets) => IpAddr::from(octets).to_string(),
            Peer::V6([a, b, c, d, e, f, g, h]) => {
                IpAddr::from([a, b, c, d, e, f, g, h, 0, 0, 0, 0, 0, 0, 0, 0]).to_string()
            }
            Peer::Nameless => "nobody".to_owned(),
        }
    }

    #[test]
    fn only_a_proxy_is_believed() {
        for header in [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")] {
            assert_eq!(client("192.0.2.7", &[header]), "192.0.2.7");
            assert_eq!(client("2001:db8:1:2:3::4", &[header]), "2001:db8:1:2::");
            for proxy in [PROXY, "::ffff:10.0.0.1", "fd00::1"] {
                assert_eq!(client(proxy, &[header]), "203.0.113.9", "{proxy}");
            }
        }
        assert_eq!(client(PROXY, &[]), "the proxy");
    }

    #[test]
    fn a_unix_socket_is_a_proxys_where_it_is_named() {
        let header = ("x-forwarded-for", "203.0.113.9");
        assert_eq!(client_of(None, "fd00::/8", &[header]), "nobody");
        assert_eq!(client_of(None, "unix", &[header]), "203.0.113.9");
        assert_eq!(client_of(None, "unix", &[]), "nobody");
        let holder = |another| Remote::new(None, &Proxies::read([another]).unwrap()).holder();
        assert_eq!((holder(""), holder("unix")), (Some(Peer::Nameless), None));
    }

    #[test]
    fn the_right_most_that_is_no_proxy_is_who_asks() {
        for (line, told) in [
            ("203.0.113.9", "203.0.113.9"),
            ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
            ("198.51.100.1,203.0.113.9 , 10.2.3.4,fd00::5", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::"),
            ("[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::"),
            ("", "the proxy"),
            ("10.2.3.4", "the proxy"),
            ("unknown", "the proxy"),
            ("203.0.113.9, unknown, 10.2.3.4", "the proxy"),
            ("203.0.113.9,", "the proxy"),
            ("203.0.113.999", "the proxy"),
        ] {
            assert_eq!(client(PROXY, &[("x-forwarded-for", line)]), told, "{line}");
        }
        let lines =
            [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "10.1.1.1")];
        assert_eq!(client(PROXY, &lines), "203.0.113.9");
    }

    #[test]
    fn the_standard_header_is_read_to_the_letter() {
        for (line, told) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"203.0.113.9:80\";proto=https;by=10.0.0.1", "203.0.113.9"),
            ("for=198.51.100.1, proto=https;for=203.0.113.9, for=10.2.3.4", "203.0.113.9"),
            ("for=\"[2001:db8:1:2::9]:4711\"", "2001:db8:1:2::"),
            ("for=unknown", "the proxy"),
            ("for=_hidden", "the proxy"),
            ("proto=https", "the proxy"),
            ("203.0.113.9", "the proxy"),
            ("for=203.0.113.9;for=198.51.100.1", "the proxy"),
            // What a client may get into a quoted value is no address.
            ("for=198.51.100.1;host=\"a,for=203.0.113.9\"", "the proxy"),
            ("for=198.51.100.1;host=\"a,for=203.0.113.9;x=\"", "the proxy"),
            ("for=198.51.100.1;host=\"a,for=203.0.113.9,b\"", "the proxy"),
            ("for=198.51.100.1;host=\"a,for=203.0.113.9;x=\\\"y\"", "the proxy"),
        ] {
            assert_eq!(client(PROXY, &[("forwarded", line)]), told, "{line}");
        }
    }

    /// The proxy writes one header; the other is the client's.
    #[test]
    fn two_headers_that_differ_tell_nothing() {
        let both = |one, other| client(PROXY, &[("x-forwarded-for", one), ("forwarded", other)]);
        assert_eq!(both("203.0.113.9", "for=203.0.113.9"), "203.0.113.9");
        assert_eq!(both("203.0.113.9", "for=198.51.100.1"), "the proxy");
        assert_eq!(both("203.0.113.9", "for=unknown"), "the proxy");
        assert_eq!(both("unknown", "for=203.0.113.9"), "the proxy");
    }
}
