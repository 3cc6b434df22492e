//! Limits on what clients may use of a server: connections, bytes of a head, time. [`body`](crate::server::body) has
//! the limits of a body.

use std::time::Duration;

use crate::peer::Share;

/// The limits of one server. The defaults are for production; tests use shorter ones.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Connections at once, for each listener. More wait in the system's queue. An idle one costs some 10 KiB.
    pub connections: usize,
    /// How many of them one peer may have.
    pub peer_share: Share,
    /// How long a connection may be idle between two requests; past it the connection is closed.
    pub idle_time: Duration,
    /// Time for the head of a request to arrive, from its first byte or from the start of the connection. After it the
    /// connection is closed.
    pub head_time: Duration,
    /// Largest head of a request. A larger one is answered with 431.
    pub head_bytes: usize,
    /// Time for a body to arrive; after it the answer is 408. A client that sends slowly holds one connection for that
    /// time, and no thread.
    pub body_time: Duration,
    /// How long a client may read nothing of an answer. After it the connection is closed.
    pub write_time: Duration,
    /// How long requests are still accepted after the stop signal, so that load balancers notice: readiness is 503, and
    /// each answer closes its connection.
    pub drain_time: Duration,
    /// How long requests in flight may go on after that.
    pub stop_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 8_192,
            peer_share: Share::default(),
            // Longer than the 60 s for which proxies keep theirs, so that the server does not close a connection under
            // a request.
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
