//! The address on which a server listens or to which a command connects: TCP or a Unix socket.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The default permissions of a Unix socket: its owner and its group may connect.
const MODE: u32 = 0o660;

/// A TCP address or a Unix socket. As text: `127.0.0.1:8000`, `unix:/run/tabuada/http.sock` or, with the permissions of
/// the socket's file, `unix:/run/tabuada/http.sock?mode=600`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `host:port`.
    Tcp(String),
    /// A Unix socket.
    Unix {
        /// The path of its file.
        path: PathBuf,
        /// The permissions of that file. Write permission lets a user connect.
        mode: u32,
    },
}

/// The error for a text that is not an [`Endpoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointError {
    /// It has neither form.
    Form,
    /// The port is invalid.
    Port,
    /// The permissions are invalid.
    Mode,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "expected HOST:PORT, such as 127.0.0.1:8000, or unix:/path/of/a/socket",
            Self::Port => "expected a port from 0 to 65535 behind the colon of HOST:PORT",
            Self::Mode => "expected the permissions of a Unix socket in octal digits, such as ?mode=660",
        })
    }
}

impl std::error::Error for EndpointError {}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// `:8000` means every IPv4 address of this machine.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if let Some(path) = text.strip_prefix("unix:") {
            let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
            let mode = query.map_or(Some(MODE), permissions).ok_or(EndpointError::Mode)?;
            // `unix:///run/…`, as in Redis URLs.
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(EndpointError::Form) } else { Ok(Self::Unix { path: path.into(), mode }) };
        }
        let (host, port) = text.rsplit_once(':').ok_or(EndpointError::Form)?;
        if host.contains(['/', '@']) || host.contains(char::is_whitespace) {
            return Err(EndpointError::Form);
        }
        let port: u16 = port.parse().map_err(|_| EndpointError::Port)?;
        let host = if host.is_empty() { "0.0.0.0" } else { host };
        Ok(Self::Tcp(format!("{host}:{port}")))
    }
}

/// Parses the permissions: `mode=660`.
fn permissions(query: &str) -> Option<u32> {
    let digits = query.strip_prefix("mode=")?;
    let mode = u32::from_str_radix(digits, 8).ok().filter(|_| !digits.starts_with('+'))?;
    (mode <= 0o777).then_some(mode)
}

/// Writes the address without the permissions.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(address: &str) -> Result<Endpoint, EndpointError> {
        Ok(Endpoint::Tcp(address.to_owned()))
    }

    fn unix(path: &str, mode: u32) -> Result<Endpoint, EndpointError> {
        Ok(Endpoint::Unix { path: path.into(), mode })
    }

    #[test]
    fn an_endpoint_is_an_address_or_a_socket() {
        for (text, endpoint) in [
            ("127.0.0.1:8000", tcp("127.0.0.1:8000")),
            ("localhost:0", tcp("localhost:0")),
            ("[::1]:65535", tcp("[::1]:65535")),
            (":8000", tcp("0.0.0.0:8000")),
            ("unix:/run/tabuada/http.sock", unix("/run/tabuada/http.sock", 0o660)),
            ("unix:///run/tabuada/http.sock", unix("/run/tabuada/http.sock", 0o660)),
            ("unix:http.sock?mode=600", unix("http.sock", 0o600)),
            ("unix:/a?mode=0777", unix("/a", 0o777)),
            ("", Err(EndpointError::Form)),
            ("foo", Err(EndpointError::Form)),
            ("http://127.0.0.1:8000", Err(EndpointError::Form)),
            ("127.0.0.1:", Err(EndpointError::Port)),
            ("127.0.0.1:http", Err(EndpointError::Port)),
            ("127.0.0.1:65536", Err(EndpointError::Port)),
            ("unix:", Err(EndpointError::Form)),
            ("unix:?mode=600", Err(EndpointError::Form)),
            ("unix:/a?mode=1777", Err(EndpointError::Mode)),
            ("unix:/a?mode=rw", Err(EndpointError::Mode)),
            ("unix:/a?mode=+6", Err(EndpointError::Mode)),
            ("unix:/a?", Err(EndpointError::Mode)),
            ("unix:/a?owner=root", Err(EndpointError::Mode)),
        ] {
            assert_eq!(text.parse(), endpoint, "{text}");
        }
    }

    #[test]
    fn an_endpoint_is_shown_as_it_is_written() {
        for text in ["127.0.0.1:8000", "[::1]:80", "unix:/run/tabuada/http.sock"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }
}
