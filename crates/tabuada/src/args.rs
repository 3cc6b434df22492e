//! The command line, and the `TABUADA_*` variables that stand in for flags that were not given.

use std::error::Error;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::FalseyValueParser;
use clap::{Arg, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::cli::{BatchArgs, CacheArgs, CompletionsArgs, EvalArgs, HealthArgs, ManArgs, PlotArgs};
use crate::config::{
    AdminToken, LogFormat, LogRequests, Logged, Lookup, Origins, ServeConfig, Ttl, default_threads, named,
    with_password,
};
use crate::peer::{Proxies, Share};

/// More threads than any machine is well served by.
const THREADS_MAX: usize = 1_024;

/// A calculator backend that remembers.
#[derive(Debug, Parser)]
#[command(name = "tabuada", version, about, max_term_width = 100)]
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
    ///
    /// Exit status: 0, also if expressions failed, since their lines say so; 1 the input cannot be read or the output
    /// cannot be written; 2 the command was misused.
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
    /// Print a script by which a shell completes this command line.
    ///
    /// Its place is the shell's: for bash ~/.local/share/bash-completion/completions/tabuada, for fish
    /// ~/.config/fish/completions/tabuada.fish, for zsh a file _tabuada in a folder of $fpath.
    Completions(CompletionsArgs),
    /// Print a manual page, of the command or of one of its commands, for man -l.
    Man(ManArgs),
}

/// Arguments of `tabuada serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Address to listen on; port 0 takes any free one, and the ready line names it.
    #[arg(long, env = "TABUADA_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:8000")]
    listen: String,
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
    /// Such as 10.0.0.1 or 10.0.0.0/8. Behind a proxy that is not named here all clients are one.
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

impl Args {
    /// Reads the process's arguments; on `--help` or misuse says so and exits (0 or 2).
    pub fn from_process() -> Self {
        Self::parse_from(with_options_first(Self::command(), std::env::args_os().collect()))
    }
}

/// Where expressions may look like options (`eval -3+2`), the options go before them, and `--` between: an expression is
/// what is neither an option of the command nor the value of one. Behind a `--` all are expressions.
fn with_options_first(mut tool: clap::Command, arguments: Vec<OsString>) -> Vec<OsString> {
    tool.build();
    let command = arguments.get(1).and_then(|name| tool.find_subcommand(name));
    let Some(command) = command.filter(|command| command.get_positionals().any(Arg::is_allow_hyphen_values_set)) else {
        return arguments;
    };
    let mut arguments = arguments.into_iter();
    let mut options: Vec<OsString> = arguments.by_ref().take(2).collect();
    let mut expressions = vec!["--".into()];
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        let (name, value) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
        if text == "--" {
            expressions.extend(arguments.by_ref());
        } else if let Some(option) = command.get_opts().chain(flags(command)).find(|option| is_named(option, name)) {
            let needs_value = value.is_none() && option.get_action().takes_values();
            options.push(argument);
            options.extend(needs_value.then(|| arguments.next()).flatten());
        } else {
            expressions.push(argument);
        }
    }
    options.extend(expressions);
    options
}

/// The options of a command that take no value.
fn flags(command: &clap::Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_positional() && !argument.get_action().takes_values())
}

fn is_named(option: &Arg, text: &str) -> bool {
    let is_short = |rest: &str| option.get_short().is_some_and(|short| rest.chars().eq([short]));
    match text.strip_prefix("--") {
        Some(name) => option.get_long() == Some(name),
        None => text.strip_prefix('-').is_some_and(is_short),
    }
}

/// Reads a number of threads. Each takes memory of its own, and the system has its own bound, past which it only fails.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= THREADS_MAX);
    threads.ok_or_else(|| format!("expected a number from 1 to {THREADS_MAX}"))
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
            admin_listen: args.admin_listen.filter(|address| !address.is_empty()),
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
            },
        })
    }
}
