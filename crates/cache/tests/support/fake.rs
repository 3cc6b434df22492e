//! A scripted server, for replies that a real one never sends. It stores texts and knows the few commands that the
//! cache uses; a script may reply to any command differently, or not at all.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(5);

pub const HELLO_3: &[u8] =
    b"%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:3\r\n";
/// The push of a FLUSHALL, with a null instead of names.
pub const FLUSH: &[u8] = b">2\r\n$10\r\ninvalidate\r\n_\r\n";

/// `None` for the usual reply; otherwise these bytes, which may be empty.
pub type Script = dyn Fn(&[String]) -> Option<Vec<u8>> + Send + Sync;

struct Shared {
    script: Box<Script>,
    texts: Mutex<HashMap<String, Vec<u8>>>,
    /// Connections with tracking.
    trackers: Mutex<Vec<TcpStream>>,
    commands: Mutex<Vec<Vec<String>>>,
    /// Held while a message is written, so that messages do not mix.
    writing: Mutex<()>,
    ended: AtomicBool,
}

pub struct Fake {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Fake {
    pub fn start(script: impl Fn(&[String]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a setting");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            script: Box::new(script),
            texts: Mutex::default(),
            trackers: Mutex::default(),
            commands: Mutex::default(),
            writing: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let for_accepting = shared.clone();
        let accepting = std::thread::spawn(move || {
            let mut threads = Vec::new();
            while !for_accepting.ended.load(SeqCst) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let shared = for_accepting.clone();
                        threads.push(std::thread::spawn(move || serve(stream, &shared)));
                    }
                    Err(_) => std::thread::sleep(TICK),
                }
            }
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every command received.
    pub fn commands(&self) -> Vec<Vec<String>> {
        self.shared.commands.lock().expect("no panic").clone()
    }

    /// Sends these bytes to every connection with tracking.
    pub fn says(&self, bytes: &[u8]) {
        self.shared.tell(bytes);
    }

    /// Reports that these keys changed, in one push.
    pub fn reports(&self, names: &[&str]) {
        self.says(&invalidation(names));
    }

    /// The number of commands received with this first word, in capitals.
    pub fn received(&self, command: &str) -> usize {
        self.shared.commands.lock().expect("no panic").iter().filter(|words| words[0] == command).count()
    }

    /// The commands received for a name, each as one text.
    pub fn received_for(&self, command: &str, name: &str) -> Vec<String> {
        let commands = self.shared.commands.lock().expect("no panic");
        let ours = commands.iter().filter(|words| words[0] == command && words.get(1).is_some_and(|word| word == name));
        ours.map(|words| words.join(" ")).collect()
    }

    /// Removes a text without a push.
    pub fn removes(&self, name: &str) {
        self.shared.texts.lock().expect("no panic").remove(name);
    }

    pub fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.shared.texts.lock().expect("no panic").get(name).cloned()
    }

    /// Sets a text without a push.
    pub fn puts(&self, name: &str, text: &[u8]) {
        self.shared.texts.lock().expect("no panic").insert(name.to_owned(), text.to_vec());
    }
}

impl Shared {
    fn tell(&self, bytes: &[u8]) {
        for tracker in &*self.trackers.lock().expect("no panic") {
            // Some connections may be closed already.
            let _ = self.write(tracker, bytes);
        }
    }

    fn write(&self, mut stream: &TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        let _writing = self.writing.lock().expect("no panic");
        stream.write_all(bytes)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        self.accepting.take().map(JoinHandle::join);
    }
}

pub fn invalidation(names: &[&str]) -> Vec<u8> {
    let mut push = format!(">2\r\n$10\r\ninvalidate\r\n*{}\r\n", names.len());
    for name in names {
        push += &format!("${}\r\n{name}\r\n", name.len());
    }
    push.into_bytes()
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    stream.set_nonblocking(false).expect("a setting");
    stream.set_read_timeout(Some(TICK)).expect("a setting");
    stream.set_nodelay(true).expect("a setting");
    let (mut waiting, mut buffer) = (Vec::new(), [0; 64 << 10]);
    while !shared.ended.load(SeqCst) {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => waiting.extend_from_slice(&buffer[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => return,
        }
        while let Some(len) = frame_len(&waiting) {
            let frame: Vec<u8> = waiting.drain(..len).collect();
            let mut words = words(&frame);
            words[0].make_ascii_uppercase();
            shared.commands.lock().expect("no panic").push(words.clone());
            let reply = (shared.script)(&words).unwrap_or_else(|| reply(&words, &stream, shared));
            if shared.write(&stream, &reply).is_err() {
                return;
            }
        }
    }
}

fn reply(words: &[String], stream: &TcpStream, shared: &Shared) -> Vec<u8> {
    let mut texts = shared.texts.lock().expect("no panic");
    let bulk = |text: &[u8]| [format!("${}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat();
    match words[0].as_str() {
        "HELLO" => HELLO_3.to_vec(),
        "CLIENT" if words[1] == "TRACKING" => {
            shared.trackers.lock().expect("no panic").push(stream.try_clone().expect("a clone"));
            b"+OK\r\n".to_vec()
        }
        "PING" => b"+PONG\r\n".to_vec(),
        "ROLE" => b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n".to_vec(),
        "SETRANGE" => b":0\r\n".to_vec(),
        "GETRANGE" => bulk(texts.get(&words[1]).map_or(&b""[..], Vec::as_slice)),
        "PTTL" if texts.contains_key(&words[1]) => b":-1\r\n".to_vec(),
        "PTTL" => b":-2\r\n".to_vec(),
        "SET" => {
            let present = texts.contains_key(&words[1]);
            let has = |word: &str| words[3..].iter().any(|given| given == word);
            if has("NX") && present || has("XX") && !present {
                return b"_\r\n".to_vec();
            }
            texts.insert(words[1].clone(), words[2].clone().into_bytes());
            if words[1].contains("::") {
                shared.tell(&invalidation(&[&words[1]]));
            }
            b"+OK\r\n".to_vec()
        }
        "DEL" | "UNLINK" => format!(":{}\r\n", u8::from(texts.remove(&words[1]).is_some())).into_bytes(),
        "INFO" => bulk(b"maxmemory:1\r\nmaxmemory_policy:allkeys-lfu\r\n"),
        "SELECT" | "CLIENT" => b"+OK\r\n".to_vec(),
        _ => b"-ERR unknown command\r\n".to_vec(),
    }
}

/// The words of a command: an array of texts.
fn words(frame: &[u8]) -> Vec<String> {
    let mut rest = &frame[line_end(frame).expect("a line")..];
    let mut words = Vec::new();
    while !rest.is_empty() {
        let start = line_end(rest).expect("a line");
        let len = frame_len(rest).expect("a whole text");
        words.push(String::from_utf8_lossy(&rest[start..len - 2]).into_owned());
        rest = &rest[len..];
    }
    words
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\r\n").map(|at| at + 2)
}

/// The length of the first complete message, in either protocol; `None` if it is incomplete.
pub fn frame_len(bytes: &[u8]) -> Option<usize> {
    let line = line_end(bytes)?;
    let number = || std::str::from_utf8(&bytes[1..line - 2]).ok()?.parse::<i64>().ok();
    let parts = match bytes[0] {
        b'$' | b'=' | b'!' => {
            let len = usize::try_from(number()?).map_or(line, |len| line + len + 2);
            return (bytes.len() >= len).then_some(len);
        }
        b'*' | b'>' | b'~' => number()?,
        b'%' => 2 * number()?,
        b'|' => 2 * number()? + 1,
        _ => return Some(line),
    };
    let mut len = line;
    for _ in 0..parts {
        len += frame_len(&bytes[len..])?;
    }
    Some(len)
}
