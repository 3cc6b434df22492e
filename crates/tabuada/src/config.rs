//! What a server is told, as plain data: addresses, sizes, times. Reading flags and variables is the work of `args`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use subtle::ConstantTimeEq as _;
pub use tabuada_cache::Lookup;

use crate::endpoint::Endpoint;
use crate::peer::{Proxies, Share};

/// How one server is set up.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where it listens; port 0 takes any free one.
    pub listen: Endpoint,
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
    /// The part of these, of the queue before them and of the connections that one peer may have.
    pub peer_share: Share,
    /// Who is believed when it says for whom it asks.
    pub proxies: Proxies,
    /// Where the operator's routes and the metrics are; `None`: with all the others.
    pub admin_listen: Option<Endpoint>,
    /// What the operator's routes ask for; `None`: they answer on loopback only.
    pub admin_token: Option<AdminToken>,
    /// Under which names the metrics may be asked for, besides those of loopback.
    pub metrics_hosts: Vec<String>,
    /// Whose pages may ask, in a browser.
    pub origins: Origins,
    /// How long requests are still taken after the signal to stop.
    pub drain: Duration,
    /// Whether clients are not told what is remembered.
    pub hides_memory: bool,
    /// What lines of the log look like.
    pub log_format: LogFormat,
    /// What is written of requests.
    pub logged: Logged,
}

/// What lines of the log look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object of JSON a line.
    Json,
}

/// What is written of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// Which of them have a line.
    pub requests: LogRequests,
    /// Whether a line tells what was asked for: expressions, addresses, queries.
    pub expressions: bool,
    /// Whether a line leaves out whom it is about: the client's address.
    pub hides_clients: bool,
}

/// Which requests have a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogRequests {
    /// None of them.
    None,
    /// Those answered with 500 or above, or after a second or more.
    #[default]
    Trouble,
    /// All of them.
    All,
}

/// Origins whose pages may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// None but our own.
    #[default]
    None,
    /// These.
    Some(Vec<Origin>),
    /// Whichever.
    All,
}

impl Origins {
    /// Reads a list, each member an origin or `*` for all of them. Empty members are as not there.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, OriginError> {
        let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>();
        if texts.contains(&"*") {
            return Ok(Self::All);
        }
        let origins = texts.into_iter().map(str::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(if origins.is_empty() { Self::None } else { Self::Some(origins) })
    }
}

/// Where a page comes from, as a browser says it in `Origin`: `https://example.org`, `http://localhost:3000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As a browser says it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginError(String);

impl std::fmt::Display for OriginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is no origin: expected one such as https://example.org, without a path, or *", self.0)
    }
}

impl std::error::Error for OriginError {}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let wrong = || OriginError(text.to_owned());
        // Browsers write small letters, and no port that goes without saying.
        let lower = text.to_ascii_lowercase();
        let (scheme, host) = lower.split_once("://").ok_or_else(wrong)?;
        let usual_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => "",
        };
        let host = host.strip_suffix(usual_port).unwrap_or(host);
        let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        let is_one = !scheme.is_empty() && scheme.bytes().all(of_scheme) && host.bytes().all(of_host);
        let has_host = host.bytes().next().is_some_and(|first| first != b':');
        if is_one && has_host { Ok(Self(format!("{scheme}://{host}"))) } else { Err(wrong()) }
    }
}

/// The operator's secret. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct AdminToken(Box<str>);

/// Fewer characters of a token can be found out by trying.
const TOKEN_LENGTH_MIN: usize = 16;

/// Why there is no [`AdminToken`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminTokenError {
    /// A header cannot carry it.
    Signs,
    /// It is empty, or can be guessed.
    Short,
    /// It is in the environment and in a file.
    Twice,
    /// The file cannot be read.
    Secret(SecretError),
}

impl std::fmt::Display for AdminTokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signs => f.write_str("TABUADA_ADMIN_TOKEN may hold letters, digits and signs of ASCII, and no blank"),
            Self::Short => write!(f, "TABUADA_ADMIN_TOKEN has at least {TOKEN_LENGTH_MIN} characters, or is not set"),
            Self::Twice => f.write_str("expected TABUADA_ADMIN_TOKEN or a file that holds it, and not both"),
            Self::Secret(error) => write!(f, "the token: {error}"),
        }
    }
}

impl From<SecretError> for AdminTokenError {
    fn from(error: SecretError) -> Self {
        Self::Secret(error)
    }
}

/// A file that should hold a secret, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretError(String);

impl std::fmt::Display for SecretError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SecretError {}

/// What a file holds, without the end of its line.
pub fn secret(file: &Path) -> Result<String, SecretError> {
    let named = |error: std::io::Error| SecretError(format!("cannot read {}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(named)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

impl std::error::Error for AdminTokenError {}

/// The URL of a Redis with the password that a file holds, if there is one, in its place.
pub fn with_password(url: String, file: Option<&Path>) -> Result<String, SecretError> {
    let Some(file) = file else { return Ok(url) };
    let password = secret(file)?;
    let password = utf8_percent_encode(&password, NON_ALPHANUMERIC);
    let twice =
        || SecretError("the password for Redis stands in the URL and in a file: expected one of them".to_owned());
    let Some((scheme, rest)) = url.split_once("://") else { return Ok(url) };
    if scheme.contains("unix") {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if query.split('&').any(|pair| pair.starts_with("pass=")) {
            return Err(twice());
        }
        let and = if query.is_empty() { "" } else { "&" };
        return Ok(format!("{scheme}://{path}?{query}{and}pass={password}"));
    }
    match rest.rsplit_once('@') {
        Some((login, _)) if login.contains(':') => Err(twice()),
        Some((user, places)) => Ok(format!("{scheme}://{user}:{password}@{places}")),
        None => Ok(format!("{scheme}://:{password}@{rest}")),
    }
}

impl AdminToken {
    /// Takes a text that a header can carry and nobody guesses.
    pub fn new(text: &str) -> Result<Self, AdminTokenError> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AdminTokenError::Signs);
        }
        if text.len() < TOKEN_LENGTH_MIN { Err(AdminTokenError::Short) } else { Ok(Self(text.into())) }
    }

    /// What the file holds, or `TABUADA_ADMIN_TOKEN`: what stands on a command line, every user of the machine can see.
    /// An empty one is an error and not no token: whoever set it meant to close the door.
    pub fn configured(file: Option<&Path>) -> Result<Option<Self>, AdminTokenError> {
        match (std::env::var_os("TABUADA_ADMIN_TOKEN"), file) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(AdminTokenError::Twice),
            (Some(token), None) => Self::new(token.to_str().ok_or(AdminTokenError::Signs)?).map(Some),
            (None, Some(file)) => Self::new(&secret(file)?).map(Some),
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
        let token = AdminToken::new("s3cret-of-a-test=").unwrap();
        for (given, is_it) in [
            ("s3cret-of-a-test=", true),
            ("s3cret-of-a-test", false),
            ("s3cret-of-a-test==", false),
            ("S3cret-of-a-test=", false),
            ("", false),
        ] {
            assert_eq!(token.is(given.as_bytes()), is_it, "{given}");
        }
        assert!(!format!("{token:?}").contains("s3cret"));
        for wrong in ["a secret with blanks", "a-line-with-an-end\n", "ção-ção-ção-ção-ção"] {
            assert_eq!(AdminToken::new(wrong).err(), Some(AdminTokenError::Signs), "{wrong:?}");
        }
        for wrong in ["", "x", "fifteen-letters"] {
            assert_eq!(AdminToken::new(wrong).err(), Some(AdminTokenError::Short), "{wrong:?}");
        }
        assert!(AdminToken::new("sixteen-letters!").is_ok());
    }

    #[test]
    fn a_password_from_a_file_stands_where_the_url_has_its_place() {
        let file = std::env::temp_dir().join(format!("tabuada-password-{}", std::process::id()));
        std::fs::write(&file, "p@ss:w/ord?\r\n").unwrap();
        for (url, whole) in [
            ("redis://h:1/2", "redis://:p%40ss%3Aw%2Ford%3F@h:1/2"),
            ("rediss://user@h", "rediss://user:p%40ss%3Aw%2Ford%3F@h"),
            ("redis+sentinel://user@a:1,b:2/name/0", "redis+sentinel://user:p%40ss%3Aw%2Ford%3F@a:1,b:2/name/0"),
            ("unix:///a.sock", "unix:///a.sock?pass=p%40ss%3Aw%2Ford%3F"),
            ("unix:///a.sock?db=1&user=u", "unix:///a.sock?db=1&user=u&pass=p%40ss%3Aw%2Ford%3F"),
        ] {
            assert_eq!(with_password(url.to_owned(), Some(&file)).as_deref(), Ok(whole));
            assert_eq!(with_password(url.to_owned(), None).as_deref(), Ok(url));
        }
        for url in ["redis://user:geheim@h", "redis://:geheim@h", "unix:///a.sock?pass=geheim"] {
            let error = with_password(url.to_owned(), Some(&file)).unwrap_err().to_string();
            assert!(!error.contains("geheim") && !error.contains("ss:w"), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
        assert!(with_password("redis://h".to_owned(), Some(&file)).is_err());
    }

    #[test]
    fn an_origin_is_what_a_browser_says() {
        for (given, said) in [
            ("https://example.org", "https://example.org"),
            ("HTTPS://Example.ORG", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80", "http://example.org"),
            ("http://example.org:443", "http://example.org:443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("moz-extension://0a1b", "moz-extension://0a1b"),
        ] {
            assert_eq!(given.parse::<Origin>().unwrap().as_str(), said);
        }
        for wrong in [
            "example.org",
            "https://",
            "https://:443",
            "://example.org",
            "https://example.org/",
            "https://example.org/page",
            "https://user@example.org",
            "https://*.example.org",
            "https://exa mple.org",
            "https://exämple.org",
            "null",
            "",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn origins_are_none_some_or_all() {
        let some = |texts: &[&str]| Origins::Some(texts.iter().map(|text| text.parse().unwrap()).collect());
        assert_eq!(Origins::read([]), Ok(Origins::None));
        assert_eq!(Origins::read(["", " "]), Ok(Origins::None));
        assert_eq!(Origins::read(["https://a.b", " http://c "]), Ok(some(&["https://a.b", "http://c"])));
        assert_eq!(Origins::read(["https://a.b", "*"]), Ok(Origins::All));
        assert!(Origins::read(["https://a.b", "c"]).is_err());
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
