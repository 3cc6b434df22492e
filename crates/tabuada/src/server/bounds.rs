//! What clients may take of a server at most: connections, bytes of a head, time. Of a body's size says
//! [`body`](crate::server::body).

use std::time::Duration;

use crate::peer::Share;

/// The bounds of one server. Those of everyday use are its default; tests have shorter ones.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Connections at once, of each listener; more wait in the system's queue. An idle one costs some 10 KiB.
    pub connections: usize,
    /// How many of them one peer may have.
    pub peer_share: Share,
    /// How long a connection may be idle between two requests; past it the connection is closed.
    pub idle_time: Duration,
    /// Time for a request's head to arrive, counted from its first byte, or from the beginning of the connection; past it
    /// the connection is closed.
    pub head_time: Duration,
    /// Largest head of a request; beyond it the answer is 431.
    pub head_bytes: usize,
    /// Time for a body to arrive; past it the answer is 408. Whoever drips it holds one connection, and no thread, for as
    /// long.
    pub body_time: Duration,
    /// How long a client may take nothing of an answer; past it the connection is closed.
    pub write_time: Duration,
    /// How long, after the signal to stop, requests are still taken, so that balancers see that we go: readiness says so,
    /// and each answer closes its connection.
    pub drain_time: Duration,
    /// How long what is in flight may go on after that.
    pub stop_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 8_192,
            peer_share: Share::default(),
            // Longer than the 60 s for which proxies keep theirs, so that it is not us who closes under a request.
            idle_time: Duration::from_secs(75),
            head_time: Duration::from_secs(30),
            head_bytes: 64 << 10,
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            drain_time: Duration::ZERO,
            // Containers are killed after 10 s.
            stop_time: Duration::from_secs(8),
        }
    }
}
