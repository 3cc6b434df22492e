"""The cost of an attack for a client of another address: the latency of cheap questions, and answers to expensive ones."""

import functools
import statistics

from flood import Flood
from service import NEIGHBOUR, Findings, Neighbour, Service, evaluation, fresh, percentile, query, request

ROUNDS = 3
SECONDS = 1.5
RATIO_MAX = 3
# A request this fast depends on the scheduler alone: a smaller ratio of latencies is noise.
NOISE_MS = 1.0
ANSWERED_MIN = 0.9


def evaluating(expr):
    return functools.partial(evaluation, expr)


def posting(path, body, kind="application/json"):
    return lambda: request("POST", path, fresh(body).encode(), [("Content-Type", kind), ("Cache-Control", "no-store")])


def getting(path, expr, count=1, **more):
    """`expr` several times, different each time."""
    def make():
        pairs = "&".join(query("", expr=fresh(expr))[1:] for _ in range(count))
        rest = query("", **more)[1:]
        return request("GET", f"{path}?{pairs}&{rest}", headers=[("Accept", "image/png"), ("Cache-Control", "no-store")])

    return make


NESTED = "x=" + "[" * 190 + "[1e300]*1500+[1]" + "]" * 190 + ";y=" + "[" * 190 + "[int(1e300)]*1500+[2]" + "]" * 190 + ";"
FACTOR = "factor((2**2281-1)*(2**3217-1)+2*@)"
# The name, the number of connections, and the requests of each connection.
ATTACKS = [
    ("25 M units on workers", 50, evaluating("sum(k**2%7,k,1,700000)+@")),
    ("round of large floats, within a trial", 50, evaluating("sum(round(1.7e308/7,3)>0,k,1,700)+@")),
    ("nested lists, within a trial", 50, evaluating(NESTED + "(x<y)+@")),
    ("nested tuples", 50, evaluating(NESTED.replace("[1e300]", "(1e300,)").replace("[int(1e300)]", "(int(1e300),)").replace("+[1]", "+(1,)").replace("+[2]", "+(2,)") + "(x<=y)+@")),
    ("sets", 50, evaluating("S=set(range(3000));T=set(range(1,3001));len(S^T)+@")),
    ("slices", 50, evaluating('a="é"*50000;len(a[::-1])+@')),
    ("text in text", 50, evaluating('a="a"*40000;b="a"*20000+"b";(b in a)+@')),
    ("factors", 50, evaluating(FACTOR)),
    ("exact fractions", 50, lambda: request("POST", "/v1/evaluate", fresh('{"expr":"sum(1/(k+@),k,1,600)","mode":"exact"}').encode(), [("Cache-Control", "no-store")])),
    ("a thousand digits", 50, posting("/v1/evaluate", '{"expr":"exp(sin(@))","mode":"decimal:1000"}')),
    ("long texts", 50, evaluating("+".join(["1"] * 5_000) + "+@")),
    ("long texts that need advice", 50, evaluating("a " * 900 + "@")),
    ("explanations", 50, getting("/v1/explain", "sum(k**2,k,1,900)+@")),
    ("random pictures", 8, getting("/v1/plot", "rnd()+0*@", 6, width=2000, height=2000)),
    ("pictures that swing", 8, getting("/v1/plot", "tan(1e9*x)+@", 6, width=2000, height=2000)),
    ("a hundred expensive lines", 8, posting("/v1/batch", "".join(f"sum(i**2,i,1,90000{n}+@%9)\n" for n in range(100)), "application/x-ndjson")),
    ("tables", 8, posting("/v1/table", '{"expr":"round(x*8e307,3)*0+x+@","x":{"from":1,"to":2,"count":200000}}')),
    ("tables of expensive rows", 8, posting("/v1/table", '{"expr":"factor((2**607-1)*(2**1279-1)+2*floor(x))+[@]","x":[1,2]}')),
    ("large bodies of JSON", 20, posting("/evaluate", '{"a":"' + "\\u0031" * 150_000 + '","expressao":"@"}')),
    ("brackets", 20, posting("/v1/evaluate", '{"expr":"@","variables":{"x":' + "[" * 300_000)),
]


def run(binary, _deep):
    findings, figures = Findings(), []
    for name, connections, make in ATTACKS:
        with Service(binary, "--threads", "2") as service:
            neighbour = Neighbour(service.port)
            neighbour.latencies(0.3)
            quiet, attacked = [], []
            for _ in range(ROUNDS):
                quiet.append(neighbour.latencies(SECONDS))
                with Flood(service.port, make, connections):
                    # The latencies of the first requests include the start of the attack, so they are ignored.
                    neighbour.latencies(0.3)
                    attacked.append(neighbour.latencies(SECONDS))
                service.settle(5)
            before, during = ([statistics.median(percentile(one, part) for one in rounds) for part in (0.5, 0.99)]
                              for rounds in (quiet, attacked))
            ratio = during[1] / before[1]
            figures.append((ratio, name, connections, *before, *during))
            findings.expect(ratio <= RATIO_MAX or during[1] <= NOISE_MS, f"{name}: the neighbour's p99 is {ratio:.1f} times the quiet one")
            findings.expect(not service.panics() and service.is_alive(), f"{name}: {service.panics()}")
    print("| attack | connections | quiet p50, ms | p99 | attacked p50, ms | p99 | ratio of p99 |\n|---|---|---|---|---|---|---|")
    for ratio, name, connections, *times in sorted(figures, reverse=True):
        print(f"| {name} | {connections} | {' | '.join(f'{ms:.2f}' for ms in times)} | {ratio:.1f} |")
    return findings.found


# The expensive questions that one address leaves time for: a name, and the questions of the other address.
ASKED = [
    ("an expensive sum", "/v1/evaluate", "factorial(3000+@%1000)%7"),
    ("a very expensive sum", "/v1/evaluate", "sum(k**2%7,k,1,300000)+@"),
    ("a picture", "/v1/plot", "sin(x)+@"),
    ("a text of 6 KB", "/v1/evaluate", "+".join(["1"] * 3_000) + "+@"),
]


def run_fairness(binary, _deep):
    """100 connections of one address against one connection of another."""
    findings = Findings()
    with Service(binary, "--threads", "2") as service:
        with Flood(service.port, evaluating("sum(k**2%7,k,1,700000)+@"), 100):
            neighbour = Neighbour(service.port)
            neighbour.latencies(1)
            for name, path, expr in ASKED:
                got = [neighbour.ask(query(path, expr=fresh(expr))) for _ in range(40)]
                answered = sum(status == 200 for status, _ in got) / len(got)
                slowest = max(seconds for _, seconds in got)
                print(f"{name}: {answered:.0%} answered, the slowest after {slowest:.2f} s")
                findings.expect(answered >= ANSWERED_MIN, f"{name}: {NEIGHBOUR} has {answered:.0%} answered")
    return findings.found
