#!/usr/bin/env python3
"""Measures what a command and a push cost a redis-server: processor time, which another load of the machine changes little.

    python3 crates/cache/simulation/prices.py [redis-server | valkey-server]

Redis gets `SET … XX`-like commands from four connections, one at a time, while 0 to 64 connections track the prefix. The
time of a command is that without trackers, and the time of a push is what each tracker adds. `src/scaling.rs` has the result.
"""

import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

COMMANDS = 40_000


def processor(info):
    """The seconds of the processor that the server has used."""
    return sum(float(re.search(rf"used_cpu_{which}:([\d.]+)", info)[1]) for which in ("user", "sys"))


class Server:
    def __init__(self, program, folder):
        self.path = f"{folder}/socket"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        settings = ["--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", folder]
        self.process = subprocess.Popen([program, *settings], stdout=subprocess.DEVNULL)

    def connect(self):
        for _ in range(500):
            try:
                return socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                time.sleep(0.01)
        sys.exit("the server does not start")

    def says(self, command):
        with self.connect() as connection:
            connection.sendall(command.encode() + b"\r\nQUIT\r\n")
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def measured(server, trackers):
    """Seconds of the processor for the commands, with so many trackers."""
    selector, connections = selectors.DefaultSelector(), []
    for _ in range(trackers):
        connection = server.connect()
        connection.sendall(b"HELLO 3\r\nCLIENT TRACKING ON BCAST PREFIX t: NOLOOP\r\n")
        selector.register(connection, selectors.EVENT_READ)
        connections.append(connection)
    done = threading.Event()

    def drain():
        while not done.is_set():
            for key, _ in selector.select(0.1) if connections else []:
                key.fileobj.recv(1 << 20)

    drains = threading.Thread(target=drain)
    drains.start()
    before = processor(server.says("INFO cpu"))
    command = ["SET", "t:1:k__rand_int__", "v" * 150, "PX", "86400000"]
    load = ["redis-benchmark", "-p", str(server.port), "-c", "4", "-n", str(COMMANDS), "-r", "100000", "-q"]
    subprocess.run([*load, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = processor(server.says("INFO cpu"))
    done.set()
    drains.join()
    for connection in connections:
        connection.close()
    return after - before


def main(program="redis-server"):
    folder = tempfile.mkdtemp()
    server = Server(program, folder)
    try:
        print(server.says("INFO server").split("redis_version:")[1].split()[0], "cores here:", len(__import__("os").sched_getaffinity(0)))
        alone = min(measured(server, 0) for _ in range(3))
        print(f"a command: {alone / COMMANDS * 1e6:.1f} µs, {COMMANDS / alone:,.0f} a second on a core")
        for trackers in (4, 16, 64):
            more = min(measured(server, trackers) for _ in range(2)) - alone
            push = more / COMMANDS / trackers
            print(f"a push, with {trackers} trackers: {push * 1e6:.2f} µs, {1 / push:,.0f} a second on a core")
    finally:
        server.process.kill()
        server.process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
