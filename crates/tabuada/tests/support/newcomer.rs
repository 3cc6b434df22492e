//! Someone at a terminal who does what a document says, block by block, and compares what is printed with what it shows.
//!
//! | fence | what is done |
//! |---|---|
//! | `console` | `$ ` begins a command, the lines after it are all that it prints; none: it has to succeed, and is not compared |
//! | `redis` | what follows the prompt is typed into one `redis-cli`, and the replies are compared; without a prompt, it is what `MONITOR` goes on to show |
//! | `python` | a file, named by the comment in its first line |
//! | `yaml`, `dockerfile` | part of the file that the line before links to; where it links to none, only read |
//! | others | nothing |
//!
//! `…` stands for anything within a line, and for any number of lines where it stands alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::compose::{self, Compose};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that a block may take, its sleeps and starts included.
const BLOCK: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// The ports that documents name.
const PORTS: [&str; 5] = ["8000", "8001", "8002", "8003", "6379"];

/// What only looks: it may be done again until it shows what it should, since answers go to Redis behind the answer and
/// what is deleted there takes its moment to be heard.
const LOOKS: [&str; 13] = [
    "redis-cli keys",
    "redis-cli get",
    "redis-cli ttl",
    "redis-cli exists",
    "redis-cli dbsize",
    "cache keys",
    "cache get",
    "/health/ready",
    "compose ps",
    "compose logs",
    "lembradas.py",
    "redis-cli --raw keys",
    "redis-cli --scan",
];
const REDIS_LOOKS: [&str; 10] = ["GET", "TTL", "KEYS", "EXISTS", "DBSIZE", "SCAN", "TYPE", "STRLEN", "PING", "MEMORY"];
/// What changes Redis or the servers: what comes next may have to wait until they have heard of it.
const CHANGES: [&str; 10] = [
    "redis-cli flushall",
    "redis-cli del",
    "redis-cli expire",
    "redis-cli set",
    "redis-cli persist",
    "cache delete",
    "cache clear",
    "DELETE",
    "compose",
    "lembradas.r",
];

/// A fenced block of a document.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) fence: String,
    /// The number of its first line, from 1.
    pub(crate) line: usize,
    /// The second-level heading that it stands under.
    pub(crate) section: String,
    /// The last line with words before it.
    pub(crate) before: String,
    pub(crate) lines: Vec<String>,
}

impl Block {
    /// The commands, each with what it is to print.
    pub(crate) fn steps(&self, prompt: &str) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for line in &self.lines {
            if let Some(command) = line.strip_prefix(prompt) {
                steps.push(Step { command: command.to_owned(), expected: Vec::new() });
            } else {
                let step = steps.last_mut().unwrap_or_else(|| panic!("line {}: no command before {line}", self.line));
                step.expected.push(line.clone());
            }
        }
        steps
    }

    pub(crate) fn is_python(&self) -> bool {
        self.lines.iter().any(|line| line.starts_with("$ ") && line.contains(".venv"))
    }
}

/// A command, and what it is to print.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) expected: Vec<String>,
}

/// The prompt of `redis-cli`.
pub(crate) const REDIS_PROMPT: &str = "127.0.0.1:6379> ";

pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut inside, mut section, mut before) = (false, "", "");
    for (at, line) in document.lines().enumerate() {
        if let Some(fence) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                let [fence, section, before] = [fence, section, before].map(str::to_owned);
                blocks.push(Block { fence, line: at + 2, section, before, lines: Vec::new() });
            }
        } else if inside {
            blocks.last_mut().expect("a block has begun").lines.push(line.to_owned());
        } else if !line.trim().is_empty() {
            before = line;
            section = line.strip_prefix("## ").unwrap_or(section);
        }
    }
    blocks
}

/// Whether `line` is `pattern`, `…` standing for anything.
pub(crate) fn matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = pattern.contains('…').then(|| pattern.rsplit('…').next().unwrap_or_default()) else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    line.ends_with(last)
}

/// Whether these lines are those, `…` alone standing for any number of them.
pub(crate) fn shows(patterns: &[String], lines: &[String]) -> bool {
    match patterns.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "…" => (0..=lines.len()).any(|skipped| shows(rest, &lines[skipped..])),
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, others)| matches(first, line) && shows(rest, others))
        }
    }
}

/// A process that ends with the test, and what it says.
struct Service {
    process: Child,
    command: String,
    variables: Vec<(String, String)>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A `redis-cli` at which someone sits.
struct Session {
    process: Child,
    typed: ChildStdin,
    said: Arc<Mutex<Vec<String>>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) struct Newcomer {
    folder: PathBuf,
    ports: BTreeMap<&'static str, u16>,
    services: BTreeMap<String, Service>,
    /// The Python environment of the course, if there is one.
    python: Option<PathBuf>,
    language: &'static str,
    monitor: Option<Session>,
    /// Whether what was done last changed something that the servers have to hear of.
    has_changed: bool,
    /// Blocks that could not be run, by their lines.
    left_out: Vec<usize>,
}

impl Newcomer {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).expect("a folder of the test's own");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tabuada"), bin.join("tabuada")).expect("a link in it");
        Self {
            folder,
            ports: free_ports(),
            services: BTreeMap::new(),
            python: None,
            language: "C",
            monitor: None,
            has_changed: false,
            left_out: Vec::new(),
        }
    }

    /// With the course's Python beside them, in a language.
    pub(crate) fn student(name: &str, language: &'static str, python: Option<PathBuf>) -> Self {
        Self { python, language, ..Self::new(name) }
    }

    /// The blocks that were left out for want of Python packages.
    pub(crate) fn left_out(&self) -> &[usize] {
        &self.left_out
    }

    /// What a reader types, and what the test does in its place.
    fn substitutions(&self) -> Vec<(String, String)> {
        let binary = env!("CARGO_BIN_EXE_tabuada");
        let redis = self.ports["6379"];
        let python = self.python.as_deref().unwrap_or(Path::new("/nowhere")).display();
        let manifest = root().join("crates/tabuada/Cargo.toml");
        let mut all = vec![
            ("cargo run --release --".to_owned(), binary.to_owned()),
            ("cargo install --locked --path crates/tabuada".to_owned(), format!("test -f {}", manifest.display())),
            // A container has no locale.
            ("docker exec backend /tabuada".to_owned(), format!("env -u LANG {binary}")),
            ("docker exec -it redis ".to_owned(), String::new()),
            ("docker rm -f ".to_owned(), ": ".to_owned()),
            ("redis://redis:".to_owned(), "redis://localhost:".to_owned()),
            ("0.0.0.0:".to_owned(), "127.0.0.1:".to_owned()),
            // What a terminal would show.
            ("redis-cli ".to_owned(), format!("redis-cli --no-raw -p {redis} ")),
            ("python3 -m venv .venv".to_owned(), format!("ln -sfn {python} .venv")),
        ];
        all.extend(self.ports.iter().map(|(written, free)| ((*written).to_owned(), free.to_string())));
        all
    }

    fn translated(&self, text: &str) -> String {
        self.substitutions().iter().fold(text.to_owned(), |text, (written, done)| text.replace(written, done))
    }

    fn bash(&self, command: &str) -> Command {
        let mut bash = super::clean(Command::new("bash"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.folder.join("bin").display());
        bash.args(["-c", command]).current_dir(&self.folder).stdin(Stdio::null());
        bash.env_remove("LC_ALL").env("LANG", self.language).env("PATH", path);
        bash.env("PYTHONUTF8", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        bash
    }

    pub(crate) fn follow<'a>(&mut self, blocks: impl IntoIterator<Item = &'a Block>) {
        let mut section = String::new();
        let mut is_left_out = false;
        for block in blocks {
            if section != block.section {
                section.clone_from(&block.section);
                is_left_out = false;
                // What was started for the section before ends with it.
                self.services.retain(|name, _| name == "redis" || name == "backend");
            }
            // What comes after may rest on it, until the next section.
            is_left_out |= self.python.is_none() && block.is_python();
            if is_left_out {
                self.left_out.push(block.line);
                continue;
            }
            let begun = Instant::now();
            match block.fence.as_str() {
                "console" => self.at_the_shell(block),
                "redis" => self.at_redis(block),
                "python" => self.write(block),
                "yaml" | "dockerfile" => check_part(block),
                _ => {}
            }
            assert!(begun.elapsed() < BLOCK, "the block at line {} takes {:?}", block.line, begun.elapsed());
        }
    }

    fn write(&self, block: &Block) {
        let name = block.lines.first().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
        assert!(name.ends_with(".py"), "line {}: a file of Python is named in its first line", block.line);
        if let Some(linked) = block.before.rsplit_once("](course/").and_then(|(_, rest)| rest.split(')').next()) {
            let file = read(&format!("docs/course/{linked}"));
            assert_eq!(file.trim_end(), block.lines.join("\n"), "line {}: the file is another", block.line);
        }
        fs::write(self.folder.join(name), self.translated(&(block.lines.join("\n") + "\n")))
            .expect("it can be written");
    }

    fn at_the_shell(&mut self, block: &Block) {
        let steps = block.steps("$ ");
        assert!(!steps.is_empty(), "line {}: no command", block.line);
        for step in steps {
            let command = step.command.as_str();
            let is_hit = step.expected.iter().any(|line| line.contains("; hit"));
            let patient = self.has_changed || is_hit || LOOKS.iter().any(|look| command.contains(look));
            self.settle();
            self.has_changed = CHANGES.iter().any(|change| command.contains(change));
            if !self.starts(command) {
                self.check(block, &step, patient, |newcomer| newcomer.run(command));
            }
        }
    }

    /// Waits until the servers have heard of the last change: a person does not type as fast as that, and what is
    /// computed meanwhile is not stored.
    fn settle(&mut self) {
        if !self.has_changed || !self.services.contains_key("redis") {
            return;
        }
        thread::sleep(5 * PAUSE);
        let begun = Instant::now();
        for (name, port) in [("backend", "8000"), ("8001", "8001")] {
            let is_well =
                || self.cache_state(port).is_some_and(|state| ["coherent", "memory"].contains(&state.as_str()));
            while self.services.contains_key(name) && !is_well() && begun.elapsed() < PATIENCE / 2 {
                thread::sleep(PAUSE);
            }
        }
    }

    /// What the server at a port says of its cache.
    fn cache_state(&self, port: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports[port])).ok()?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split("\"cache\":\"").nth(1)?.split('"').next().map(str::to_owned)
    }

    /// Does it until it shows what it should; once only, if it is not for doing again.
    fn check(&mut self, block: &Block, step: &Step, patient: bool, mut run: impl FnMut(&mut Self) -> Output) {
        let begun = Instant::now();
        let expected: Vec<String> = step.expected.iter().map(|line| self.translated(line)).collect();
        loop {
            let output = run(self);
            if step.expected.is_empty() && output.is_success || shows(&expected, &output.lines) {
                return;
            }
            assert!(
                patient && begun.elapsed() < PATIENCE,
                "line {}: {}\nshould print\n{}\nand prints\n{}\n{}",
                block.line,
                step.command,
                expected.join("\n"),
                output.lines.join("\n"),
                output.errors
            );
            thread::sleep(PAUSE);
        }
    }

    /// Runs what ends.
    fn run(&mut self, command: &str) -> Output {
        if let Some((variables, verb, names)) = compose::read(command) {
            return self.compose(&variables, &verb, &names);
        }
        let output = self.bash(&self.translated(command)).output().expect("bash starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
        Output {
            is_success: output.status.success(),
            // Nobody sees blanks at a line's end.
            lines: text(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect(),
            errors: text(&output.stderr),
        }
    }

    /// Starts what goes on until it is stopped, if this is such a thing.
    fn starts(&mut self, command: &str) -> bool {
        if ["cargo run --release -- serve", "tabuada serve"].iter().any(|ours| command.contains(ours)) {
            let listens = if command.contains("--listen") { "" } else { " --listen 127.0.0.1:8000" };
            let name = if command.contains(":8001") { "8001" } else { "backend" };
            self.start(name, &format!("{command}{listens}"), &[]);
        } else if command.starts_with("redis-server") {
            self.start("redis", &format!("{command} --bind 127.0.0.1 -::1"), &[]);
        } else if command.starts_with(".venv/bin/uvicorn") {
            let port = PORTS.iter().find(|port| command.ends_with(**port)).expect("it names a port of the table");
            self.start(port, command, &[]);
        } else {
            return false;
        }
        true
    }

    /// Starts a process in place of the one of that name, and waits until it listens.
    fn start(&mut self, name: &str, command: &str, variables: &[(String, String)]) {
        self.services.remove(name);
        let command = self.translated(command);
        let mut child = self
            .bash(&format!("exec env {command}"))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let said = Arc::new(Mutex::new(Vec::new()));
        gather(child.stderr.take().expect("it is piped"), said.clone());
        self.services.insert(name.to_owned(), Service { process: child, command, variables: variables.to_vec(), said });
        let port = match name {
            "redis" => self.ports["6379"],
            "backend" => self.ports["8000"],
            port => self.ports[port],
        };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let service = self.services.get_mut(name).expect("it is there");
            let ended = service.process.try_wait().expect("it can be waited for");
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "{}: {:?}", service.command, service.said);
            thread::sleep(PAUSE);
        }
    }

    /// What `docker compose` does, with processes in place of containers.
    fn compose(&mut self, variables: &BTreeMap<String, String>, verb: &str, names: &[String]) -> Output {
        let file = Compose::read(&root().join("docker-compose.yml"), variables);
        let named = |name: &str| names.is_empty() || names.iter().any(|other| other == name);
        let mut lines = Vec::new();
        match verb {
            "up" | "start" => {
                for service in file.services.iter().filter(|service| named(&service.name)) {
                    let command = service.command();
                    // What runs as it should stays.
                    let is_same = |running: &Service| {
                        running.command == self.translated(&command) && running.variables == service.environment
                    };
                    if !self.services.get(&service.name).is_some_and(is_same) {
                        self.start(&service.name, &command, &service.environment);
                    }
                }
            }
            "run" => {
                let backend = file.services.iter().find(|service| service.name == "backend").expect("it has one");
                let variables: Vec<_> = backend.environment.iter().cloned().chain(variables.clone()).collect();
                self.start("8001", &backend.command().replace("8000", "8001"), &variables);
            }
            "stop" => self.services.retain(|name, _| !named(name)),
            "down" => self.services.clear(),
            "ps" => {
                lines.push("NAME STATUS".to_owned());
                let mut services: Vec<_> = file.services.iter().collect();
                services.sort_by_key(|service| &service.name);
                for service in services {
                    let health = self.bash(&self.translated(&service.health)).output().expect("bash starts");
                    let state = if health.status.success() { "healthy" } else { "unhealthy" };
                    lines.push(format!("{} Up ({state})", service.name));
                }
            }
            "logs" => {
                for (name, service) in self.services.iter().filter(|(name, _)| named(name)) {
                    let said = service.said.lock().expect("nobody fails with it");
                    lines.extend(said.iter().map(|line| format!("{name} | {line}")));
                }
            }
            other => panic!("docker compose {other}: not known to the test"),
        }
        Output { is_success: true, lines, errors: String::new() }
    }

    fn at_redis(&mut self, block: &Block) {
        if let Some(monitor) = self.monitor.take() {
            assert!(!block.lines[0].starts_with(REDIS_PROMPT), "line {}: MONITOR is shown first", block.line);
            let begun = Instant::now();
            let expected: Vec<String> = block.lines.iter().map(|line| self.translated(line)).collect();
            while !shows(&expected, &monitor.said()) {
                assert!(begun.elapsed() < PATIENCE / 2, "line {}: MONITOR shows {:#?}", block.line, monitor.said());
                thread::sleep(PAUSE);
            }
            return;
        }
        let mut session = self.session();
        for step in block.steps(REDIS_PROMPT) {
            let word = step.command.split(' ').next().unwrap_or_default().to_uppercase();
            if word == "MONITOR" {
                session.monitor(&step.expected);
                self.monitor = Some(session);
                return;
            }
            let patient = REDIS_LOOKS.contains(&word.as_str());
            self.has_changed |= !patient;
            self.check(block, &step, patient, |_| session.ask(&step.command));
        }
    }

    fn session(&self) -> Session {
        let mut process = self
            .bash(&format!("exec redis-cli --no-raw -p {}", self.ports["6379"]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let said = Arc::new(Mutex::new(Vec::new()));
        gather(process.stdout.take().expect("it is piped"), said.clone());
        let typed = process.stdin.take().expect("it is piped");
        Session { process, typed, said }
    }
}

impl Session {
    fn said(&self) -> Vec<String> {
        self.said.lock().expect("nobody fails with it").clone()
    }

    /// Shows what comes to Redis from now on.
    fn monitor(&mut self, expected: &[String]) {
        writeln!(self.typed, "MONITOR").expect("redis-cli reads");
        let begun = Instant::now();
        while !self.said().starts_with(expected) {
            assert!(begun.elapsed() < PATIENCE, "MONITOR says {:?}", self.said());
            thread::sleep(PAUSE / 10);
        }
    }

    /// The reply to a command.
    fn ask(&mut self, command: &str) -> Output {
        // What is echoed shows where the reply ends.
        const END: &str = "\"end of the reply\"";
        self.said.lock().expect("nobody fails with it").clear();
        writeln!(self.typed, "{command}\nECHO {END}").expect("redis-cli reads");
        let begun = Instant::now();
        loop {
            let said = self.said();
            if let Some(at) = said.iter().position(|line| line == END) {
                return Output { is_success: true, lines: said[..at].to_vec(), errors: String::new() };
            }
            assert!(begun.elapsed() < PATIENCE, "no reply to {command}: {said:?}");
            thread::sleep(PAUSE / 10);
        }
    }
}

/// What a command printed.
struct Output {
    is_success: bool,
    lines: Vec<String>,
    errors: String,
}

/// Takes down what is said, so that nobody waits for a reader.
fn gather(from: impl Read + Send + 'static, said: Arc<Mutex<Vec<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            said.lock().expect("nobody fails with it").push(line);
        }
    });
}

/// That a block is a part of the file that the line before it links to, or at least what it says it is.
fn check_part(block: &Block) {
    let text = block.lines.join("\n");
    let linked = block.before.rsplit_once("](../").and_then(|(_, rest)| rest.split(')').next());
    if let Some(name) = linked {
        let file = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(file.contains(&text), "line {}: this is no part of {name}", block.line);
    } else if block.fence == "yaml" {
        compose::parse(&text);
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(name: &str) -> String {
    let path = root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A free port for each that documents name, all different, and none that has another's digits in it.
fn free_ports() -> BTreeMap<&'static str, u16> {
    loop {
        let listeners = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").expect("loopback has a free port"));
        let free = listeners.map(|listener| listener.local_addr().expect("it has an address").port());
        if free.iter().all(|port| !PORTS.iter().any(|written| port.to_string().contains(written))) {
            return PORTS.into_iter().zip(free).collect();
        }
    }
}
