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

use std::path::Path;
use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo, TlsCertificates};

use crate::connection::Endpoint;
use crate::key::Namespace;
use crate::options::{Options, OptionsError, UrlFault};

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

/// How to come in, beside what the URL says.
#[derive(Clone, Copy)]
pub(crate) struct Access<'a> {
    /// CA certificates, in PEM, in place of the system's.
    pub(crate) ca: Option<&'a [u8]>,
    /// Where the URL names none.
    pub(crate) user: Option<&'a str>,
    pub(crate) password_file: Option<&'a Path>,
    pub(crate) handshake: Duration,
}

impl Options {
    /// Whether a cache can be built with these. Nothing is connected to, and the password is not read.
    ///
    /// # Errors
    ///
    /// If the namespace, the URL or the certificates cannot be used.
    pub fn check(&self) -> Result<(), OptionsError> {
        Namespace::new(&self.namespace)?;
        self.place(Duration::ZERO).map(|_| ())
    }

    /// Where Redis is, if there is one.
    pub(crate) fn place(&self, handshake: Duration) -> Result<Option<Place>, OptionsError> {
        let access = Access {
            ca: self.redis_ca.as_deref(),
            user: self.redis_user.as_deref(),
            password_file: self.redis_password_file.as_deref(),
            handshake,
        };
        self.redis.as_deref().map(|url| Place::parse(url, access)).transpose()
    }
}

impl Place {
    /// Reads a URL.
    pub(crate) fn parse(url: &str, access: Access<'_>) -> Result<Self, OptionsError> {
        let (scheme, rest) = url.split_once("://").ok_or(refused(UrlFault::NoScheme))?;
        let one = |url: &str| endpoint(url, access);
        let (kind, tls) = match scheme {
            "redis" | "valkey" | "rediss" | "valkeys" => return Ok(Self::Server(one(url)?)),
            "unix" | "redis+unix" | "valkey+unix" => return Ok(Self::Server(one(url)?)),
            "redis+sentinel" | "valkey+sentinel" => ("sentinel", false),
            "rediss+sentinel" | "valkeys+sentinel" => ("sentinel", true),
            "redis+cluster" | "valkey+cluster" => ("cluster", false),
            "rediss+cluster" | "valkeys+cluster" => ("cluster", true),
            other => return Err(refused(UrlFault::Scheme(other.to_owned()))),
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
                _ => Err(refused(UrlFault::ClusterDatabase)),
            };
        }
        let (name, db) = path.split_once('/').unwrap_or((path, "0"));
        if name.is_empty() {
            return Err(refused(UrlFault::NoName));
        }
        let sentinels = all(Some(SENTINEL_PORT))?;
        let first = hosts.split(',').next().unwrap_or_default();
        let login = one(&format!("{scheme}://{login}{at}{first}/{db}"))?;
        Ok(Self::Sentinels { sentinels, name: name.to_owned(), login })
    }
}

fn refused(fault: UrlFault) -> OptionsError {
    OptionsError::Url { fault }
}

/// Whether a port follows the host, which may be an address of IPv6 in brackets.
fn has_port(host: &str) -> bool {
    host.rsplit_once(']').map_or(host, |(_, after)| after).contains(':')
}

fn endpoint(url: &str, access: Access<'_>) -> Result<Endpoint, OptionsError> {
    let mut info = url.into_connection_info().map_err(|_| refused(fault_of(url)))?;
    if info.redis_settings().db() < 0 {
        return Err(refused(UrlFault::Database));
    }
    match info.addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => return Err(refused(UrlFault::Unverified)),
        ConnectionAddr::TcpTls { .. } => {
            if let Some(ca) = access.ca {
                // Of what has no certificates in it, the library makes an empty list of whom to believe.
                if !ca.windows(CERTIFICATE.len()).any(|window| window == CERTIFICATE) {
                    return Err(OptionsError::Certificates);
                }
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.to_vec()) };
                let client = redis::Client::build_with_tls(info, certificates);
                info = client.map_err(|_| OptionsError::Certificates)?.get_connection_info().clone();
            }
        }
        _ if access.ca.is_some() => return Err(refused(UrlFault::NoTls)),
        _ => {}
    }
    let login = info.redis_settings();
    if login.password().is_some() && access.password_file.is_some() {
        return Err(refused(UrlFault::PasswordTwice));
    }
    if let Some(user) = access.user.filter(|_| login.username().is_none()) {
        let login = login.clone().set_username(user);
        info = info.set_redis_settings(login);
    }
    Ok(Endpoint::new(info, access.password_file, access.handshake))
}

/// What the library cannot read in a URL of one server.
fn fault_of(url: &str) -> UrlFault {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place).split(['?', '#']).next().unwrap_or_default();
    let (host, database) = place.split_once('/').unwrap_or((place, ""));
    let port = host.rsplit_once(':').filter(|_| has_port(host)).map(|(_, port)| port);
    if scheme.contains("unix") {
        UrlFault::Unreadable
    } else if host.is_empty() || host.starts_with(':') {
        UrlFault::NoHost
    } else if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        UrlFault::Port
    } else if !database.is_empty() && database.parse::<u32>().is_err() {
        UrlFault::Database
    } else {
        UrlFault::Unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Access<'_> = Access { ca: None, user: None, password_file: None, handshake: Duration::from_secs(1) };

    fn parse(url: &str) -> Result<Place, OptionsError> {
        Place::parse(url, ALONE)
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
        for (url, fault) in [
            ("", UrlFault::NoScheme),
            ("localhost:6379", UrlFault::NoScheme),
            ("http://localhost", UrlFault::Scheme("http".to_owned())),
            ("redis://", UrlFault::NoHost),
            ("redis://:6379", UrlFault::NoHost),
            ("redis://ana:s3cret@/0", UrlFault::NoHost),
            ("redis://h:p", UrlFault::Port),
            ("redis://h:70000", UrlFault::Port),
            ("redis://[::1]:p", UrlFault::Port),
            ("redis://h/x", UrlFault::Database),
            ("redis://h/-1", UrlFault::Database),
            ("redis://h h", UrlFault::Unreadable),
            ("redis+sentinel://h:1", UrlFault::NoName),
            ("redis+sentinel://h:1/", UrlFault::NoName),
            ("redis+sentinel://h:1,/main", UrlFault::NoHost),
            ("redis+cluster://", UrlFault::NoHost),
            ("redis+cluster://h/1", UrlFault::ClusterDatabase),
            ("rediss://h#insecure", UrlFault::Unverified),
        ] {
            assert_eq!(parse(url).err(), Some(OptionsError::Url { fault }), "{url}");
        }
    }

    #[test]
    fn a_password_is_in_the_url_or_in_a_file() {
        let with_file = Access { password_file: Some(Path::new("password")), ..ALONE };
        for url in ["redis://user:geheim@h", "redis://:geheim@h", "unix:///a.sock?pass=geheim", "redis+cluster://:x@h"]
        {
            let fault = UrlFault::PasswordTwice;
            assert_eq!(Place::parse(url, with_file).err(), Some(OptionsError::Url { fault }), "{url}");
        }
        for url in ["redis://user@h", "redis://h", "unix:///a.sock?user=u", "redis+sentinel://user@h/main"] {
            assert!(Place::parse(url, with_file).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_user_beside_the_url_counts_where_it_names_none() {
        let with_user = Access { user: Some("ana"), ..ALONE };
        for (url, user) in [("redis://h", "ana"), ("redis://:pw@h", "ana"), ("redis://rui:pw@h", "rui")] {
            let Ok(Place::Server(endpoint)) = Place::parse(url, with_user) else { panic!("{url}") };
            assert_eq!(endpoint.user(), Some(user), "{url}");
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
        let refused = |url, ca: &[u8]| Place::parse(url, Access { ca: Some(ca), ..ALONE }).err();
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for ca in [&broken[..], b"", b"lixo"] {
            assert_eq!(refused("rediss://localhost", ca), Some(OptionsError::Certificates));
        }
        assert!(matches!(refused("redis://localhost", broken), Some(OptionsError::Url { .. })), "not over TLS");
    }
}
