//! Shared by the service's tests: a client that sends exactly the given bytes, a server in this process, the corpora.
#![allow(dead_code, clippy::panic)]

pub(crate) mod compose;
pub(crate) mod image;
pub(crate) mod newcomer;

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tabuada::{App, Calculator, Counters, Setup, serve};
use tabuada_cache::Options;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Far longer than anything takes: a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server in this process, with its own port and runtime. Dropping it stops it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(Setup::default())
    }

    pub(crate) fn start_with(setup: Setup) -> Self {
        let (ready, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                ready.send(listener.local_addr().expect("it has an address")).expect("the test waits");
                let counters = Counters::default();
                let mut options = Options::default();
                options.namespace = "tabuada".to_owned();
                options.memory_bytes = 16 << 20;
                let calculator = Calculator::new(options, 2, counters.clone()).expect("the options are good");
                let stop = async {
                    let _ = stopped.await;
                };
                serve(listener, App::new(calculator, counters, setup), stop).await;
            });
        });
        let address = address.recv_timeout(PATIENCE).expect("the server starts");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops the server, and waits for its end.
    pub(crate) fn stop(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends well");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A response as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }
}

/// One connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).expect("the server accepts"))
    }

    /// Connects from another address of this machine, such as `127.0.0.2`.
    pub(crate) fn connect_from(own: [u8; 4], address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((own, 0)).into()).expect("loopback has many addresses");
        socket.connect(&address.into()).expect("the server accepts");
        Self::over(socket.into())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time-out can be set");
        stream.set_nodelay(true).expect("nodelay can be set");
        Self { stream, buffer: Vec::new() }
    }

    /// Sends `POST /evaluate` with a JSON body, and reads the response.
    pub(crate) fn post(&mut self, body: &[u8]) -> Response {
        self.request("POST", "/evaluate", &[("content-type", "application/json")], body)
    }

    pub(crate) fn evaluate(&mut self, expression: &str) -> Response {
        self.post(format!("{{\"expressao\":{}}}", Value::from(expression)).as_bytes())
    }

    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.request("GET", target, &[], b"")
    }

    pub(crate) fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost:8000\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.send(&[head.as_bytes(), body].concat());
        self.receive(method == "HEAD")
    }

    /// Sends bytes as they are. Ignores a closed connection, because the response may already be there.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads one response. A response to `HEAD` has no body, whatever its length says.
    pub(crate) fn receive(&mut self, is_head: bool) -> Response {
        self.try_receive(is_head).expect("an answer comes before the connection ends")
    }

    pub(crate) fn try_receive(&mut self, is_head: bool) -> io::Result<Response> {
        loop {
            let head_end = loop {
                if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    break at + 4;
                }
                self.fill()?;
            };
            let head = String::from_utf8(self.buffer.drain(..head_end).collect()).expect("heads are ASCII");
            let mut lines = head.trim_end().split("\r\n");
            let status_line = lines.next().expect("a status line");
            let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
            let headers = lines.map(|line| line.split_once(": ").expect("a header")).collect::<Vec<_>>();
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let mut response = Response { status, headers, body: Vec::new() };
            if status == 100 {
                continue;
            }
            if !is_head && response.header("transfer-encoding") == Some("chunked") {
                response.body = self.chunks()?;
                return Ok(response);
            }
            let length = response.header("content-length").map_or(0, |length| length.parse().expect("a length"));
            if !is_head {
                while self.buffer.len() < length {
                    self.fill()?;
                }
                response.body = self.buffer.drain(..length).collect();
            }
            return Ok(response);
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line_end = loop {
                if let Some(at) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                    break at;
                }
                self.fill()?;
            };
            let line: Vec<u8> = self.buffer.drain(..line_end + 2).take(line_end).collect();
            let length = std::str::from_utf8(&line).ok().and_then(|line| usize::from_str_radix(line, 16).ok());
            let length = length.expect("a length");
            while self.buffer.len() < length + 2 {
                self.fill()?;
            }
            body.extend(self.buffer.drain(..length + 2).take(length));
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// Whether the server has closed the connection without sending more.
    pub(crate) fn is_closed(&mut self) -> bool {
        // A timeout is not the end of the connection.
        let is_end = |error: io::Error| !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        self.buffer.is_empty() && self.fill().is_err_and(is_end)
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 << 10];
        match self.stream.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.buffer.extend_from_slice(&chunk[..count]);
                Ok(())
            }
        }
    }
}

/// A text encoded for a query: everything except letters and digits.
pub(crate) fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric();
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

/// The target of a reference relative to another target, both without a host (RFC 3986, 5.2.4).
pub(crate) fn resolved(target: &str, reference: &str) -> String {
    let path = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    let (base, relative) = (path(target), path(reference));
    let mut segments: Vec<&str> = base.split('/').skip(1).collect();
    segments.pop();
    for part in relative.split('/') {
        match part {
            ".." => _ = segments.pop(),
            "." => {}
            part => segments.push(part),
        }
    }
    format!("/{}{}", segments.join("/"), &reference[relative.len()..])
}

/// The members of a structured field that is a list (RFC 9651): each a token with its parameters, written by the
/// library that parsed it.
pub(crate) fn structured_list(field: &str) -> Vec<(String, Vec<(String, String)>)> {
    let list: sfv::List = sfv::Parser::new(field).parse().unwrap_or_else(|error| panic!("{field}: {error}"));
    let member = |entry: &sfv::ListEntry| {
        let sfv::ListEntry::Item(item) = entry else { panic!("{field}: a list in the list") };
        let sfv::BareItem::Token(name) = &item.bare_item else { panic!("{field}: no token") };
        let parameters = item.params.iter().map(|(key, value)| {
            let value = match value {
                sfv::BareItem::Token(token) => token.to_string(),
                sfv::BareItem::Integer(number) => number.to_string(),
                sfv::BareItem::Decimal(number) => number.to_string(),
                sfv::BareItem::Boolean(truth) => truth.to_string(),
                other => panic!("{field}: {key} is {other:?}"),
            };
            (key.to_string(), value)
        });
        (name.to_string(), parameters.collect())
    };
    list.iter().map(member).collect()
}

/// The records of a corpus. Only `\n` ends a line.
pub(crate) fn corpus(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split('\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).expect("a record is JSON"))
        .collect()
}

pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits")).collect()
}

/// The request body of a record of `hostile.jsonl`: its own, or one with its expression.
pub(crate) fn hostile_body(record: &Value) -> Vec<u8> {
    if let Some(digits) = record["body_hex"].as_str() {
        return unhex(digits);
    }
    if let Some(parts) = record["body_parts"].as_array() {
        return joined(parts, |text| text.as_bytes().to_vec());
    }
    if let Some(parts) = record["body_parts_hex"].as_array() {
        return joined(parts, unhex);
    }
    let expression = hostile_expression(record).expect("a record has a body or an expression");
    format!("{{\"expressao\":{}}}", Value::from(expression)).into_bytes()
}

/// The expression of a record of `hostile.jsonl`, if it has one.
pub(crate) fn hostile_expression(record: &Value) -> Option<String> {
    if let Some(expression) = record["expr"].as_str() {
        return Some(expression.to_owned());
    }
    if let Some(statements) = record["session"].as_array() {
        return Some(statements.iter().map(|one| one.as_str().expect("a statement")).collect::<Vec<_>>().join(";"));
    }
    let parts = record["parts"].as_array()?;
    Some(String::from_utf8(joined(parts, |text| text.as_bytes().to_vec())).expect("parts are text"))
}

fn joined(parts: &[Value], bytes_of: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let mut all = Vec::new();
    for part in parts {
        let (text, times) = (part[0].as_str().expect("a text"), part[1].as_u64().expect("a count"));
        if part[2].is_null() {
            all.extend(bytes_of(text).repeat(usize::try_from(times).expect("it fits")));
        } else {
            (0..times).for_each(|number| all.extend(bytes_of(&text.replace("{}", &number.to_string()))));
        }
    }
    all
}

/// A `redis-server` for this test only, on a free port. Dropping it ends the process.
pub(crate) struct Redis {
    pub(crate) port: u16,
    process: Child,
    folder: PathBuf,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_on(free_port())
    }

    pub(crate) fn start_on(port: u16) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{port}"));
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: see ./test");
        let redis = Self { port, process, folder };
        wait_for("redis-server to answer", || redis.cli(&["ping"]) == "PONG");
        redis
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The output of `redis-cli` with these arguments.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(arguments).output();
        let output = output.expect("redis-cli is installed: see ./test");
        String::from_utf8(output.stdout).expect("it answers in UTF-8").trim_end().to_owned()
    }

    /// Stops the process (SIGSTOP): connections stay open, and no call is answered.
    pub(crate) fn freeze(&self) {
        signal(&self.process, "STOP");
    }

    pub(crate) fn thaw(&self) {
        signal(&self.process, "CONT");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended already. SIGKILL also ends a stopped process.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The binary as a server.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    /// The address of the operator's listener, if it is separate.
    pub(crate) admin: Option<SocketAddr>,
    process: Child,
    /// Its output before it was ready.
    before: Vec<String>,
    said: Said,
}

/// A node's standard error after its ready line.
enum Said {
    Nothing,
    /// The lines so far, and the thread that collects them until the end.
    Lines(Arc<Mutex<Vec<String>>>, Option<JoinHandle<()>>),
    /// Nobody reads it, but the pipe stays open.
    Unread(#[expect(dead_code, reason = "it is only to stay open")] BufReader<ChildStderr>),
}

impl Node {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[], arguments)
    }

    /// With variables in its environment.
    pub(crate) fn start_with(variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let (mut node, errors) = Self::open(variables, arguments);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let taken = lines.clone();
        let taker = std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                taken.lock().expect("no thread panicked with the lock").push(line);
            }
        });
        node.said = Said::Lines(lines, Some(taker));
        node
    }

    /// Nobody reads its output after the ready line.
    pub(crate) fn unread(arguments: &[&str]) -> Self {
        let (mut node, errors) = Self::open(&[], arguments);
        node.said = Said::Unread(errors);
        node
    }

    /// The node, and the rest of its output.
    fn open(variables: &[(&str, &str)], arguments: &[&str]) -> (Self, BufReader<ChildStderr>) {
        let mut process = tabuada(&["serve"])
            .env("TABUADA_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut errors = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut line = String::new();
        let (mut admin, mut before) = (None, Vec::new());
        let address = loop {
            line.clear();
            assert_ne!(errors.read_line(&mut line).expect("it speaks UTF-8"), 0, "it ended before it was ready");
            // As text or in JSON.
            let address_in = |announced: &str| {
                let address = line.split_once(announced)?.1;
                Some(address.split(['"', '\n']).next()?.parse().expect("an address"))
            };
            admin = admin.or_else(|| address_in("operator's routes on http://"));
            if let Some(address) = address_in("listening on http://") {
                break address;
            }
            before.push(line.trim_end().to_owned());
        };
        (Self { address, admin, process, before, said: Said::Nothing }, errors)
    }

    /// Its log until now. Lines that were logged before the ready line may be before or after it.
    pub(crate) fn log(&self) -> Vec<String> {
        let Said::Lines(lines, _) = &self.said else { panic!("the output of this node is not collected") };
        [&self.before[..], &lines.lock().expect("no thread panicked with the lock")].concat()
    }

    /// Its whole log. The node must have been stopped.
    pub(crate) fn whole_log(mut self) -> Vec<String> {
        if let Said::Lines(_, taker) = &mut self.said {
            taker.take().map(JoinHandle::join).transpose().expect("it reads to the end");
        }
        self.log()
    }

    /// A node with Redis, as soon as it receives every invalidation.
    pub(crate) fn coherent(redis: &Redis, arguments: &[&str]) -> Self {
        let node = Self::start(&[&["--redis", &redis.url()], arguments].concat());
        wait_for("the node to be coherent", || node.cache_state() == "coherent");
        node
    }

    pub(crate) fn evaluate(&self, expression: &str) -> Response {
        Client::connect(self.address).evaluate(expression)
    }

    pub(crate) fn cache_state(&self) -> String {
        let ready = Client::connect(self.address).get("/health/ready");
        assert_eq!(ready.status, 200);
        let ready: Value = serde_json::from_slice(&ready.body).expect("it is JSON");
        assert_eq!(ready["status"], "ok");
        ready["cache"].as_str().expect("a state").to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.process, name);
    }

    pub(crate) fn peak_kib(&self) -> u64 {
        self.status_kib("VmHWM")
    }

    /// A size in its `/proc` status.
    pub(crate) fn status_kib(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let size = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        size.and_then(|size| size.trim().strip_suffix(" kB")?.parse().ok()).expect("a size")
    }

    /// The exit code, once it has ended by itself.
    pub(crate) fn ended(mut self) -> Option<i32> {
        let mut status = None;
        wait_for("the node to end", || {
            status = self.process.try_wait().expect("it can be waited for");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The tested binary, without any settings from the environment of the test run.
pub(crate) fn tabuada(arguments: &[&str]) -> Command {
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_tabuada")));
    command.args(arguments);
    command
}

/// The command, without any settings from the environment of the test run.
pub(crate) fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TABUADA_") {
            command.env_remove(name);
        }
    }
    command
}

fn signal(process: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status();
    assert!(status.expect("kill is there").success(), "kill -{name}");
}

/// A free port outside the range that the system uses for outgoing connections, so that a connection of another test
/// does not take it before the server listens.
pub(crate) fn free_port() -> u16 {
    loop {
        let port = 10_000 + (RandomState::new().hash_one(0) % 20_000) as u16;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Checks repeatedly until the condition is true; panics if it never is.
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "timeout: waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
