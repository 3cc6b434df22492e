//! What the routes share.

use std::sync::Arc;

use prometheus_client::registry::Registry;

use super::metrics;
use crate::answer::Calculator;
use crate::counters::Counters;

/// What every route may use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(super) calculator: Calculator,
    pub(super) counters: Counters,
    pub(super) registry: Arc<Registry>,
}

impl App {
    /// Puts together what the routes need. `counters` are those that `calculator` was given.
    pub fn new(calculator: Calculator, counters: Counters) -> Self {
        let registry = Arc::new(metrics::registry(&counters, &calculator));
        Self { calculator, counters, registry }
    }
}
