//! `tabuada serve`.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use listenfd::ListenFd;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tabuada_cache::Options;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing_appender::non_blocking::ErrorCounter;

use super::{log, notify};
use crate::answer::Calculator;
use crate::config::ServeConfig;
use crate::counters::Counters;
use crate::server::{self, App, Bounds, Listener, Setup};
use crate::version::{COMMIT, VERSION};
use crate::workers::Threads;

/// How long the first requests wait for Redis to be there.
const FIRST_HANDSHAKE: Duration = Duration::from_millis(200);

/// How much lower the priority of the threads that work is: what is asked meanwhile is served first, and where other
/// programs are busy as well a quarter of a core is left for work.
const NICER_BY: i32 = 5;

/// Files that are not for clients: listeners, Redis's connections, the log.
const FILES_KEPT: u64 = 64;

/// Serves until SIGTERM, SIGINT or SIGHUP: 0; 1 if it could not begin; 2 if an option is of no use.
pub fn serve(config: &ServeConfig) -> ExitCode {
    // Dropped last, so that what is written while all else ends is written.
    let (_log, log_losses) = log::begin(config.log_format);
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(config.threads.get()).enable_all().build();
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(run(config, log_losses));
        // What is still being worked out, nobody waits for.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(status) => status,
        Err(error) => {
            eprintln!("tabuada: cannot serve: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes as many open files as the system lets us have: connections are files, and the usual bound is far below ours.
fn raise_open_files() {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: files.maximum, maximum: files.maximum };
    if files.current != files.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, files = files.current, "cannot raise the bound of open files");
    }
}

/// The bounds that are asked for. No more connections than there are files for them, so that it is connections that give
/// way, and not whoever comes next that waits.
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

async fn run(config: &ServeConfig, log_losses: ErrorCounter) -> io::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let (listener, admin) = listeners(config).await?;
    let counters = Counters::default();
    let redis_ca = match config.redis_ca.as_deref().map(std::fs::read).transpose() {
        Ok(certificates) => certificates,
        Err(error) => {
            eprintln!("tabuada: cannot read the certificates for Redis: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    let options = Options {
        namespace: config.namespace.clone(),
        memory_bytes: config.memory_bytes,
        ttl: config.ttl.0,
        lookup: config.lookup,
        redis: config.redis.clone(),
        redis_ca,
    };
    let threads = Threads { peer_share: config.peer_share, nicer_by: NICER_BY, ..config.threads.get().into() };
    let calculator = match Calculator::new(options, threads, counters.clone()) {
        Ok(calculator) => calculator,
        Err(error) => {
            eprintln!("tabuada: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    calculator.cache().wait_until_ready(FIRST_HANDSHAKE).await;
    say_what_begins(config, &listener, admin.as_ref());
    if config.admin_token.is_none() {
        warn_of_no_token(admin.as_ref().unwrap_or(&listener));
    }
    if let Some(admin) = &admin {
        eprintln!("operator's routes on {admin}");
    }
    eprintln!("listening on {listener}");
    let cache = calculator.cache().clone();
    let (stopping, stopped) = oneshot::channel();
    let stop = async {
        // Whoever could send it is there until it is sent.
        let _ = stopped.await;
    };
    let setup = Setup {
        admin_token: config.admin_token.clone(),
        metrics_hosts: config.metrics_hosts.clone(),
        origins: config.origins.clone(),
        logged: config.logged,
        hides_memory: config.hides_memory,
        log_losses: Some(log_losses),
        proxies: config.proxies.clone(),
        bounds: bounds(config),
    };
    let app = App::new(calculator, counters, setup);
    notify::ready(&app);
    tokio::spawn(notify::keep_told(app.clone()));
    let served = async {
        match admin {
            None => server::serve(listener, app, stop).await,
            Some(admin) => server::serve_apart(listener, admin, app, stop).await,
        }
        cache.shutdown().await;
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
    Ok(ExitCode::SUCCESS)
}

/// What runs where, and with what: one line. Each setting that is not the default belongs behind it.
fn say_what_begins(config: &ServeConfig, listener: &Listener, admin: Option<&Listener>) {
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
        redis = config.redis.as_deref().map_or("none", hosts),
        ttl = config.ttl.0.map_or_else(|| "none".to_owned(), |ttl| humantime::format_duration(ttl).to_string()),
        lookup = ?config.lookup,
        memory = %bytesize::ByteSize(config.memory_bytes),
        threads = config.threads,
        operators_routes = operator,
        "starting"
    );
    if config.redis.is_none() {
        tracing::info!("no Redis configured: answers are kept in this process only");
    }
}

/// Where a Redis is, of its URL: no login, and nothing that may be one.
fn hosts(url: &str) -> &str {
    match url.split_once("://") {
        Some((scheme, path)) if scheme.contains("unix") => path.split('?').next().unwrap_or_default(),
        Some((_, rest)) => {
            let places = rest.rsplit('@').next().unwrap_or_default();
            places.split(['/', '?']).next().unwrap_or_default()
        }
        None => "?",
    }
}

/// What tells a server to stop. A terminal that is closed sends SIGHUP.
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

    /// The name of the next to come.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

/// Says what whoever reaches the operator's listener may do there, if others than this machine can.
fn warn_of_no_token(listener: &Listener) {
    if !listener.is_loopback() {
        tracing::warn!(
            address = %listener,
            "no TABUADA_ADMIN_TOKEN is set and others reach this listener: they may read /metrics, and nobody may look into \
             the cache or clear it"
        );
    }
}

/// That of the clients and that of the operator, if this is another: those that systemd hands over (LISTEN_FDS), or else
/// those that are configured.
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
    // One of the other kind stays where it is.
    match handed.take_unix_listener(index) {
        Ok(listener) => listener.map(Listener::unix).transpose(),
        Err(_) => handed.take_tcp_listener(index)?.map(Listener::tcp).transpose(),
    }
}

#[cfg(test)]
mod tests {
    use super::hosts;

    #[test]
    fn where_a_redis_is_holds_no_secret() {
        for (url, place) in [
            ("redis://h:1/2", "h:1"),
            ("rediss://user:secret@h:1/2", "h:1"),
            ("redis://:sec@ret@h:1", "h:1"),
            ("redis://:sec/ret?x@h:1/0?a=b", "h:1"),
            ("redis+sentinel://user:secret@a:1,b:2/name/0", "a:1,b:2"),
            ("redis+cluster://[::1]:1,b:2", "[::1]:1,b:2"),
            ("unix:///run/redis.sock?db=1&user=u&pass=secret", "/run/redis.sock"),
            ("unix:///run/redis.sock?pass=se@cret", "/run/redis.sock"),
            ("secret", "?"),
        ] {
            assert_eq!(hosts(url), place, "{url}");
        }
    }
}
