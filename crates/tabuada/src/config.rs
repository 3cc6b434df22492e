//! What a server is told, as plain data: addresses, sizes, times. Reading flags and variables is the work of `args`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use subtle::ConstantTimeEq as _;
pub use tabuada_cache::Lookup;

/// How one server is set up.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// `host:port` to listen on; port 0 takes any free one.
    pub listen: String,
    /// URL of the Redis that the fleet shares; `None`: this process's memory only.
    pub redis: Option<String>,
    /// File of certificates by which that Redis is believed over TLS; `None`: whom the system believes.
    pub redis_ca: Option<PathBuf>,
    /// How long an answer is remembered.
    pub ttl: Ttl,
    /// When Redis is asked.
    pub lookup: Lookup,
    /// Bound of the memory layer, in bytes.
    pub memory_bytes: u64,
    /// First part of every key in Redis.
    pub namespace: String,
    /// Threads that serve, and evaluations in flight at once.
    pub threads: NonZeroUsize,
    /// `host:port` for the operator's routes and the metrics; `None`: with all the others.
    pub admin_listen: Option<String>,
    /// What the operator's routes ask for; `None`: they answer on loopback only.
    pub admin_token: Option<AdminToken>,
}

/// The operator's secret. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct AdminToken(Box<str>);

/// A text that cannot be an [`AdminToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminTokenError;

impl std::fmt::Display for AdminTokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TABUADA_ADMIN_TOKEN may hold letters, digits and signs of ASCII, and no blank")
    }
}

impl std::error::Error for AdminTokenError {}

impl AdminToken {
    /// Takes a text that a header can carry.
    pub fn new(text: &str) -> Result<Self, AdminTokenError> {
        let is_one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_one { Ok(Self(text.into())) } else { Err(AdminTokenError) }
    }

    /// `TABUADA_ADMIN_TOKEN`, from the environment only: what stands on a command line, every user of the machine can
    /// see. Empty is as not set.
    pub fn from_environment() -> Result<Option<Self>, AdminTokenError> {
        match std::env::var_os("TABUADA_ADMIN_TOKEN").filter(|token| !token.is_empty()) {
            None => Ok(None),
            Some(token) => Self::new(token.to_str().ok_or(AdminTokenError)?).map(Some),
        }
    }

    /// The secret itself, to be sent.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is this one, in a time that tells nothing but its length.
    pub(crate) fn is(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// How long an answer is remembered; `None`: for ever. Written `1d`, `90s`, `1h 30m` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl(pub Option<Duration>);

/// A text that is no [`Ttl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlError;

impl std::fmt::Display for TtlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected a time of at least a second, such as 90s, 10m or 1d, or none")
    }
}

impl std::error::Error for TtlError {}

impl FromStr for Ttl {
    type Err = TtlError;

    fn from_str(text: &str) -> Result<Self, TtlError> {
        if text == "none" {
            return Ok(Self(None));
        }
        let time = humantime::parse_duration(text).map_err(|_| TtlError)?;
        if time < Duration::from_secs(1) { Err(TtlError) } else { Ok(Self(Some(time))) }
    }
}

/// One for each core that this process may use.
pub fn default_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_and_is_not_shown() {
        let token = AdminToken::new("s3cret-=").unwrap();
        for (given, is_it) in
            [("s3cret-=", true), ("s3cret-", false), ("s3cret-==", false), ("S3cret-=", false), ("", false)]
        {
            assert_eq!(token.is(given.as_bytes()), is_it, "{given}");
        }
        assert!(!format!("{token:?}").contains("s3cret"));
        for wrong in ["", "a b", "a\n", "ção"] {
            assert!(AdminToken::new(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn ttl_is_a_time_or_none() {
        assert_eq!("1d".parse(), Ok(Ttl(Some(Duration::from_secs(86_400)))));
        assert_eq!("90s".parse(), Ok(Ttl(Some(Duration::from_secs(90)))));
        assert_eq!("none".parse(), Ok(Ttl(None)));
        for wrong in ["", "0s", "10", "-1s", "10ms", "never"] {
            assert_eq!(wrong.parse::<Ttl>(), Err(TtlError), "{wrong}");
        }
    }
}
