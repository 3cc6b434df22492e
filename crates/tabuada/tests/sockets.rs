//! Listeners besides a TCP port: Unix sockets, and sockets that the service manager hands over (systemd's socket
//! activation). And the server's reports to the service manager.
#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use support::{Client, PATIENCE, Redis, clean, tabuada, wait_for};

/// A folder for this test only, with a name short enough for a socket path. Dropping it removes it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tabuada-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder of the test's own");
        Self(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

/// A server that has reported its listener. Dropping it ends the process.
struct Running {
    process: Child,
    /// Its output until then, including the line about the listener.
    said: Vec<String>,
    errors: BufReader<ChildStderr>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut errors = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.starts_with("listening on ")) {
            let mut line = String::new();
            assert_ne!(errors.read_line(&mut line).expect("UTF-8"), 0, "it ended before it was ready: {said:#?}");
            said.push(line.trim_end().to_owned());
        }
        Self { process, said, errors }
    }

    fn listening(arguments: &[&str]) -> Self {
        Self::start(tabuada(&[&["serve"], arguments].concat()))
    }

    fn address(&self) -> &str {
        self.said.last().and_then(|line| line.strip_prefix("listening on ")).expect("it was waited for")
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(status.expect("kill is there").success());
    }

    /// Ends it by a signal, and gives its output since the start.
    fn ended_by(mut self, name: &str) -> String {
        self.signal(name);
        let mut rest = String::new();
        self.errors.read_to_string(&mut rest).expect("UTF-8");
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The result of a request by curl over a Unix socket: status and body.
fn curl(socket: &Path, target: &str, arguments: &[&str]) -> (String, String) {
    let output = Command::new("curl")
        .args(["--silent", "--max-time", "30", "--write-out", "\n%{http_code}", "--unix-socket"])
        .arg(socket)
        .args(arguments)
        .arg(format!("http://localhost{target}"))
        .output()
        .expect("curl is installed: see ./test");
    let output = String::from_utf8(output.stdout).expect("answers are UTF-8");
    let (body, status) = output.rsplit_once('\n').expect("a status");
    (status.to_owned(), body.to_owned())
}

const SUM: [&str; 2] = ["--json", "{\"expressao\":\"2+2\"}"];

/// A server that does not start: its exit status, and its error message.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = tabuada(&[&["serve"], arguments].concat()).output().expect("it starts");
    (status.code(), String::from_utf8(stderr).expect("UTF-8"))
}

#[test]
fn a_server_answers_on_a_unix_socket() {
    let folder = Folder::new("answers");
    let socket = folder.at("http.sock");
    let server = Running::listening(&["--listen", &unix(&socket)]);
    assert_eq!(server.address(), unix(&socket));
    assert_eq!(curl(&socket, "/evaluate", &SUM), ("200".to_owned(), "{\"resultado\":4}".to_owned()));
    // Every client of a Unix socket is on this machine, so the operator's routes are as open as on loopback.
    assert_eq!(curl(&socket, "/v1/cache", &[]).0, "200");
    for proxied in ["X-Forwarded-For: 127.0.0.1", "Host: example.org"] {
        assert_eq!(curl(&socket, "/v1/cache", &["-H", proxied]).0, "403", "{proxied}");
    }
    for (command, expected) in [
        (vec!["health", &unix(&socket)], "{\"status\":\"ok\",\"cache\":\"memory\"}\n"),
        (vec!["cache", "delete", "2+2", "--server", &unix(&socket)], "1 removed\n"),
    ] {
        let output = tabuada(&command).output().expect("it starts");
        assert_eq!(
            (output.status.code(), &*String::from_utf8_lossy(&output.stdout)),
            (Some(0), expected),
            "{command:?}"
        );
    }
    server.ended_by("TERM");
    assert!(!socket.exists(), "the server removes its socket at its end");
    let asked = tabuada(&["health", &unix(&socket)]).output().expect("it starts");
    assert_eq!(asked.status.code(), Some(1));
}

#[test]
fn a_socket_has_the_configured_permissions() {
    let folder = Folder::new("permissions");
    let socket = folder.at("http.sock");
    for (asked, mode) in [("", 0o660), ("?mode=600", 0o600), ("?mode=0666", 0o666)] {
        let _server = Running::listening(&["--listen", &format!("{}{asked}", unix(&socket))]);
        let file = fs::metadata(&socket).expect("it is there");
        assert!(file.file_type().is_socket());
        assert_eq!(file.permissions().mode() & 0o777, mode, "{asked:?}");
    }
}

#[test]
fn only_the_socket_of_a_dead_server_is_replaced() {
    let folder = Folder::new("stale");
    let socket = folder.at("http.sock");
    Running::listening(&["--listen", &unix(&socket)]).ended_by("KILL");
    assert!(socket.exists(), "a killed server leaves its socket");
    let living = Running::listening(&["--listen", &unix(&socket)]);

    let (status, why) = refused(&["--listen", &unix(&socket)]);
    assert!(status == Some(1) && why.contains("a server listens there already"), "{status:?} {why}");
    assert_eq!(curl(&socket, "/health/live", &[]).0, "200", "the running server goes on");

    let file = folder.at("precious");
    fs::write(&file, "kept").expect("it can be written");
    let (status, why) = refused(&["--listen", &unix(&file)]);
    assert!(status == Some(1) && why.contains("no socket"), "{status:?} {why}");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "kept");

    // A file of another process at the same path is not removed.
    fs::remove_file(&socket).expect("it is there");
    let other = UnixListener::bind(&socket).expect("the place is free");
    living.ended_by("TERM");
    assert!(socket.exists());
    drop(other);
}

#[test]
fn an_invalid_address_is_misuse() {
    for wrong in ["foo", "127.0.0.1:http", "unix:", "unix:/a?mode=rw"] {
        for flag in ["--listen", "--admin-listen"] {
            let (status, why) = refused(&[flag, wrong]);
            assert!(status == Some(2) && why.contains(flag) && why.contains("expected"), "{status:?} {why}");
        }
    }
}

/// The metrics on a socket that only the operator can open, beside a port for everybody.
#[test]
fn the_operator_may_have_a_separate_socket() {
    let folder = Folder::new("operator");
    let socket = folder.at("operator.sock");
    let server =
        Running::listening(&["--listen", "127.0.0.1:0", "--admin-listen", &format!("{}?mode=600", unix(&socket))]);
    assert!(server.said.contains(&format!("operator's routes on {}", unix(&socket))), "{:?}", server.said);
    assert_eq!(curl(&socket, "/metrics", &[]).0, "200");
    assert_eq!(curl(&socket, "/evaluate", &SUM).0, "404");
}

/// A shell that passes its standard input and output, which are sockets, to a server as systemd does.
fn activated(count: usize, sockets: [OwnedFd; 2], arguments: &str) -> Command {
    let script = format!(
        "exec 3<&0 4<&1 </dev/null >/dev/null; LISTEN_PID=$$ LISTEN_FDS={count} exec '{}' serve {arguments}",
        env!("CARGO_BIN_EXE_tabuada")
    );
    let mut command = clean(Command::new("sh"));
    let [first, second] = sockets;
    command.args(["-c", &script]).stdin(Stdio::from(first)).stdout(Stdio::from(second));
    command
}

#[test]
fn a_server_listens_on_sockets_of_the_service_manager() {
    let folder = Folder::new("activated");
    let socket = folder.at("operator.sock");
    let port = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = port.local_addr().expect("an address");
    let file = UnixListener::bind(&socket).expect("a place of the test's own");
    // A client that connects before the server runs is answered once it runs.
    let mut early = Client::connect(address);
    early.send(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let both = [OwnedFd::from(port), OwnedFd::from(file)];
    let server = Running::start(activated(2, both, "--listen 192.0.2.1:1"));
    assert_eq!(server.address(), format!("http://{address}"));
    assert_eq!(early.receive(false).status, 200);
    assert_eq!(curl(&socket, "/metrics", &[]).0, "200");
    assert_eq!(Client::connect(address).get("/metrics").status, 404);
    server.ended_by("TERM");
    assert!(socket.exists(), "the socket belongs to the service manager");
}

#[test]
fn inherited_files_that_are_not_sockets_are_refused() {
    let files = || ["/dev/null", "/dev/null"].map(|file| OwnedFd::from(fs::File::open(file).expect("it is there")));
    for (count, why) in [(1, "not a socket"), (3, "expected one for clients")] {
        let output = activated(count, files(), "").stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(why), "{said}");
    }
}

/// A service manager's socket, and the messages received on it.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
    /// Every line of every message so far.
    told: Vec<String>,
}

impl Manager {
    fn new(folder: &Folder) -> Self {
        let path = folder.at("notify.sock");
        let socket = UnixDatagram::bind(&path).expect("a place of the test's own");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        Self { socket, path, told: Vec::new() }
    }

    /// A server that this manager runs.
    fn starts(&self, watchdog: Option<&str>, arguments: &[&str]) -> Running {
        let mut command = tabuada(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        command.env("NOTIFY_SOCKET", &self.path).env_remove("WATCHDOG_PID").env_remove("WATCHDOG_USEC");
        command.envs(watchdog.map(|time| ("WATCHDOG_USEC", time)));
        Running::start(command)
    }

    /// The next message, line by line.
    fn next(&mut self) -> Vec<String> {
        let mut message = [0; 4_096];
        let length = self.socket.recv(&mut message).expect("a message comes");
        let message = std::str::from_utf8(&message[..length]).expect("UTF-8");
        let lines: Vec<String> = message.lines().map(str::to_owned).collect();
        self.told.extend(lines.iter().cloned());
        lines
    }

    fn wait_for(&mut self, line: &str) {
        while !self.next().iter().any(|told| told == line) {}
    }
}

#[test]
fn a_service_manager_receives_ready_and_stopping() {
    let folder = Folder::new("ready");
    let mut manager = Manager::new(&folder);
    let server = manager.starts(None, &["--drain", "1h"]);
    let address = server.address().strip_prefix("http://").expect("a port").parse().expect("an address");
    assert_eq!(manager.next(), ["READY=1", "STATUS=serving; cache: memory"]);
    // The report comes at once, and not only when the drain is over.
    server.signal("TERM");
    manager.wait_for("STOPPING=1");
    manager.wait_for("STATUS=stopping; cache: memory");
    assert_eq!(Client::connect(address).get("/health/live").status, 200);
    assert!(!manager.told.iter().any(|line| line == "WATCHDOG=1"), "no watchdog is configured: {:?}", manager.told);
}

/// As in containers, which do not share a file system with the service manager.
#[cfg(target_os = "linux")]
#[test]
fn a_service_manager_may_have_a_socket_without_a_file() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::SocketAddr;
    let name = format!("tabuada-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let socket = UnixDatagram::bind_addr(&address).expect("a name of the test's own");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    let mut manager = Manager { socket, path: format!("@{name}").into(), told: Vec::new() };
    let server = manager.starts(None, &[]);
    assert_eq!(manager.next(), ["READY=1", "STATUS=serving; cache: memory"]);
    server.signal("TERM");
    manager.wait_for("STOPPING=1");
}

#[test]
fn a_service_manager_receives_the_state_of_the_cache() {
    let folder = Folder::new("status");
    let redis = Redis::start();
    let mut manager = Manager::new(&folder);
    let _server = manager.starts(None, &["--redis", &redis.url()]);
    let first = manager.next();
    assert_eq!(first[0], "READY=1");
    if first[1] != "STATUS=serving; cache: coherent" {
        manager.wait_for("STATUS=serving; cache: coherent");
    }
    drop(redis);
    manager.wait_for("STATUS=serving; cache: detached");
}

/// As often as the manager requires, as long as the runtime's threads start tasks. A process that hangs sends none.
#[test]
fn a_service_manager_receives_keep_alives() {
    let folder = Folder::new("watchdog");
    let mut manager = Manager::new(&folder);
    let server = manager.starts(Some("100000"), &["--threads", "1"]);
    assert_eq!(manager.next()[0], "READY=1");
    for _ in 0..5 {
        assert_eq!(manager.next(), ["WATCHDOG=1"]);
    }
    server.signal("STOP");
    let state = || fs::read_to_string(format!("/proc/{}/stat", server.process.id())).expect("it is there");
    wait_for("the process to stop", || state().contains(") T "));
    manager.socket.set_nonblocking(true).expect("it can be");
    let mut message = [0; 64];
    while manager.socket.recv(&mut message).is_ok() {}
    // Ten times the time between two messages.
    manager.socket.set_nonblocking(false).expect("it can be");
    manager.socket.set_read_timeout(Some(std::time::Duration::from_millis(500))).expect("a time-out can be set");
    assert!(manager.socket.recv(&mut message).is_err(), "a stopped process sends no keep-alive");
    server.signal("CONT");
    manager.socket.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    manager.wait_for("WATCHDOG=1");
}

/// systemd's own tool hands the socket over, if it is installed.
#[test]
fn systemd_socket_activate_starts_the_server_on_connection() {
    const TOOL: &str = "systemd-socket-activate";
    if Command::new(TOOL).arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("left out: there is no {TOOL}");
        return;
    }
    let port = support::free_port();
    let mut command = clean(Command::new(TOOL));
    command.args([&format!("--listen=127.0.0.1:{port}"), env!("CARGO_BIN_EXE_tabuada"), "serve"]);
    command.stderr(Stdio::piped());
    let mut process = command.spawn().expect("it starts");
    let errors = BufReader::new(process.stderr.take().expect("it is piped"));
    let _ended_with_the_test = Running { process, said: Vec::new(), errors };
    let address = ([127, 0, 0, 1], port).into();
    wait_for("the tool to listen", || std::net::TcpStream::connect(address).is_ok());
    assert_eq!(Client::connect(address).get("/health/live").status, 200);
}
