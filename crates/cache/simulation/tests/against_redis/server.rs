//! A real server, and connections to it that speak RESP3.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tabuada_simulation::redis::{Command, Message, Reply};

/// A process that ends with this value.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
}

/// The servers that are installed: `redis-server`, and Valkey's.
pub(crate) fn programs() -> Vec<&'static str> {
    let runs = |program: &&str| Process::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    let found: Vec<&str> = ["redis-server", "valkey-server"].into_iter().filter(runs).collect();
    assert!(!found.is_empty(), "redis-server is not installed");
    found
}

impl Server {
    /// Starts a server that expires keys only when they are used.
    pub(crate) fn start(program: &str) -> Self {
        Self::with(program, &["--port", "0"])
    }

    pub(crate) fn with(program: &str, options: &[&str]) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("tabuada-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        let process = Process::new(program)
            .args([
                "--save",
                "",
                "--appendonly",
                "no",
                "--enable-debug-command",
                "yes",
                "--unixsocket",
                "socket",
                "--dir",
            ])
            .arg(&folder)
            .args(options)
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        let server = Self { process, folder };
        while UnixStream::connect(server.folder.join("socket")).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.connect().says(&["DEBUG", "SET-ACTIVE-EXPIRE", "0"]);
        server
    }

    /// Lets a save fail, so that writes are refused while `stop-writes-on-bgsave-error` is `yes`.
    pub(crate) fn fails_to_save(&self) {
        std::fs::create_dir(self.folder.join("dump.rdb")).expect("a folder in place of the file");
        let mut person = self.connect();
        person.says(&["CONFIG", "SET", "save", "1000000 1000000", "stop-writes-on-bgsave-error", "no"]);
        person.says(&["BGSAVE"]);
        while !text(&person.says(&["INFO", "persistence"])).contains("rdb_last_bgsave_status:err") {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn connect(&self) -> Connection {
        self.dial()()
    }

    /// Makes connections as long as the server runs.
    pub(crate) fn dial(&self) -> impl Fn() -> Connection + 'static {
        let socket = self.folder.join("socket");
        move || Connection { stream: BufReader::new(UnixStream::connect(&socket).expect("the server accepts")) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) struct Connection {
    stream: BufReader<UnixStream>,
}

impl Connection {
    pub(crate) fn send(&mut self, commands: &[Command]) {
        let bytes: Vec<u8> = commands.iter().flat_map(|command| packed(&command.words())).collect();
        self.stream.get_mut().write_all(&bytes).expect("the server reads");
    }

    pub(crate) fn send_words(&mut self, commands: &[&[&str]]) {
        let words =
            |command: &&[&str]| packed(&command.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>());
        let bytes: Vec<u8> = commands.iter().flat_map(words).collect();
        self.stream.get_mut().write_all(&bytes).expect("the server reads");
    }

    /// The reply to one command; what is pushed before it is not returned.
    pub(crate) fn says(&mut self, command: &[&str]) -> Reply {
        self.send_words(&[command]);
        loop {
            if let Message::Reply(reply) = self.receive() {
                return reply;
            }
        }
    }

    pub(crate) fn receive(&mut self) -> Message {
        read(&mut self.stream)
    }

    /// Whether nothing has arrived.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.stream.get_ref().set_nonblocking(true).expect("an option of the socket");
        let silent = matches!(self.stream.fill_buf(), Err(error) if error.kind() == ErrorKind::WouldBlock);
        self.stream.get_ref().set_nonblocking(false).expect("an option of the socket");
        silent
    }

    /// Waits until the server has closed this connection.
    pub(crate) fn is_closed(&mut self) {
        assert_eq!(self.stream.read_to_end(&mut Vec::new()).unwrap_or(0), 0);
    }
}

fn packed(words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend(word);
        bytes.extend(b"\r\n");
    }
    bytes
}

fn read(stream: &mut impl BufRead) -> Message {
    let line = line(stream);
    if !line.starts_with('>') {
        return Message::Reply(reply(stream, &line));
    }
    let Reply::List(items) = reply(stream, &line) else { panic!("a push is a list") };
    match &items[1] {
        Reply::Null => Message::Flushed,
        Reply::List(names) => Message::Changed(names.iter().map(|name| text(name).into()).collect()),
        other => panic!("a push of {other:?}"),
    }
}

pub(crate) fn text(reply: &Reply) -> String {
    match reply {
        Reply::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

fn reply(stream: &mut impl BufRead, line: &str) -> Reply {
    let rest = &line[1..];
    let number = || rest.parse::<i64>().expect("a number");
    let mut items = |count: i64| {
        (0..count)
            .map(|_| {
                let line = self::line(stream);
                reply(stream, &line)
            })
            .collect()
    };
    match line.as_bytes()[0] {
        b'+' => Reply::Status(
            ["OK", "PONG", "QUEUED", "RESET"].into_iter().find(|it| rest.split(' ').next() == Some(*it)).unwrap_or("?"),
        ),
        b'-' => Reply::Error(rest.to_owned()),
        b':' => Reply::Int(number()),
        b'_' => Reply::Null,
        b'$' | b'*' if number() < 0 => Reply::Null,
        b'*' | b'~' | b'>' => Reply::List(items(number())),
        b'%' => Reply::List(items(2 * number())),
        b'$' => {
            let mut bytes = vec![0; usize::try_from(number()).expect("a length") + 2];
            stream.read_exact(&mut bytes).expect("a text");
            bytes.truncate(bytes.len() - 2);
            Reply::Bytes(bytes.into())
        }
        other => panic!("unexpected type {}", char::from(other)),
    }
}

fn line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).expect("a line");
    line.trim_end_matches(['\r', '\n']).to_owned()
}
