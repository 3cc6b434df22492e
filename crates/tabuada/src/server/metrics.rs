//! `GET /metrics`: the counters under their names, in Prometheus's text (its OpenMetrics dialect).

use std::fmt;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::answer::Calculator;
use crate::counters::Counters;

/// Every counter there is, at this moment.
pub(crate) fn page(registry: &Registry) -> Response<Body> {
    let mut body = String::with_capacity(16 << 10);
    // Writing to a `String` cannot fail.
    let _ = text::encode(&mut body, registry);
    let mut response = Response::new(Body::from(body));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Names what is counted.
pub(super) fn registry(counters: &Counters, calculator: &Calculator) -> Registry {
    let mut registry = Registry::with_prefix("tabuada");
    registry.register("requests", "Requests answered", counters.requests.clone());
    registry.register(
        "request_seconds",
        "Seconds from the head of a request to its answer",
        counters.request_seconds.clone(),
    );
    registry.register("evaluations", "Evaluations that ran to an answer", counters.evaluations.clone());
    registry.register("evaluation_seconds", "Seconds that evaluations took", counters.evaluation_seconds.clone());
    registry.register(
        "trials_abandoned",
        "Evaluations given up at the price of a look-up",
        counters.trials_abandoned.clone(),
    );
    registry.register(
        "evaluations_failed",
        "Evaluations ended by the deadline or by a bug",
        counters.evaluations_failed.clone(),
    );
    registry.register("build", "What is running", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    registry.register_collector(Box::new(OfTheMoment(calculator.clone())));
    registry
}

/// What is looked at when it is asked for.
struct OfTheMoment(Calculator);

impl fmt::Debug for OfTheMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfTheMoment")
    }
}

impl Collector for OfTheMoment {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let depth = ConstGauge::new(self.0.workers().queue_depth());
        depth.encode(encoder.encode_descriptor(
            "queue_depth",
            "Work waiting for a thread",
            None,
            depth.metric_type(),
        )?)
    }
}
