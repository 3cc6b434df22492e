//! Listeners: a TCP port, or a Unix socket.
//!
//! A Unix socket is a file. The file of a server that has died is replaced, that of a running server never is, and ours
//! is removed when we stop listening. Its permissions are set before anybody can connect.

use std::fs::{self, Permissions};
use std::net::IpAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use crate::endpoint::Endpoint;

/// The backlog of a Unix socket: as long as the one that the library requests for TCP.
const BACKLOG: i32 = 1_024;

/// A connection.
pub(super) type Stream = Either<TcpStream, UnixStream>;

/// A socket that accepts connections.
#[derive(Debug)]
pub enum Listener {
    /// A port.
    Tcp(TcpListener),
    /// A socket in the file system.
    Unix(UnixListener, Option<SocketFile>),
}

impl Listener {
    /// Listens at an address.
    ///
    /// # Errors
    ///
    /// Those of the system; for a Unix socket, that another file is there or that a server listens there.
    pub async fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        let bound = match endpoint {
            Endpoint::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            Endpoint::Unix { path, mode } => bind_file(path, *mode),
        };
        bound.map_err(|error| io::Error::new(error.kind(), format!("{endpoint}: {error}")))
    }

    /// Uses a port that listens already.
    pub(crate) fn tcp(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener).map(Self::Tcp)
    }

    /// Uses a Unix socket that listens already. Its file belongs to its creator.
    pub(crate) fn unix(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Unix(UnixListener::from_std(listener)?, None))
    }

    /// The next connection, and the address of its client, if it has one.
    pub(super) fn poll_accept(&self, task: &mut Context<'_>) -> Poll<io::Result<(Stream, Option<IpAddr>)>> {
        Poll::Ready(Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = ready!(listener.poll_accept(task))?;
                (Either::Left(stream), Some(address.ip()))
            }
            Self::Unix(listener, _) => (Either::Right(ready!(listener.poll_accept(task))?.0), None),
        }))
    }

    /// Whether only this machine reaches it.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp(listener) => listener.local_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback()),
            Self::Unix(..) => true,
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

/// As it is written where a client asks for it: `http://127.0.0.1:8000`, `unix:/run/tabuada/http.sock`.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => write!(f, "http://{address}"),
                Err(_) => f.write_str("http://?"),
            },
            Self::Unix(listener, _) => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                write!(f, "unix:{}", path.unwrap_or(Path::new("?")).display())
            }
        }
    }
}

/// The file of our Unix socket. It is removed on drop, unless another has replaced it.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// The device and the inode of the file.
    is: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|is| is == self.is) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

fn bind_file(path: &Path, mode: u32) -> io::Result<Listener> {
    let address = SockAddr::unix(path)?;
    let socket = || {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true).map(|()| socket)
    };
    remove_stale(path, || socket()?.connect(&address))?;
    let listener = socket()?;
    listener.bind(&address)?;
    let file = SocketFile { path: std::path::absolute(path)?, is: identity(path)? };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    listener.listen(BACKLOG)?;
    Ok(Listener::Unix(UnixListener::from_std(listener.into())?, Some(file)))
}

/// Removes the socket of a server that has died: connecting to it fails.
fn remove_stale(path: &Path, connect: impl Fn() -> io::Result<()>) -> io::Result<()> {
    const LIVING: &str = "a server listens there already";
    let taken = |why: &str| Err(io::Error::new(io::ErrorKind::AddrInUse, why.to_owned()));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(file) if !file.file_type().is_socket() => return taken("there is a file that is no socket"),
        Ok(_) => {}
    }
    match connect() {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // Its backlog is full.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => taken(LIVING),
        Err(error) => Err(error),
        Ok(()) => taken(LIVING),
    }
}
