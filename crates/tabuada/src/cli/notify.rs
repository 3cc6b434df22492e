//! What the service manager is told, if it asks for it (systemd's `Type=notify` and `WatchdogSec=`): when the server is
//! ready and when it stops, what the cache does, and that it is alive.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use crate::server::App;

/// How often it is looked whether there is something new to tell.
const LOOK_TIME: Duration = Duration::from_secs(1);

/// Requests are answered.
pub(super) fn ready(app: &App) {
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(&app.status())]) {
        tracing::warn!(%error, "cannot tell the service manager at NOTIFY_SOCKET that the server is ready");
    }
}

/// The signal to stop has come.
pub(super) fn stopping() {
    // Whoever does not hear this has other ways to see it.
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
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
                let _ = sd_notify::notify(&states);
            }
        });
        let _ = alive.await;
    }
}
