//! Where Redis is, as a URL says it.
//!
//! | URL | what stands there |
//! |---|---|
//! | `redis://[user:password@]host[:port][/db]` | one server; `valkey://` is the same |
//! | `rediss://…` | the same over TLS; `valkeys://` is the same |
//! | `unix:///path[?db=…&user=…&pass=…]` | the same over a socket in the file system |
//! | `redis+sentinel://[user:password@]host[:port],…/name[/db]` | Sentinels, and the name of what they watch |
//! | `redis+cluster://[user:password@]host[:port],…` | nodes of a Cluster, of which one has to answer |
//!
//! `rediss+sentinel://` and `rediss+cluster://` are theirs over TLS. IPv6 stands in brackets. A user or a password with
//! characters that mean something in a URL is percent-encoded.

use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo, RedisError, TlsCertificates};

use crate::connection::Endpoint;
use crate::options::OptionsError;

const SENTINEL_PORT: u16 = 26_379;
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Where Redis is.
pub(crate) enum Place {
    Server(Endpoint),
    Sentinels {
        sentinels: Vec<Endpoint>,
        /// What the Sentinels call the primary.
        name: String,
        /// How to log in at the primary, wherever it is.
        login: Endpoint,
    },
    Cluster {
        seeds: Vec<Endpoint>,
    },
}

impl Place {
    /// Reads a URL. `ca` are certificates, in PEM, by which servers are believed in place of the system's.
    pub(crate) fn parse(url: &str, ca: Option<&[u8]>, handshake: Duration) -> Result<Self, OptionsError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refused("it has no scheme"))?;
        let one = |url: &str| endpoint(url, ca, handshake);
        let (kind, tls) = match scheme {
            "redis" | "valkey" | "rediss" | "valkeys" => return Ok(Self::Server(one(url)?)),
            "unix" | "redis+unix" | "valkey+unix" => return Ok(Self::Server(one(url)?)),
            "redis+sentinel" | "valkey+sentinel" => ("sentinel", false),
            "rediss+sentinel" | "valkeys+sentinel" => ("sentinel", true),
            "redis+cluster" | "valkey+cluster" => ("cluster", false),
            "rediss+cluster" | "valkeys+cluster" => ("cluster", true),
            other => return Err(refused(format!("its scheme is {other}"))),
        };
        // What stands before the last @ may itself be a careless password with @ or / in it: it is left to the library.
        let (login, places) = rest.rsplit_once('@').map_or(("", rest), |(login, places)| (login, places));
        let (hosts, path) = places.split_once('/').unwrap_or((places, ""));
        let at = if login.is_empty() { "" } else { "@" };
        let scheme = if tls { "rediss" } else { "redis" };
        let all = |port: Option<u16>| {
            let one = |host: &str| match port {
                Some(port) if !has_port(host) => one(&format!("{scheme}://{login}{at}{host}:{port}")),
                _ => one(&format!("{scheme}://{login}{at}{host}")),
            };
            hosts.split(',').map(one).collect::<Result<Vec<_>, _>>()
        };
        if kind == "cluster" {
            return match path.trim_matches('/') {
                "" | "0" => Ok(Self::Cluster { seeds: all(None)? }),
                _ => Err(refused("a Cluster has no other database than 0")),
            };
        }
        let (name, db) = path.split_once('/').unwrap_or((path, "0"));
        if name.is_empty() {
            return Err(refused("it does not name what the Sentinels watch, as in redis+sentinel://host:port/name"));
        }
        let sentinels = all(Some(SENTINEL_PORT))?;
        let first = hosts.split(',').next().unwrap_or_default();
        let login = one(&format!("{scheme}://{login}{at}{first}/{db}"))?;
        Ok(Self::Sentinels { sentinels, name: name.to_owned(), login })
    }
}

fn refused(reason: impl Into<String>) -> OptionsError {
    OptionsError::Url { reason: reason.into() }
}

/// Whether a port follows the host, which may be an address of IPv6 in brackets.
fn has_port(host: &str) -> bool {
    host.rsplit_once(']').map_or(host, |(_, after)| after).contains(':')
}

fn endpoint(url: &str, ca: Option<&[u8]>, handshake: Duration) -> Result<Endpoint, OptionsError> {
    // The library's own words name no part of the URL.
    let by_library = |error: RedisError| refused(error.to_string());
    let mut info = url.into_connection_info().map_err(by_library)?;
    if info.redis_settings().db() < 0 {
        return Err(refused("its database number is negative"));
    }
    match info.addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => {
            return Err(refused("TLS with a server that is not verified is not offered: name its CA instead"));
        }
        ConnectionAddr::TcpTls { .. } => {
            if let Some(ca) = ca {
                // Of what has no certificates in it, the library makes an empty list of whom to believe.
                if !ca.windows(CERTIFICATE.len()).any(|window| window == CERTIFICATE) {
                    return Err(OptionsError::Certificates);
                }
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.to_vec()) };
                let client = redis::Client::build_with_tls(info, certificates);
                info = client.map_err(|_| OptionsError::Certificates)?.get_connection_info().clone();
            }
        }
        _ if ca.is_some() => return Err(refused("certificates are given, but it does not say TLS, as rediss:// does")),
        _ => {}
    }
    Ok(Endpoint::new(info, handshake))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Place, OptionsError> {
        Place::parse(url, None, Duration::from_secs(1))
    }

    /// What a URL leads to, as logs show it.
    fn shown(url: &str) -> String {
        let all = |endpoints: &[Endpoint]| endpoints.iter().map(Endpoint::shown).collect::<Vec<_>>().join(" ");
        match parse(url).unwrap_or_else(|error| panic!("{url}: {error}")) {
            Place::Server(endpoint) => endpoint.shown(),
            Place::Sentinels { sentinels, name, login } => format!("{} {name} as {}", all(&sentinels), login.shown()),
            Place::Cluster { seeds } => all(&seeds),
        }
    }

    #[test]
    fn every_kind_of_place_has_its_url() {
        for (url, place) in [
            ("redis://localhost", "localhost:6379/0"),
            ("valkey://ana:s3cret@localhost:7000/2", "localhost:7000/2"),
            ("rediss://[::1]:7000", "[::1]:7000/0"),
            ("unix:///run/redis.sock?db=3", "/run/redis.sock/3"),
            ("redis+sentinel://a,b:7000,[::1]/main", "a:26379/0 b:7000/0 [::1]:26379/0 main as a:6379/0"),
            ("redis+sentinel://:s3cret@a:1/main/5", "a:1/0 main as a:1/5"),
            ("redis+cluster://a:1,b", "a:1/0 b:6379/0"),
            ("rediss+cluster://ana:s3cret@[::1]:1/0", "[::1]:1/0"),
        ] {
            assert_eq!(shown(url), place, "{url}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused_by_name() {
        for (url, reason) in [
            ("", "no scheme"),
            ("localhost:6379", "no scheme"),
            ("http://localhost", "its scheme is http"),
            ("redis://", ""),
            ("redis://h:p", ""),
            ("redis://h/x", "database number"),
            ("redis://h/-1", "negative"),
            ("redis+sentinel://h:1", "does not name"),
            ("redis+sentinel://h:1/", "does not name"),
            ("redis+sentinel://h:1,/main", ""),
            ("redis+cluster://", ""),
            ("redis+cluster://h/1", "no other database"),
            ("rediss://h#insecure", "not verified"),
        ] {
            match parse(url).err() {
                Some(OptionsError::Url { reason: given }) => assert!(given.contains(reason), "{url}: {given}"),
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    #[test]
    fn neither_logs_nor_errors_hold_the_password() {
        for url in ["redis://ana:s3cret@h/x", "redis+sentinel://ana:s3cret@h,/m", "redis+cluster://:s3cret@h/2"] {
            let refused = parse(url).err().expect("refused").to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refused = |url, ca: &[u8]| Place::parse(url, Some(ca), Duration::from_secs(1)).err();
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for ca in [&broken[..], b"", b"lixo"] {
            assert_eq!(refused("rediss://localhost", ca), Some(OptionsError::Certificates));
        }
        assert!(matches!(refused("redis://localhost", broken), Some(OptionsError::Url { .. })), "not over TLS");
    }
}
