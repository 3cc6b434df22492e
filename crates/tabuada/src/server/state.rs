//! What the routes share.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use prometheus_client::registry::Registry;

use super::metrics;
use super::sent::Sent;
use crate::answer::Calculator;
use crate::config::AdminToken;
use crate::counters::Counters;

/// What every route may use. Cheap to clone: each request gets its own handle.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    pub(super) calculator: Calculator,
    pub(super) counters: Counters,
    pub(super) registry: Registry,
    pub(super) admin_token: Option<AdminToken>,
    pub(super) sent: Sent,
}

impl App {
    /// Puts together what the routes need. `counters` are those that `calculator` was given; without a token the
    /// operator's routes answer on loopback only.
    pub fn new(calculator: Calculator, counters: Counters, admin_token: Option<AdminToken>) -> Self {
        let registry = metrics::registry(&counters, &calculator);
        Self(Arc::new(Parts { calculator, counters, registry, admin_token, sent: Sent::new() }))
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
