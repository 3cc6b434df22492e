//! What a cache is told when it is built, and why that may be refused.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// When Redis is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lookup {
    /// Compute first for about as long as a look-up would take; only what is dearer asks Redis.
    #[default]
    Adaptive,
    /// Ask Redis before computing: plain cache-aside.
    Always,
}

/// Settings of a [`Cache`](crate::Cache). Its `Debug` form shows no password.
#[derive(Clone)]
pub struct Options {
    /// First part of every key in Redis: 1 to 64 bytes of UTF-8, none of its characters `:`, a blank, a control character or one that
    /// patterns give a meaning to (`* ? [ ] ^ \`).
    pub namespace: String,
    /// Bound of the memory layer, in bytes; 0 remembers nothing in memory.
    pub memory_bytes: u64,
    /// How long an answer is remembered; `None`: for ever (until memory is full, in either layer).
    pub ttl: Option<Duration>,
    /// When Redis is asked.
    pub lookup: Lookup,
    /// Where Redis is; `None`: memory only. One server: `redis://[user:password@]host[:port][/db]`, `rediss://` over TLS,
    /// `unix:///path`. What Sentinels watch: `redis+sentinel://host:port,…/name[/db]`. A Cluster:
    /// `redis+cluster://host:port,…`. The last two are `rediss+sentinel://` and `rediss+cluster://` over TLS. `valkey`
    /// may stand for `redis`.
    pub redis: Option<String>,
    /// The user that logs in there, where the URL names none.
    pub redis_user: Option<String>,
    /// A file that holds the password; it is read for each connection, so that a new password needs no restart. One end
    /// of a line at its end is no part of the password, everything else is, and nothing in it is encoded.
    pub redis_password_file: Option<PathBuf>,
    /// Certificates, in PEM, of those who vouch for the servers over TLS; `None`: whom the system believes.
    pub redis_ca: Option<Vec<u8>>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, memory_bytes, ttl, lookup, redis, redis_user, redis_password_file, redis_ca } = self;
        f.debug_struct("Options")
            .field("namespace", namespace)
            .field("memory_bytes", memory_bytes)
            .field("ttl", ttl)
            .field("lookup", lookup)
            .field("redis", &redis.as_deref().map(without_login))
            .field("redis_user", redis_user)
            .field("redis_password_file", redis_password_file)
            .field("redis_ca", &redis_ca.as_ref().map(Vec::len))
            .finish()
    }
}

/// A URL without its user and password; all of it is left out if it cannot be told which part they are.
fn without_login(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, place)| place)),
        None => "…".to_owned(),
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
            redis_ca: None,
        }
    }
}

/// How long Redis, and other nodes, are waited for. The defaults suit a server in the same data centre; tests on a busy
/// machine wait longer. Each is from a millisecond to a day; [`Cache::with_deadlines`](crate::Cache::with_deadlines) refuses
/// others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// A look or a write is given up after this.
    pub call: Duration,
    /// Connecting, each step of the handshake, and the report of the change that proves coherence.
    pub handshake: Duration,
    /// Time between two signs of life. One that takes twice as long as a call may ends the waiting for other nodes.
    pub heartbeat: Duration,
    /// Time between two looks at who the primaries are, under Sentinels and in a Cluster.
    pub topology: Duration,
    /// A connection that gives no sign of life for so long after it was asked is taken for lost.
    pub silence: Duration,
    /// How long another node's computation is waited for at least, before computing oneself; at most two thirds more, at
    /// random, so that not all lose patience at once.
    pub patience: Duration,
    /// How long others may wait for a node that died: longer than any computation takes.
    pub lease: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            call: Duration::from_millis(50),
            handshake: Duration::from_secs(1),
            heartbeat: Duration::from_millis(100),
            topology: Duration::from_secs(1),
            silence: Duration::from_secs(1),
            patience: Duration::from_millis(600),
            lease: Duration::from_secs(3),
        }
    }
}

impl Deadlines {
    /// Shorter than this, Redis cannot be told of it, or what is done again and again would be done without a pause.
    const LEAST: Duration = Duration::from_millis(1);
    /// Whoever means to wait for longer has made a mistake.
    const MOST: Duration = Duration::from_secs(24 * 60 * 60);

    /// # Errors
    ///
    /// If one of them is out of bounds.
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        let Self { call, handshake, heartbeat, topology, silence, patience, lease } = *self;
        let all = [
            ("call", call),
            ("handshake", handshake),
            ("heartbeat", heartbeat),
            ("topology", topology),
            ("silence", silence),
            ("patience", patience),
            ("lease", lease),
        ];
        match all.into_iter().find(|(_, given)| !(Self::LEAST..=Self::MOST).contains(given)) {
            None => Ok(()),
            Some((name, given)) => Err(OptionsError::Deadline { name, given }),
        }
    }
}

/// An option that cannot be used. Whoever configures the cache is to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsError {
    /// The namespace is empty, longer than 64 bytes, or has the character shown.
    Namespace {
        /// The namespace given.
        given: String,
        /// The character that may not be in it; `None`: its length is wrong.
        character: Option<char>,
    },
    /// The URL is not one of a Redis server. The URL itself is not repeated here: it may hold a password.
    Url {
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// A deadline is shorter than a millisecond, or longer than a day.
    Deadline {
        /// Which of [`Deadlines`].
        name: &'static str,
        /// What was given.
        given: Duration,
    },
    /// What was given as certificates holds none that can be read.
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
            Self::Deadline { name, given } => {
                write!(f, "deadline {name} must be from 1 ms to 24 h, it is {given:?}")
            }
            Self::Certificates => f.write_str("not certificates in PEM"),
        }
    }
}

impl std::error::Error for OptionsError {}

/// What is wrong with the URL of a Redis, or with what is said beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// Nothing stands before `://`.
    NoScheme,
    /// This is no scheme of a Redis.
    Scheme(String),
    /// It names no host.
    NoHost,
    /// The port is not a number from 0 to 65,535.
    Port,
    /// The database is not a number from 0 on.
    Database,
    /// It does not name what the Sentinels watch.
    NoName,
    /// A Cluster has only database 0.
    ClusterDatabase,
    /// It wants TLS with a server that is not verified, which is not offered.
    Unverified,
    /// Certificates are given, and it does not say TLS.
    NoTls,
    /// It holds a password, and a file does too.
    PasswordTwice,
    /// The login, or something else in it, cannot be read.
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
            Self::NoName => "it does not name what the Sentinels watch, as in redis+sentinel://host:port/name",
            Self::ClusterDatabase => "a Cluster has no other database than 0",
            Self::Unverified => "TLS with a server that is not verified is not offered: name its CA instead",
            Self::NoTls => "CA certificates are given, but it does not say TLS, as rediss:// does",
            Self::PasswordTwice => "it holds a password, and so does a file: expected one of them",
            Self::Unreadable => "it cannot be read",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("redis://ana:s3cret@host:1/2", "\"redis://host:1/2\""),
            ("redis://:s3cret@at@host", "\"redis://host\""),
            ("redis://host", "\"redis://host\""),
            ("s3cret@host", "\"…\""),
        ] {
            let options = Options { redis: Some(url.to_owned()), ..Options::default() };
            let debug = format!("{options:?}");
            assert!(debug.contains(shown) && !debug.contains("s3cret"), "{debug}");
        }
    }

    #[test]
    fn deadlines_are_of_a_time_that_can_be_waited_for() {
        assert_eq!(Deadlines::default().check(), Ok(()));
        type Field = fn(&mut Deadlines) -> &mut Duration;
        let fields: [(&str, Field); 7] = [
            ("call", |all| &mut all.call),
            ("handshake", |all| &mut all.handshake),
            ("heartbeat", |all| &mut all.heartbeat),
            ("topology", |all| &mut all.topology),
            ("silence", |all| &mut all.silence),
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
                let error = is_wrong.then_some(OptionsError::Deadline { name, given });
                assert_eq!(deadlines.check().err(), error);
            }
        }
        let error = OptionsError::Deadline { name: "lease", given: Duration::ZERO };
        assert_eq!(error.to_string(), "deadline lease must be from 1 ms to 24 h, it is 0ns");
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
