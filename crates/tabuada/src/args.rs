//! The command line, and the `TABUADA_*` variables that stand in for flags that were not given.

use std::error::Error;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::{BoolishValueParser, FalseyValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use tabuada_lang::Mode;

use crate::config::{
    AdminToken, LogFormat, LogRequests, Logged, Lookup, Origins, ServeConfig, Ttl, default_threads, with_password,
};
use crate::endpoint::{Endpoint, EndpointError};
use crate::peer::{Proxies, Share};
use crate::version;

/// More threads than any machine is well served by.
const THREADS_MAX: usize = 1_024;

/// A calculator backend that remembers.
#[derive(Debug, Parser)]
#[command(name = "tabuada", version, long_version = version::LONG, about, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve POST /evaluate over HTTP, remembering the answers.
    Serve(ServeArgs),
    /// Evaluate expressions and print their values.
    ///
    /// Exit status: 0; 1 an expression failed; 2 the command was misused.
    Eval(EvalArgs),
    /// Evaluate one expression a line: lines or NDJSON in, NDJSON out in the same order.
    Batch(BatchArgs),
    /// Draw functions of x, as SVG or PNG.
    ///
    /// Exit status: 0; 1 an expression cannot be drawn; 2 the command was misused.
    Plot(PlotArgs),
    /// Look into the cache: what is remembered, and what is to be forgotten.
    ///
    /// Asks the Redis of --redis, or else a server, with the token in TABUADA_ADMIN_TOKEN if that is set.
    /// Exit status: 0; 1 what was asked for is not there or could not be done; 2 the command was misused.
    Cache(CacheArgs),
    /// Ask a server whether it is ready, as a container's health check does.
    ///
    /// Exit status: 0 it is; 1 it is not, or does not answer.
    Health(HealthArgs),
}

/// Arguments of `tabuada serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Address to listen on, or unix:/path/of/a/socket; port 0 takes any free one, and the ready line names it.
    ///
    /// The socket's permissions are 660; unix:/path?mode=600 sets others. Sockets that systemd hands over
    /// (LISTEN_FDS) are used in place of these addresses: the first for clients, the second for --admin-listen.
    #[arg(long, env = "TABUADA_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:8000")]
    listen: Endpoint,
    /// Redis or Valkey that the fleet shares; without it answers are kept in memory only.
    ///
    /// redis://[user:password@]host:port/db, rediss:// over TLS, unix:///path, redis+sentinel://host:port,…/name/db,
    /// redis+cluster://host:port,…
    #[arg(long, env = "TABUADA_REDIS", value_name = "URL", hide_env_values = true)]
    redis: Option<String>,
    /// Certificates (PEM) of those who vouch for Redis over TLS, in place of whom the system believes.
    #[arg(long, env = "TABUADA_REDIS_CA", value_name = "FILE")]
    redis_ca: Option<PathBuf>,
    /// File that holds the password for Redis, which then does not stand in the URL.
    #[arg(long, env = "TABUADA_REDIS_PASSWORD_FILE", value_name = "FILE")]
    redis_password_file: Option<PathBuf>,
    /// How long an answer is remembered: 90s, 10m, 1d, or none for ever.
    #[arg(long, env = "TABUADA_TTL", value_name = "TIME", default_value = "1d")]
    ttl: Ttl,
    /// When Redis is asked: adaptive asks only for what is dearer to work out than to look up.
    #[arg(long, env = "TABUADA_LOOKUP", value_enum, default_value_t = LookupArg::Adaptive)]
    lookup: LookupArg,
    /// Memory for remembered answers.
    #[arg(long, env = "TABUADA_MEMORY", value_name = "SIZE", default_value = "64MiB")]
    memory: ByteSize,
    /// First part of every key in Redis.
    #[arg(long, env = "TABUADA_NAMESPACE", value_name = "NAME", default_value = "tabuada")]
    namespace: String,
    /// Threads that serve, and evaluations in flight at once, up to 1024 [default: one for each core].
    #[arg(long, env = "TABUADA_THREADS", value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// The part of those threads, of the queue before them and of the connections that one address (of IPv6, one /64)
    /// may have; 100% is no bound.
    #[arg(long, env = "TABUADA_PEER_SHARE", value_name = "PERCENT", default_value_t)]
    peer_share: Share,
    /// Address or network of a proxy, whose X-Forwarded-For or Forwarded tells who asks; may be repeated.
    ///
    /// Such as 10.0.0.1 or 10.0.0.0/8; unix is whoever connects over a Unix socket. Behind a proxy that is not named here all clients are one.
    #[arg(long, env = "TABUADA_TRUSTED_PROXIES", value_name = "ADDRESS", value_delimiter = ',')]
    trusted_proxies: Vec<String>,
    /// Address for /v1/cache and /metrics alone, which the other then does not serve.
    ///
    /// /v1/cache asks for the token in TABUADA_ADMIN_TOKEN; if that is not set, it answers on loopback only.
    #[arg(long, env = "TABUADA_ADMIN_LISTEN", value_name = "HOST:PORT")]
    admin_listen: Option<String>,
    /// File that holds the operator's token, in place of TABUADA_ADMIN_TOKEN.
    #[arg(long, env = "TABUADA_ADMIN_TOKEN_FILE", value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
    /// Host under which /metrics may be asked for, besides localhost; may be repeated.
    ///
    /// On loopback no other name counts; where others reach the listener, every name does if none is given.
    #[arg(long, env = "TABUADA_METRICS_HOST", value_name = "HOST", value_delimiter = ',')]
    metrics_host: Vec<String>,
    /// Pages of this origin may ask, in a browser; may be repeated, and * is all of them.
    ///
    /// Such as `https://example.org` or `http://localhost:3000`. Never /v1/cache and /metrics.
    #[arg(long, env = "TABUADA_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    cors_origin: Vec<String>,
    /// How long, after the signal to stop, requests are still taken while readiness is 503: 5s, 500ms.
    #[arg(long, env = "TABUADA_DRAIN", value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    drain: Duration,
    /// What lines of the log look like.
    #[arg(long, env = "TABUADA_LOG_FORMAT", value_enum, default_value_t = LogFormatArg::Text)]
    log_format: LogFormatArg,
    /// Which requests have a line in the log; all, if nothing is said.
    #[arg(long, env = "TABUADA_LOG_REQUESTS", value_enum, value_name = "WHICH", num_args = 0..=1,
        default_value = "trouble", default_missing_value = "all")]
    log_requests: LogRequestsArg,
    /// Write expressions, addresses and queries into these lines.
    #[arg(long, env = "TABUADA_LOG_EXPRESSIONS", value_parser = FalseyValueParser::new())]
    log_expressions: bool,
    /// Whether these lines tell the address of the client: on or off.
    #[arg(long, env = "TABUADA_LOG_CLIENTS", value_name = "SWITCH", default_value = "on",
        action = clap::ArgAction::Set, value_parser = BoolishValueParser::new())]
    log_clients: bool,
    /// Do not tell clients what is remembered: answers come without Cache-Status, Age and Server-Timing.
    #[arg(long, env = "TABUADA_HIDE_MEMORY", value_parser = FalseyValueParser::new())]
    hide_memory: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatArg {
    /// For people.
    Text,
    /// An object of JSON a line.
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogRequestsArg {
    /// None.
    None,
    /// Those answered with 500 or above, or after a second or more.
    Trouble,
    /// All.
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LookupArg {
    /// Compute first for about as long as a look-up would take.
    Adaptive,
    /// Ask Redis before computing anything: plain cache-aside.
    Always,
}

/// Arguments of `tabuada eval`.
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// In which numbers: python, exact or decimal:N.
    #[arg(long, value_name = "MODE", default_value_t = Mode::Python)]
    pub mode: Mode,
    /// Expressions, one value a line; `-` reads one from standard input.
    #[arg(value_name = "EXPR", required = true, allow_hyphen_values = true)]
    pub expressions: Vec<String>,
}

/// Arguments of `tabuada batch`.
#[derive(Debug, clap::Args)]
pub struct BatchArgs {
    /// File to read; standard input if it is `-` or not given.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Add what an answer rests on: canonical text, purity, fuel.
    #[arg(long)]
    pub explain: bool,
}

/// Arguments of `tabuada plot`.
#[derive(Debug, clap::Args)]
pub struct PlotArgs {
    /// Expressions of x, a curve each.
    #[arg(value_name = "EXPR", required = true)]
    pub expressions: Vec<String>,
    /// Where x begins, a number or an expression [default: -10].
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Where x ends, a number or an expression such as 2*pi [default: 10].
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// The lowest y that is shown [default: what the values ask for].
    #[arg(long, value_name = "Y", allow_hyphen_values = true)]
    pub y_from: Option<String>,
    /// The highest y that is shown [default: what the values ask for].
    #[arg(long, value_name = "Y", allow_hyphen_values = true)]
    pub y_to: Option<String>,
    /// Pixels across [default: 720].
    #[arg(long, value_name = "PIXELS")]
    pub width: Option<u32>,
    /// Pixels down [default: 450].
    #[arg(long, value_name = "PIXELS")]
    pub height: Option<u32>,
    /// File to write, SVG or PNG by its name; SVG on standard output if it is `-` or not given.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `tabuada cache`.
#[derive(Debug, clap::Args)]
pub struct CacheArgs {
    /// What to do.
    #[command(subcommand)]
    pub task: CacheTask,
    /// Server to ask, such as http://host:port or unix:/path [default: http://127.0.0.1:8000, if there is no --redis].
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Redis to ask; --server goes before it.
    #[arg(long, global = true, env = "TABUADA_REDIS", value_name = "URL", hide_env_values = true)]
    pub redis: Option<String>,
    /// File that holds the password for that Redis, which then does not stand in the URL.
    #[arg(long, global = true, env = "TABUADA_REDIS_PASSWORD_FILE", value_name = "FILE")]
    pub redis_password_file: Option<PathBuf>,
    /// File that holds the server's token, in place of TABUADA_ADMIN_TOKEN.
    #[arg(long, global = true, env = "TABUADA_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub admin_token_file: Option<PathBuf>,
    /// Certificates (PEM) of those who vouch for that Redis over TLS, in place of whom the system believes.
    #[arg(long, global = true, env = "TABUADA_REDIS_CA", value_name = "FILE")]
    pub redis_ca: Option<PathBuf>,
    /// First part of every key in that Redis.
    #[arg(long, global = true, env = "TABUADA_NAMESPACE", value_name = "NAME", default_value = "tabuada")]
    pub namespace: String,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheTask {
    /// What the server's cache did and holds; of a Redis, what stands there.
    Stats,
    /// List what is remembered.
    Keys,
    /// Show what is remembered of one expression.
    Get {
        /// The expression, or its name as it stands in Redis.
        #[arg(allow_hyphen_values = true)]
        key: String,
    },
    /// Forget one expression.
    Delete {
        /// The expression, or its name as it stands in Redis.
        #[arg(allow_hyphen_values = true)]
        key: String,
    },
    /// Forget everything.
    Clear {
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
}

/// Arguments of `tabuada health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// Where it listens.
    #[arg(value_name = "HOST:PORT", default_value = "127.0.0.1:8000")]
    pub address: String,
}

impl Args {
    /// Reads the process's arguments; on `--help` or misuse says so and exits (0 or 2).
    pub fn from_process() -> Self {
        Self::parse_from(with_expressions_apart(std::env::args_os().collect()))
    }
}

/// What follows `eval` and its mode is an expression even if it looks like a flag (`-3+2`, `--2`), unless it asks for help.
fn with_expressions_apart(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let from = match &arguments[..] {
        [_, command, ..] if command == "plot" => return with_flags_first(arguments),
        [_, command, flag, ..] if command == "eval" && flag == "--mode" => 4,
        [_, command, flag, ..] if command == "eval" && flag.as_encoded_bytes().starts_with(b"--mode=") => 3,
        [_, command, ..] if command == "eval" => 2,
        _ => return arguments,
    };
    if arguments.get(from).is_some_and(|first| !["-h", "--help", "--"].iter().any(|flag| first == flag)) {
        arguments.insert(from, "--".into());
    }
    arguments
}

/// What is no flag of `plot`, nor what belongs to one, is an expression (`plot -x --from 0`): it goes behind them all.
fn with_flags_first(arguments: Vec<OsString>) -> Vec<OsString> {
    const FLAGS: [&str; 8] = ["--from", "--to", "--y-from", "--y-to", "--width", "--height", "--output", "-o"];
    let is_flag = |argument: &OsString| FLAGS.iter().any(|flag| argument == flag);
    let holds_its_value = |argument: &OsString| {
        let text = argument.to_string_lossy();
        text.split_once('=').is_some_and(|(flag, _)| FLAGS.contains(&flag))
    };
    let mut arguments = arguments.into_iter();
    let mut first: Vec<OsString> = arguments.by_ref().take(2).collect();
    let mut expressions = vec!["--".into()];
    while let Some(argument) = arguments.next() {
        if is_flag(&argument) {
            first.push(argument);
            first.extend(arguments.next());
        } else if holds_its_value(&argument) || argument == "-h" || argument == "--help" {
            first.push(argument);
        } else if argument == "--" {
            expressions.extend(arguments.by_ref());
        } else {
            expressions.push(argument);
        }
    }
    first.extend(expressions);
    first
}

/// Reads a number of threads. Each takes memory of its own, and the system has its own bound, past which it only fails.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= THREADS_MAX);
    threads.ok_or_else(|| format!("expected a number from 1 to {THREADS_MAX}"))
}

/// A file, where one is named: an empty variable names none.
pub(crate) fn named(file: Option<&Path>) -> Option<&Path> {
    file.filter(|file| !file.as_os_str().is_empty())
}

impl TryFrom<ServeArgs> for ServeConfig {
    type Error = Box<dyn Error>;

    fn try_from(args: ServeArgs) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            listen: args.listen,
            redis: match args.redis.filter(|url| !url.is_empty()) {
                Some(url) => Some(with_password(url, named(args.redis_password_file.as_deref()))?),
                None => None,
            },
            redis_ca: args.redis_ca.filter(|file| !file.as_os_str().is_empty()),
            ttl: args.ttl,
            lookup: match args.lookup {
                LookupArg::Adaptive => Lookup::Adaptive,
                LookupArg::Always => Lookup::Always,
            },
            memory_bytes: args.memory.as_u64(),
            namespace: args.namespace,
            threads: args.threads.unwrap_or_else(default_threads),
            peer_share: args.peer_share,
            proxies: Proxies::read(args.trusted_proxies.iter().map(String::as_str))?,
            admin_listen: match args.admin_listen.filter(|address| !address.is_empty()) {
                Some(address) => {
                    Some(address.parse().map_err(|error: EndpointError| format!("--admin-listen: {error}"))?)
                }
                None => None,
            },
            admin_token: AdminToken::configured(named(args.admin_token_file.as_deref()))?,
            metrics_hosts: args.metrics_host.into_iter().filter(|host| !host.is_empty()).collect(),
            origins: Origins::read(args.cors_origin.iter().map(String::as_str))?,
            drain: args.drain,
            hides_memory: args.hide_memory,
            log_format: match args.log_format {
                LogFormatArg::Text => LogFormat::Text,
                LogFormatArg::Json => LogFormat::Json,
            },
            logged: Logged {
                requests: match args.log_requests {
                    LogRequestsArg::None => LogRequests::None,
                    LogRequestsArg::Trouble => LogRequests::Trouble,
                    LogRequestsArg::All => LogRequests::All,
                },
                expressions: args.log_expressions,
                hides_clients: !args.log_clients,
            },
        })
    }
}
