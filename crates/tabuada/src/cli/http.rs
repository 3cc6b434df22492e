//! A minimal HTTP client for the commands: one request and one response, each over a new connection.

use std::io::{self, Read, Write};
use std::net::ToSocketAddrs;
use std::time::Duration;

use socket2::{SockAddr, Socket, Type};

use crate::endpoint::{Endpoint, EndpointError};
use crate::words::{Language, of_system, said};

/// The time limit for connecting and for sending.
const PATIENCE: Duration = Duration::from_secs(1);

/// The maximum of bytes read from a response.
const ANSWER_BYTES: u64 = 64 << 20;

/// A request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    /// `host:port` or `unix:/path`.
    pub(super) address: &'r str,
    pub(super) method: &'r str,
    /// Path and query, percent-encoded.
    pub(super) target: &'r str,
    pub(super) token: Option<&'r str>,
    /// The time limit for each piece of the response.
    pub(super) patience: Duration,
    /// The language of the response and of error messages.
    pub(super) language: Language,
}

/// A response.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// The address of a server written as `http://host:port`, `host:port` or `unix:/path`; `None` if it has none of these
/// forms.
pub(super) fn address_of(server: &str) -> Option<String> {
    if server.starts_with("unix:") {
        return Some(server.to_owned());
    }
    let host = match server.split_once("://") {
        None => server,
        Some((scheme, rest)) => scheme.eq_ignore_ascii_case("http").then_some(rest)?,
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    if host.is_empty() || host.contains(['/', '?', '#', '@']) || host.contains(char::is_whitespace) {
        return None;
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Some(if has_port { host.to_owned() } else { format!("{host}:80") })
}

/// The address of this listener as seen from this machine: loopback for a listener on all addresses.
pub(super) fn on_this_machine(listen: &Endpoint) -> String {
    match listen {
        Endpoint::Tcp(address) => match address.rsplit_once(':') {
            Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
            Some(("[::]", port)) => format!("[::1]:{port}"),
            _ => address.clone(),
        },
        Endpoint::Unix { .. } => listen.to_string(),
    }
}

/// Sends the request. An error is a message in the request's language.
pub(super) fn ask(request: Request<'_>) -> Result<Answer, String> {
    let Request { address, language, patience, .. } = request;
    match exchange(request) {
        Ok(answer) => parse(&answer).ok_or_else(|| said::NOT_HTTP.with(language, &[&address])),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Err(said::NO_ANSWER_IN_TIME.with(language, &[&address, &patience.as_secs()]))
        }
        Err(error) => Err(said::NO_ANSWER.with(language, &[&address, &of_system(error, language)])),
    }
}

/// One request and its whole response. HTTP/1.0, in which the end of the connection ends the body.
fn exchange(request: Request<'_>) -> io::Result<String> {
    let Request { address, method, target, token, patience, language } = request;
    let mut stream = connect(address)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let authorization = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let host = if address.starts_with("unix:") { "localhost" } else { address };
    let tag = if language == Language::Portuguese { "pt-BR" } else { "en" };
    let head = format!("{method} {target} HTTP/1.0\r\nHost: {host}\r\nAccept-Language: {tag}\r\n{authorization}\r\n");
    stream.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_a_port_or_a_socket() {
        for (server, address) in [
            ("http://127.0.0.1:8000", Some("127.0.0.1:8000")),
            ("http://localhost:8000/", Some("localhost:8000")),
            ("HTTP://localhost:1", Some("localhost:1")),
            ("localhost:1", Some("localhost:1")),
            ("http://[::1]:8000", Some("[::1]:8000")),
            ("http://example.org", Some("example.org:80")),
            ("http://[::1]", Some("[::1]:80")),
            ("unix:/run/a.sock", Some("unix:/run/a.sock")),
            ("https://localhost", None),
            ("http://localhost/v1", None),
            ("http://a@b", None),
            ("http://", None),
            ("", None),
        ] {
            assert_eq!(address_of(server).as_deref(), address, "{server}");
        }
    }

    #[test]
    fn all_addresses_of_a_machine_are_reached_on_loopback() {
        for (listen, address) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            (":8000", "127.0.0.1:8000"),
            ("[::]:9000", "[::1]:9000"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("unix:/run/a.sock", "unix:/run/a.sock"),
        ] {
            assert_eq!(on_this_machine(&listen.parse().unwrap()), address);
        }
    }
}
