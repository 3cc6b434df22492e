//! Reports to the service manager, if it asks for reports (systemd's `Type=notify` and `WatchdogSec=`): ready,
//! stopping, the state of the cache, and the watchdog's keep-alive.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use crate::server::App;

/// The time between two checks for changes.
const LOOK_TIME: Duration = Duration::from_secs(1);

/// Sends a report to the service manager, if there is one.
fn notify(states: &[NotifyState<'_>]) -> io::Result<()> {
    match std::env::var_os("NOTIFY_SOCKET").as_deref().map(OsStr::as_bytes) {
        Some([b'@', name @ ..]) => notify_abstract(name, states),
        _ => sd_notify::notify(states),
    }
}

/// As [`notify`], to a socket in the abstract namespace, as in containers, which the library does not support.
#[cfg(target_os = "linux")]
fn notify_abstract(name: &[u8], states: &[NotifyState<'_>]) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let message: String = states.iter().map(|state| format!("{state}\n")).collect();
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
    socket.send(message.as_bytes()).map(drop)
}

#[cfg(not(target_os = "linux"))]
fn notify_abstract(_: &[u8], _: &[NotifyState<'_>]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Reports that the server answers requests, and gives the status that it reported.
pub(super) fn ready(app: &App) -> String {
    let status = app.status();
    if let Err(error) = notify(&[NotifyState::Ready, NotifyState::Status(&status)]) {
        tracing::warn!(%error, "cannot tell the service manager at NOTIFY_SOCKET that the server is ready");
    }
    status
}

/// Reports that the signal to stop has arrived.
pub(super) fn stopping() {
    // The report is best effort: the service manager also sees the process end.
    let _ = notify(&[NotifyState::Stopping]);
}

/// Reports changes of state since the status `told`, and sends the keep-alive twice within the watchdog's time. Each
/// keep-alive is sent by a new task, which proves that the runtime starts tasks and that its timer works.
pub(super) async fn report_changes(app: Arc<App>, mut told: String) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let watchdog = sd_notify::watchdog_enabled();
    let mut looks = interval(watchdog.map_or(LOOK_TIME, |time| LOOK_TIME.min(time / 2)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let status = app.status();
        let is_news = status != told;
        told.clone_from(&status);
        let alive = tokio::spawn(async move {
            let states =
                [is_news.then_some(NotifyState::Status(&status)), watchdog.is_some().then_some(NotifyState::Watchdog)];
            let states: Vec<NotifyState<'_>> = states.into_iter().flatten().collect();
            if !states.is_empty() {
                let _ = notify(&states);
            }
        });
        let _ = alive.await;
    }
}
