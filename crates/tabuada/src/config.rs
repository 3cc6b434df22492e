//! What a server is told, as plain data: addresses, sizes, times. Reading flags and variables is the work of `args`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

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
    fn ttl_is_a_time_or_none() {
        assert_eq!("1d".parse(), Ok(Ttl(Some(Duration::from_secs(86_400)))));
        assert_eq!("90s".parse(), Ok(Ttl(Some(Duration::from_secs(90)))));
        assert_eq!("none".parse(), Ok(Ttl(None)));
        for wrong in ["", "0s", "10", "-1s", "10ms", "never"] {
            assert_eq!(wrong.parse::<Ttl>(), Err(TtlError), "{wrong}");
        }
    }
}
