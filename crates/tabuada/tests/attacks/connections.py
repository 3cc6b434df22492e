"""Connections that send too slowly, too much, or nothing: the neighbour is served, memory is bounded, places are freed."""

import os
import socket
import time

from service import MIB, Findings, Neighbour, Service, dial, query, request

CHEAP = request("GET", query("/v1/evaluate", expr="2+2"))
TABLE = request("POST", "/v1/table", b'{"expr":"x+1","x":{"from":1,"to":2,"count":1000000}}')
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
# The number of files that the service may open during the flood of idle connections.
FILES = 300
# The maximum of seconds that a neighbour waits for a cheap answer, however busy the machine is.
PATIENCE = 5
# The divisor of the number of connections: 1 in a deep run, 20 in the daily run.
DIVISOR = 1
# The maximum of memory for one connection with its buffers, and for all of them.
CONNECTION_MAX = MIB
MEMORY_MAX = 64 * MIB


def send(connection, data):
    """Sends as much as the server takes. A closed connection shows later."""
    try:
        connection.sendall(data)
    except OSError:
        pass


def opened(port, count, data=b"", receive_bytes=None):
    connections = [dial(port, receive_bytes=receive_bytes) for _ in range(max(1, count // DIVISOR))]
    for connection in connections:
        send(connection, data)
    return connections


def pipelined(port):
    """Each connection sends ten thousand requests at once and reads no response."""
    connections = opened(port, 50, receive_bytes=4096)
    for connection in connections:
        connection.setblocking(False)
        for _ in range(100):
            try:
                connection.send(CHEAP * 100)
            except OSError:
                break
    return connections


def dripped(port):
    """A head, one byte at a time."""
    connections = opened(port, 500)
    for byte in b"GET / HTTP/1.1\r\nX: ":
        for connection in connections:
            send(connection, bytes([byte]))
    return connections


def half_closed(port):
    """The server answers a client that has closed its sending side."""
    connections = opened(port, 300, CHEAP)
    for connection in connections:
        connection.shutdown(socket.SHUT_WR)
        # The first byte arrives before the rest.
        begin = connection.makefile("rb").read(13)
        assert begin == b"HTTP/1.1 200 ", begin
    return connections


# The name, and the function that opens the connections. Their number determines the limit on memory.
ATTACKS = {
    "silent connections": lambda port: opened(port, 2000),
    "idle connections": lambda port: opened(port, 1000, CHEAP),
    "slow heads": dripped,
    "slow bodies": lambda port: opened(port, 500, request("POST", "/evaluate", b"x" * 1_000_000)[:300_000]),
    "chunks that stop": lambda port: opened(port, 500, b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n2+2\n\r\n"),
    "readers of nothing": lambda port: opened(port, 100, TABLE, receive_bytes=4096),
    "half-closed connections": half_closed,
    "pipelines without a reader": pipelined,
    "TLS on the port": lambda port: opened(port, 200, HELLO),
    "HTTP/2": lambda port: opened(port, 200, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "huge heads": lambda port: opened(port, 200, b"GET / HTTP/1.1\r\nX: " + b"x" * 300_000),
    "many headers": lambda port: opened(port, 200, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n"),
    "random bytes": lambda port: opened(port, 200, os.urandom(100_000)),
}


def places(service):
    """The connections that the service counts, without the one of this request."""
    return service.metric("tabuada_connections") - 1


def wait_until(is_so, seconds=20):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def run(binary, deep):
    global DIVISOR
    DIVISOR = 1 if deep else 20
    findings = Findings()
    print("| attack | open | memory over rest, MiB | neighbour's slowest, ms | files and places back |\n|---|---|---|---|---|")
    for name, attack in ATTACKS.items():
        with Service(binary, "--threads", "2") as service:
            check(name, attack, service, findings)
    with Service(binary, "--threads", "2", files=FILES) as service:
        check(f"idle connections beyond {FILES} files", lambda port: opened(port, 2 * FILES * DIVISOR, CHEAP), service, findings)
    return findings.found


def check(name, attack, service, findings):
    neighbour = Neighbour(service.port)
    neighbour.latencies(0.3)
    rest, files = service.memory(), service.files()
    service.reset_peak()
    connections = attack(service.port)
    taken = []
    for n in range(200):
        # Over new connections too.
        one = neighbour if n % 2 else Neighbour(service.port)
        status, seconds = one.ask(query("/v1/evaluate", expr=f"{n}+1"))
        taken.append(seconds)
        holds = status == 200 and seconds <= PATIENCE
        findings.expect(holds, f"{name}: the neighbour has {status} after {seconds:.1f} s")
        if not holds:
            break
    memory = service.peak() - rest
    bound = max(MEMORY_MAX, CONNECTION_MAX * len(connections))
    findings.expect(memory <= bound, f"{name}: {memory / MIB:.0f} MiB for {len(connections)} connections")
    for connection in connections:
        connection.close()
    # The neighbour's connection may stay open.
    are_back = wait_until(lambda: places(service) <= 1 and service.files() <= files + 1)
    findings.expect(are_back, f"{name}: {places(service):.0f} places and {service.files() - files} files are not given back")
    findings.expect(not service.panics() and service.is_alive(), f"{name}: {service.panics()}")
    print(f"| {name} | {len(connections)} | {memory / MIB:.1f} | {max(taken) * 1e3:.1f} | {'yes' if are_back else 'no'} |", flush=True)
