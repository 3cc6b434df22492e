//! Runs the blocks of a document as a reader at a terminal would, and compares their output with the text.
//!
//! | fence | what is done |
//! |---|---|
//! | `console` | `$ ` begins a command. The lines after it are its whole output. Without such lines it only has to
//! succeed |
//! | `redis` | what follows the prompt is typed into one `redis-cli`, and the replies are compared; without a prompt,
//! it is what `MONITOR` shows next |
//! | `python`, `js` | a file, named by the comment in its first line |
//! | `yaml`, `dockerfile` | part of the file that the line before links to; without a link it is only parsed |
//! | others | nothing |
//!
//! `…` stands for anything within a line, and for any number of lines where it stands alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::compose::{self, Compose};
use super::free_port;

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// The time limit of a block, including its sleeps and starts.
const BLOCK: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_millis(20);

/// The folder of Python packages that are installed beside the environment.
const PACKAGES: &str = "packages";

const PORTS: [&str; 5] = ["8000", "8001", "8002", "8003", "6379"];

/// Commands that only read. They may be repeated until they show the expected output, because answers reach Redis after
/// the response and invalidations take a moment.
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
/// Commands that change Redis or the servers. The next command may have to wait until the servers know the change.
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
    /// The second-level heading above it.
    pub(crate) section: String,
    /// The last line of text before it.
    pub(crate) before: String,
    pub(crate) lines: Vec<String>,
}

impl Block {
    /// The commands, each with its expected output.
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

    /// Whether it is of the part that needs the wheel of the Python package.
    pub(crate) fn needs_wheel(&self) -> bool {
        self.before.contains("](course/sem_servico/") || self.lines.iter().any(|line| line.contains(WHEEL))
    }
}

/// A command and its expected output.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) expected: Vec<String>,
}

/// The wheel of the Python package, as a command names it.
const WHEEL: &str = "./tabuada-*.whl";

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

/// Whether `line` matches `pattern`, where `…` stands for any text.
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

/// Whether the lines match the patterns, where `…` alone stands for any number of lines.
pub(crate) fn shows(patterns: &[String], lines: &[String]) -> bool {
    match patterns.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "…" => (0..=lines.len()).any(|skipped| shows(rest, &lines[skipped..])),
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, others)| matches(first, line) && shows(rest, others))
        }
    }
}

/// A process and its output. Dropping it ends the process.
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

/// An open `redis-cli`.
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
    /// The course's Python environment, if there is one.
    python: Option<PathBuf>,
    language: &'static str,
    monitor: Option<Session>,
    /// Whether the last command made a change that the servers must process.
    has_changed: bool,
    /// The lines of the blocks that could not be run.
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

    /// For the tutorial in one language, with the course's Python.
    pub(crate) fn student(name: &str, language: &'static str, python: Option<PathBuf>) -> Self {
        Self { python, language, ..Self::new(name) }
    }

    /// Puts a wheel into the folder.
    pub(crate) fn gets(&self, wheel: &Path) {
        let name = wheel.file_name().expect("a wheel is a file");
        fs::copy(wheel, self.folder.join(name)).expect("it can be copied");
    }

    /// The blocks that were skipped because Python packages are missing.
    pub(crate) fn left_out(&self) -> &[usize] {
        &self.left_out
    }

    /// Replacements in commands: what a reader types, and what the test runs instead.
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
            // The output as on a terminal.
            ("redis-cli ".to_owned(), format!("redis-cli --no-raw -p {redis} ")),
            ("python3 -m venv .venv".to_owned(), format!("ln -sfn {python} .venv")),
            // Tests that run at the same time share the environment, so the package is installed beside it.
            (format!("install {WHEEL}"), format!("install --quiet --no-index --no-deps --target {PACKAGES} {WHEEL}")),
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
        bash.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PYTHONPATH", self.folder.join(PACKAGES));
        bash
    }

    pub(crate) fn follow<'a>(&mut self, blocks: impl IntoIterator<Item = &'a Block>) {
        let mut section = String::new();
        let mut is_left_out = false;
        for block in blocks {
            if section != block.section {
                section.clone_from(&block.section);
                is_left_out = false;
                // The processes of a section end with it.
                self.services.retain(|name, _| name == "redis" || name == "backend");
            }
            // Later blocks of the section may depend on it.
            is_left_out |= self.python.is_none() && block.is_python();
            if is_left_out {
                self.left_out.push(block.line);
                continue;
            }
            let begun = Instant::now();
            match block.fence.as_str() {
                "console" => self.at_the_shell(block),
                "redis" => self.at_redis(block),
                "python" | "js" => self.write(block),
                "yaml" | "dockerfile" => check_part(block),
                _ => {}
            }
            assert!(begun.elapsed() < BLOCK, "the block at line {} takes {:?}", block.line, begun.elapsed());
        }
    }

    fn write(&self, block: &Block) {
        let name = block.lines.first().and_then(|line| line.trim_start_matches('/').strip_prefix(['#', ' ']));
        let name = name.unwrap_or_default().trim_start();
        let is_named = name.ends_with(".py") || name.ends_with(".mjs");
        assert!(is_named, "line {}: a file of a program is named in its first line", block.line);
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

    /// Waits until the servers have processed the last change. A person types more slowly than that, and answers
    /// computed in between are not stored.
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

    fn cache_state(&self, port: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports[port])).ok()?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split("\"cache\":\"").nth(1)?.split('"').next().map(str::to_owned)
    }

    /// Repeats a step until it shows the expected output; runs it once if it must not be repeated.
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

    pub(crate) fn run(&mut self, command: &str) -> Output {
        if let Some((variables, verb, names)) = compose::read(command) {
            return self.compose(&variables, &verb, &names);
        }
        let output = self.bash(&self.translated(command)).output().expect("bash starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
        Output {
            is_success: output.status.success(),
            // Ignores blanks at the end of a line.
            lines: text(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect(),
            errors: text(&output.stderr),
        }
    }

    /// If the command starts a server or another process that keeps running, starts it.
    fn starts(&mut self, command: &str) -> bool {
        let serves = ["cargo run --release -- serve", "tabuada serve"].iter().any(|ours| command.contains(ours));
        if serves && !command.contains("--check") {
            let listens = if command.contains("--listen") { "" } else { " --listen 127.0.0.1:8000" };
            let others = PORTS.iter().find(|port| command.contains(&format!("--listen 127.0.0.1:{port}")));
            let name = others.filter(|port| **port != "8000").map_or("backend", |port| port);
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

    /// Starts a process in place of the one with that name, and waits until it listens.
    fn start(&mut self, name: &str, command: &str, variables: &[(String, String)]) {
        self.services.remove(name);
        let command = self.translated(command);
        let mut child = self
            .bash(&format!("exec env {command}"))
            .envs(variables.iter().map(|(name, value)| (name, self.translated(value))))
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

    /// Does what `docker compose` does, with processes in place of containers.
    fn compose(&mut self, variables: &BTreeMap<String, String>, verb: &str, names: &[String]) -> Output {
        let file = Compose::read(&root().join("docker-compose.yml"), variables);
        assert!(
            file.services.iter().all(|service| service.ports.iter().all(|port| port.starts_with("127.0.0.1:"))),
            "a port is open to others"
        );
        let named = |name: &str| names.is_empty() || names.iter().any(|other| other == name);
        let mut lines = Vec::new();
        match verb {
            "up" | "start" => {
                for service in file.services.iter().filter(|service| named(&service.name)) {
                    let command = service.command();
                    // A service that already runs with the same command keeps running.
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
                let mut variables: Vec<_> = backend.environment.iter().cloned().chain(variables.clone()).collect();
                // The port mapped to it, because processes on one machine cannot all use 8000.
                for (_, value) in &mut variables {
                    *value = value.replace(":8000", ":8001");
                }
                self.start("8001", &backend.command(), &variables);
            }
            "stop" => self.services.retain(|name, _| !named(name)),
            "down" => self.services.clear(),
            "ps" => {
                lines.push("NAME STATUS".to_owned());
                let mut services: Vec<_> = file.services.iter().collect();
                services.sort_by_key(|service| &service.name);
                for service in services {
                    let health = self.bash(&self.translated(&service.health())).output().expect("bash starts");
                    let state = if health.status.success() { "healthy" } else { "unhealthy" };
                    lines.push(format!("{} Up ({state})", service.name));
                }
            }
            "logs" => {
                for (name, service) in self.services.iter().filter(|(name, _)| named(name)) {
                    let said = service.said.lock().expect("no thread panicked with the lock");
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
        self.said.lock().expect("no thread panicked with the lock").clone()
    }

    /// Shows the commands that reach Redis from now on.
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
        // This echo marks the end of the reply.
        const END: &str = "\"end of the reply\"";
        self.said.lock().expect("no thread panicked with the lock").clear();
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

pub(crate) struct Output {
    pub(crate) is_success: bool,
    lines: Vec<String>,
    errors: String,
}

/// Collects output in a thread, so that the process never blocks on a full pipe.
fn gather(from: impl Read + Send + 'static, said: Arc<Mutex<Vec<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            said.lock().expect("no thread panicked with the lock").push(line);
        }
    });
}

/// Checks that a block is part of the file that the line before it links to, or else that it parses.
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

/// A free port for each port in the documents. All differ, and none contains another's digits.
fn free_ports() -> BTreeMap<&'static str, u16> {
    loop {
        let free = PORTS.map(|_| free_port());
        if BTreeSet::from(free).len() == PORTS.len()
            && free.iter().all(|port| !PORTS.iter().any(|written| port.to_string().contains(written)))
        {
            return PORTS.into_iter().zip(free).collect();
        }
    }
}
