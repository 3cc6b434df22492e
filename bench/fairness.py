#!/usr/bin/env python3
"""Measures how a flood from one address affects another: bench/fairness.py BINARY [SECONDS [OPTIONS…]].

100 connections of 127.0.0.1 send long work without a pause; 127.0.0.2 asks one question after the other, first without
and then during the flood. Prints how many were answered, and how long the cheap ones took. Needs only wrk.
"""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

FLOOD = """
local number = %d
function request()
  number = number + 1
  return wrk.format("GET", "/v1/evaluate?expr=sum(k**2%%257,k,1,700000)%%2B" .. number)
end
"""


class Neighbour:
    """One keep-alive connection from 127.0.0.2."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), 30, ("127.0.0.2", 0))
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def get(self, target):
        """The status of the answer, and the seconds until its end."""
        begun = time.perf_counter()
        self.stream.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
        while len(self.buffer) < length:
            self.fill()
        self.buffer = self.buffer[length:]
        return int(head.split()[1]), time.perf_counter() - begun

    def fill(self):
        chunk = self.stream.recv(1 << 16)
        if not chunk:
            raise ConnectionError("closed")
        self.buffer += chunk


def evaluate(text):
    return "/v1/evaluate?expr=" + urllib.parse.quote(text, safe="")


EXPENSIVE = {
    "factorial(3000+k)%7": lambda k: evaluate(f"factorial({3000 + k % 500})%7+{k}"),
    "plot of sin(x)+k": lambda k: "/v1/plot?expr=" + urllib.parse.quote(f"sin(x)+{k}", safe=""),
    "6 KB of 1+1+...": lambda k: evaluate("1+" * 3000 + str(k)),
}


def ask(port, seconds, first):
    """Asks for this time. Gives the numbers of expensive questions answered and asked, and the times of cheap ones."""
    neighbour, cheap = Neighbour(port), []
    counts = {name: [0, 0, 0.0] for name in EXPENSIVE}
    end, k = time.monotonic() + seconds, first
    while time.monotonic() < end:
        for name, target in EXPENSIVE.items():
            k += 1
            status, took = neighbour.get(target(k))
            counts[name][0] += status == 200
            counts[name][1] += 1
            counts[name][2] = max(counts[name][2], took)
        for _ in range(20):
            k += 1
            status, took = neighbour.get(evaluate(f"{k}+1"))
            assert status == 200, status
            cheap.append(took)
            time.sleep(0.002)
    return counts, sorted(cheap)


def told(phase, counts, cheap):
    p50, p99 = (1e3 * cheap[int(len(cheap) * part)] for part in (0.5, 0.99))
    print(f"{phase}: cheap p50 {p50:.2f} ms, p99 {p99:.2f} ms of {len(cheap)}")
    for name, (answered, asked, longest) in counts.items():
        print(f"    {name}: {answered} of {asked}, at most {1e3 * longest:.0f} ms")
    return p99


def main():
    binary, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 10
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--threads", "2", *sys.argv[3:]]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    port = int(re.search(r":(\d+)$", server.stderr.readline().strip())[1])
    first = 0
    try:
        for _ in range(3):
            quiet = told("quiet", *ask(port, seconds, first))
            first += 1_000_000
            with tempfile.TemporaryDirectory() as folder:
                script = pathlib.Path(folder, "flood.lua")
                script.write_text(FLOOD % first)
                flood = ["wrk", "-t1", "-c100", f"-d{int(seconds) + 3}s", "-s", script, f"http://127.0.0.1:{port}"]
                flood = subprocess.Popen(flood, stdout=subprocess.DEVNULL)
                time.sleep(1)
                busy = told("flooded", *ask(port, seconds, first))
                flood.wait()
            first += 1_000_000
            print(f"    p99 flooded / quiet: {busy / quiet:.1f}")
            time.sleep(3)
    finally:
        server.terminate()


main()
