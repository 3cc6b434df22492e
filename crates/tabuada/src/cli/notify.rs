//! What the service manager is told, if it asks for it (systemd's `Type=notify` and `WatchdogSec=`): when the server is
//! ready and when it stops, what the cache does, and that it is alive.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use crate::server::App;

/// How often it is looked whether there is something new to tell.
const LOOK_TIME: Duration = Duration::from_secs(1);

/// Tells the service manager, if there is one.
fn notify(states: &[NotifyState<'_>]) -> io::Result<()> {
    match std::env::var_os("NOTIFY_SOCKET").as_deref().map(OsStr::as_bytes) {
        Some([b'@', name @ ..]) => notify_abstract(name, states),
        _ => sd_notify::notify(states),
    }
}

/// The same where its socket has a name that is in no file system, as in containers: the library knows none.
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

/// Requests are answered.
pub(super) fn ready(app: &App) {
    if let Err(error) = notify(&[NotifyState::Ready, NotifyState::Status(&app.status())]) {
        tracing::warn!(%error, "cannot tell the service manager at NOTIFY_SOCKET that the server is ready");
    }
}

/// The signal to stop has come.
pub(super) fn stopping() {
    // Whoever does not hear this has other ways to see it.
    let _ = notify(&[NotifyState::Stopping]);
}

/// Tells what changes, and shows signs of life twice in the time within which they are expected. Each is shown by a task
/// that was begun for it: so threads of the runtime take up work, and its timer runs.
pub(super) async fn keep_told(app: App) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let watchdog = sd_notify::watchdog_enabled();
    let mut looks = interval(watchdog.map_or(LOOK_TIME, |time| LOOK_TIME.min(time / 2)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = app.status();
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
