"""Ten minutes of mixed load: memory, files or threads that keep growing under a steady load are a leak."""

import itertools
import os
import random
import threading
import time

from flood import Flood
from neighbour import evaluating, getting, posting
from service import MIB, Findings, Neighbour, Redis, Service, dial, evaluation, percentile, query, request, slope

MINUTES = float(os.environ.get("TABUADA_SOAK_MINUTES", 10))
# After this time memory is full and the pools have grown.
WARM_UP = MINUTES / 5
SAMPLE_SECONDS = 5
# The growth that noise in the samples can explain, over the whole measured time. Memory: an eighth of a leak of one KiB
# for each of 100 requests a second. Threads: the pools start one when more work comes at once than before, up to 12 in
# all; a leak of one a minute is 8. Latency: the noise of a sample's median on a machine that does other things.
TOLERANCE = {"memory, MiB": 8, "files": 8, "threads": 3, "connections": 8, "latency p50, ms": 0.5}


def mixed(numbers=itertools.count()):
    """Repeated and new requests, on every route."""
    kinds = [
        lambda: request("GET", query("/v1/evaluate", expr=f"{random.randrange(50)}+1")),
        lambda: request("GET", query("/v1/evaluate", expr=f"factorial({random.randrange(2000, 2100)})%7")),
        lambda: request("POST", "/evaluate", f'{{"expressao":"{random.randrange(9999)}*2"}}'.encode()),
        lambda: evaluation("sum(k**2,k,1,20000)+@"),
        lambda: evaluation("2x+@ choose"),
        posting("/v1/batch", "@+1\n1/0\n((\nsum(k,k,1,9000)+@\n", "application/x-ndjson"),
        posting("/v1/table", '{"expr":"x**2+@","x":{"from":0,"to":1,"count":2000}}'),
        getting("/v1/explain", "2+3*@"),
        getting("/v1/plot", "sin(x)+@"),
        lambda: request("GET", "/v1/cache"),
        lambda: request("GET", "/nowhere"),
        lambda: request("GET", "/"),
        lambda: request("GET", "/health/ready"),
        lambda: request("POST", "/v1/evaluate", b"{"),
    ]
    return kinds[next(numbers) % len(kinds)]()


def meddle(redis, stopped):
    """Changes the keys in Redis as other clients might."""
    while not stopped.wait(0.5):
        key = redis.says("RANDOMKEY")
        command = random.choice([("DEL", key), ("EXPIRE", key, 1), ("SET", key, "lixo"), ("FLUSHALL",), ("DEL", key), ("DEL", key)])
        redis.says(*command)


def come_and_go(port, stopped):
    """Connections that end in the middle of a request or a response."""
    while not stopped.wait(0.05):
        connection = dial(port)
        connection.sendall(random.choice([b"", b"GET /", mixed(), mixed()[:40], request("POST", "/v1/table", b'{"expr":"x","x":{"from":1,"to":2,"count":300000}}')]))
        connection.close()


def sample(service, neighbour):
    latencies = neighbour.latencies(1)
    return {"memory, MiB": service.memory() / MIB, "files": service.files(), "threads": service.threads(),
            "connections": service.metric("tabuada_connections"), "latency p50, ms": percentile(latencies, 0.5)}


def run(binary, _deep):
    findings, samples, stopped = Findings(), [], threading.Event()
    with Redis() as redis, Service(binary, "--threads", "2", "--memory", "4MiB", "--redis", f"redis://127.0.0.1:{redis.port}") as service:
        others = [threading.Thread(target=meddle, args=(redis, stopped)), threading.Thread(target=come_and_go, args=(service.port, stopped))]
        with Flood(service.port, mixed, 12):
            for other in others:
                other.start()
            neighbour, begun = Neighbour(service.port), time.monotonic()
            while (minute := (time.monotonic() - begun) / 60) < MINUTES:
                found = sample(service, neighbour)
                if minute >= WARM_UP:
                    samples.append((minute, found))
                time.sleep(max(0, SAMPLE_SECONDS - 1))
            stopped.set()
            for other in others:
                other.join()
        findings.expect(not service.panics() and service.is_alive(), f"soak: {service.panics()}")
        print(f"{len(samples)} samples of {MINUTES - WARM_UP:.1f} minutes")
        for name, tolerance in TOLERANCE.items():
            values = [found[name] for _, found in samples]
            growth = slope([(minute, found[name]) for minute, found in samples]) * (MINUTES - WARM_UP)
            print(f"  {name}: {min(values):.2f} to {max(values):.2f}; the line through them rises by {growth:+.3f}, {tolerance} is allowed")
            findings.expect(growth <= tolerance, f"soak: {name} grew by {growth:.2f}")
    return findings.found
