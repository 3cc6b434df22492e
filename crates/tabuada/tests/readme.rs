//! Does what a newcomer does: runs the `console` blocks of the README files, of `docs/operations.md` and of
//! `docs/http.md`, in order, and compares what is printed with what they show. In them, a line that begins with `$ ` is a
//! command and the lines after it are what it prints (none: not compared); `…` stands for anything within a line.
//!
//! What differs from a newcomer's terminal: the ports 8000 and 6379 are free ports of the test's, and `cargo run
//! --release --` is the binary that is being tested. A server runs until the next of its kind starts, as it would be
//! stopped with Ctrl+C.

// A test tells by panicking; the lint does not see that the functions beside it are its own.
#![allow(clippy::panic)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Step {
    command: String,
    expected: Vec<String>,
}

/// The commands of the `console` blocks, each with what it is to print.
fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            steps.push(Step { command: command.to_string(), expected: Vec::new() });
        } else if inside {
            steps.last_mut().expect("a block begins with a command").expected.push(line.to_string());
        }
    }
    steps
}

/// Whether `line` is `pattern`, `…` standing for anything.
fn matches(pattern: &str, line: &str) -> bool {
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

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("and it has an address").port()
}

struct Newcomer {
    folder: PathBuf,
    service_port: u16,
    redis_port: u16,
    service: Option<Server>,
    redis: Option<Server>,
}

impl Newcomer {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        Self { folder, service_port: free_port(), redis_port: free_port(), service: None, redis: None }
    }

    fn bash(&self, command: &str) -> Command {
        let mut bash = Command::new("bash");
        bash.args(["-c", command]).current_dir(&self.folder).stdin(Stdio::null()).env("LC_ALL", "C");
        bash
    }

    /// The command as the test runs it.
    fn translated(&self, command: &str) -> String {
        command
            .replace("cargo run --release --", env!("CARGO_BIN_EXE_tabuada"))
            .replace("8000", &self.service_port.to_string())
            .replace("6379", &self.redis_port.to_string())
            // What a terminal would be shown.
            .replace("redis-cli ", &format!("redis-cli --no-raw -p {} ", self.redis_port))
    }

    fn serve(&mut self, command: &str) {
        self.service = None;
        let command = format!("exec {} --listen 127.0.0.1:{}", self.translated(command), self.service_port);
        let mut child = self.bash(&command).stderr(Stdio::piped()).spawn().expect("bash starts");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
        self.service = Some(Server(child));
        let mut line = String::new();
        while !line.contains("listening on http://127.0.0.1:") {
            line.clear();
            assert!(said.read_line(&mut line).expect("its words are text") > 0, "the service ended: {command}");
        }
        // What else it says is read, so that it never waits for a reader.
        thread::spawn(move || said.lines().for_each(drop));
    }

    fn start_redis(&mut self, command: &str) {
        self.redis = None;
        let command = format!("exec {} --bind 127.0.0.1 -::1", self.translated(command));
        self.redis = Some(Server(self.bash(&command).stdout(Stdio::null()).spawn().expect("bash starts")));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.redis_port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "no Redis: {command}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Runs the command, again for a while if `patient`, until it prints what it should.
    fn check(&self, step: &Step, patient: bool) {
        let begun = Instant::now();
        loop {
            let output = self.bash(&self.translated(&step.command)).output().expect("bash starts");
            let printed = String::from_utf8_lossy(&output.stdout).replace('\r', "");
            let lines: Vec<&str> = printed.lines().collect();
            let right = step.expected.is_empty() && output.status.success()
                || lines.len() == step.expected.len()
                    && lines.iter().zip(&step.expected).all(|(line, pattern)| matches(pattern, line));
            if right {
                return;
            }
            assert!(
                patient && begun.elapsed() < PATIENCE,
                "{}\nshould print\n{}\nand prints\n{printed}\n{}",
                step.command,
                step.expected.join("\n"),
                String::from_utf8_lossy(&output.stderr)
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn follow(&mut self, document: &str) {
        let mut flushed = false;
        let steps = steps(document);
        assert!(!steps.is_empty(), "the document has no console blocks");
        for step in steps {
            if step.command.starts_with("cargo run --release -- serve") {
                self.serve(&step.command);
            } else if step.command.starts_with("redis-server") {
                self.start_redis(&step.command);
            } else {
                // Answers go to Redis behind the answer, and a purge takes its moment to arrive.
                let looks = [" cache keys ", " cache get "].iter().any(|looks| step.command.contains(looks));
                let about_redis = step.command.starts_with("redis-cli") || looks;
                self.check(&step, about_redis || flushed);
                flushed = about_redis && step.command.contains("flushall");
            }
        }
    }
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn what_the_readme_shows_happens() {
    Newcomer::new("readme").follow(&read("README.md"));
}

#[test]
fn what_the_portuguese_readme_shows_happens() {
    Newcomer::new("readme_pt").follow(&read("README.pt-BR.md"));
}

#[test]
fn what_the_page_on_operations_shows_happens() {
    let mut newcomer = Newcomer::new("operations");
    newcomer.start_redis("redis-server --port 6379 --save \"\"");
    newcomer.follow(&read("docs/operations.md"));
}

#[test]
fn what_the_page_on_the_api_shows_happens() {
    Newcomer::new("http").follow(&read("docs/http.md"));
}

#[test]
fn what_the_page_on_watching_it_shows_happens() {
    Newcomer::new("observing").follow(&read("docs/observing.md"));
}

#[test]
fn both_readmes_give_the_same_commands() {
    let commands = |name| steps(&read(name)).into_iter().map(|step| step.command).collect::<Vec<_>>();
    assert_eq!(commands("README.md"), commands("README.pt-BR.md"));
}

#[test]
fn an_ellipsis_matches_anything_and_nothing_else_does() {
    for (pattern, line) in
        [("a", "a"), ("…", ""), ("…", "x"), ("a…", "a"), ("a…c", "abc"), ("a…c…", "abcd"), ("…b…", "abc")]
    {
        assert!(matches(pattern, line), "{pattern} is {line}");
    }
    for (pattern, line) in [("a", "ab"), ("a…c", "ab"), ("a…c", "abcd"), ("…b", "bc"), ("", "a"), ("a…b…c", "acb")]
    {
        assert!(!matches(pattern, line), "{pattern} is not {line}");
    }
}
