"""The programs that `bench/run` measures: started on free ports, loaded, watched and ended."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CONNECTIONS = 32
BODY = b'{"expressao":"2+2"}'

running = []


def pinned(core):
    """What keeps a command on one core, if it is given."""
    return ["taskset", "-c", str(core)] if core is not None and os.cpu_count() > 1 else []


def start(command, core=None, **how):
    """Starts a server, on one core if it is given."""
    process = subprocess.Popen([*pinned(core), *map(str, command)], **how)
    running.append(process)
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    running.remove(process)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.025)
    sys.exit(f"bench: no server on port {port} after 10 s")


def ready_port(process):
    """The port in a server's ready line, and the time at which the line was read."""
    for line in process.stderr:
        found = re.search(rb"listening on http://[^ ]*:(\d+)", line)
        if found:
            now = time.perf_counter()
            # The rest of the output is read too, so that the server never blocks on a full pipe.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return int(found[1]), now
    sys.exit(f"bench: {process.args} ended without a ready line")


def start_redis(folder, core=None):
    port = free_port()
    start(["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder,
           "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lfu"], core, stdout=subprocess.DEVNULL)
    wait_for(port)
    return port


def binary(name):
    """A program of `bench/peers`, which main() has built."""
    return TARGET / "peers/release" / name


def start_ready(command, core=0):
    """A server that names its port in its ready line."""
    process = start(command, core, stderr=subprocess.PIPE)
    return process, ready_port(process)[0]


def load_drawn(port, core=None, **options):
    """What `load` measures of texts that are drawn at random."""
    command = [*pinned(core), TARGET / "release/load", f"127.0.0.1:{port}", *(f"{name}={value}" for name, value in options.items())]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def said(command):
    """Runs a program, and passes on what it prints."""
    print(subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout, flush=True)


def start_tabuada(*arguments, core=None):
    process = start([TARGET / "release/tabuada", "serve", "--listen", "127.0.0.1:0", *arguments], core,
                    stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    return process, *ready_port(process)


def ask(port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/evaluate", BODY, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read(), response.headers.get("Cache-Status")


def load(port, seconds, script="post.lua", arguments=(), core=1):
    """Requests a second, the median and 99th percentile latency in ms, and the number of requests, with every connection
    kept alive."""
    said = subprocess.run([*pinned(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", ROOT / "bench" / script,
                           f"http://127.0.0.1:{port}/evaluate", "--", *map(str, arguments)],
                          check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"bench: the load met errors\n{said}")

    def ms(percent):
        value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said).groups()
        return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]

    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), ms(50), ms(99), int(re.search(r"(\d+) requests in", said)[1])


def cpu_seconds(process):
    """The resources that a process has used, including those in the kernel."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def course_venv():
    """The environment of the course's application, made once."""
    venv = TARGET / "course_venv"
    if not (venv / "done").exists():
        print("Making a virtual environment for the course's application.", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "-r", ROOT / "bench/course_app/requirements.txt"], check=True)
        (venv / "done").touch()
    return venv


def start_course(redis_port):
    venv, port = course_venv(), free_port()
    process = start([venv / "bin/python", "-m", "uvicorn", "main:app", "--port", port, "--log-level", "critical", "--no-access-log"], 0,
          cwd=ROOT / "bench/course_app", env={**os.environ, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis_port), "PYTHONDONTWRITEBYTECODE": "1"})
    wait_for(port)
    return process, port


def start_node(redis_port):
    """The course's application as one would write it for Node; its packages are installed once."""
    home, ours = TARGET / "node_app", ROOT / "bench/node_app"
    home.mkdir(parents=True, exist_ok=True)
    wanted = (ours / "package.json").read_bytes()
    if not (home / "installed").exists() or (home / "installed").read_bytes() != wanted:
        print("Installing the packages of the application for Node.", file=sys.stderr)
        (home / "package.json").write_bytes(wanted)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=home, check=True)
        (home / "installed").write_bytes(wanted)
    (home / "server.mjs").write_bytes((ours / "server.mjs").read_bytes())
    port = free_port()
    process = start(["node", "server.mjs", port, redis_port], 0, cwd=home)
    wait_for(port)
    return process, port


def numpy_python():
    """A Python with NumPy, in an environment made once."""
    venv = TARGET / "numpy_venv"
    if not (venv / "done").exists():
        print("Making a virtual environment for NumPy.", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "numpy"], check=True)
        (venv / "done").touch()
    return venv / "bin/python"


def memory_kib(process, field):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1])
