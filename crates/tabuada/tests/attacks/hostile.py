"""The requests of corpus/attacks.jsonl, each on a service of its own: the time, CPU and memory that it costs."""

import concurrent.futures
import http.client
import itertools
import json
import os
import time

from service import MIB, Findings, Service, ask, fresh, query, records

# The maximum above the memory of the service at rest.
MEMORY_MAX = 64 * MIB
CPU_MAX = 10
# The deadline of an answer is 2 s, that of a whole table or batch 20 s. This allowance is for the way there and back.
GRACE = 1
CLOCK = {"POST /v1/table": 20 + GRACE, "POST /v1/batch": 20 + GRACE}
CLOSED = -1
AT_MOST = ", {:.1f} s at most, {:.2f} s of CPU, {:.0f} MiB"
JSON = {"Content-Type": "application/json"}


def joined(parts):
    """A text, or its parts: (text, times), or (text with {} for the number, times, "numbered")."""
    if isinstance(parts, str):
        return parts
    return "".join("".join(text.replace("{}", str(n)) for n in range(times)) if numbered else text * times
                   for text, times, *numbered in parts)


def requests(record):
    """Every way to send an attack: (name, method, target, body, headers)."""
    if "target" in record:
        headers = {name: joined(value) for name, value in record.get("headers", JSON).items()}
        target, body = joined(record["target"]), joined(record.get("body", "")).encode()
        return [(target[:20], record["method"], target, body, headers)]
    text = joined(record.get("expr") or record["parts"])

    def evaluating(before="", after=""):
        """The text with its last statement in brackets. A statement before it makes the text different each time."""
        statements, semicolon, last = text.rpartition("; ")
        return fresh(f"q=@;{statements}{semicolon}{before}{last}{after}")

    asked = [("evaluate, " + mode, "/v1/evaluate", {"expr": evaluating(), "mode": mode})
             for mode in record.get("modes", ["python", "exact", "decimal:28"])]
    asked += [("course", "/evaluate", {"expressao": evaluating()}),
              ("table", "/v1/table", {"expr": evaluating("x*0+len([", "])"), "x": [1, 2]}),
              ("batch", "/v1/batch", {"exprs": [evaluating() for _ in range(20 if len(text) < 4_000 else 1)]})]
    asked = [(name, "POST", target, json.dumps(body).encode(), JSON) for name, target, body in asked]
    if len(text) < 8_000:
        asked += [("explain", "GET", query("/v1/explain", expr=evaluating()), None, {}),
                  ("plot", "GET", query("/v1/plot", expr=evaluating("x+len([", "])")), None, {"Accept": "image/png"})]
    return asked


def attack(binary, record, findings, deep):
    """What each way to send an attack costs. Starts a new service, so that the memory at rest includes nothing of an
    earlier attack."""
    figures = []
    with Service(binary, "--memory", "1MiB", "--threads", "2") as service:
        service.is_alive()
        # The daily run tries every third way.
        for name, method, target, body, headers in requests(record)[:: 1 if deep else 3]:
            shown = str(record.get("note") or record.get("expr") or record["parts"])[:60]
            title = f"{record['class']}: {shown} ({name})"
            if deep:
                service.settle()
                service.reset_peak()
            rest, cpu, waits, begun = service.memory(), service.cpu(), service.waits(), time.monotonic()
            try:
                status, _ = ask(service.port, method, target, body, headers)
            except TimeoutError:
                status = 0
            except (OSError, http.client.HTTPException):
                # The connection was closed before everything was sent, or in the middle of a response that took too
                # long.
                status = CLOSED
            # Time in which other processes had the processors does not count.
            wall = time.monotonic() - begun - service.waited(waits)
            findings.expect(status == 503 or 200 <= status < 500 or status == CLOSED, f"{title}: status {status}")
            if deep:
                service.settle()
                cpu, memory = service.cpu() - cpu, service.peak() - rest
                figures.append((title, wall, cpu, memory))
                clock = CLOCK.get(f"{method} {target}", 2 + GRACE)
                findings.expect(wall <= clock, f"{title}: answered after {wall:.1f} s")
                findings.expect(cpu <= CPU_MAX, f"{title}: {cpu:.1f} s of CPU")
                findings.expect(memory <= MEMORY_MAX, f"{title}: {memory / MIB:.0f} MiB")
            else:
                figures.append((title, wall, 0, 0))
        findings.expect(service.is_alive() and service.process.poll() is None, f"{record['class']}: the process has ended")
        findings.expect(not service.panics(), f"{record['class']}: {service.panics()}")
    return figures


def run(binary, deep):
    findings, figures = Findings(), []
    # One attack for each processor: CPU and memory are those of its own service.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The daily run tries one attack of each class.
        classes = itertools.groupby(records("attacks.jsonl"), lambda record: record["class"])
        started = [(name, [pool.submit(attack, binary, record, findings, deep)
                           for record in itertools.islice(attacks, None if deep else 1)]) for name, attacks in classes]
        for name, attacks in started:
            found = [figure for one in attacks for figure in one.result()]
            worst = [max(figure[at] for figure in found) for at in (1, 2, 3)]
            print(f"{name}: {len(found)} requests" + (AT_MOST.format(worst[0], worst[1], worst[2] / MIB) if deep else ""), flush=True)
            figures += found
    print(f"{len(figures)} hostile requests")
    for what, at, unit in [("slowest, s", 1, 1), ("most CPU, s", 2, 1), ("most memory, MiB", 3, MIB)] if deep else []:
        for figure in sorted(figures, key=lambda figure: -figure[at])[:3]:
            print(f"  {what}: {figure[at] / unit:.2f}  {figure[0]}")
    return findings.found
