//! What a server is told, as plain data: addresses, sizes, times.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use subtle::ConstantTimeEq as _;
pub use tabuada_cache::{Lookup, Options};
use tabuada_cache::{OptionsError, UrlFault};

use crate::endpoint::Endpoint;
use crate::peer::{Proxies, Share};
use crate::settings::table::{
    ADMIN_LISTEN, ADMIN_TOKEN, ADMIN_TOKEN_FILE, CORS_ORIGIN, DRAIN, HIDE_MEMORY, LISTEN, LOG_CLIENTS, LOG_EXPRESSIONS,
    LOG_FORMAT, LOG_REQUESTS, LOOKUP, MEMORY, METRICS_HOST, NAMESPACE, PEER_SHARE, REDIS, REDIS_CA,
    REDIS_PASSWORD_FILE, REDIS_USER, THREADS, TRUSTED_PROXIES, TTL,
};
use crate::settings::{Given, Setting, SettingError, Settings};
use crate::words::{Words, said};

/// More threads than any machine is well served by.
pub(crate) const THREADS_MAX: usize = 1_024;

/// How one server is set up.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where it listens; port 0 takes any free one.
    pub listen: Endpoint,
    /// The cache and its Redis.
    pub cache: Options,
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

impl ServeConfig {
    /// Reads every setting of a server, and the files that settings name.
    ///
    /// # Errors
    ///
    /// The first value that is wrong, with where it came from.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let mut cache = behind(settings)?;
        cache.ttl = settings.need::<Ttl>(&TTL)?.0;
        cache.lookup = settings.need_as(&LOOKUP, |text| match text {
            "adaptive" => Some(Lookup::Adaptive),
            "always" => Some(Lookup::Always),
            _ => None,
        })?;
        cache.memory_bytes = settings.need::<ByteSize>(&MEMORY)?.as_u64();
        Ok(Self {
            listen: settings.need(&LISTEN)?,
            cache,
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

/// The Redis that settings name, and how to log in there.
///
/// # Errors
///
/// If it cannot be used, or a file cannot be read.
pub fn behind(settings: &Settings) -> Result<Options, SettingError> {
    let mut options = Options::default();
    options.namespace = settings.need(&NAMESPACE)?;
    options.redis = settings.optional(&REDIS)?;
    options.redis_user = settings.optional(&REDIS_USER)?;
    options.redis_password_file = settings.optional(&REDIS_PASSWORD_FILE)?;
    options.redis_ca = settings.bytes_of(&REDIS_CA)?;
    if settings.bytes_of(&REDIS_PASSWORD_FILE)?.is_some_and(|password| without_end(&password).is_empty()) {
        return Err(empty(settings, &REDIS_PASSWORD_FILE));
    }
    match options.check() {
        Ok(()) => Ok(options),
        Err(OptionsError::Namespace { .. }) => Err(settings.wrong(&NAMESPACE)),
        Err(OptionsError::Certificates) => Err(settings.wrong(&REDIS_CA)),
        Err(OptionsError::Url { fault }) => Err(unfit_url(settings, &fault)),
        Err(error) => Err(SettingError::new(Words::new("{}", "{}"), &[&error])),
    }
}

/// What is wrong with the URL of the Redis, or with what stands beside it.
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
        _ => said::UNREADABLE_URL,
    };
    let scheme: &dyn Display = if let UrlFault::Scheme(scheme) = fault { scheme } else { &"" };
    let shown = settings.given(&REDIS).map(|given| REDIS.shown(&given.text)).unwrap_or_default();
    let origin = settings.origin(&REDIS);
    SettingError::of(|language| said::UNFIT_URL.with(language, &[&origin, &shown, &why.with(language, &[scheme])]))
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

impl LogFormat {
    /// The one that is set.
    pub fn configured(settings: &Settings) -> Result<Self, SettingError> {
        settings.need_as(&LOG_FORMAT, |text| match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        })
    }
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

impl AdminToken {
    /// Takes a text that a header can carry and nobody guesses: letters, digits and signs of ASCII, no blank, no fewer
    /// than 16.
    pub fn new(text: &str) -> Option<Self> {
        let is_one = text.len() >= TOKEN_LENGTH_MIN && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_one.then(|| Self(text.into()))
    }

    /// What the variable or the file holds: what stands on a command line, every user of the machine can see. An empty
    /// one is an error and not no token: whoever set it meant to close the door.
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

/// Reads a number of threads. Each takes memory of its own, and the system has its own bound, past which it only fails.
pub(crate) fn threads(text: &str) -> Option<NonZeroUsize> {
    if text == "cores" {
        return Some(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    }
    text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= THREADS_MAX)
}

/// What a file holds, without the end of its line.
fn without_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// A file that should hold a secret holds nothing.
fn empty(settings: &Settings, setting: &Setting) -> SettingError {
    let path = settings.given(setting).map(|given| given.text.as_str()).unwrap_or_default();
    SettingError::new(said::EMPTY_FILE, &[&settings.origin(setting), &path])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;

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
        let blank = ["a secret with blanks", "a-line-with-an-end\n", "ção-ção-ção-ção-ção"];
        for wrong in blank.into_iter().chain(["", "x", "fifteen-letters"]) {
            assert!(AdminToken::new(wrong).is_none(), "{wrong:?}");
        }
        assert!(AdminToken::new("sixteen-letters!").is_some());
    }

    #[test]
    fn what_a_panic_could_show_of_a_configuration_holds_no_secret() {
        let variables = [("TABUADA_ADMIN_TOKEN", "geheim-geheim-geheim"), ("TABUADA_REDIS", "redis://u:geheim@h:1")];
        let variable = |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, text)| text.into());
        let settings = Settings::without_file(&Flags::new(), variable).unwrap();
        let shown = format!("{settings:?} {:?}", ServeConfig::read(&settings).unwrap());
        assert!(shown.contains("h:1") && !shown.contains("geheim"), "{shown}");
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
