//! `tabuada serve`.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use listenfd::ListenFd;
use prometheus_client::metrics::counter::Counter;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tabuada_cache::url;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::check::check;
use super::flags::{OfServe, SettingFlags};
use super::{log, notify};
use crate::answer::Calculator;
use crate::config::{LogFormat, ServeConfig};
use crate::counters::Counters;
use crate::server::{self, App, Bounds, Listener, Setup};
use crate::settings::table::{LOOKUP, MEMORY, TTL};
use crate::settings::{Origin, Settings, unknown_variables};
use crate::version::{COMMIT, VERSION};
use crate::words::{Language, of_system, said};
use crate::workers::Threads;

/// How long the first requests wait for the connection to Redis.
const FIRST_HANDSHAKE: Duration = Duration::from_millis(200);

/// How much lower the priority of computing threads is, in steps of `nice`. Requests that arrive meanwhile are served
/// first, and beside other busy programs the computing threads still get a quarter of a core.
const NICER_BY: i32 = 5;

/// File descriptors kept for other uses than clients: listeners, connections to Redis, the log.
const FILES_KEPT: u64 = 64;

/// Threads for blocking work beside those of the workers and the readers: files, host names, the sweep of memory. The
/// runtime starts one whenever none is idle at that moment, even if one is about to be, and each keeps memory.
const SPARE_THREADS: usize = 8;

/// Less memory holds almost no answers: the operator has probably forgotten the unit.
const MEMORY_BYTES_MIN: u64 = 64 << 10;

/// Arguments of `tabuada serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    flags: SettingFlags<OfServe>,
    #[arg(long)]
    check: bool,
}

/// Serves until SIGTERM, SIGINT or SIGHUP. Status 0; 1 if it could not start; 2 if a setting is wrong. With `--check`
/// it only checks.
pub fn serve(args: &ServeArgs, language: Language) -> ExitCode {
    let variable = |name: &str| std::env::var_os(name);
    let settings = Settings::read(&args.flags.0, variable);
    match settings.clone().and_then(|settings| Ok((ServeConfig::read(&settings)?, settings))) {
        Ok((config, _)) if args.check => check(&config, language),
        Ok((config, settings)) => serve_with(&config, &settings, language),
        Err(error) => {
            // The readable part of the settings determines the format of the error.
            let readable = settings.or_else(|_| Settings::without_file(&args.flags.0, variable));
            let format = readable.and_then(|settings| LogFormat::configured(&settings)).unwrap_or_default();
            let _log = log::begin(format);
            log::fatal(format, error.message(language), error.message(Language::English));
            ExitCode::from(2)
        }
    }
}

fn serve_with(config: &ServeConfig, settings: &Settings, language: Language) -> ExitCode {
    // Dropped last, so that it also writes the lines logged while everything else ends.
    let (_log, lines_lost) = log::begin(config.log_format);
    warn_of_settings(config);
    raise_open_files();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let threads = config.threads.get();
    let runtime =
        runtime.worker_threads(threads).max_blocking_threads(2 * threads + SPARE_THREADS).enable_all().build();
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(run(config, settings, lines_lost));
        // No caller waits for a computation that still runs.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let why = |language| why_not(&error, language);
            log::fatal(config.log_format, &why(language), &why(Language::English));
            ExitCode::FAILURE
        }
    }
}

/// Why the server cannot start, and what helps where an address is taken.
fn why_not(error: &io::Error, language: Language) -> String {
    let why = said::CANNOT_SERVE.with(language, &[&of_system(error, language)]);
    match error.kind() {
        io::ErrorKind::AddrInUse => format!("{why}\n{}", said::ADDRESS_TAKEN.say(language)),
        _ => why,
    }
}

/// Warns of settings that are valid but probably a mistake.
fn warn_of_settings(config: &ServeConfig) {
    for (variable, nearest) in unknown_variables(std::env::vars_os()) {
        tracing::warn!(variable, nearest, "this variable is not known and has no effect");
    }
    let memory = config.cache.memory_bytes;
    if (1..MEMORY_BYTES_MIN).contains(&memory) {
        tracing::warn!(bytes = memory, "--memory is in bytes where it has no unit: so little keeps hardly any answer");
    }
}

/// Raises the limit on open files as far as the system allows. Every connection is a file, and the usual limit is far
/// too low.
fn raise_open_files() {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: files.maximum, maximum: files.maximum };
    if files.current != files.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, files = files.current, "cannot raise the bound of open files");
    }
}

/// The configured limits. The limit on connections fits the limit on files, so that a full server closes idle
/// connections; without files it could not accept new ones.
fn bounds(config: &ServeConfig) -> Bounds {
    let bounds = Bounds { drain_time: config.drain, peer_share: config.peer_share, ..Bounds::default() };
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let for_clients = usize::try_from(files.saturating_sub(FILES_KEPT).max(files / 2)).unwrap_or(usize::MAX);
    let connections = bounds.connections.min(for_clients);
    if connections < bounds.connections {
        tracing::warn!(
            files,
            connections,
            "fewer connections than usual: raise the hard bound of open files (ulimit -Hn)"
        );
    }
    Bounds { connections, ..bounds }
}

async fn run(config: &ServeConfig, settings: &Settings, log_lines_lost: Counter) -> io::Result<()> {
    let mut signals = Signals::new()?;
    let (listener, admin) = listeners(config).await?;
    let counters = Counters { log_lines_lost, ..Counters::default() };
    let threads = Threads { peer_share: config.peer_share, nicer_by: NICER_BY, ..config.threads.get().into() };
    let calculator = Calculator::with_deadlines(config.cache.clone(), config.deadlines, threads, counters.clone());
    let calculator = calculator.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    calculator.cache().wait_until_ready(FIRST_HANDSHAKE).await;
    log_start(config, settings, &listener, admin.as_ref());
    log_settings(settings);
    if config.admin_token.is_none() {
        warn_of_no_token(admin.as_ref().unwrap_or(&listener));
    }
    if let Some(admin) = &admin {
        log::announce(config.log_format, &format!("operator's routes on {admin}"));
    }
    log::announce(config.log_format, &format!("listening on {listener}"));
    let (stopping, stopped) = oneshot::channel();
    let stop = async {
        // The sender is dropped only after it has sent.
        let _ = stopped.await;
    };
    let setup = Setup {
        admin_token: config.admin_token.clone(),
        metrics_hosts: config.metrics_hosts.clone(),
        origins: config.origins.clone(),
        logged: config.logged,
        hides_memory: config.hides_memory,
        proxies: config.proxies.clone(),
        bounds: bounds(config),
    };
    let app = App::new(calculator.clone(), counters, setup);
    let told = notify::ready(&app);
    tokio::spawn(notify::report_changes(app.clone(), told));
    let served = async {
        match admin {
            None => server::serve(listener, app, stop).await,
            Some(admin) => server::serve_apart(listener, admin, app, stop).await,
        }
        calculator.cache().shutdown().await;
    };
    let second_signal = async {
        let name = signals.next().await;
        tracing::info!(signal = name, "asked to stop");
        notify::stopping();
        let _ = stopping.send(());
        signals.next().await
    };
    tokio::select! {
        () = served => {}
        name = second_signal => tracing::warn!(signal = name, "asked to stop again: ending at once"),
    }
    Ok(())
}

/// Logs one line about what runs and where, with settings as they are written.
fn log_start(config: &ServeConfig, settings: &Settings, listener: &Listener, admin: Option<&Listener>) {
    let written = |setting| settings.given(setting).map(|given| &*given.text);
    let operators = admin.unwrap_or(listener);
    let operator = match (&config.admin_token, operators.is_loopback()) {
        (Some(_), _) => "with the token",
        (None, true) => "open to this machine",
        (None, false) => "closed",
    };
    tracing::info!(
        version = VERSION,
        commit = COMMIT,
        listener = %listener,
        operators_listener = admin.map(tracing::field::display),
        redis = config.cache.redis.as_deref().map_or("none", url::hosts),
        ttl = written(&TTL),
        lookup = written(&LOOKUP),
        memory = written(&MEMORY),
        threads = config.threads,
        operators_routes = operator,
        "starting"
    );
    if config.cache.redis.is_none() {
        tracing::info!("no Redis configured: answers are kept in this process only");
    }
}

/// Logs one line for each setting that has no default value, with its origin.
fn log_settings(settings: &Settings) {
    for (setting, given) in settings.all() {
        if let Some(given) = given.filter(|given| given.origin != Origin::Default) {
            tracing::info!(name = setting.name, value = setting.shown(&given.text), origin = %given.origin, "setting");
        }
    }
}

/// The signals that stop a server. A closing terminal sends SIGHUP.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The name of the next signal.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

/// Warns of what clients of the operator's listener may do without a token, if other machines can reach it.
fn warn_of_no_token(listener: &Listener) {
    if !listener.is_loopback() {
        tracing::warn!(
            address = %listener,
            "no TABUADA_ADMIN_TOKEN is set and others reach this listener: they may read /metrics, and nobody may look into \
             the cache or clear it"
        );
    }
}

/// The clients' listener, and the operator's if it is separate: the sockets from systemd (LISTEN_FDS), or else the
/// configured addresses.
async fn listeners(config: &ServeConfig) -> io::Result<(Listener, Option<Listener>)> {
    let mut handed = ListenFd::from_env();
    if handed.len() > 2 {
        let why =
            format!("{} sockets were handed over: expected one for clients and one for the operator", handed.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let listener = match handed_over(&mut handed, 0)? {
        Some(listener) => listener,
        None => Listener::bind(&config.listen).await?,
    };
    let admin = match (handed_over(&mut handed, 1)?, &config.admin_listen) {
        (Some(admin), _) => Some(admin),
        (None, Some(endpoint)) => Some(Listener::bind(endpoint).await?),
        (None, None) => None,
    };
    Ok((listener, admin))
}

fn handed_over(handed: &mut ListenFd, index: usize) -> io::Result<Option<Listener>> {
    // A socket of the other kind stays at its index.
    match handed.take_unix_listener(index) {
        Ok(listener) => listener.map(Listener::unix).transpose(),
        Err(_) => handed.take_tcp_listener(index)?.map(Listener::tcp).transpose(),
    }
}
