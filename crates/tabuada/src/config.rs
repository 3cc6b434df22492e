//! The configuration of a server as plain data: addresses, sizes, times.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use subtle::ConstantTimeEq as _;
pub use tabuada_cache::{Deadlines, Lookup, Options};
use tabuada_cache::{OptionsError, UrlFault};

use crate::endpoint::Endpoint;
use crate::peer::{Proxies, Share};
use crate::settings::table::{
    ADMIN_LISTEN, ADMIN_TOKEN, ADMIN_TOKEN_FILE, CORS_ORIGIN, DRAIN, HIDE_MEMORY, LISTEN, LOG_CLIENTS, LOG_EXPRESSIONS,
    LOG_FORMAT, LOG_REQUESTS, LOOKUP, MEMORY, METRICS_HOST, NAMESPACE, PEER_SHARE, REDIS, REDIS_CA, REDIS_CERT,
    REDIS_DEADLINE, REDIS_HEARTBEAT, REDIS_KEY, REDIS_PASSWORD_FILE, REDIS_USER, SENTINEL_PASSWORD_FILE, SENTINEL_USER,
    THREADS, TRUSTED_PROXIES, TTL,
};
use crate::settings::{Given, Setting, SettingError, Settings};
use crate::words::{Words, said};

/// More threads than any machine can use.
pub(crate) const THREADS_MAX: usize = 1_024;

/// A shorter heartbeat is mostly overhead, and a longer one would find a dead connection after half a minute.
const HEARTBEAT: RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(10);
/// Within less, Redis would hardly ever answer; more would be a large part of the 2 s that a request has.
const CALL: RangeInclusive<Duration> = Duration::from_millis(5)..=Duration::from_secs(1);

/// The configuration of one server.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The address it listens on. Port 0 takes any free port.
    pub listen: Endpoint,
    /// The cache and its Redis.
    pub cache: Options,
    /// How long the cache waits for Redis.
    pub deadlines: Deadlines,
    /// The number of serving threads, and also of simultaneous evaluations.
    pub threads: NonZeroUsize,
    /// The part of the threads, of the queue before them and of the connections that one peer may hold.
    pub peer_share: Share,
    /// The proxies that are trusted to name the client's address.
    pub proxies: Proxies,
    /// The separate address of the operator's routes and the metrics; `None` if they are at `listen` like the others.
    pub admin_listen: Option<Endpoint>,
    /// The token that the operator's routes require; `None` if they answer only on loopback.
    pub admin_token: Option<AdminToken>,
    /// The host names under which the metrics may be requested, besides those of loopback.
    pub metrics_hosts: Vec<String>,
    /// The origins whose pages may send requests, in a browser (CORS).
    pub origins: Origins,
    /// How long the server still accepts requests after the signal to stop.
    pub drain: Duration,
    /// Whether responses hide the state of the cache.
    pub hides_memory: bool,
    /// The format of the log.
    pub log_format: LogFormat,
    /// What the log shows of requests.
    pub logged: Logged,
}

impl ServeConfig {
    /// Reads every setting of a server, and the files that settings name.
    ///
    /// # Errors
    ///
    /// The first invalid value, with its origin.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let mut cache = behind(settings)?;
        cache.ttl = settings.need::<Ttl>(&TTL)?.0;
        cache.lookup = settings.need_as(&LOOKUP, |text| match text {
            "adaptive" => Some(Lookup::Adaptive),
            "always" => Some(Lookup::Always),
            _ => None,
        })?;
        cache.memory_bytes = settings.need::<ByteSize>(&MEMORY)?.as_u64();
        let mut deadlines = Deadlines::default();
        deadlines.heartbeat = settings.need_as(&REDIS_HEARTBEAT, |text| time_within(text, HEARTBEAT))?;
        deadlines.call = settings.need_as(&REDIS_DEADLINE, |text| time_within(text, CALL))?;
        Ok(Self {
            listen: settings.need(&LISTEN)?,
            cache,
            deadlines,
            threads: settings.need_as(&THREADS, threads)?,
            peer_share: settings.need(&PEER_SHARE)?,
            proxies: settings
                .read_as(&TRUSTED_PROXIES, |text| Proxies::read(text.split(',')).ok())?
                .unwrap_or_default(),
            admin_listen: settings.optional(&ADMIN_LISTEN)?,
            admin_token: AdminToken::configured(settings)?,
            metrics_hosts: settings.list(&METRICS_HOST),
            origins: settings.read_as(&CORS_ORIGIN, |text| Origins::read(text.split(',')).ok())?.unwrap_or_default(),
            drain: settings.need_as(&DRAIN, |text| humantime::parse_duration(text).ok())?,
            hides_memory: settings.switch(&HIDE_MEMORY)?,
            log_format: LogFormat::configured(settings)?,
            logged: Logged {
                requests: settings.need_as(&LOG_REQUESTS, |text| match text {
                    "none" => Some(LogRequests::None),
                    "trouble" => Some(LogRequests::Trouble),
                    "all" => Some(LogRequests::All),
                    _ => None,
                })?,
                expressions: settings.switch(&LOG_EXPRESSIONS)?,
                hides_clients: !settings.switch(&LOG_CLIENTS)?,
            },
        })
    }
}

/// The Redis that the settings name, and its credentials.
///
/// # Errors
///
/// If the settings are invalid or contradict each other, or if a file cannot be read.
pub fn behind(settings: &Settings) -> Result<Options, SettingError> {
    let mut options = Options::default();
    options.namespace = settings.need(&NAMESPACE)?;
    options.redis = settings.optional(&REDIS)?;
    options.redis_user = settings.optional(&REDIS_USER)?;
    options.redis_password_file = settings.optional(&REDIS_PASSWORD_FILE)?;
    options.redis_ca = settings.bytes_of(&REDIS_CA)?;
    options.redis_cert = settings.optional(&REDIS_CERT)?;
    options.redis_key = settings.optional(&REDIS_KEY)?;
    options.sentinel_user = settings.optional(&SENTINEL_USER)?;
    options.sentinel_password_file = settings.optional(&SENTINEL_PASSWORD_FILE)?;
    // They are read again for each connection; a mistake is found now.
    for setting in [&REDIS_PASSWORD_FILE, &REDIS_CERT, &REDIS_KEY, &SENTINEL_PASSWORD_FILE] {
        if settings.bytes_of(setting)?.is_some_and(|content| without_end(&content).is_empty()) {
            return Err(empty(settings, setting));
        }
    }
    match options.check() {
        Ok(()) => Ok(options),
        Err(OptionsError::Namespace { .. }) => Err(settings.wrong(&NAMESPACE)),
        Err(OptionsError::Certificates) => Err(settings.wrong(&REDIS_CA)),
        Err(OptionsError::Url { fault }) => Err(unfit_url(settings, &fault)),
        Err(error) => Err(SettingError::new(Words::new("{}", "{}"), &[&error])),
    }
}

/// The error for a Redis URL that is invalid or contradicts another setting.
fn unfit_url(settings: &Settings, fault: &UrlFault) -> SettingError {
    let why = match fault {
        UrlFault::NoScheme => said::NO_SCHEME,
        UrlFault::Scheme(_) => said::SCHEME,
        UrlFault::NoHost => said::NO_HOST,
        UrlFault::Port => said::PORT,
        UrlFault::Database => said::DATABASE,
        UrlFault::NoName => said::NO_NAME,
        UrlFault::ClusterDatabase => said::CLUSTER_DATABASE,
        UrlFault::Unverified => said::UNVERIFIED,
        UrlFault::NoTls => said::NO_TLS,
        UrlFault::PasswordTwice => said::PASSWORD_TWICE,
        UrlFault::HalfCertificate => said::HALF_CERTIFICATE,
        UrlFault::NoSentinels => said::NO_SENTINELS,
        UrlFault::NoSentinelPassword => said::NO_SENTINEL_PASSWORD,
        UrlFault::DatabaseTwice => said::DATABASE_TWICE,
        UrlFault::Parameter(_) => said::PARAMETER,
        UrlFault::Fragment => said::FRAGMENT,
        UrlFault::Encoding => said::ENCODING,
        _ => said::UNREADABLE_URL,
    };
    let part: &dyn Display = if let UrlFault::Scheme(part) | UrlFault::Parameter(part) = fault { part } else { &"" };
    let shown = settings.given(&REDIS).map(|given| REDIS.shown(&given.text)).unwrap_or_default();
    let origin = settings.origin(&REDIS);
    SettingError::of(|language| said::UNFIT_URL.with(language, &[&origin, &shown, &why.with(language, &[part])]))
}

/// The format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The configured format.
    pub fn configured(settings: &Settings) -> Result<Self, SettingError> {
        settings.need_as(&LOG_FORMAT, |text| match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        })
    }
}

/// What the log shows of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// Which requests are logged.
    pub requests: LogRequests,
    /// Whether a line shows what the client sent: expressions, addresses, queries.
    pub expressions: bool,
    /// Whether a line leaves out the client's address.
    pub hides_clients: bool,
}

/// Which requests are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogRequests {
    /// None of them.
    None,
    /// Those answered with 500 or above, or after one second or more.
    #[default]
    Trouble,
    /// All of them.
    All,
}

/// The origins whose pages may send requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Only the server's own origin.
    #[default]
    None,
    /// These.
    Some(Vec<Origin>),
    /// Any origin.
    All,
}

impl Origins {
    /// Reads a list whose members are origins, or `*` for all origins. Empty members are ignored.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, OriginError> {
        let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>();
        if texts.contains(&"*") {
            return Ok(Self::All);
        }
        let origins = texts.into_iter().map(str::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(if origins.is_empty() { Self::None } else { Self::Some(origins) })
    }
}

/// The origin of a page, as a browser writes it in `Origin`: `https://example.org`, `http://localhost:3000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The text that a browser sends.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The error for a text that is no [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginError(String);

impl Display for OriginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is no origin: expected one such as https://example.org, without a path, or *", self.0)
    }
}

impl std::error::Error for OriginError {}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let wrong = || OriginError(text.to_owned());
        // Browsers write lowercase letters, and leave the scheme's default port out.
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

/// The operator's token. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct AdminToken(Box<str>);

/// A shorter token could be guessed.
const TOKEN_LENGTH_MIN: usize = 16;

impl AdminToken {
    /// Takes a text that fits in a header and is hard to guess: visible ASCII characters, no blanks, at least 16.
    pub fn new(text: &str) -> Option<Self> {
        let is_one = text.len() >= TOKEN_LENGTH_MIN && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_one.then(|| Self(text.into()))
    }

    /// Reads the token from its variable or its file. There is no flag, because every user of a machine can see command
    /// lines. An empty token is an error, since the operator who set it wanted protection.
    pub fn configured(settings: &Settings) -> Result<Option<Self>, SettingError> {
        let file = settings.optional::<String>(&ADMIN_TOKEN_FILE)?;
        match (settings.given(&ADMIN_TOKEN), file) {
            (None, None) => Ok(None),
            (Some(Given { origin, .. }), Some(_)) => {
                Err(SettingError::new(said::TOKEN_TWICE, &[origin, &settings.origin(&ADMIN_TOKEN_FILE)]))
            }
            (Some(Given { text, .. }), None) => Self::new(text).map(Some).ok_or_else(|| settings.wrong(&ADMIN_TOKEN)),
            (None, Some(file)) => {
                let bytes = settings.bytes_of(&ADMIN_TOKEN_FILE)?.unwrap_or_default();
                let text = without_end(&bytes);
                if text.is_empty() {
                    return Err(empty(settings, &ADMIN_TOKEN_FILE));
                }
                let token = std::str::from_utf8(text).ok().and_then(Self::new);
                let unfit = || SettingError::new(said::UNFIT_TOKEN, &[&settings.origin(&ADMIN_TOKEN_FILE), &file]);
                token.map(Some).ok_or_else(unfit)
            }
        }
    }

    /// The token itself, to be sent.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares in a time that depends only on the token's length.
    pub(crate) fn is(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// How long an answer is cached; `None` for ever. As text: `1d`, `90s`, `1h 30m` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl(pub Option<Duration>);

/// The error for a text that is no [`Ttl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlError;

impl Display for TtlError {
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

/// Reads a time within these bounds.
fn time_within(text: &str, bounds: RangeInclusive<Duration>) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|time| bounds.contains(time))
}

/// Reads a number of threads, at most [`THREADS_MAX`]: each thread takes memory, and the system has a limit on threads.
pub(crate) fn threads(text: &str) -> Option<NonZeroUsize> {
    if text == "cores" {
        return Some(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    }
    text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= THREADS_MAX)
}

/// The content of a file without its final line break.
fn without_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The error for an empty file that should contain a secret.
fn empty(settings: &Settings, setting: &Setting) -> SettingError {
    let path = settings.given(setting).map(|given| given.text.as_str()).unwrap_or_default();
    SettingError::new(said::EMPTY_FILE, &[&settings.origin(setting), &path])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;

    #[test]
    fn a_token_matches_only_itself_and_is_not_shown() {
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
        let blank = ["a secret with blanks", "a-line-with-an-end\n", "ção-ção-ção-ção-ção"];
        for wrong in blank.into_iter().chain(["", "x", "fifteen-letters"]) {
            assert!(AdminToken::new(wrong).is_none(), "{wrong:?}");
        }
        assert!(AdminToken::new("sixteen-letters!").is_some());
    }

    #[test]
    fn the_debug_form_of_a_configuration_has_no_secret() {
        let variables = [("TABUADA_ADMIN_TOKEN", "geheim-geheim-geheim"), ("TABUADA_REDIS", "redis://u:geheim@h:1")];
        let variable = |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, text)| text.into());
        let settings = Settings::without_file(&Flags::new(), variable).unwrap();
        let shown = format!("{settings:?} {:?}", ServeConfig::read(&settings).unwrap());
        assert!(shown.contains("h:1") && !shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn an_origin_is_written_as_browsers_do() {
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
