"""The attacked service: a process that is started, called and measured from outside."""

import http.client
import itertools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

MIB = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")
# An address that differs from the attacker's.
NEIGHBOUR = "127.0.0.2"
# Far longer than anything takes.
PATIENCE = 90
NUMBERS = itertools.count(1)

# As many connections as the system allows.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


class Service:
    """`tabuada serve` on a free port, with `arguments`; `files` limits its open files."""

    def __init__(self, binary, *arguments, files=None):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TABUADA_")}
        bounded = ["prlimit", f"--nofile={files}"] if files else []
        command = [*bounded, binary, "serve", "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean)
        self.log, is_ready = [], threading.Event()

        def listen():
            for line in self.process.stderr:
                self.log.append(line)
                if found := re.match(r"listening on http://127.0.0.1:(\d+)", line):
                    self.port = int(found[1])
                    is_ready.set()

        threading.Thread(target=listen, daemon=True).start()
        if not is_ready.wait(PATIENCE):
            sys.exit(f"the service is not ready: {self.log}")
        self.proc = pathlib.Path(f"/proc/{self.process.pid}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _status(self, name):
        """A size in bytes from `/proc`."""
        return int(re.search(rf"{name}:\s+(\d+) kB", (self.proc / "status").read_text())[1]) << 10

    def memory(self):
        return self._status("VmRSS")

    def peak(self):
        """The peak memory since `reset_peak`."""
        return self._status("VmHWM")

    def reset_peak(self):
        (self.proc / "clear_refs").write_text("5")

    def cpu(self):
        """CPU seconds, including those in the kernel."""
        fields = (self.proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def waits(self):
        """Seconds in which each of its threads, and this thread, was ready to run but had no processor."""
        tasks = [pathlib.Path("/proc/thread-self/schedstat"), *(self.proc / "task").glob("*/schedstat")]
        return {str(task): int(task.read_text().split()[1]) / 1e9 for task in tasks}

    def waited(self, before):
        """The longest such wait of a thread of the service since `before`, and that of this thread."""
        own, *others = (seconds - before.get(task, 0) for task, seconds in self.waits().items())
        return own + max(others)

    def settle(self, most=30):
        """Waits until the service is idle, so that work which goes on after the response counts too."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            before = self.cpu()
            time.sleep(3 / TICKS)
            if self.cpu() == before:
                return

    def files(self):
        return len(os.listdir(self.proc / "fd"))

    def threads(self):
        return len(os.listdir(self.proc / "task"))

    def metric(self, name):
        body = ask(self.port, "GET", "/metrics", source=NEIGHBOUR)[1].decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", body, re.M)[1])

    def is_alive(self):
        try:
            return ask(self.port, "GET", "/v1/evaluate?expr=2%2B2", source=NEIGHBOUR)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def panics(self):
        return [line for line in self.log if "panic" in line.lower()]


def ask(port, method, target, body=None, headers=(), source="127.0.0.1", timeout=PATIENCE):
    """Status and body of a response, on a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout, source_address=(source, 0))
    try:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def request(method, target, body=b"", headers=()):
    """The bytes of a request on a keep-alive connection."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers)]
    if method == "POST":
        lines += [f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def query(path, **pairs):
    return f"{path}?{urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote)}"


def evaluation(expr):
    """The bytes of a request for a new expression: `@` becomes a unique number."""
    return request("GET", query("/v1/evaluate", expr=fresh(expr)), headers=[("Cache-Control", "no-store")])


def fresh(expr):
    return expr.replace("@", str(os.getpid() * 1_000_000 + next(NUMBERS)))


def dial(port, source="127.0.0.1", receive_bytes=None):
    """A connection; `receive_bytes` is the size of the system's buffer for unread responses."""
    connection = socket.socket()
    connection.settimeout(PATIENCE)
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    return connection


class Neighbour:
    """A client of another address, on a keep-alive connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(NEIGHBOUR, 0))

    def ask(self, target):
        """The status of the response, and the seconds until its end."""
        begun = time.perf_counter()
        # Retries once as browsers do, because the server may have closed a kept connection.
        for _ in range(2):
            try:
                self.connection.request("GET", target, headers={"Cache-Control": "no-store"})
                response = self.connection.getresponse()
                response.read()
                return response.status, time.perf_counter() - begun
            except (OSError, http.client.HTTPException):
                self.connection.close()
        return 0, time.perf_counter() - begun

    def latencies(self, seconds, pause=0.002):
        """The latencies of cheap questions in ms, sorted. Infinite for a question without an answer."""
        taken, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            status, time_taken = self.ask(query("/v1/evaluate", expr=fresh("@+1")))
            taken.append(time_taken * 1e3 if status == 200 else float("inf"))
            time.sleep(pause)
        return sorted(taken)


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def slope(points):
    """The slope of the line through (x, y) by least squares."""
    return statistics.linear_regression(*zip(*points)).slope


class Redis:
    """A `redis-server` for one test only."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = tempfile.mkdtemp()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
             "--maxmemory", "32mb", "--maxmemory-policy", "allkeys-lfu"], stdout=subprocess.DEVNULL)
        while self.says("PING") != "PONG":
            time.sleep(0.02)

    def says(self, *words):
        command = ["redis-cli", "-p", str(self.port), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)


class Findings:
    """The expectations that failed."""

    def __init__(self):
        self.found = []

    def expect(self, holds, what):
        if not holds:
            print(f"FAILED: {what}", flush=True)
            self.found.append(what)


def records(name):
    path = pathlib.Path(__file__).resolve().parents[4] / "corpus" / name
    return [json.loads(line) for line in path.read_text().split("\n") if line]
