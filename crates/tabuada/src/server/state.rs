//! What the routes share.

use std::ops::Deref;
use std::sync::Arc;

use prometheus_client::registry::Registry;

use super::metrics;
use crate::answer::Calculator;
use crate::counters::Counters;

/// What every route may use. Cheap to clone: each request gets its own handle.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    pub(super) calculator: Calculator,
    pub(super) counters: Counters,
    pub(super) registry: Registry,
}

impl App {
    /// Puts together what the routes need. `counters` are those that `calculator` was given.
    pub fn new(calculator: Calculator, counters: Counters) -> Self {
        let registry = metrics::registry(&counters, &calculator);
        Self(Arc::new(Parts { calculator, counters, registry }))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
