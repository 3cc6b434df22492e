//! The settings of a cache, and why they may be refused.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::access::Credentials;
use crate::events::EventHook;
use crate::url::redacted;

/// When Redis is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Lookup {
    /// The trial comes first and takes about as long as a lookup; only more expensive values are looked up in Redis.
    #[default]
    Adaptive,
    /// Redis is looked up before anything is computed (read-through).
    Always,
}

/// Settings of a [`Cache`](crate::Cache): start from the default ones and change fields. The `Debug` form shows no password.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The first part of every key in Redis: 1 to 64 bytes of UTF-8, without `:`, blanks, control characters and the
    /// special characters of patterns (`* ? [ ] ^ \`).
    pub namespace: String,
    /// The bound of the memory layer, in bytes; with 0, nothing is kept in memory.
    pub memory_bytes: u64,
    /// The lifetime of an answer; `None` for ever (until it is evicted). An expensive answer that is used gets it anew once
    /// half of it is over.
    pub ttl: Option<Duration>,
    /// When Redis is looked up.
    pub lookup: Lookup,
    /// The [URL](crate::url) of Redis; `None` for memory only.
    pub redis: Option<String>,
    /// The user, if the URL names none.
    pub redis_user: Option<String>,
    /// A file with the password. It is read for each connection, so that a new password needs no restart. One newline
    /// at the end of the file does not belong to the password; the rest does, without any encoding.
    pub redis_password_file: Option<PathBuf>,
    /// A function that gives the login for each connection, in place of one in the URL and of a file.
    pub redis_credentials: Option<Credentials>,
    /// CA certificates for TLS, in PEM; `None` for the system's trust store.
    pub redis_ca: Option<Vec<u8>>,
    /// Called for each [`Event`](crate::Event), on the thread where it happens: it should take some microseconds at most.
    /// It may use the cache, since no lock is held. Its panics are counted in
    /// [`Stats::hook_panics`](crate::Stats::hook_panics) and affect no call. Hits in memory are no events.
    pub on_event: Option<EventHook>,
    /// A file with a client certificate for TLS and its chain, in PEM. It is read for each connection.
    pub redis_cert: Option<PathBuf>,
    /// A file with the key of the client certificate, in PEM. It is read for each connection.
    pub redis_key: Option<PathBuf>,
    /// The user at the Sentinels. Without a user and a password of their own, the Sentinels get the login of the
    /// servers and, if they refuse it, none.
    pub sentinel_user: Option<String>,
    /// A file with the password at the Sentinels, of the same form as [`Options::redis_password_file`].
    pub sentinel_password_file: Option<PathBuf>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, memory_bytes, ttl, lookup, redis, redis_user, redis_password_file, .. } = self;
        let Self { redis_credentials, redis_ca, redis_cert, redis_key, .. } = self;
        let Self { sentinel_user, sentinel_password_file, on_event, .. } = self;
        f.debug_struct("Options")
            .field("namespace", namespace)
            .field("memory_bytes", memory_bytes)
            .field("ttl", ttl)
            .field("lookup", lookup)
            .field("redis", &redis.as_deref().map(redacted))
            .field("redis_user", redis_user)
            .field("redis_password_file", redis_password_file)
            .field("redis_credentials", redis_credentials)
            .field("redis_ca", &redis_ca.as_ref().map(Vec::len))
            .field("on_event", &on_event.as_ref().map(|_| "a function"))
            .field("redis_cert", redis_cert)
            .field("redis_key", redis_key)
            .field("sentinel_user", sentinel_user)
            .field("sentinel_password_file", sentinel_password_file)
            .finish()
    }
}

impl Options {
    /// The default settings, with a Redis at `url`.
    pub fn with_redis(url: impl Into<String>) -> Self {
        Self { redis: Some(url.into()), ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "cache".to_owned(),
            memory_bytes: 64 << 20,
            ttl: Some(Duration::from_secs(24 * 60 * 60)),
            lookup: Lookup::default(),
            redis: None,
            redis_user: None,
            redis_password_file: None,
            redis_credentials: None,
            redis_ca: None,
            on_event: None,
            redis_cert: None,
            redis_key: None,
            sentinel_user: None,
            sentinel_password_file: None,
        }
    }
}

/// How long the cache waits for Redis and for other nodes. The defaults suit a server in the same data centre; tests on a
/// busy machine wait longer. [`Cache::with_deadlines`](crate::Cache::with_deadlines) accepts a millisecond to a day each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// For a lookup or a write.
    pub call: Duration,
    /// For connecting, for each step of the handshake, and for the push that proves coherence.
    pub handshake: Duration,
    /// The time between two heartbeats. If one takes twice `call`, this node no longer waits for other nodes.
    pub heartbeat: Duration,
    /// The time between two queries for the primaries, to Sentinels or Cluster nodes.
    pub topology: Duration,
    /// The time between two touches of a key that memory answers for: the first hit after it tells Redis that the key is
    /// in use.
    pub touch: Duration,
    /// How long memory serves what is not kept briefly, after the last sign of life: from the moment at which a command was
    /// sent that Redis answered. `None` for three heartbeats, and at least 300 ms. Nothing is forgotten after this time,
    /// and a later sign renews it. So what is deleted in Redis is not served from memory for longer than this,
    /// whatever the network and the scheduler do. The monotonic clock counts, which on Linux stands still while the
    /// machine is suspended.
    pub belief: Option<Duration>,
    /// For a heartbeat: without a reply in this time, the connection counts as lost.
    pub heartbeat_timeout: Duration,
    /// The wait for another node's computation, before this node computes. Up to two thirds are added at random, so
    /// that not all nodes give up at the same time.
    pub patience: Duration,
    /// The lifetime of a lease, which is the longest wait for a node that died. It must be longer than any computation.
    pub lease: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            call: Duration::from_millis(50),
            handshake: Duration::from_secs(1),
            heartbeat: Duration::from_millis(100),
            topology: Duration::from_secs(1),
            touch: Duration::from_secs(60),
            belief: None,
            heartbeat_timeout: Duration::from_secs(1),
            patience: Duration::from_millis(600),
            lease: Duration::from_secs(3),
        }
    }
}

impl Deadlines {
    /// The least time for which memory is believed: a busy machine may be late by two heartbeats of the default.
    const BELIEF_LEAST: Duration = Duration::from_millis(300);

    pub(crate) fn belief(&self) -> Duration {
        self.belief.unwrap_or_else(|| self.heartbeat.saturating_mul(3).max(Self::BELIEF_LEAST))
    }

    /// Redis counts in milliseconds, and repeated actions need a pause.
    const LEAST: Duration = Duration::from_millis(1);
    /// A longer wait is a mistake.
    const MOST: Duration = Duration::from_secs(24 * 60 * 60);

    /// # Errors
    ///
    /// If a deadline is out of bounds.
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        let Self { call, handshake, heartbeat, topology, touch, heartbeat_timeout, patience, lease, belief } = *self;
        let all = [
            ("call", call),
            ("handshake", handshake),
            ("heartbeat", heartbeat),
            ("topology", topology),
            ("touch", touch),
            ("heartbeat_timeout", heartbeat_timeout),
            ("patience", patience),
            ("lease", lease),
            ("belief", belief.unwrap_or(Self::LEAST)),
        ];
        let (least, most) = (Self::LEAST, Self::MOST);
        match all.into_iter().find(|(_, given)| !(least..=most).contains(given)) {
            None => Ok(()),
            Some((name, given)) => Err(OptionsError::Deadline { name, given, least, most }),
        }
    }
}

/// Why an option is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The namespace is empty, longer than 64 bytes, or contains `character`.
    Namespace {
        /// The namespace given.
        given: String,
        /// The invalid character; `None` if the length is wrong.
        character: Option<char>,
    },
    /// The URL is not one of a Redis server. The URL itself is not repeated here: it may hold a password.
    Url {
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// A deadline is out of bounds.
    Deadline {
        /// The name of the field of [`Deadlines`].
        name: &'static str,
        /// What was given.
        given: Duration,
        /// The shortest that is possible.
        least: Duration,
        /// The longest that is possible.
        most: Duration,
    },
    /// The CA certificates cannot be read.
    Certificates,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace { given, character: None } => {
                write!(f, "namespace {given:?} must be 1 to 64 bytes long, it is {}", given.len())
            }
            Self::Namespace { given, character: Some(character) } => {
                write!(f, "namespace {given:?} may not contain {character:?}")
            }
            Self::Url { fault } => write!(f, "not a usable Redis URL (redis://host:port/db): {fault}"),
            Self::Deadline { name, given, least, most } => {
                write!(f, "deadline {name} must be from {least:?} to {most:?}, it is {given:?}")
            }
            Self::Certificates => f.write_str("not certificates in PEM"),
        }
    }
}

impl std::error::Error for OptionsError {}

/// What is wrong with the URL of a Redis, or with the options beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlFault {
    /// There is nothing before `://`.
    NoScheme,
    /// The scheme is not one of Redis.
    Scheme(String),
    /// It names no host.
    NoHost,
    /// The port is not a number from 0 to 65,535.
    Port,
    /// The database is not a non-negative number.
    Database,
    /// The name of the primary that the Sentinels watch is missing.
    NoName,
    /// A Cluster has only database 0.
    ClusterDatabase,
    /// It requests TLS without verification of the server, which is not supported.
    Unverified,
    /// Certificates are given, but it does not use TLS.
    NoTls,
    /// A client certificate is given without its key, or a key without its certificate.
    HalfCertificate,
    /// A login for Sentinels is given, but it names none.
    NoSentinels,
    /// A user for the Sentinels is given without a password.
    NoSentinelPassword,
    /// It uses TLS, but this crate was built without the feature `tls`.
    TlsDisabled,
    /// More than one of these give a password: it, a file, a function.
    PasswordTwice,
    /// Its path and its query name different databases.
    DatabaseTwice,
    /// This part of its query is unknown, or given twice.
    Parameter(String),
    /// It has a fragment, which means nothing.
    Fragment,
    /// A special character in its login is not percent-encoded, so that its parts are not known.
    Encoding,
    /// Its login, or another part, is malformed.
    Unreadable,
}

impl fmt::Display for UrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoScheme => "it has no scheme",
            Self::Scheme(scheme) => return write!(f, "its scheme is {scheme}"),
            Self::NoHost => "it names no host",
            Self::Port => "its port is not a number from 0 to 65535",
            Self::Database => "its database is not a number from 0 on",
            Self::NoName => {
                "it does not name the primary that the Sentinels watch, as in redis+sentinel://host:port/name"
            }
            Self::ClusterDatabase => "a Cluster has no database but 0",
            Self::Unverified => {
                "TLS without verification of the server is not supported: give its CA certificate instead"
            }
            Self::NoTls => "certificates are given, but it does not use TLS, as rediss:// does",
            Self::HalfCertificate => "a client certificate and its key are given together or not at all",
            Self::NoSentinels => "a login for Sentinels is given, but it names none, as redis+sentinel:// does",
            Self::NoSentinelPassword => "a user for the Sentinels is given without a password",
            Self::TlsDisabled => "it uses TLS, which this build does not support",
            Self::PasswordTwice => "the password is given more than once: in it, in a file, or by a function",
            Self::DatabaseTwice => "its path and its query name different databases",
            Self::Parameter(name) => return write!(f, "its part ?{name}=… is unknown, or given twice"),
            Self::Fragment => "the part from # on means nothing",
            Self::Encoding => "a special character in its user or password is not percent-encoded",
            Self::Unreadable => "it cannot be read",
        })
    }
}

impl std::error::Error for UrlFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("redis://ana:s3cret@host:1/2", "\"redis://ana:***@host:1/2\""),
            ("redis://:s3cret@at@host", "\"redis://:***@host\""),
            ("unix:///redis.sock?pass=s3cret", "\"unix:///redis.sock?pass=***\""),
            ("redis://host", "\"redis://host\""),
            ("s3cret@host", "\"***\""),
        ] {
            let options = Options { redis: Some(url.to_owned()), ..Options::default() };
            let debug = format!("{options:?}");
            assert!(debug.contains(shown) && !debug.contains("s3cret"), "{debug}");
        }
    }

    #[test]
    fn deadlines_are_from_a_millisecond_to_a_day() {
        assert_eq!(Deadlines::default().check(), Ok(()));
        type Field = fn(&mut Deadlines) -> &mut Duration;
        let fields: [(&str, Field); 8] = [
            ("call", |all| &mut all.call),
            ("handshake", |all| &mut all.handshake),
            ("heartbeat", |all| &mut all.heartbeat),
            ("topology", |all| &mut all.topology),
            ("touch", |all| &mut all.touch),
            ("heartbeat_timeout", |all| &mut all.heartbeat_timeout),
            ("patience", |all| &mut all.patience),
            ("lease", |all| &mut all.lease),
        ];
        for (name, field) in fields {
            for (given, is_wrong) in [
                (Duration::ZERO, true),
                (Duration::from_micros(999), true),
                (Duration::from_millis(1), false),
                (Duration::from_secs(86_400), false),
                (Duration::MAX, true),
            ] {
                let mut deadlines = Deadlines::default();
                *field(&mut deadlines) = given;
                let (least, most) = (Duration::from_millis(1), Duration::from_secs(86_400));
                let error = is_wrong.then_some(OptionsError::Deadline { name, given, least, most });
                assert_eq!(deadlines.check().err(), error);
            }
        }
        let (given, least, most) = (Duration::ZERO, Duration::from_millis(1), Duration::from_secs(60));
        let error = OptionsError::Deadline { name: "lease", given, least, most };
        assert_eq!(error.to_string(), "deadline lease must be from 1ms to 60s, it is 0ns");
    }

    #[test]
    fn errors_say_what_is_expected() {
        let character = Some(':');
        let error = OptionsError::Namespace { given: "a:b".to_owned(), character };
        assert_eq!(error.to_string(), r#"namespace "a:b" may not contain ':'"#);
        let error = OptionsError::Namespace { given: String::new(), character: None };
        assert_eq!(error.to_string(), r#"namespace "" must be 1 to 64 bytes long, it is 0"#);
    }
}
