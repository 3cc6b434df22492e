//! The supervisor of one primary's connection: connects, starts tracking, proves coherence, sends heartbeats, and connects
//! again when the connection is lost.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::coherence::Coherence;
use crate::connection::{ConnectError, Connection, Endpoint};
use crate::invalidation::{Canary, Invalidation, apply_invalidations, push_handler};
use crate::link::Link;
use crate::memory::Memory;
use crate::options::Deadlines;
use crate::primaries::Primaries;
use crate::stats::{Cause, Label, State, Trouble};

/// Pauses, with a jitter of half. After any outage, the cache shall be coherent within two seconds: an attempt that
/// will fail may have begun just before the end of the outage, and takes up to one.
const CANARY_RETRY_FIRST: Duration = Duration::from_millis(250);
const CANARY_RETRY_MAX: Duration = Duration::from_millis(500);
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_millis(500);
/// The maximum number of queued invalidations, each with any number of keys.
const INVALIDATIONS_MAX: usize = 4_096;
/// A heartbeat is late after so many deadlines of a call: on a busy machine, single calls may be late.
const LATE_FACTOR: u32 = 2;
/// Names drawn for a canary until this primary holds one: with a single slot, that takes some 16,384.
const CANARY_NAMES_MAX: u32 = 200_000;

/// A pause that doubles with each failure, jittered, so that not all nodes connect at the same time.
pub(crate) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    /// The pauses between two attempts to connect.
    pub(crate) fn to_reconnect() -> Self {
        Self { next: RECONNECT_FIRST, most: RECONNECT_MAX }
    }

    fn between_canaries() -> Self {
        Self { next: CANARY_RETRY_FIRST, most: CANARY_RETRY_MAX }
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next.mul_f64(0.5 + fastrand::f64())).await;
        self.next = (self.next * 2).min(self.most);
    }
}

/// Whether a server must confirm that it is a primary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// No, since it is the only server.
    Any,
    /// Yes, since another server may have become the primary.
    Primary,
}

/// Supervises the connection to one primary.
pub(crate) struct Supervisor<V> {
    context: Context<V>,
    link: Arc<Link>,
    role: Role,
    /// Whether the server's eviction policy was checked, with warnings in the log if necessary.
    is_eviction_checked: AtomicBool,
    /// Whether the present outage is in the log.
    is_failure_logged: AtomicBool,
}

/// The parts of a cache that all its supervisors share.
pub(crate) struct Context<V> {
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) memory: Arc<Memory<V>>,
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) deadlines: Deadlines,
}

impl<V> Clone for Context<V> {
    fn clone(&self) -> Self {
        let Self { coherence, memory, primaries, deadlines } = self;
        let (coherence, memory, primaries) = (coherence.clone(), memory.clone(), primaries.clone());
        Self { coherence, memory, primaries, deadlines: *deadlines }
    }
}

impl<V: Send + Sync + 'static> Supervisor<V> {
    pub(crate) fn new(context: Context<V>, link: Arc<Link>, role: Role) -> Self {
        let (is_eviction_checked, is_failure_logged) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { context, link, role, is_eviction_checked, is_failure_logged }
    }

    /// Keeps a connection to one server. Never ends.
    pub(crate) async fn run(&self, endpoint: &Endpoint) {
        let mut backoff = Backoff::to_reconnect();
        loop {
            if self.run_connection(endpoint, std::future::pending()).await {
                backoff = Backoff::to_reconnect();
            }
            backoff.wait().await;
        }
    }

    /// One connection, from the attempt to its loss, or until `reason` ends. Gives whether it became coherent.
    pub(crate) async fn run_connection(&self, endpoint: &Endpoint, reason: impl Future<Output = Trouble>) -> bool {
        let (sender, queue) = mpsc::channel(INVALIDATIONS_MAX);
        let canary = watch::channel(Canary::default()).0;
        let (coherence, memory) = (self.context.coherence.clone(), self.context.memory.clone());
        let applying = apply_invalidations(coherence, memory, canary.clone(), queue);
        let error = tokio::select! {
            biased;
            error = self.connect_and_watch(endpoint, sender, &canary) => error,
            trouble = reason => trouble.into(),
            // Ends when the connection's task, which holds the sender, has ended.
            () = applying => Trouble::Lost.into(),
        };
        self.detach(endpoint, &error)
    }

    async fn connect_and_watch(
        &self,
        endpoint: &Endpoint,
        queue: mpsc::Sender<Invalidation>,
        canary: &watch::Sender<Canary>,
    ) -> ConnectError {
        let Context { coherence, .. } = &self.context;
        let lost = Arc::new(Notify::new());
        let connection = match endpoint.connect(push_handler(coherence.clone(), queue, lost.clone())).await {
            Ok(connection) => connection,
            Err(error) => return error,
        };
        if let Err(trouble) = self.start_tracking(&connection).await {
            return trouble.into();
        }
        // Changes before this moment were not reported; later ones are, if pushes arrive at all.
        coherence.purge(Cause::Attached);
        self.is_failure_logged.store(false, SeqCst);
        self.link.install(Some(connection.clone()));
        self.publish_state();
        let trouble = tokio::select! {
            trouble = self.prove(endpoint, &connection, canary) => trouble,
            trouble = self.heartbeat(&connection) => trouble,
            () = connection.doubted() => Trouble::Protocol,
            () = lost.notified() => Trouble::Lost,
        };
        trouble.into()
    }

    async fn start_tracking(&self, connection: &Connection) -> Result<(), Trouble> {
        if self.role == Role::Primary {
            connection.is_primary(self.context.deadlines.handshake).await?;
        }
        connection.track(self.context.coherence.namespace.prefix()).await
    }

    fn publish_state(&self) {
        self.context.coherence.publish_state(&self.context.primaries);
    }

    /// Repeats the canary until a change is reported, which makes the connection coherent. Never ends.
    async fn prove(&self, endpoint: &Endpoint, connection: &Connection, canary: &watch::Sender<Canary>) -> Trouble {
        let coherence = &self.context.coherence;
        let (mut backoff, mut is_logged) = (Backoff::between_canaries(), false);
        while let Err(trouble) = self.canary(endpoint, canary).await {
            coherence.counters.errors.add(trouble);
            let (server, trouble) = (endpoint.shown(), trouble.label());
            // Logged once for each connection, since the attempts may continue for days.
            if !std::mem::replace(&mut is_logged, true) {
                tracing::warn!(server, trouble, "changes in Redis are not reported: memory keeps for 5 s at most");
            }
            backoff.wait().await;
        }
        // Entries that were kept before the proof may have missed a change.
        coherence.purge(Cause::Attached);
        self.link.record_proof();
        self.publish_state();
        tracing::info!(server = endpoint.shown(), "coherent with Redis");
        self.check_eviction(endpoint, connection).await;
        std::future::pending().await
    }

    /// Changes a key over a second connection, since NOLOOP withholds our own changes, and waits for the push.
    async fn canary(&self, endpoint: &Endpoint, canary: &watch::Sender<Canary>) -> Result<(), Trouble> {
        let (token, name) = self.draw_canary().ok_or(Trouble::Canary)?;
        canary.send_replace(Canary { token, has_arrived: false });
        let mut arrival = canary.subscribe();
        let second = endpoint.connect(|_| {}).await.map_err(|error| error.trouble)?;
        second.touch(&name).await?;
        let arrived = arrival.wait_for(|canary| canary.has_arrived);
        match tokio::time::timeout(self.context.deadlines.handshake, arrived).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Trouble::Canary),
        }
    }

    /// A token, and a name that this primary holds; `None` if it seems to hold none.
    fn draw_canary(&self) -> Option<(String, String)> {
        let Context { coherence, primaries, .. } = &self.context;
        let draw = |_| {
            let token = format!("{:032x}", fastrand::u128(..));
            let name = coherence.namespace.canary(&token);
            (token, name)
        };
        (0..CANARY_NAMES_MAX).map(draw).find(|(_, name)| primaries.is_held_by(&self.link, name))
    }

    /// Sends heartbeats; ends when one is not answered. TCP alone does not notice a peer that vanished, and an open
    /// connection does not show that its server has become a replica.
    async fn heartbeat(&self, connection: &Connection) -> Trouble {
        let Deadlines { heartbeat, heartbeat_timeout, call, .. } = self.context.deadlines;
        // In a Cluster, a name that this primary holds; if it holds none, any name shows that its slots are not served.
        let (_, name) = self.draw_canary().unwrap_or_default();
        loop {
            tokio::time::sleep(heartbeat).await;
            let mut asking = pin!(async {
                if self.role == Role::Primary {
                    connection.is_primary(heartbeat_timeout).await?;
                }
                Ok::<_, Trouble>(connection.accepts_writes(&name, heartbeat_timeout).await)
            });
            let reply = match tokio::time::timeout(LATE_FACTOR * call, &mut asking).await {
                Ok(reply) => reply,
                Err(_) => {
                    self.context.coherence.counters.errors.add(Trouble::Timeout);
                    self.link.record_late_heartbeat();
                    asking.await
                }
            };
            match reply {
                Ok(Ok(())) => self.link.record_heartbeat(true),
                // A server that refuses is alive: a full one, or one that runs a script, still reports every change.
                Ok(Err(Trouble::ReadOnly | Trouble::Full | Trouble::Denied | Trouble::Loading | Trouble::Busy)) => {
                    self.link.record_heartbeat(false);
                }
                // Another primary holds the name now, or this name cannot be written; others perhaps can.
                Ok(Err(Trouble::Redirected | Trouble::Other)) => self.link.record_heartbeat(true),
                Ok(Err(Trouble::Timeout)) | Err(Trouble::Timeout) => return Trouble::Silent,
                Ok(Err(trouble)) | Err(trouble) => return trouble,
            }
        }
    }

    /// Since memory serves the reads, Redis does not see how often a key is used. So `volatile-*` evicts the wrong
    /// keys, and without a memory limit Redis grows without end.
    async fn check_eviction(&self, endpoint: &Endpoint, connection: &Connection) {
        if self.is_eviction_checked.load(SeqCst) {
            return;
        }
        let Some(eviction) = connection.eviction().await else { return };
        self.is_eviction_checked.store(true, SeqCst);
        let (server, policy) = (endpoint.shown(), eviction.policy.as_str());
        if eviction.bytes_max == 0 {
            tracing::warn!(server, "Redis has no maxmemory: what is remembered may fill the machine");
        }
        if policy.starts_with("volatile-") {
            tracing::warn!(server, policy, "maxmemory-policy evicts only what has a ttl: allkeys-lfu is recommended");
        }
    }

    /// Handles the loss of a connection, or that none was made. Gives whether it had been coherent.
    fn detach(&self, endpoint: &Endpoint, error: &ConnectError) -> bool {
        let coherence = &self.context.coherence;
        let was = self.link.state();
        let (server, trouble, reason) = (endpoint.shown(), error.trouble.label(), error.reason.as_str());
        // Before the state, whose event names the reason.
        coherence.note_failure(&server, reason);
        self.link.install(None);
        self.publish_state();
        if was != State::Detached {
            coherence.purge(Cause::Detached);
            tracing::warn!(server, trouble, "the connection to Redis is lost: memory keeps for 5 s at most");
        } else if self.is_failure_logged.swap(true, SeqCst) {
            tracing::debug!(server, trouble, reason, "Redis cannot be reached");
        } else {
            tracing::warn!(server, trouble, reason, "Redis cannot be reached: memory keeps for 5 s at most");
        }
        // The topology may have changed.
        self.context.primaries.doubt();
        // Last, so that a reader of the counter finds everything above done.
        coherence.counters.errors.add(error.trouble);
        was == State::Coherent
    }
}
