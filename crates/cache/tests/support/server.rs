//! A real `redis-server`, as Debian packages it.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::Connection;

use super::PATIENCE;

/// A free port outside the range that the system uses for outgoing connections, so that a connection of another test
/// does not take it before the server listens.
pub fn free_port() -> u16 {
    loop {
        let port = 10_000 + (RandomState::new().hash_one(0) % 20_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub struct Server {
    process: Option<Child>,
    port: u16,
    directory: tempfile::TempDir,
    settings: Vec<String>,
    /// The lines of a Sentinel's file, which it rewrites; `None` for other servers.
    watched: Option<String>,
}

impl Server {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts with settings as on the command line: `["--maxmemory", "2mb"]`.
    pub fn with(settings: &[&str]) -> Self {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Self::started(settings, None)
    }

    /// Starts a Sentinel with these lines in its file.
    pub fn sentinel(watched: &str) -> Self {
        Self::started(vec![], Some(watched.to_owned()))
    }

    fn started(settings: Vec<String>, watched: Option<String>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut server = Self { process: None, port: free_port(), directory, settings, watched };
        // Another process may take the port after it was found free.
        for _ in 0..20 {
            if server.spawn() {
                return server;
            }
            server.port = free_port();
            let _ = std::fs::remove_file(server.directory.path().join("sentinel.conf"));
        }
        panic!("redis-server does not start: is it installed?");
    }

    /// A server that does not run yet, with a port for a later [`Server::restart`].
    pub fn later() -> Self {
        let mut server = Self::start();
        server.stop();
        server
    }

    fn spawn(&mut self) -> bool {
        // It ends with the test's thread, even if the test is killed.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "redis-server"]);
        match &self.watched {
            None => {
                let bare = ["--bind", "127.0.0.1 -::1", "--save", "", "--appendonly", "no"];
                command.args(["--port", &self.port.to_string()]).args(bare);
                command.arg("--dir").arg(self.directory.path()).args(&self.settings);
            }
            Some(watched) => {
                let file = self.directory.path().join("sentinel.conf");
                if !file.exists() {
                    let own = format!("port {}\nbind 127.0.0.1\n{watched}\n", self.port);
                    std::fs::write(&file, own).expect("a file");
                }
                command.arg(file).arg("--sentinel");
            }
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("redis-server is installed");
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if child.try_wait().expect("its status").is_some() {
                return false;
            }
            // A PONG is not enough, since another server may be on this port.
            let is_ours = |connection: &mut Connection| {
                redis::cmd("INFO")
                    .arg("server")
                    .query::<String>(connection)
                    .is_ok_and(|info| info.contains(&format!("process_id:{}\r", child.id())))
            };
            if self.try_client().is_some_and(|mut connection| is_ours(&mut connection)) {
                self.process = Some(child);
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }

    pub fn runs(&self) -> bool {
        self.process.is_some()
    }

    /// Kills the server, like a power cut.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Settings for its next start.
    pub fn set(&mut self, settings: &[&str]) {
        self.settings.extend(settings.iter().map(|&setting| setting.to_owned()));
    }

    /// Starts it again on the same port, with its last save; it does not save by itself.
    pub fn restart(&mut self) {
        self.stop();
        let start = Instant::now();
        while !self.spawn() {
            assert!(start.elapsed() < PATIENCE, "the port is not given back");
        }
    }

    /// Suspends its process: the kernel accepts connections, and nothing answers.
    pub fn hang(&self) {
        self.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }

    /// The file that it saves to.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn try_client(&self) -> Option<Connection> {
        let client = redis::Client::open(self.url()).expect("a URL");
        let connection = client.get_connection_with_timeout(Duration::from_secs(1)).ok()?;
        connection.set_read_timeout(Some(PATIENCE)).ok()?;
        Some(connection)
    }

    /// A person at `redis-cli`.
    pub fn person(&self) -> Person {
        let start = Instant::now();
        // A server that changes its role closes new connections.
        loop {
            if let Some(connection) = self.try_client() {
                return Person(connection);
            }
            assert!(start.elapsed() < PATIENCE, "the server runs");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

pub struct Person(Connection);

impl Person {
    /// For commands with binary arguments.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }

    /// Runs a command as it would be typed, split at blanks.
    pub fn says<T: redis::FromRedisValue>(&mut self, command: &str) -> T {
        self.tries(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    pub fn tries<T: redis::FromRedisValue>(&mut self, command: &str) -> redis::RedisResult<T> {
        let (first, rest) = command.split_once(' ').unwrap_or((command, ""));
        let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
        redis::cmd(first).arg(words).query(&mut self.0)
    }

    /// Runs a command and ignores its reply.
    pub fn does(&mut self, command: &str) {
        let _: redis::Value = self.says(command);
    }

    /// Runs a command with any words.
    pub fn sends(&mut self, words: &[&[u8]]) {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.exec(&mut self.0).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Sets any text.
    pub fn sets(&mut self, name: &str, text: impl AsRef<[u8]>) {
        redis::cmd("SET").arg(name).arg(text.as_ref()).exec(&mut self.0).expect("SET");
    }

    pub fn gets(&mut self, name: &str) -> Option<String> {
        redis::cmd("GET").arg(name).query(&mut self.0).expect("GET")
    }

    pub fn keys(&mut self) -> Vec<String> {
        let mut keys: Vec<String> = self.says("KEYS *");
        keys.sort();
        keys
    }

    /// How often the server ran a command.
    pub fn calls(&mut self, command: &str) -> u64 {
        let info: String = self.says("INFO commandstats");
        let line = info.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.and_then(|rest| rest.split(',').next()).map_or(0, |calls| calls.parse().expect("a number"))
    }
}
