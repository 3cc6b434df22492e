//! A TCP proxy that can delay, cut, hang, refuse and garble, and that can drop the pushes of a server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::fake::frame_len;

const TICK: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Faults {
    /// The port of the server that new connections lead to.
    port: AtomicU16,
    /// Delay of the server's messages.
    delay_ms: AtomicU64,
    /// Nothing passes, but no connection is closed.
    hang: AtomicBool,
    /// New connections are closed at once.
    refuse: AtomicBool,
    /// Pushes are dropped.
    swallow: AtomicBool,
    /// The server's messages arrive garbled.
    garble: AtomicBool,
    /// Half of the next message passes, then the connection is closed.
    cut_inside: AtomicBool,
    /// Connections older than this are closed.
    cuts: AtomicU64,
    accepted: AtomicU64,
    ended: AtomicBool,
}

pub struct Proxy {
    address: SocketAddr,
    faults: Arc<Faults>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    accepting: Option<JoinHandle<()>>,
}

impl Proxy {
    pub fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a setting");
        let address = listener.local_addr().expect("its address");
        let (faults, threads) = (Arc::new(Faults::default()), Arc::new(Mutex::new(Vec::new())));
        faults.port.store(port, SeqCst);
        let (for_accepting, for_threads) = (faults.clone(), threads.clone());
        let accepting = std::thread::spawn(move || {
            while !for_accepting.ended.load(SeqCst) {
                match listener.accept() {
                    Ok((client, _)) => accept(client, &for_accepting, &for_threads),
                    Err(_) => std::thread::sleep(TICK),
                }
            }
        });
        Self { address, faults, threads, accepting: Some(accepting) }
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Leads new connections to another server, and leaves the others as they are.
    pub fn lead_to(&self, port: u16) {
        self.faults.port.store(port, SeqCst);
    }

    pub fn delay(&self, delay: Duration) {
        self.faults.delay_ms.store(delay.as_millis() as u64, SeqCst);
    }

    pub fn hang(&self, yes: bool) {
        self.faults.hang.store(yes, SeqCst);
    }

    pub fn refuse(&self, yes: bool) {
        self.faults.refuse.store(yes, SeqCst);
    }

    pub fn swallow_pushes(&self, yes: bool) {
        self.faults.swallow.store(yes, SeqCst);
    }

    /// Passes garbage instead of the server's messages.
    pub fn garble(&self, yes: bool) {
        self.faults.garble.store(yes, SeqCst);
    }

    /// Closes a connection in the middle of the next message.
    pub fn cut_inside(&self) {
        self.faults.cut_inside.store(true, SeqCst);
    }

    /// Whether no connection was closed so yet.
    pub fn is_to_cut_inside(&self) -> bool {
        self.faults.cut_inside.load(SeqCst)
    }

    /// Closes all connections.
    pub fn cut(&self) {
        self.faults.cuts.fetch_add(1, SeqCst);
    }

    /// The number of connections accepted so far.
    pub fn accepted(&self) -> u64 {
        self.faults.accepted.load(SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.faults.ended.store(true, SeqCst);
        self.accepting.take().map(JoinHandle::join);
        for thread in self.threads.lock().expect("no panic").drain(..) {
            let _ = thread.join();
        }
    }
}

fn accept(client: TcpStream, faults: &Arc<Faults>, threads: &Mutex<Vec<JoinHandle<()>>>) {
    faults.accepted.fetch_add(1, SeqCst);
    if faults.refuse.load(SeqCst) {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", faults.port.load(SeqCst))) else { return };
    for stream in [&client, &server] {
        // An accepted socket may inherit the listener's mode.
        stream.set_nonblocking(false).expect("a setting");
        stream.set_read_timeout(Some(TICK)).expect("a setting");
        stream.set_nodelay(true).expect("a setting");
    }
    let born = faults.cuts.load(SeqCst);
    let clones = (client.try_clone().expect("a clone"), server.try_clone().expect("a clone"));
    let mut threads = threads.lock().expect("no panic");
    let (up, down) = (faults.clone(), faults.clone());
    threads.push(std::thread::spawn(move || pass(client, server, &up, born, false)));
    threads.push(std::thread::spawn(move || pass(clones.1, clones.0, &down, born, true)));
}

/// Passes bytes one way until either end closes.
fn pass(mut from: TcpStream, mut to: TcpStream, faults: &Faults, born: u64, from_server: bool) {
    let (mut waiting, mut buffer) = (Vec::new(), [0; 64 << 10]);
    loop {
        if faults.ended.load(SeqCst) || faults.cuts.load(SeqCst) != born {
            break;
        }
        if faults.hang.load(SeqCst) {
            std::thread::sleep(TICK);
            continue;
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => waiting.extend_from_slice(&buffer[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        }
        if from_server {
            std::thread::sleep(Duration::from_millis(faults.delay_ms.load(SeqCst)));
        }
        // The proxy may have begun to hang while these bytes were read or delayed.
        while faults.hang.load(SeqCst) && !faults.ended.load(SeqCst) && faults.cuts.load(SeqCst) == born {
            std::thread::sleep(TICK);
        }
        let passing = if from_server && faults.swallow.load(SeqCst) {
            without_pushes(&mut waiting)
        } else {
            std::mem::take(&mut waiting)
        };
        if from_server && faults.garble.load(SeqCst) {
            let _ = to.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            continue;
        }
        if from_server && passing.len() > 1 && faults.cut_inside.swap(false, SeqCst) {
            let _ = to.write_all(&passing[..passing.len() / 2]);
            break;
        }
        if to.write_all(&passing).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Takes the complete messages out of the buffer, and drops the pushes.
fn without_pushes(waiting: &mut Vec<u8>) -> Vec<u8> {
    let mut passing = Vec::new();
    while let Some(len) = frame_len(waiting) {
        let frame: Vec<u8> = waiting.drain(..len).collect();
        if frame[0] != b'>' {
            passing.extend(frame);
        }
    }
    passing
}
