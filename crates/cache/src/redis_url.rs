//! The servers that a [URL](crate::url) names.

use std::path::Path;
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::connection::Endpoint;
use crate::options::{Options, OptionsError, UrlFault};
use crate::url::Parts;

const SENTINEL_PORT: u16 = 26_379;

pub(crate) enum RedisUrl {
    Server(Endpoint),
    Sentinels {
        sentinels: Vec<Endpoint>,
        /// The name of the primary in the Sentinels' configuration.
        name: String,
        /// The login at the primary, at any address.
        login: Endpoint,
    },
    Cluster {
        seeds: Vec<Endpoint>,
    },
}

/// The options of a connection that are not in its URL.
#[derive(Clone, Copy)]
pub(crate) struct LoginOptions<'a> {
    /// CA certificates, in PEM, in place of the system's trust store.
    pub(crate) ca: Option<&'a [u8]>,
    /// The user, if the URL names none.
    pub(crate) user: Option<&'a str>,
    pub(crate) password_file: Option<&'a Path>,
    pub(crate) handshake: Duration,
}

impl Options {
    /// The parsed URL, if there is one.
    pub(crate) fn redis_url(&self, handshake: Duration) -> Result<Option<RedisUrl>, OptionsError> {
        let options = LoginOptions {
            ca: self.redis_ca.as_deref(),
            user: self.redis_user.as_deref(),
            password_file: self.redis_password_file.as_deref(),
            handshake,
        };
        self.redis.as_deref().map(|url| RedisUrl::parse(url, options)).transpose()
    }
}

impl RedisUrl {
    pub(crate) fn parse(url: &str, options: LoginOptions<'_>) -> Result<Self, OptionsError> {
        let Parts { scheme, login, place } = Parts::of(url).ok_or(refused(UrlFault::NoScheme))?;
        let one = |url: &str| endpoint(url, options);
        let (kind, tls) = match scheme {
            "redis" | "valkey" | "rediss" | "valkeys" => return Ok(Self::Server(one(url)?)),
            "unix" | "redis+unix" | "valkey+unix" => return Ok(Self::Server(one(url)?)),
            "redis+sentinel" | "valkey+sentinel" => ("sentinel", false),
            "rediss+sentinel" | "valkeys+sentinel" => ("sentinel", true),
            "redis+cluster" | "valkey+cluster" => ("cluster", false),
            "rediss+cluster" | "valkeys+cluster" => ("cluster", true),
            other => return Err(refused(UrlFault::Scheme(other.to_owned()))),
        };
        let login = login.map(|login| format!("{login}@")).unwrap_or_default();
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let scheme = if tls { "rediss" } else { "redis" };
        let all = |port: Option<u16>| {
            let one = |host: &str| match port {
                Some(port) if !has_port(host) => one(&format!("{scheme}://{login}{host}:{port}")),
                _ => one(&format!("{scheme}://{login}{host}")),
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
        let login = one(&format!("{scheme}://{login}{first}/{db}"))?;
        Ok(Self::Sentinels { sentinels, name: name.to_owned(), login })
    }
}

fn refused(fault: UrlFault) -> OptionsError {
    OptionsError::Url { fault }
}

/// Whether the host, which may be an IPv6 address in brackets, is followed by a port.
fn has_port(host: &str) -> bool {
    host.rsplit_once(']').map_or(host, |(_, after)| after).contains(':')
}

fn endpoint(url: &str, options: LoginOptions<'_>) -> Result<Endpoint, OptionsError> {
    let mut info = url.into_connection_info().map_err(|_| refused(fault_of(url)))?;
    if info.redis_settings().db() < 0 {
        return Err(refused(UrlFault::Database));
    }
    match (info.addr(), options.ca) {
        (ConnectionAddr::TcpTls { insecure: true, .. }, _) => return Err(refused(UrlFault::Unverified)),
        (ConnectionAddr::TcpTls { .. }, Some(ca)) => info = with_ca(info, ca)?,
        (ConnectionAddr::TcpTls { .. }, None) | (_, None) => {}
        (_, Some(_)) => return Err(refused(UrlFault::NoTls)),
    }
    let login = info.redis_settings();
    if login.password().is_some() && options.password_file.is_some() {
        return Err(refused(UrlFault::PasswordTwice));
    }
    if let Some(user) = options.user.filter(|_| login.username().is_none()) {
        let login = login.clone().set_username(user);
        info = info.set_redis_settings(login);
    }
    Ok(Endpoint::new(info, options.password_file, options.handshake))
}

#[cfg(feature = "tls")]
fn with_ca(info: ConnectionInfo, ca: &[u8]) -> Result<ConnectionInfo, OptionsError> {
    const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
    // From a text without certificates, the library would make an empty trust store.
    if !ca.windows(CERTIFICATE.len()).any(|window| window == CERTIFICATE) {
        return Err(OptionsError::Certificates);
    }
    let certificates = redis::TlsCertificates { client_tls: None, root_cert: Some(ca.to_vec()) };
    let client = redis::Client::build_with_tls(info, certificates);
    Ok(client.map_err(|_| OptionsError::Certificates)?.get_connection_info().clone())
}

#[cfg(not(feature = "tls"))]
fn with_ca(_: ConnectionInfo, _: &[u8]) -> Result<ConnectionInfo, OptionsError> {
    Err(refused(UrlFault::TlsDisabled))
}

/// Why the library cannot parse the URL of one server.
fn fault_of(url: &str) -> UrlFault {
    let Some(parts) = Parts::of(url).filter(|parts| !parts.is_socket()) else { return UrlFault::Unreadable };
    let place = parts.place.split(['?', '#']).next().unwrap_or_default();
    let (host, database) = place.split_once('/').unwrap_or((place, ""));
    let port = host.rsplit_once(':').filter(|_| has_port(host)).map(|(_, port)| port);
    if host.is_empty() || host.starts_with(':') {
        UrlFault::NoHost
    } else if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        UrlFault::Port
    } else if !database.is_empty() && database.parse::<u32>().is_err() {
        UrlFault::Database
    } else if cfg!(not(feature = "tls")) && matches!(parts.scheme, "rediss" | "valkeys") {
        UrlFault::TlsDisabled
    } else {
        UrlFault::Unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL_ONLY: LoginOptions<'_> =
        LoginOptions { ca: None, user: None, password_file: None, handshake: Duration::from_secs(1) };

    fn parse(url: &str) -> Result<RedisUrl, OptionsError> {
        RedisUrl::parse(url, URL_ONLY)
    }

    /// The servers of a URL, as logs show them.
    fn shown(url: &str) -> String {
        let all = |endpoints: &[Endpoint]| endpoints.iter().map(Endpoint::shown).collect::<Vec<_>>().join(" ");
        match parse(url).unwrap_or_else(|error| panic!("{url}: {error}")) {
            RedisUrl::Server(endpoint) => endpoint.shown(),
            RedisUrl::Sentinels { sentinels, name, login } => {
                format!("{} {name} as {}", all(&sentinels), login.shown())
            }
            RedisUrl::Cluster { seeds } => all(&seeds),
        }
    }

    #[test]
    fn every_kind_of_url_is_read() {
        for (url, servers) in [
            ("redis://localhost", "localhost:6379/0"),
            ("valkey://ana:s3cret@localhost:7000/2", "localhost:7000/2"),
            ("rediss://[::1]:7000", "[::1]:7000/0"),
            ("unix:///run/redis.sock?db=3", "/run/redis.sock/3"),
            ("redis+sentinel://a,b:7000,[::1]/main", "a:26379/0 b:7000/0 [::1]:26379/0 main as a:6379/0"),
            ("redis+sentinel://:s3cret@a:1/main/5", "a:1/0 main as a:1/5"),
            ("redis+cluster://a:1,b", "a:1/0 b:6379/0"),
            ("rediss+cluster://ana:s3cret@[::1]:1/0", "[::1]:1/0"),
        ] {
            assert_eq!(shown(url), servers, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_with_its_fault() {
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
        let with_file = LoginOptions { password_file: Some(Path::new("password")), ..URL_ONLY };
        for url in ["redis://user:geheim@h", "redis://:geheim@h", "unix:///a.sock?pass=geheim", "redis+cluster://:x@h"]
        {
            let fault = UrlFault::PasswordTwice;
            assert_eq!(RedisUrl::parse(url, with_file).err(), Some(OptionsError::Url { fault }), "{url}");
        }
        for url in ["redis://user@h", "redis://h", "unix:///a.sock?user=u", "redis+sentinel://user@h/main"] {
            assert!(RedisUrl::parse(url, with_file).is_ok(), "{url}");
        }
    }

    #[test]
    fn the_user_option_counts_if_the_url_names_no_user() {
        let with_user = LoginOptions { user: Some("ana"), ..URL_ONLY };
        for (url, user) in [("redis://h", "ana"), ("redis://:pw@h", "ana"), ("redis://rui:pw@h", "rui")] {
            let Ok(RedisUrl::Server(endpoint)) = RedisUrl::parse(url, with_user) else { panic!("{url}") };
            assert_eq!(endpoint.user(), Some(user), "{url}");
        }
    }

    #[test]
    fn no_error_holds_the_password() {
        for url in ["redis://ana:s3cret@h/x", "redis+sentinel://ana:s3cret@h,/m", "redis+cluster://:s3cret@h/2"] {
            let refused = parse(url).err().expect("refused").to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn a_text_without_certificates_is_refused() {
        let refused = |url, ca: &[u8]| RedisUrl::parse(url, LoginOptions { ca: Some(ca), ..URL_ONLY }).err();
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for ca in [&broken[..], b"", b"lixo"] {
            assert_eq!(refused("rediss://localhost", ca), Some(OptionsError::Certificates));
        }
        assert!(matches!(refused("redis://localhost", broken), Some(OptionsError::Url { .. })), "not over TLS");
    }
}
