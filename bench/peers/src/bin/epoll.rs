//! The least that a server on this kernel pays: one thread, epoll, a scan for the end of each request, constant bytes. It
//! reads no header but `Content-Length`, has no deadline and no limit, and is no server for anything.
//!
//!     epoll HOST:PORT      (port 0: a free one; the ready line on stderr names it)

use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n{\"resultado\":4}";

struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// The length of the first request, once it is whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let name = b"content-length:";
    let body = bytes[..head].split(|byte| *byte == b'\n').find_map(|line| {
        let value = line.get(name.len()..)?;
        line[..name.len()]
            .eq_ignore_ascii_case(name)
            .then(|| std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok())?
    });
    let whole = head + body.unwrap_or(0);
    (bytes.len() >= whole).then_some(whole)
}

impl Client {
    /// Answers what has arrived; `None` once the client is gone.
    fn answer(&mut self) -> Option<()> {
        let mut piece = [0; 16_384];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(count) => self.unread.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(()),
                Err(_) => return None,
            }
            let mut responses = Vec::new();
            while let Some(length) = whole(&self.unread) {
                self.unread.drain(..length);
                responses.extend_from_slice(RESPONSE);
            }
            self.stream.write_all(&responses).ok()?;
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: epoll HOST:PORT")?;
    let mut listener = TcpListener::bind(address.parse()?)?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, Token(0), Interest::READABLE)?;
    let (mut clients, mut events, mut next) = (HashMap::new(), Events::with_capacity(256), 1);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() != Token(0) {
                if clients.get_mut(&event.token()).and_then(Client::answer).is_none() {
                    clients.remove(&event.token());
                }
                continue;
            }
            while let Ok((mut stream, _)) = listener.accept() {
                stream.set_nodelay(true)?;
                poll.registry().register(&mut stream, Token(next), Interest::READABLE)?;
                clients.insert(Token(next), Client { stream, unread: Vec::new() });
                next += 1;
            }
        }
    }
}
