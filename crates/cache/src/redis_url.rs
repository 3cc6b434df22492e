//! The servers that a [URL](crate::url) names. No part of a URL is ignored: what means nothing is an error.

use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use redis::{ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo};

use crate::access::{Access, CertificateFiles, PasswordSource, with_certificates};
use crate::connection::Endpoint;
use crate::options::{Options, OptionsError, UrlFault};

const PORT: u16 = 6_379;
const SENTINEL_PORT: u16 = 26_379;

pub(crate) enum RedisUrl {
    Server(Endpoint),
    Sentinels {
        sentinels: Vec<Endpoint>,
        /// Whether the Sentinels have a login of their own. Otherwise they get that of the servers, or none.
        have_own_login: bool,
        /// The name of the primary in the Sentinels' configuration.
        name: String,
        /// The login at the primary, at any address.
        login: Endpoint,
    },
    Cluster {
        seeds: Vec<Endpoint>,
    },
}

impl Options {
    /// The parsed URL, if there is one.
    pub(crate) fn redis_url(&self, handshake: Duration) -> Result<Option<RedisUrl>, OptionsError> {
        self.redis.as_deref().map(|url| RedisUrl::parse(url, self, handshake)).transpose()
    }
}

impl RedisUrl {
    fn parse(url: &str, options: &Options, handshake: Duration) -> Result<Self, OptionsError> {
        let parts = Parts::read(url).map_err(refused)?;
        let servers = Endpoints { parts: &parts, tls: parts.kind.tls, options, handshake };
        let names_sentinels = options.sentinel_user.is_some() || options.sentinel_password_file.is_some();
        if names_sentinels && parts.kind.form != Form::Sentinels {
            return Err(refused(UrlFault::NoSentinels));
        }
        match parts.kind.form {
            Form::Socket => servers.socket().map(Self::Server),
            Form::Server => {
                let [host] = &parts.hosts[..] else { return Err(refused(UrlFault::Unreadable)) };
                Ok(Self::Server(servers.one(host, PORT, parts.database(parts.segments.first())?)?))
            }
            Form::Cluster => match parts.database(parts.segments.first()) {
                Ok(0) => Ok(Self::Cluster { seeds: servers.all(PORT)? }),
                _ => Err(refused(UrlFault::ClusterDatabase)),
            },
            Form::Sentinels => {
                let Some(name) = parts.segments.first().filter(|name| !name.is_empty()) else {
                    return Err(refused(UrlFault::NoName));
                };
                // Before the Sentinels, for the faults of the login that both share.
                let login = servers.one(&parts.hosts[0], SENTINEL_PORT, parts.database(parts.segments.get(1))?)?;
                let sentinels = if names_sentinels { servers.sentinels()? } else { servers.all(SENTINEL_PORT)? };
                Ok(Self::Sentinels { sentinels, have_own_login: names_sentinels, name: name.clone(), login })
            }
        }
    }
}

fn refused(fault: UrlFault) -> OptionsError {
    OptionsError::Url { fault }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Server,
    Socket,
    Sentinels,
    Cluster,
}

#[derive(Clone, Copy)]
struct Kind {
    form: Form,
    tls: bool,
}

impl Kind {
    fn of(scheme: &str) -> Result<Self, UrlFault> {
        let (form, tls) = match &*scheme.to_ascii_lowercase() {
            "redis" | "valkey" => (Form::Server, false),
            "rediss" | "valkeys" => (Form::Server, true),
            "unix" | "redis+unix" | "valkey+unix" => (Form::Socket, false),
            "redis+sentinel" | "valkey+sentinel" => (Form::Sentinels, false),
            "rediss+sentinel" | "valkeys+sentinel" => (Form::Sentinels, true),
            "redis+cluster" | "valkey+cluster" => (Form::Cluster, false),
            "rediss+cluster" | "valkeys+cluster" => (Form::Cluster, true),
            _ => return Err(UrlFault::Scheme(scheme.to_owned())),
        };
        if tls && cfg!(not(feature = "tls")) { Err(UrlFault::TlsDisabled) } else { Ok(Self { form, tls }) }
    }
}

/// The parts of a URL, decoded.
struct Parts {
    kind: Kind,
    user: Option<String>,
    password: Option<String>,
    /// At least one, except for a socket. Without brackets.
    hosts: Vec<(String, Option<u16>)>,
    /// The parts of the path, of which the form of the URL allows so many; for a socket, the path as a whole.
    segments: Vec<String>,
    /// The database in the query.
    database: Option<String>,
}

impl Parts {
    fn read(url: &str) -> Result<Self, UrlFault> {
        let (scheme, rest) = url.split_once("://").ok_or(UrlFault::NoScheme)?;
        let kind = Kind::of(scheme)?;
        let is_socket = kind.form == Form::Socket;
        let authority = if is_socket { "" } else { &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())] };
        let rest = &rest[authority.len()..];
        // A login ends at an @. One in the rest means that the login contains one of these characters, and the names of
        // parameters below may be parts of a password.
        if rest.contains('@') && !is_socket {
            return Err(UrlFault::Encoding);
        }
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let mut parts = Self {
            kind,
            user: some(decoded(user)?),
            password: some(decoded(password)?),
            hosts: vec![],
            segments: vec![],
            database: None,
        };
        match fragment {
            None => {}
            Some("insecure") if kind.tls => return Err(UrlFault::Unverified),
            Some(_) => return Err(UrlFault::Fragment),
        }
        if is_socket {
            parts.segments.push(decoded(path)?);
        } else {
            parts.hosts = hosts.split(',').map(read_host).collect::<Result<_, _>>()?;
            // A path of `/` names nothing, like none.
            if let Some(path) = path.strip_prefix('/').filter(|path| !path.is_empty()) {
                let segments_max = if kind.form == Form::Sentinels { 2 } else { 1 };
                parts.segments = path.splitn(segments_max, '/').map(decoded).collect::<Result<_, _>>()?;
            }
        }
        query.split('&').filter(|parameter| !parameter.is_empty()).try_for_each(|one| parts.read_parameter(one))?;
        Ok(parts)
    }

    fn read_parameter(&mut self, parameter: &str) -> Result<(), UrlFault> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        let place = match &*name {
            "protocol" if value == "3" => return Ok(()),
            "db" => &mut self.database,
            "user" if self.kind.form == Form::Socket => &mut self.user,
            "pass" if self.kind.form == Form::Socket => &mut self.password,
            // It may be the rest of a password with an `&`.
            _ if self.password.is_some() && self.kind.form == Form::Socket => return Err(UrlFault::Encoding),
            _ => return Err(UrlFault::Parameter(name)),
        };
        if place.replace(value).is_some() { Err(UrlFault::Parameter(name)) } else { Ok(()) }
    }

    /// The database in this part of the path, or in the query; 0 if in neither.
    fn database(&self, in_path: Option<&String>) -> Result<u32, OptionsError> {
        let read = |text: &String| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| refused(UrlFault::Database)),
            false => Err(refused(UrlFault::Database)),
        };
        match (in_path.map(read).transpose()?, self.database.as_ref().map(read).transpose()?) {
            (Some(a), Some(b)) if a != b => Err(refused(UrlFault::DatabaseTwice)),
            (a, b) => Ok(a.or(b).unwrap_or(0)),
        }
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn decoded(text: &str) -> Result<String, UrlFault> {
    percent_decode_str(text).decode_utf8().map(Cow::into_owned).map_err(|_| UrlFault::Unreadable)
}

/// Reads `host[:port]`; an IPv6 address has brackets.
fn read_host(text: &str) -> Result<(String, Option<u16>), UrlFault> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => {
            let (address, rest) = text.split_once(']').ok_or(UrlFault::Unreadable)?;
            let address: Ipv6Addr = address.parse().map_err(|_| UrlFault::Unreadable)?;
            (address.to_string(), rest)
        }
        None => {
            let (host, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (decoded(host)?, rest)
        }
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return Err(UrlFault::Unreadable),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().map_err(|_| UrlFault::Port)?),
        Some(_) => return Err(UrlFault::Port),
    };
    let is_wild = ["0.0.0.0", "::"].contains(&&*host);
    match host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@[]\\".contains(c)) || is_wild {
        _ if host.is_empty() => Err(UrlFault::NoHost),
        true => Err(UrlFault::Unreadable),
        false => Ok((host, port)),
    }
}

/// Makes the endpoints of a URL, with the options beside it.
struct Endpoints<'a> {
    parts: &'a Parts,
    tls: bool,
    options: &'a Options,
    handshake: Duration,
}

impl Endpoints<'_> {
    fn socket(&self) -> Result<Endpoint, OptionsError> {
        match self.parts.segments.first() {
            Some(path) if path.starts_with('/') => {
                let address = ConnectionAddr::Unix(PathBuf::from(path));
                self.of_servers(address, self.parts.database(None)?)
            }
            _ => Err(refused(UrlFault::Unreadable)),
        }
    }

    fn all(&self, port: u16) -> Result<Vec<Endpoint>, OptionsError> {
        self.parts.hosts.iter().map(|host| self.one(host, port, 0)).collect()
    }

    fn one(&self, host: &(String, Option<u16>), port: u16, db: u32) -> Result<Endpoint, OptionsError> {
        self.of_servers(self.address(host, port), db)
    }

    /// The Sentinels with a login of their own.
    fn sentinels(&self) -> Result<Vec<Endpoint>, OptionsError> {
        let Options { sentinel_user, sentinel_password_file, .. } = self.options;
        let Some(file) = sentinel_password_file else { return Err(refused(UrlFault::NoSentinelPassword)) };
        let mut login = RedisConnectionInfo::default();
        if let Some(user) = sentinel_user {
            login = login.set_username(user);
        }
        let source = || PasswordSource::File(file.as_path().into());
        let one = |host| self.endpoint(self.address(host, SENTINEL_PORT), login.clone(), source());
        self.parts.hosts.iter().map(one).collect()
    }

    fn address(&self, (host, port): &(String, Option<u16>), usual: u16) -> ConnectionAddr {
        let (host, port) = (host.clone(), port.unwrap_or(usual));
        match self.tls {
            true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            false => ConnectionAddr::Tcp(host, port),
        }
    }

    /// An endpoint with the login of the servers.
    fn of_servers(&self, address: ConnectionAddr, db: u32) -> Result<Endpoint, OptionsError> {
        let Parts { user, password, .. } = self.parts;
        let Options { redis_user, redis_password_file, redis_credentials, .. } = self.options;
        let source = match (redis_password_file, redis_credentials, password) {
            (None, None, _) => PasswordSource::Url,
            (Some(file), None, None) => PasswordSource::File(file.as_path().into()),
            (None, Some(credentials), None) => PasswordSource::Function(credentials.clone()),
            _ => return Err(refused(UrlFault::PasswordTwice)),
        };
        let mut login = RedisConnectionInfo::default().set_db(i64::from(db));
        if let Some(user) = user.as_ref().or(redis_user.as_ref()) {
            login = login.set_username(user);
        }
        if let Some(password) = password {
            login = login.set_password(password);
        }
        self.endpoint(address, login, source)
    }

    fn endpoint(
        &self,
        address: ConnectionAddr,
        login: RedisConnectionInfo,
        password: PasswordSource,
    ) -> Result<Endpoint, OptionsError> {
        let info = address.into_connection_info().map_err(|_| refused(UrlFault::Unreadable))?;
        let access =
            Access { password, ca: self.options.redis_ca.as_deref().map(Into::into), certificate: self.files()? };
        let info = match &access.ca {
            Some(ca) => with_certificates(info, Some(ca), None).map_err(|_| OptionsError::Certificates)?,
            None => info,
        };
        Ok(Endpoint::new(info.set_redis_settings(login), access, self.handshake))
    }

    /// The files of the client certificate; checks that certificates are for TLS.
    fn files(&self) -> Result<Option<CertificateFiles>, OptionsError> {
        let Options { redis_ca, redis_cert, redis_key, .. } = self.options;
        if (redis_ca.is_some() || redis_cert.is_some() || redis_key.is_some()) && !self.tls {
            return Err(refused(UrlFault::NoTls));
        }
        match (redis_cert, redis_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => {
                Ok(Some(CertificateFiles { certificate: certificate.as_path().into(), key: key.as_path().into() }))
            }
            _ => Err(refused(UrlFault::HalfCertificate)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str, change: impl FnOnce(&mut Options)) -> Result<RedisUrl, OptionsError> {
        let mut options = Options::default();
        change(&mut options);
        RedisUrl::parse(url, &options, Duration::from_secs(1))
    }

    fn parse(url: &str) -> Result<RedisUrl, OptionsError> {
        with(url, |_| ())
    }

    /// The servers of a URL, as logs show them.
    fn shown(url: &str) -> String {
        let all = |endpoints: &[Endpoint]| endpoints.iter().map(Endpoint::shown).collect::<Vec<_>>().join(" ");
        match parse(url).unwrap_or_else(|error| panic!("{url}: {error}")) {
            RedisUrl::Server(endpoint) => endpoint.shown(),
            RedisUrl::Sentinels { sentinels, name, login, .. } => {
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
            ("redis+sentinel://a,b:7000,[::1]/main", "a:26379/0 b:7000/0 [::1]:26379/0 main as a:26379/0"),
            ("REDIS://localhost?db=3&protocol=3", "localhost:6379/3"),
            ("redis://localhost/3?db=3", "localhost:6379/3"),
            ("redis://my%2Dhost/", "my-host:6379/0"),
            ("Unix:///run/my%20redis.sock?user=ana&pass=%26", "/run/my redis.sock/0"),
            ("redis+sentinel://a/my%2Fmain?db=2", "a:26379/0 my/main as a:26379/2"),
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
            ("redis://h,h", UrlFault::Unreadable),
            ("redis://0.0.0.0", UrlFault::Unreadable),
            ("unix://r.sock", UrlFault::Unreadable),
            ("rediss://h#insecure", UrlFault::Unverified),
            ("redis://h#insecure", UrlFault::Fragment),
            ("redis://h/0/", UrlFault::Database),
            ("redis://h/+1", UrlFault::Database),
            ("redis+sentinel://h/main/0/", UrlFault::Database),
            ("redis://h/1?db=3", UrlFault::DatabaseTwice),
            ("redis://h?db=x", UrlFault::Database),
            ("redis://h?db=3&db=3", UrlFault::Parameter("db".to_owned())),
            ("redis+cluster://h?db=1", UrlFault::ClusterDatabase),
            ("redis://h?protocol=2", UrlFault::Parameter("protocol".to_owned())),
            ("redis://h?timeout=5s", UrlFault::Parameter("timeout".to_owned())),
            ("rediss://h/0?ssl_cert_reqs=none", UrlFault::Parameter("ssl_cert_reqs".to_owned())),
            ("redis://h?user=ana", UrlFault::Parameter("user".to_owned())),
            ("unix:///r.sock?password=x", UrlFault::Parameter("password".to_owned())),
            // Names that may be parts of a password are not repeated.
            ("redis://ana:s3cret?s3cret=1@h", UrlFault::Encoding),
            ("redis://ana:s3cret/s3cret@h", UrlFault::Encoding),
            ("redis://ana:s3cret#s3cret@h", UrlFault::Encoding),
            ("unix:///r.sock?pass=s3cret&s3cret", UrlFault::Encoding),
        ] {
            assert_eq!(parse(url).err(), Some(OptionsError::Url { fault }), "{url}");
        }
    }

    #[test]
    fn a_password_is_given_once() {
        let file = |options: &mut Options| options.redis_password_file = Some("password".into());
        let credentials = || Some(crate::Credentials::new(|| async { Err(String::new()) }));
        let twice = Some(OptionsError::Url { fault: UrlFault::PasswordTwice });
        for url in ["redis://user:geheim@h", "redis://:geheim@h", "unix:///a.sock?pass=geheim", "redis+cluster://:x@h"]
        {
            assert_eq!(with(url, file).err(), twice, "{url}");
            assert_eq!(with(url, |options| options.redis_credentials = credentials()).err(), twice, "{url}");
        }
        for url in ["redis://user@h", "redis://h", "unix:///a.sock?user=u", "redis+sentinel://user@h/main"] {
            assert!(with(url, file).is_ok(), "{url}");
            assert!(with(url, |options| options.redis_credentials = credentials()).is_ok(), "{url}");
            let both = with(url, |options| {
                file(options);
                options.redis_credentials = credentials();
            });
            assert_eq!(both.err(), twice, "{url}");
        }
    }

    #[test]
    fn the_user_option_counts_if_the_url_names_no_user() {
        for (url, user) in [("redis://h", "ana"), ("redis://:pw@h", "ana"), ("redis://rui:pw@h", "rui")] {
            let parsed = with(url, |options| options.redis_user = Some("ana".to_owned()));
            let Ok(RedisUrl::Server(endpoint)) = parsed else { panic!("{url}") };
            assert_eq!(endpoint.user(), Some(user), "{url}");
        }
    }

    #[test]
    fn options_that_do_not_fit_the_url_are_refused() {
        type Change = fn(&mut Options);
        let cert: Change = |options| options.redis_cert = Some("cert".into());
        let key: Change = |options| options.redis_key = Some("key".into());
        let user: Change = |options| options.sentinel_user = Some("ana".to_owned());
        let file: Change = |options| options.sentinel_password_file = Some("password".into());
        for (url, change, fault) in [
            ("redis://h", cert, UrlFault::NoTls),
            ("redis://h", key, UrlFault::NoTls),
            ("unix:///r.sock", cert, UrlFault::NoTls),
            ("redis+sentinel://h/main", user, UrlFault::NoSentinelPassword),
            ("redis+cluster://h", file, UrlFault::NoSentinels),
            ("redis://h", user, UrlFault::NoSentinels),
        ] {
            assert_eq!(with(url, change).err(), Some(OptionsError::Url { fault }), "{url}");
        }
        if cfg!(feature = "tls") {
            for half in [cert, key] {
                let fault = UrlFault::HalfCertificate;
                assert_eq!(with("rediss://h", half).err(), Some(OptionsError::Url { fault }));
            }
        }
        assert!(with("redis+sentinel://h/main", file).is_ok());
    }

    #[test]
    fn no_error_holds_the_password() {
        for url in [
            "redis://ana:s3cret@h/x",
            "redis+sentinel://ana:s3cret@h,/m",
            "redis+cluster://:s3cret@h/2",
            "redis://ana:pa?s3cret=1@h",
            "redis://ana:pa/s3cret@h",
            "redis://ana:pa#s3cret@h",
            "unix:///r.sock?pass=s3cret&s3cret=2",
        ] {
            let refused = parse(url).err().expect("refused").to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn a_text_without_certificates_is_refused() {
        let refused = |url, ca: &[u8]| with(url, |options| options.redis_ca = Some(ca.to_vec())).err();
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for ca in [&broken[..], b"", b"lixo"] {
            assert_eq!(refused("rediss://localhost", ca), Some(OptionsError::Certificates));
        }
        assert!(matches!(refused("redis://localhost", broken), Some(OptionsError::Url { .. })), "not over TLS");
    }
}
