//! The table of operations: one row for each path, from which the router, CORS, the metrics, `/openapi.json` and the tables
//! in the documents are made. CONTRIBUTING.md has the steps for a new one.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{MethodRouter, get, post};
use percent_encoding::percent_decode_str;
use prometheus_client::metrics::counter::Counter;

use super::{course, docs, health, mathjs, mcp, metrics, operator, page, v1, version};
use crate::counters::Counters;
use crate::server::body::BODY_BYTES;
use crate::server::negotiation::language::Language;
use crate::server::openapi::{self, Described, Shared};
use crate::server::render::detail;
use crate::server::state::{App, Listening, Served};

/// A path and what is done there.
pub(super) struct Operation {
    /// As it is once it is decoded.
    pub(super) path: &'static str,
    /// What lies below it and is counted with it: a prefix of paths, or nothing.
    below: Option<&'static str>,
    /// What it is called in the metrics and in the log.
    pub(super) label: &'static str,
    pub(super) access: Access,
    /// What it answers with. Those of a label are in the metrics from the start, at 0.
    statuses: &'static [u16],
    /// The most bytes that a request's body may have; `None`: no body is read.
    body: Option<usize>,
    /// Its methods, and their handlers.
    pub(super) handlers: fn() -> MethodRouter<Served>,
    /// Its methods, as [`openapi`] has them; `None`: a page, which is no part of the API.
    description: Option<&'static str>,
}

/// Who may use an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody; and pages of other origins, where the operator names these.
    Public { cors: bool },
    /// Everybody, and pages of all origins.
    PublicToAllPages,
    /// The operator.
    Operator,
    /// The operator, and clients that read the metrics.
    Scraper,
}

impl Access {
    /// Whether everybody may use it.
    fn is_public(self) -> bool {
        matches!(self, Self::Public { .. } | Self::PublicToAllPages)
    }
}

/// The hottest stand first: a request looks for its row from the beginning.
pub(super) static OPERATIONS: [Operation; 22] = [
    Operation {
        path: "/evaluate",
        below: None,
        label: "evaluate",
        access: Access::Public { cors: true },
        statuses: &[200, 400, 405, 408, 413, 422, 503],
        body: Some(BODY_BYTES),
        handlers: || post(course::post),
        description: Some(include_str!("openapi/evaluate.json")),
    },
    Operation {
        path: "/v1/evaluate",
        below: None,
        label: "v1_evaluate",
        access: Access::Public { cors: true },
        statuses: &[200, 304, 400, 405, 408, 413, 422, 503],
        body: Some(BODY_BYTES),
        handlers: || get(v1::evaluate::get).post(v1::evaluate::post),
        description: Some(include_str!("openapi/v1-evaluate.json")),
    },
    Operation {
        path: "/v1/batch",
        below: None,
        label: "batch",
        access: Access::Public { cors: true },
        statuses: &[200, 400, 405, 408, 413, 503],
        body: Some(BODY_BYTES),
        handlers: || post(v1::batch::post),
        description: Some(include_str!("openapi/v1-batch.json")),
    },
    Operation {
        path: "/v1/table",
        below: None,
        label: "table",
        access: Access::Public { cors: true },
        statuses: &[200, 400, 405, 408, 413, 422, 503],
        body: Some(BODY_BYTES),
        handlers: || post(v1::table::post),
        description: Some(include_str!("openapi/v1-table.json")),
    },
    Operation {
        path: "/v1/plot",
        below: None,
        label: "plot",
        access: Access::Public { cors: true },
        statuses: &[200, 304, 400, 405, 422, 503],
        body: None,
        handlers: || get(v1::plot::get),
        description: Some(include_str!("openapi/v1-plot.json")),
    },
    Operation {
        path: "/v1/explain",
        below: None,
        label: "explain",
        access: Access::Public { cors: true },
        statuses: &[200, 304, 400, 405, 422, 503],
        body: None,
        handlers: || get(v1::explain::get),
        description: Some(include_str!("openapi/v1-explain.json")),
    },
    Operation {
        path: "/v1/functions",
        below: None,
        label: "functions",
        access: Access::Public { cors: true },
        statuses: &[200, 304, 405],
        body: None,
        handlers: || get(v1::functions::get),
        description: Some(include_str!("openapi/v1-functions.json")),
    },
    Operation {
        path: "/mcp",
        below: None,
        label: "mcp",
        access: Access::Public { cors: true },
        statuses: &[200, 202, 400, 403, 404, 405, 408, 413, 503],
        body: Some(BODY_BYTES),
        handlers: || post(mcp::post),
        description: Some(include_str!("openapi/mcp.json")),
    },
    mathjs_at("/v4/"),
    mathjs_at("/v4"),
    Operation {
        path: "/v1/cache",
        below: Some("/v1/cache/"),
        label: "cache",
        access: Access::Operator,
        statuses: &[200, 202, 400, 401, 403, 405, 502],
        body: None,
        handlers: || get(operator::statistics).delete(operator::clear),
        description: Some(include_str!("openapi/v1-cache.json")),
    },
    Operation {
        path: "/v1/cache/keys",
        below: None,
        label: "cache",
        access: Access::Operator,
        statuses: &[200, 400, 401, 403, 405],
        body: None,
        handlers: || get(operator::list),
        description: Some(include_str!("openapi/v1-cache-keys.json")),
    },
    Operation {
        path: "/v1/cache/entry",
        below: None,
        label: "cache",
        access: Access::Operator,
        statuses: &[200, 202, 400, 401, 403, 404, 405, 502, 503],
        body: None,
        handlers: || get(operator::show).delete(operator::delete),
        description: Some(include_str!("openapi/v1-cache-entry.json")),
    },
    Operation {
        path: "/",
        below: Some("/page/"),
        label: "page",
        access: Access::Public { cors: false },
        statuses: &[200, 304, 405],
        body: None,
        handlers: || get(page::index),
        description: None,
    },
    Operation {
        path: "/docs",
        below: Some("/docs/"),
        label: "docs",
        access: Access::Public { cors: true },
        statuses: &[200, 405],
        body: None,
        handlers: || get(docs::swagger),
        description: None,
    },
    Operation {
        path: "/redoc",
        below: Some("/redoc/"),
        label: "docs",
        access: Access::Public { cors: true },
        statuses: &[200, 405],
        body: None,
        handlers: || get(docs::redoc),
        description: None,
    },
    Operation {
        path: "/openapi.json",
        below: None,
        label: "docs",
        access: Access::Public { cors: true },
        statuses: &[200, 405],
        body: None,
        handlers: || get(async |headers: HeaderMap| docs::description(&headers, document).await),
        description: None,
    },
    Operation {
        path: "/health",
        below: Some("/health/"),
        label: "health",
        access: Access::Public { cors: true },
        statuses: &[200, 503],
        body: None,
        // The course's application has nothing there: by other methods than that of a health check there still is nothing.
        handlers: || get(health::ready).fallback(async || detail(StatusCode::NOT_FOUND, "Not Found")),
        description: Some(include_str!("openapi/health.json")),
    },
    Operation {
        path: "/health/live",
        below: None,
        label: "health",
        access: Access::Public { cors: true },
        statuses: &[200, 405],
        body: None,
        handlers: || get(health::live),
        description: Some(include_str!("openapi/health-live.json")),
    },
    Operation {
        path: "/health/ready",
        below: None,
        label: "health",
        access: Access::Public { cors: true },
        statuses: &[200, 405, 503],
        body: None,
        handlers: || get(health::ready),
        description: Some(include_str!("openapi/health-ready.json")),
    },
    Operation {
        path: "/version",
        below: None,
        label: "version",
        access: Access::Public { cors: true },
        statuses: &[200, 405],
        body: None,
        handlers: || get(version::version),
        description: Some(include_str!("openapi/version.json")),
    },
    Operation {
        path: "/metrics",
        below: None,
        label: "metrics",
        access: Access::Scraper,
        statuses: &[200, 403, 405],
        body: None,
        handlers: || get(|State(app): State<Arc<App>>| async move { metrics::page(&app.registry) }),
        description: Some(include_str!("openapi/metrics.json")),
    },
];

/// The service of math.js, whose clients write its path with a slash at the end and without one.
const fn mathjs_at(path: &'static str) -> Operation {
    Operation {
        path,
        below: None,
        label: "mathjs",
        access: Access::PublicToAllPages,
        statuses: &[200, 400, 405, 408, 413, 503],
        body: Some(BODY_BYTES),
        handlers: || get(mathjs::get).post(mathjs::post),
        description: Some(include_str!("openapi/v4.json")),
    }
}

/// What requests for anything else are called and answered with.
const OTHER: &str = "other";
const OTHER_STATUSES: [u16; 3] = [200, 307, 404];

/// The description of the API in a language. It is the same for everybody, so it is made once.
fn document(language: Language) -> &'static str {
    static ENGLISH: LazyLock<String> = LazyLock::new(|| written(Language::English));
    static PORTUGUESE: LazyLock<String> = LazyLock::new(|| written(Language::Portuguese));
    match language {
        Language::English => &ENGLISH,
        Language::Portuguese => &PORTUGUESE,
    }
}

fn written(language: Language) -> String {
    openapi::document(OPERATIONS.iter().filter_map(Operation::described), language)
}

impl Operation {
    /// Whether a listener serves it.
    pub(super) fn is_served(&self, listening: Listening) -> bool {
        match listening {
            Listening::Everything => true,
            Listening::Public => self.access.is_public(),
            Listening::Operator => !self.access.is_public(),
        }
    }

    fn described(&self) -> Option<Described> {
        let by_access = match self.access {
            Access::Public { .. } | Access::PublicToAllPages => None,
            Access::Operator => Some(Shared::NotOperator),
            Access::Scraper => Some(Shared::NotScraper),
        };
        let no_body = self.body.map(|_| Shared::NoBody);
        let overloaded = self.statuses.contains(&503).then_some(Shared::Overloaded);
        let shared = [by_access, no_body, overloaded].into_iter().flatten().collect();
        Some(Described { path: self.path, methods: self.description?, shared })
    }
}

/// The row of a request; none if there is nothing at its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row(Option<usize>);

impl Row {
    /// That of a path, in whatever way the path is written.
    pub(super) fn of(path: &str) -> Self {
        match Self::of_decoded(path) {
            Self(None) if path.contains('%') => {
                percent_decode_str(path).decode_utf8().map_or(Self(None), |path| Self::of_decoded(&path))
            }
            row => row,
        }
    }

    fn of_decoded(path: &str) -> Self {
        // A row stands for those below it: it has their label and access.
        let is_of_it = |below: &str| path.starts_with(below);
        Self(OPERATIONS.iter().position(|operation| operation.path == path || operation.below.is_some_and(is_of_it)))
    }

    /// What its requests are called in the metrics and in the log.
    pub(super) fn label(self) -> &'static str {
        self.0.map_or(OTHER, |row| OPERATIONS[row].label)
    }

    /// Whether pages of other origins may use it, where the operator names these.
    pub(super) fn is_for_pages(self) -> bool {
        self.0.is_some_and(|row| OPERATIONS[row].access == Access::Public { cors: true })
    }

    /// Whether pages of all origins may use it.
    pub(super) fn is_for_all_pages(self) -> bool {
        self.0.is_some_and(|row| OPERATIONS[row].access == Access::PublicToAllPages)
    }
}

/// Counts requests by row and status.
pub(super) struct Requests {
    counters: Counters,
    /// Those answered with 200, by row: nearly all, and found without looking. The last is of no row.
    succeeded: Vec<Counter>,
}

impl Requests {
    /// What has not happened yet is 0, not absent.
    pub(super) fn new(counters: &Counters) -> Self {
        for operation in &OPERATIONS {
            operation.statuses.iter().for_each(|status| drop(counters.requests_of(operation.label, *status)));
        }
        OTHER_STATUSES.iter().for_each(|status| drop(counters.requests_of(OTHER, *status)));
        let labels = OPERATIONS.iter().map(|operation| operation.label).chain([OTHER]);
        let succeeded = labels.map(|label| counters.requests_of(label, 200)).collect();
        Self { counters: counters.clone(), succeeded }
    }

    /// Counts an answered request.
    pub(super) fn answered(&self, row: Row, status: u16, time: Duration) {
        if status == 200 {
            self.succeeded[row.0.unwrap_or(OPERATIONS.len())].inc();
        } else {
            self.counters.requests_of(row.label(), status).inc();
        }
        self.counters.request_seconds.observe(time.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    impl Operation {
        /// The methods that are described; that of a page is GET.
        pub(in crate::server) fn methods(&self) -> BTreeSet<String> {
            let Some(description) = self.description else { return BTreeSet::from(["get".to_owned()]) };
            let description: BTreeMap<String, Value> = serde_json::from_str(description).expect("JSON");
            description.into_keys().collect()
        }
    }

    fn read(document: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document)).expect("it is there")
    }

    /// What the columns of a row say is what its description says.
    #[test]
    fn every_row_and_its_description_say_the_same() {
        let document: Value = serde_json::from_str(document(Language::English)).expect("it is JSON");
        let paths = document["paths"].as_object().expect("paths");
        let api = OPERATIONS.iter().filter(|operation| operation.description.is_some());
        assert!(api.clone().map(|operation| operation.path).collect::<BTreeSet<_>>().into_iter().eq(paths.keys()));
        for operation in api {
            let path = operation.path;
            let methods = paths[path].as_object().expect("methods");
            assert!(methods.keys().eq(operation.methods().iter()), "{path}");
            let described =
                methods.values().flat_map(|method| method["responses"].as_object().expect("responses").keys());
            let described = described.map(|status| status.parse::<u16>().expect("a status"));
            // What is no method of a path is answered by the router, everywhere but at /health.
            let of_router = (path != "/health").then_some(405);
            let statuses = described.chain(of_router).collect::<BTreeSet<_>>();
            assert_eq!(operation.statuses.iter().copied().collect::<BTreeSet<_>>(), statuses, "{path}");
            let takes_body = methods.values().any(|method| !method["requestBody"].is_null());
            assert_eq!(operation.body.is_some(), takes_body, "{path}");
        }
    }

    /// The table of labels in docs/observing.md is this one, and every operation is told of in the documents.
    #[test]
    fn the_documents_tell_of_every_operation() {
        let mut labels: Vec<(&str, Vec<String>)> = Vec::new();
        for operation in &OPERATIONS {
            let path = format!("`{}`", operation.path);
            match labels.iter_mut().find(|(label, _)| *label == operation.label) {
                Some((_, paths)) => paths.push(path),
                None => labels.push((operation.label, vec![path])),
            }
        }
        let rows: String =
            labels.iter().map(|(label, paths)| format!("| `{label}` | {} |\n", paths.join(", "))).collect();
        let table = format!("| `route` | |\n|---|---|\n{rows}| `{OTHER}` | an address that does not exist |\n");
        assert!(read("docs/observing.md").contains(&table), "docs/observing.md should hold\n\n{table}");
        let of_pages = read("docs/operations.md");
        let of_pages = of_pages.lines().find(|line| line.starts_with("The permission holds for ")).expect("a list");
        let (granted, never) = of_pages.split_once(" and never for ").expect("another");
        for (label, paths) in &labels {
            let of_label = OPERATIONS.iter().find(|operation| operation.label == *label).expect("a row");
            if of_label.description.is_some() {
                let is_for_pages = matches!(of_label.access, Access::Public { cors: true } | Access::PublicToAllPages);
                let told = [granted, never].map(|list| list.contains(&paths[0]));
                assert_eq!(told, [is_for_pages, !is_for_pages], "{paths:?}");
            }
        }
        let told = ["docs/http.md", "docs/operations.md", "docs/observing.md"].map(read).concat();
        for operation in OPERATIONS.iter().filter(|operation| operation.description.is_some()) {
            for method in operation.methods() {
                let heading = format!("`{} {}", method.to_uppercase(), operation.path);
                assert!(told.contains(&heading), "no document tells of {heading}`");
            }
        }
    }

    #[test]
    fn a_path_has_its_row_however_it_is_written() {
        for (path, label) in [
            ("/evaluate", "evaluate"),
            ("/%65valuate", "evaluate"),
            ("/v1/evaluate", "v1_evaluate"),
            ("/v1/cache/nothing", "cache"),
            ("/v1/cache%2Fkeys", "cache"),
            ("/page/main.js", "page"),
            ("/redoc/start.js", "docs"),
            ("/health/other", "health"),
            ("/evaluate/", OTHER),
            ("/v1/evaluate/x", OTHER),
            ("/%ff", OTHER),
            ("", OTHER),
        ] {
            assert_eq!(Row::of(path).label(), label, "{path}");
        }
        for Operation { path, label, access, .. } in &OPERATIONS {
            let row = Row::of(path).0.map(|row| &OPERATIONS[row]).expect("a row");
            assert_eq!((row.label, row.access), (*label, *access), "{path}");
        }
    }
}
