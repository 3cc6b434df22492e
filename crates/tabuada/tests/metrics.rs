//! `/metrics`: every metric exists from the start, the format is correct, and documents and dashboard use only metrics
//! that exist.
#![allow(clippy::panic)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Client, Node, Server};
use tabuada::version::COMMIT;

/// The prefixes of our own metrics and of the usual process metrics.
const PREFIXES: [&str; 2] = ["tabuada_", "process_"];

fn metrics(client: &mut Client) -> String {
    let response = client.get("/metrics");
    assert_eq!(response.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    response.text().to_owned()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A sample: name, labels, value.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// What the text says of one metric.
#[derive(Debug)]
struct Family {
    kind: String,
    samples: Vec<Sample>,
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}: no value"));
    let (name, labels) = match series.split_once('{') {
        None => (series, ""),
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}: open brace"))),
    };
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let label = |label: &str| {
        let (name, value) = label.split_once('=').unwrap_or_else(|| panic!("{line}: {label}"));
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = value.unwrap_or_else(|| panic!("{line}: {label}"));
        assert!(is_name(name) && !value.contains(['"', '\\', '\n']), "{line}: {label}");
        (name.to_owned(), value.to_owned())
    };
    // No label value of ours contains a comma.
    let labels: BTreeMap<_, _> = labels.split(',').filter(|label| !label.is_empty()).map(label).collect();
    assert!(is_name(name), "{line}");
    Sample { name: name.to_owned(), labels, value: value.parse().unwrap_or_else(|_| panic!("{line}: no number")) }
}

/// The metric families of a text. Checks the rules of OpenMetrics that scrapers rely on.
fn families(text: &str) -> BTreeMap<String, Family> {
    let text = text.strip_suffix("# EOF\n").expect("it says that it ends");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut seen = BTreeSet::new();
    let mut helped = BTreeSet::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            let (name, help) = described.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(help.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit()), "{line}");
            assert!(help.ends_with('.') && !help.ends_with("..") && helped.insert(name.to_owned()), "{line}");
            continue;
        }
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && helped.contains(name), "{line}");
            current = name.to_owned();
            let family = Family { kind: kind.to_owned(), samples: Vec::new() };
            assert!(families.insert(current.clone(), family).is_none(), "{line}: again");
            continue;
        }
        assert!(!line.starts_with('#'), "{line}");
        let sample = sample(line);
        assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "{line}: again");
        let family = families.get_mut(&current).unwrap_or_else(|| panic!("{line}: no family"));
        let suffix = sample.name.strip_prefix(&*current).unwrap_or_else(|| panic!("{line} among {current}"));
        let suffixes: &[&str] = match family.kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            other => panic!("{current} is a {other}"),
        };
        assert!(suffixes.contains(&suffix), "{line} in a {}", family.kind);
        family.samples.push(sample);
    }
    for (name, family) in families.iter().filter(|(_, family)| family.kind == "histogram") {
        let buckets = family.samples.iter().filter(|sample| sample.labels.contains_key("le"));
        let buckets: Vec<(f64, f64)> =
            buckets.map(|sample| (sample.labels["le"].parse().expect("a bound"), sample.value)).collect();
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{name}: {buckets:?}");
        let count = family.samples.iter().find(|sample| sample.name.ends_with("_count")).expect("a count");
        assert_eq!(buckets.last().copied(), Some((f64::INFINITY, count.value)), "{name}");
    }
    families
}

/// Each metric by the name in queries (`tabuada_requests_total`, a histogram without suffix), and its labels.
fn asked_for(families: &BTreeMap<String, Family>) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, family) in families {
        for sample in &family.samples {
            let name = if family.kind == "histogram" { name } else { &sample.name };
            let labels = sample.labels.keys().filter(|label| *label != "le").cloned();
            all.entry(name.clone()).or_default().extend(labels);
        }
        assert!(!family.samples.is_empty(), "{name} has no value");
    }
    all
}

/// An event that has not happened yet counts 0, and is not absent.
#[test]
fn every_metric_exists_from_the_start() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let at_first = metrics(&mut client);
    for name in [
        "tabuada_requests_total{route=\"evaluate\",status=\"200\"} 0",
        "tabuada_request_seconds_count 0",
        "tabuada_evaluations_total 0",
        "tabuada_trials_abandoned_total 0",
        "tabuada_workers_overrun_total 0",
        "tabuada_evaluation_seconds_count 0",
        "tabuada_cache_lookups_total{layer=\"memory\",result=\"hit\"} 0",
        "tabuada_cache_lookups_total{layer=\"redis\",result=\"unavailable\"} 0",
        "tabuada_cache_forgotten_total{cause=\"flush\"} 0",
        "tabuada_forget_seconds_count 0",
        "tabuada_cache_bytes 0",
        "tabuada_cache_state{state=\"memory\"} 1",
        "tabuada_cache_state{state=\"coherent\"} 0",
        "tabuada_redis_errors_total{kind=\"timeout\"} 0",
        "tabuada_queue_depth 0",
        "tabuada_connections 1",
        "tabuada_log_lines_lost_total 0",
        &format!("tabuada_build_info{{version=\"{}\",commit=\"{COMMIT}\"}} 1", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(at_first.lines().any(|line| line == name), "{name} in\n{at_first}");
    }
    client.evaluate("2+2");
    client.evaluate("2+2");
    let afterwards = metrics(&mut client);
    for name in [
        "tabuada_requests_total{route=\"evaluate\",status=\"200\"} 2",
        "tabuada_requests_total{route=\"metrics\",status=\"200\"} 1",
        "tabuada_evaluations_total 1",
        "tabuada_cache_lookups_total{layer=\"memory\",result=\"hit\"} 1",
    ] {
        assert!(afterwards.lines().any(|line| line == name), "{name} in\n{afterwards}");
    }
    let series = |text: &str| -> BTreeSet<String> {
        let samples = families(text).into_values().flat_map(|family| family.samples);
        samples.map(|Sample { name, labels, .. }| format!("{name}{labels:?}")).collect()
    };
    assert_eq!(series(&at_first), series(&afterwards), "every metric exists before its first event");
}

/// The process metrics agree with what the system reports elsewhere.
#[test]
fn the_process_is_measured_as_the_system_measures_it() {
    let node = Node::start(&[]);
    let mut client = Client::connect(node.address);
    let value = |client: &mut Client, name: &str| {
        let families = families(&metrics(client));
        let family = families.get(name).unwrap_or_else(|| panic!("no {name}"));
        family.samples.iter().map(|sample| sample.value).sum::<f64>()
    };
    let status = |name: &str| node.status_kib(name) as f64 * 1024.0;
    let peak = status("VmHWM");
    let resident = value(&mut client, "process_resident_memory_bytes");
    assert!(resident > 1e6 && resident <= peak.max(status("VmHWM")), "{resident} of {peak}");
    assert!((status("VmSize") / value(&mut client, "process_virtual_memory_bytes") - 1.0).abs() < 0.5);
    // The server raised the limit at the start, and each connection is a file.
    let (files, most) = (value(&mut client, "process_open_fds"), value(&mut client, "process_max_fds"));
    assert!(files >= 5.0 && most > files, "{files} of {most}");
    let others: Vec<Client> = (0..10).map(|_| Client::connect(node.address)).collect();
    support::wait_for("each connection to be an open file", || value(&mut client, "process_open_fds") >= files + 10.0);
    drop(others);
    let now = std::time::UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs_f64();
    let started = value(&mut client, "process_start_time_seconds");
    // The system gives its boot time in whole seconds.
    assert!(started < now + 2.0 && started > now - 600.0, "{started} at {now}");
    let before = value(&mut client, "process_cpu_seconds");
    support::wait_for("CPU time to increase", || value(&mut client, "process_cpu_seconds") > before);
}

/// The memory per answer that the documents give for planning is right.
#[test]
fn an_answer_takes_the_documented_memory() {
    let page = read("docs/operations.md");
    let row = page.lines().find(|row| row.starts_with("| a short answer (`12345+1`) in memory |")).expect("a row");
    let bytes = row.split('|').nth(2).and_then(|cell| cell.trim().split(' ').next());
    let told: f64 = bytes.and_then(|bytes| bytes.parse().ok()).expect("a number of bytes");
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for number in 0..100 {
        assert_eq!(client.evaluate(&format!("12345+{number}")).status, 200);
    }
    let families = families(&metrics(&mut client));
    let [bytes, entries] = ["tabuada_cache_bytes", "tabuada_cache_entries"].map(|name| families[name].samples[0].value);
    assert!(entries == 100.0 && (bytes / entries / told - 1.0).abs() < 0.03, "{bytes} of {entries}, told {told}");
}

/// The number of responses of each route, over all statuses.
#[test]
fn an_answer_from_the_cache_saves_its_fuel() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let explained = client.get("/v1/explain?expr=sum(k,k,1,2000)");
    let explained: Value = serde_json::from_slice(&explained.body).expect("it is JSON");
    let fuel = explained["fuel"].as_f64().expect("a number");
    let saved = |client: &mut Client| families(&metrics(client))["tabuada_fuel_saved"].samples[0].value;
    for expected in [0.0, fuel, 2.0 * fuel] {
        client.get("/v1/evaluate?expr=sum(k,k,1,2000)");
        assert_eq!(saved(&mut client), expected);
    }
    // By every route: a batch counts a line.
    let batch = br#"{"exprs":["sum(k, k, 1, 2000)"]}"#;
    client.request("POST", "/v1/batch", &[("content-type", "application/json")], batch);
    assert_eq!(saved(&mut client), 3.0 * fuel);
}

fn counted(client: &mut Client) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for sample in &families(&metrics(client))["tabuada_requests"].samples {
        *counts.entry(sample.labels["route"].clone()).or_insert(0.0) += sample.value;
    }
    counts
}

/// The route under which a request is counted.
fn route_of(client: &mut Client, method: &str, path: &str) -> String {
    let before = counted(client);
    client.request(method, path, &[], b"");
    let after = counted(client);
    let more = |(route, count): (&String, &f64)| {
        // Reading the metrics is counted too.
        let looks = f64::from(u8::from(route == "metrics"));
        (count - before.get(route).unwrap_or(&0.0) - looks > 0.5).then(|| route.clone())
    };
    let routes: Vec<String> = after.iter().filter_map(more).collect();
    assert_eq!(routes.len(), 1, "{method} {path}: {routes:?}");
    routes.into_iter().next().unwrap_or_default()
}

/// Every route is counted under its own name, which the documents list. Every status that they list is there at 0.
#[test]
fn every_route_is_counted_under_its_name() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let page = read("docs/observing.md");
    let rows = page.split("| `route` | |\n|---|---|\n").nth(1).expect("a table").lines();
    let mut documented: BTreeMap<String, String> = BTreeMap::new();
    for row in rows.take_while(|row| row.starts_with('|')) {
        let mut names = row.split('`').skip(1).step_by(2);
        let route = names.next().expect("a route");
        documented.extend(names.map(|path| (path.to_owned(), route.to_owned())));
    }
    for (path, route) in &documented {
        assert_eq!(route_of(&mut client, "TRACE", path), *route, "{path}");
        let written_otherwise = path.replacen(|first: char| first.is_ascii_lowercase(), "%65", 1);
        if path.starts_with("/evaluate") {
            assert_eq!(route_of(&mut client, "TRACE", &written_otherwise), *route, "{written_otherwise}");
        }
    }
    assert_eq!(route_of(&mut client, "GET", "/nowhere"), "other");
    assert_eq!(route_of(&mut client, "GET", "/v1/cache%2Fkeys"), "cache");
    let counted: BTreeSet<String> = counted(&mut client).into_keys().collect();
    let told: BTreeSet<String> = documented.values().cloned().chain(["other".to_owned()]).collect();
    assert_eq!(counted, told);

    let fresh = Server::start();
    let at_first = families(&metrics(&mut Client::connect(fresh.address)));
    let document: Value = serde_json::from_slice(&client.get("/openapi.json").body).expect("it is JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        let route = documented.get(path).unwrap_or_else(|| panic!("{path} is not documented"));
        for operation in item.as_object().expect("operations").values() {
            for status in operation["responses"].as_object().expect("answers").keys() {
                let is_it = |sample: &&Sample| sample.labels["route"] == *route && sample.labels["status"] == *status;
                let found = at_first["tabuada_requests"].samples.iter().find(is_it);
                assert!(found.is_some_and(|sample| sample.value == 0.0), "{path}: {status}");
            }
        }
    }
}

#[test]
fn the_documented_metrics_exist() {
    let server = Server::start();
    let families = families(&metrics(&mut Client::connect(server.address)));
    let page = read("docs/observing.md");
    let mut documented = BTreeMap::new();
    for row in page.lines().filter(|row| PREFIXES.iter().any(|prefix| row.starts_with(&format!("| `{prefix}")))) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, name, kind, labels, _, _] = cells[..] else { panic!("{row}") };
        let name = name.trim_matches('`');
        let labels: BTreeSet<String> = labels.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let family = name.strip_suffix("_total").or_else(|| name.strip_suffix("_info")).unwrap_or(name);
        assert_eq!(families.get(family).map(|family| family.kind.as_str()), Some(kind), "{row}");
        documented.insert(name.to_owned(), labels);
    }
    assert_eq!(documented, asked_for(&families));
    // The documents also list the values of labels that are not explained elsewhere.
    for name in ["tabuada_cache_answers", "tabuada_cache_lookups", "tabuada_cache_forgotten", "tabuada_cache_flights"] {
        let row = page.lines().find(|row| row.starts_with(&format!("| `{name}_total`"))).expect("a row");
        for value in families[name].samples.iter().flat_map(|sample| sample.labels.values()) {
            assert!(row.contains(&format!("`{value}`")), "{name}: {value}");
        }
    }
    let operations = read("docs/operations.md");
    for name in ["tabuada_cache_state", "tabuada_redis_errors"] {
        for value in families[name].samples.iter().flat_map(|sample| sample.labels.values()) {
            assert!(operations.contains(&format!("`{value}`")), "{name}: {value}");
        }
    }
}

/// The names of the alerts of a file.
fn alerts() -> BTreeSet<String> {
    use saphyr::{LoadableYamlNode, Yaml};

    let text = read("deploy/prometheus/alerts.yml");
    let documents = Yaml::load_from_str(&text).expect("it is YAML");
    let groups = documents[0]["groups"].as_vec().expect("groups");
    let rules = groups.iter().flat_map(|group| group["rules"].as_vec().expect("rules"));
    let mut alerts = BTreeSet::new();
    for rule in rules {
        let text = |value: &Yaml<'_>| value.as_str().unwrap_or_else(|| panic!("{rule:?}")).to_owned();
        assert!(["info", "warning", "critical"].contains(&&*text(&rule["labels"]["severity"])), "{rule:?}");
        assert!(!text(&rule["annotations"]["summary"]).is_empty(), "{rule:?}");
        assert!(text(&rule["annotations"]["description"]).ends_with('.'), "{rule:?}");
        assert!(alerts.insert(text(&rule["alert"])), "{rule:?}: again");
    }
    alerts
}

/// The documents describe each alert and no other. If Prometheus's own tool is installed, it checks the file.
#[test]
fn the_documented_alerts_exist() {
    let page = read("docs/observing.md");
    let documented = page.lines().filter_map(|row| row.strip_prefix("| `Tabuada")?.split('`').next());
    let documented: BTreeSet<String> = documented.map(|name| format!("Tabuada{name}")).collect();
    assert_eq!(documented, alerts());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus/alerts.yml");
    match std::process::Command::new("promtool").args(["check", "rules"]).arg(file).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => eprintln!("left out: there is no promtool"),
    }
}

/// `tests/tools/document` reads its queries.
#[test]
fn the_panels_of_the_dashboard_have_a_source_and_an_id() {
    let dashboard: Value = serde_json::from_str(&read("docs/grafana.json")).expect("it is JSON");
    let definition = dashboard["templating"]["list"][1]["definition"].as_str().expect("a query");
    assert_eq!(definition, "label_values(tabuada_build_info, instance)");

    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
    }
}
