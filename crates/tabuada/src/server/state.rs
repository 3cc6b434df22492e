//! What the handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRef;
use prometheus_client::registry::Registry;

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

/// What every handler may use.
pub struct App {
    pub(super) calculator: Arc<Calculator>,
    pub(super) counters: Counters,
    pub(super) setup: Setup,
    pub(super) registry: Registry,
    pub(super) cors: Option<Cors>,
    /// That of operations that pages of all origins may use.
    pub(super) cors_of_all: Option<Cors>,
    pub(super) bodies: Bodies,
    pub(super) ids: RequestIds,
    pub(super) sent: ResponseCache,
    is_stopping: AtomicBool,
}

/// How a server treats its clients. The default is for trying it out: everything is on, and only this machine is the
/// operator.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The token of the operator; without it the operator's routes answer on loopback only.
    pub admin_token: Option<AdminToken>,
    /// The hosts of a request for the metrics, beside those of loopback. If there are none, a listener that others
    /// reach accepts any.
    pub metrics_hosts: Vec<String>,
    /// The origins whose pages may send requests.
    pub origins: Origins,
    /// What is logged of requests.
    pub logged: Logged,
    /// Whether clients are not told what was cached, and since when.
    pub hides_memory: bool,
    /// The proxies whose `Forwarded` headers are trusted.
    pub proxies: Proxies,
    /// The limits of clients.
    pub bounds: Bounds,
}

impl App {
    /// Builds what the handlers need. `counters` are those of `calculator`.
    pub fn new(calculator: Arc<Calculator>, counters: Counters, setup: Setup) -> Arc<Self> {
        Arc::new(Self {
            registry: metrics::registry(&counters, &calculator),
            cors: Cors::new(&setup.origins),
            cors_of_all: Cors::new(&Origins::All),
            ids: RequestIds::new(),
            sent: ResponseCache::new(),
            bodies: Bodies::new(setup.bounds.body_time, setup.bounds.peer_share),
            is_stopping: AtomicBool::new(false),
            calculator,
            counters,
            setup,
        })
    }

    #[cfg(test)]
    pub(super) fn for_tests() -> Arc<Self> {
        let (options, counters) = (tabuada_cache::Options::default(), Counters::default());
        let calculator = Calculator::new(options, 1, counters.clone()).expect("the options are good");
        Self::new(calculator, counters, Setup::default())
    }

    /// From now on every answer closes its connection, and readiness is 503.
    pub(super) fn begin_to_stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// The state of the server and of its cache, for people.
    pub(crate) fn status(&self) -> String {
        let does = if self.is_stopping() { "stopping" } else { "serving" };
        format!("{does}; cache: {}", self.calculator.cache().state().name())
    }

    /// Whether the stop signal has come.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

/// Which operations a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listening {
    /// All of them.
    Everything,
    /// All but those of the operator and the metrics, which have their own listener.
    Public,
    /// Those of the operator and the metrics.
    Operator,
}

/// A listener and the state.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) app: Arc<App>,
    pub(super) listening: Listening,
    /// Only this machine reaches the listener.
    pub(super) is_loopback: bool,
}

impl FromRef<Served> for Arc<App> {
    fn from_ref(served: &Served) -> Self {
        served.app.clone()
    }
}
