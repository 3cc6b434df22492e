//! `GET /metrics`: the counters in the OpenMetrics text format.

mod process;

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tabuada_cache::{Count, State};

use crate::answer::Calculator;
use crate::counters::Counters;
use crate::operator_json;
use crate::server::metrics::process::Process;
use crate::version::{COMMIT, VERSION};

/// The metrics.
pub(crate) fn page(registry: &Registry) -> Response<Body> {
    let mut body = String::with_capacity(16 << 10);
    // Writing to a `String` cannot fail.
    let _ = text::encode(&mut body, registry);
    let mut response = Response::new(Body::from(body));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Registers the counters. The library ends the help of a registered metric with a full stop; a collector does so
/// itself.
pub(super) fn registry(counters: &Counters, calculator: &Arc<Calculator>) -> Registry {
    let mut all = Registry::default();
    all.register_collector(Box::new(Process));
    let registry = all.sub_registry_with_prefix("tabuada");
    registry.register("requests", "Requests answered", counters.requests.clone());
    registry.register("connections", "Connections that are open", counters.connections.clone());
    for (name, help, histogram) in [
        ("request_seconds", "Seconds from the head of a request to its answer", &counters.request_seconds),
        ("evaluation_seconds", "Seconds that evaluations took", &counters.evaluation_seconds),
    ] {
        registry.register(name, help, histogram.clone());
    }
    let accepts_failed = "Connections that the system had no files for when they came";
    let connections_refused = "Connections closed when they came, since their peer had its share";
    let overrun = "Work that had not ended when its caller was answered without it";
    let readers_refused = "Long texts refused since their peer had its share of the readers' queue";
    for (name, help, counter) in [
        ("accepts_failed", accepts_failed, &counters.accepts_failed),
        ("connections_over_share", connections_refused, &counters.connections_refused),
        ("questions", "Expressions asked for", &counters.asked),
        ("fuel_saved", "Fuel of answers that were not computed again", &counters.fuel_saved),
        ("evaluations", "Evaluations that ran to an answer", &counters.evaluations),
        ("trials_abandoned", "Evaluations given up at the price of a lookup", &counters.trials_abandoned),
        ("evaluations_failed", "Evaluations ended by the deadline or by a bug", &counters.evaluations_failed),
        ("workers_overrun", overrun, &calculator.workers().overrun()),
        ("work_over_share", "Work refused since its peer had its share of the queue", &calculator.workers().refused()),
        ("reading_over_share", readers_refused, &calculator.readers().refused()),
        ("streams_abandoned", "Batches and tables whose callers went away before the end", &counters.streams_abandoned),
        ("log_lines_lost", "Lines of the log that nobody took in time", &counters.log_lines_lost),
    ] {
        registry.register(name, help, counter.clone());
    }
    registry.register("build", "What is running", Info::new(vec![("version", VERSION), ("commit", COMMIT)]));
    registry.register_collector(Box::new(OfTheMoment { calculator: calculator.clone(), counters: counters.clone() }));
    all
}

/// Values that are read when the metrics are.
struct OfTheMoment {
    calculator: Arc<Calculator>,
    counters: Counters,
}

impl fmt::Debug for OfTheMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfTheMoment")
    }
}

impl Collector for OfTheMoment {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = self.calculator.cache().stats();
        let workers = self.calculator.workers();
        gauge(&mut encoder, "queue_depth", "Work waiting for a thread.", signed(workers.queue_depth()))?;
        let peers = signed(workers.peers_waiting());
        gauge(&mut encoder, "peers_waiting", "Peers whose work waits for a thread.", peers)?;

        let lookups = [("memory", &stats.memory_lookups), ("redis", &stats.redis_lookups)];
        let mut family =
            encoder.encode_descriptor("cache_lookups", "Looks into a layer.", None, MetricType::Counter)?;
        for (layer, results) in lookups {
            for Count { label, count } in results {
                ConstCounter::new(*count).encode(family.encode_family(&[("layer", layer), ("result", *label)])?)?;
            }
        }
        let answers = operator_json::answers(&stats, &self.counters);
        counters(&mut encoder, "cache_answers", "How questions ended.", "source", &answers)?;
        counters(&mut encoder, "cache_forgotten", "What made memory forget.", "cause", &stats.invalidations)?;
        counters(&mut encoder, "cache_flights", "How computations in full ended.", "end", &stats.flights)?;
        counters(
            &mut encoder,
            "cache_offers",
            "What became of answers offered to Redis.",
            "fate",
            &stats.write_behind,
        )?;
        counters(&mut encoder, "cache_touches", "What became of signs of use to Redis.", "fate", &stats.touches)?;
        counters(&mut encoder, "redis_errors", "What went wrong with Redis.", "kind", &stats.redis_errors)?;
        let pending = signed(stats.removals_pending);
        gauge(&mut encoder, "cache_removals_pending", "Removals still to be done in Redis.", pending)?;
        gauge(&mut encoder, "cache_bytes", "Bytes that memory holds.", signed(stats.memory_bytes))?;
        gauge(&mut encoder, "cache_entries", "Answers that memory holds.", signed(stats.memory_entries))?;
        gauge(&mut encoder, "cache_bytes_max", "Bytes that memory may hold.", signed(stats.memory_bytes_max))?;

        let mut family =
            encoder.encode_descriptor("cache_state", "1 for the state the cache is in.", None, MetricType::Gauge)?;
        for state in State::ALL {
            let is_in = i64::from(state == stats.state);
            ConstGauge::new(is_in).encode(family.encode_family(&[("state", state.name())])?)?;
        }
        let help = "1 while Redis has refused this for at least a second.";
        let mut family = encoder.encode_descriptor("redis_refuses", help, None, MetricType::Gauge)?;
        for (what, is_refused) in [("reads", stats.refuses_reads), ("writes", stats.refuses_writes)] {
            ConstGauge::new(i64::from(is_refused)).encode(family.encode_family(&[("what", what)])?)?;
        }
        let help = "Seconds from an invalidation to silence of memory.";
        let forgetting = &stats.invalidation_latency;
        let bounds = forgetting.bounds.iter().copied().chain([f64::INFINITY]);
        let buckets = bounds.zip(forgetting.counts.iter().copied()).collect::<Vec<_>>();
        encoder
            .encode_descriptor("forget_seconds", help, None, MetricType::Histogram)?
            .encode_histogram::<[(&str, &str); 0]>(forgetting.sum, forgetting.count(), &buckets, None)
    }
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: i64) -> Result<(), fmt::Error> {
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label_name: &str,
    counts: &[Count],
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for Count { label, count } in counts {
        ConstCounter::new(*count).encode(family.encode_family(&[(label_name, *label)])?)?;
    }
    Ok(())
}

fn signed(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
