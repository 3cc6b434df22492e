#!/usr/bin/env python3
"""Checks that the dashboard and the alerts use metrics, labels and label values that exist, and that the dashboard shows
every metric. A query for a metric that does not exist shows nothing, and nobody notices.

    curl URL/metrics | queries.py DASHBOARD ALERTS
"""

import json
import re
import sys
from collections import defaultdict

import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from promql_parser import AggModifierType, AggregateExpr, MatchOp, VectorSelector, parse, walk

# Labels that the scraper adds.
ADDED = {"instance", "job"}


def queries(value):
    """Every PromQL query of a dashboard's panels."""
    if isinstance(value, list):
        return [query for item in value for query in queries(item)]
    if not isinstance(value, dict):
        return []
    own = [value["expr"]] if "expr" in value else []
    return own + [query for member in value.values() for query in queries(member)]


def asked_by(query):
    """The metrics in a query, each with its label matchers, and the labels that the query groups by."""
    # The variables that Grafana replaces.
    query = query.replace("$__rate_interval", "5m").replace("$instance", ".*")
    selectors, grouped = [], set()

    def visit(node):
        if isinstance(node, VectorSelector):
            selectors.append((node.name, node.matchers.matchers))
        elif isinstance(node, AggregateExpr) and node.modifier and node.modifier.type == AggModifierType.By:
            grouped.update(node.modifier.labels)
        return True

    walk(parse(query), visit)
    return selectors, grouped


def values(matcher):
    """The label values that a matcher names: for a pattern, its alternatives that are plain texts."""
    if matcher.op in (MatchOp.Equal, MatchOp.NotEqual):
        return [matcher.value]
    return [text for text in matcher.value.split("|") if re.fullmatch("[a-z_-]*", text)]


def faults(query, there):
    """What is wrong with a query, and the metrics that it asks for."""
    selectors, grouped = asked_by(query)
    found = [] if selectors else ["asks for nothing"]
    for name, matchers in selectors:
        if name not in there:
            found.append(f"there is no {name}")
            continue
        labels = [(label, []) for label in grouped] + [(matcher.name, values(matcher)) for matcher in matchers]
        for label, wanted in labels:
            if label in ADDED:
                continue
            if label not in there[name]:
                found.append(f"{name} has no {label}")
            found += [f"no {label} of {name} is {value}" for value in wanted if value not in there[name][label]]
    return found, {name for name, _ in selectors}


def main(dashboard, alerts):
    # Sample name → label → values. `up` is the scraper's own metric.
    there = {"up": defaultdict(set)}
    families = list(text_string_to_metric_families(sys.stdin.read()))
    for sample in (sample for family in families for sample in family.samples):
        labels = there.setdefault(sample.name, defaultdict(set))
        for label, value in sample.labels.items():
            labels[label].add(value)

    with open(dashboard) as file:
        shown = queries(json.load(file)["panels"])
    with open(alerts) as file:
        alerting = [rule["expr"] for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]

    wrong, seen = [], set()
    for query in shown:
        found, names = faults(query, there)
        wrong += [f"{query}: {fault}" for fault in found]
        seen |= names
    for query in alerting:
        wrong += [f"{query}: {fault}" for fault in faults(query, there)[0]]
    for family in families:
        if not any(sample.name in seen for sample in family.samples):
            wrong.append(f"the dashboard does not show {family.name}")
    if len(shown) <= 25 or len(alerting) <= 10:
        wrong.append(f"only {len(shown)} queries of the dashboard and {len(alerting)} of alerts were found")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(families)} metrics, {len(shown)} queries of the dashboard, {len(alerting)} of alerts")


main(*sys.argv[1:])
