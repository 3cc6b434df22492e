//! As much of a client of HTTP as the commands need: one request, one answer, over a connection of its own.

use std::io::{self, Read, Write};
use std::net::ToSocketAddrs;
use std::time::Duration;

use socket2::{SockAddr, Socket, Type};

use crate::endpoint::{Endpoint, EndpointError};

/// How long connecting may take, and sending.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most of an answer that is read, in bytes.
const ANSWER_BYTES: u64 = 64 << 20;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'q> {
    /// `host:port` or `unix:/path`.
    pub(super) address: &'q str,
    pub(super) method: &'q str,
    /// Path and query, encoded.
    pub(super) target: &'q str,
    pub(super) token: Option<&'q str>,
    /// How long each piece of the answer may take.
    pub(super) patience: Duration,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Asks. The version is HTTP/1.0, in which a body ends where the connection does.
pub(super) fn ask(question: Question<'_>) -> io::Result<Answer> {
    let Question { address, method, target, token, patience } = question;
    let mut stream = connect(address)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let authorization = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let host = if address.starts_with("unix:") { "localhost" } else { address };
    let head = format!("{method} {target} HTTP/1.0\r\nHost: {host}\r\n{authorization}\r\n");
    stream.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    parse(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP"))
}

fn connect(address: &str) -> io::Result<Socket> {
    let endpoint =
        address.parse().map_err(|error: EndpointError| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let addresses: Vec<SockAddr> = match endpoint {
        Endpoint::Tcp(address) => address.to_socket_addrs()?.map(SockAddr::from).collect(),
        Endpoint::Unix { path, .. } => vec![SockAddr::unix(path)?],
    };
    let mut error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let socket = Socket::new(address.domain(), Type::STREAM, None)?;
        match socket.connect_timeout(&address, PATIENCE) {
            Ok(()) => return Ok(socket),
            Err(refused) => error = refused,
        }
    }
    Err(error)
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.get(..3)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}
