//! What the routes share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRef;
use prometheus_client::registry::Registry;
use tracing_appender::non_blocking::ErrorCounter;

use crate::answer::Calculator;
use crate::config::{AdminToken, Logged, Origins};
use crate::counters::Counters;
use crate::peer::Proxies;
use crate::server::body::Bodies;
use crate::server::bounds::Bounds;
use crate::server::cors::Cors;
use crate::server::http_cache::response_cache::ResponseCache;
use crate::server::metrics;
use crate::server::request_id::RequestIds;

/// What every route may use. Cheap to clone: each request gets its own handle.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    pub(super) calculator: Calculator,
    pub(super) counters: Counters,
    pub(super) registry: Registry,
    pub(super) admin_token: Option<AdminToken>,
    pub(super) metrics_hosts: Vec<String>,
    pub(super) cors: Option<Cors>,
    pub(super) logged: Logged,
    pub(super) hides_memory: bool,
    pub(super) bounds: Bounds,
    pub(super) bodies: Bodies,
    pub(super) ids: RequestIds,
    pub(super) sent: ResponseCache,
    pub(super) proxies: Proxies,
    is_stopping: AtomicBool,
}

/// How a server meets its clients. The default is for whoever tries it out: everything on, nobody let in from afar.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What the operator's routes ask for; without it they answer on loopback only.
    pub admin_token: Option<AdminToken>,
    /// Under which names the metrics may be asked for, besides those of loopback; none: on a listener that others reach,
    /// under any.
    pub metrics_hosts: Vec<String>,
    /// Whose pages may ask.
    pub origins: Origins,
    /// What is written of requests.
    pub logged: Logged,
    /// Whether clients are not told what was remembered, and since when.
    pub hides_memory: bool,
    /// Counts the lines of the log that were lost, if the log may lose any.
    pub log_losses: Option<ErrorCounter>,
    /// Who is believed when it says for whom it asks.
    pub proxies: Proxies,
    /// What clients may take.
    pub bounds: Bounds,
}

impl App {
    /// Puts together what the routes need. `counters` are those that `calculator` was given.
    pub fn new(calculator: Calculator, counters: Counters, setup: Setup) -> Self {
        let Setup { admin_token, metrics_hosts, origins, logged, hides_memory, log_losses, proxies, bounds } = setup;
        let registry = metrics::registry(&counters, &calculator, log_losses);
        let (cors, ids, sent) = (Cors::new(&origins), RequestIds::new(), ResponseCache::new());
        let bodies = Bodies::new(bounds.body_time, bounds.peer_share);
        let is_stopping = AtomicBool::new(false);
        let parts = Parts {
            calculator,
            counters,
            registry,
            admin_token,
            metrics_hosts,
            cors,
            logged,
            hides_memory,
            bounds,
            bodies,
            ids,
            sent,
            proxies,
            is_stopping,
        };
        Self(Arc::new(parts))
    }

    /// From here on no connection is kept for another request, and readiness is denied.
    pub(super) fn begin_to_stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// What the server does, and the state of its cache, for people.
    pub(crate) fn status(&self) -> String {
        let does = if self.is_stopping() { "stopping" } else { "serving" };
        format!("{does}; cache: {}", self.calculator.cache().state().name())
    }

    /// Whether the signal to stop has come.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Which routes a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listening {
    /// All of them.
    Everything,
    /// All but the operator's and the metrics, which have a listener of their own.
    Public,
    /// Those.
    Operator,
}

/// What a listener's routes may use.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) app: App,
    pub(super) listening: Listening,
    /// Only this machine reaches the listener.
    pub(super) is_loopback: bool,
}

impl FromRef<Served> for App {
    fn from_ref(served: &Served) -> Self {
        served.app.clone()
    }
}
