//! One primary's connection, from its making to its loss: made, armed, proven, watched.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::coherence::Coherence;
use crate::connection::{Connection, Endpoint, Refused};
use crate::memory::Memory;
use crate::options::Deadlines;
use crate::primaries::Primaries;
use crate::pushes::{Canary, Changed, ear, follow};
use crate::redis::Link;
use crate::stats::{Cause, Label, State, Trouble};

/// Half as long again, at most, with chance. After any outage, however long, all is to be well within two seconds: an
/// attempt that will fail may have begun just before, and takes up to one.
const CANARY_AGAIN_FIRST: Duration = Duration::from_millis(250);
const CANARY_AGAIN_MAX: Duration = Duration::from_millis(500);
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_millis(500);
/// Messages, each with any number of keys, that may wait to be followed.
const MESSAGES_MAX: usize = 4_096;
/// A sign of life is late after so many times what a call may take: a busy machine is late itself now and then.
const LATE: u32 = 2;
/// Names that are drawn for a canary until one is this primary's: a primary with a single slot needs some 16,384.
const NAMES_MAX: u32 = 200_000;

/// A pause that grows while it is in vain, at random, so that not all nodes come at once.
pub(crate) struct Pause {
    next: Duration,
    most: Duration,
}

impl Pause {
    /// Between two attempts at a connection.
    pub(crate) fn to_reconnect() -> Self {
        Self { next: RECONNECT_FIRST, most: RECONNECT_MAX }
    }

    fn between_canaries() -> Self {
        Self { next: CANARY_AGAIN_FIRST, most: CANARY_AGAIN_MAX }
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next.mul_f64(0.5 + fastrand::f64())).await;
        self.next = (self.next * 2).min(self.most);
    }
}

/// Whether a server has to say that it is a primary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is the only one there is.
    Any,
    /// Others may have taken its place.
    Primary,
}

/// What keeps the connection to one primary.
pub(crate) struct Keeper<V> {
    common: Common<V>,
    link: Arc<Link>,
    role: Role,
    /// How the server makes room was looked at, and warned of if need be.
    is_eviction_known: AtomicBool,
    /// That it cannot be reached was said, and it has not been reached since.
    is_despaired_of: AtomicBool,
}

/// What all keepers of a cache share.
pub(crate) struct Common<V> {
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) memory: Arc<Memory<V>>,
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) deadlines: Deadlines,
}

impl<V> Clone for Common<V> {
    fn clone(&self) -> Self {
        let Self { coherence, memory, primaries, deadlines } = self;
        let (coherence, memory, primaries) = (coherence.clone(), memory.clone(), primaries.clone());
        Self { coherence, memory, primaries, deadlines: *deadlines }
    }
}

impl<V: Send + Sync + 'static> Keeper<V> {
    pub(crate) fn new(common: Common<V>, link: Arc<Link>, role: Role) -> Self {
        let (is_eviction_known, is_despaired_of) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { common, link, role, is_eviction_known, is_despaired_of }
    }

    /// Keeps a connection to one server for ever: makes it, and makes another when it is lost.
    pub(crate) async fn keep(&self, endpoint: &Endpoint) {
        let mut pause = Pause::to_reconnect();
        loop {
            if self.serve(endpoint, std::future::pending()).await {
                pause = Pause::to_reconnect();
            }
            pause.wait().await;
        }
    }

    /// One connection, from its making to its loss, or until something else is a reason to leave it. Gives whether it had
    /// come to be coherent.
    pub(crate) async fn serve(&self, endpoint: &Endpoint, reason: impl Future<Output = Trouble>) -> bool {
        let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
        let canary = watch::channel(Canary::default()).0;
        let following = follow(self.common.coherence.clone(), self.common.memory.clone(), canary.clone(), receiver);
        let refused = tokio::select! {
            biased;
            refused = self.make_and_watch(endpoint, sender, &canary) => refused,
            trouble = reason => trouble.into(),
            // Ends when the connection's task, which holds the sender, has.
            () = following => Trouble::Lost.into(),
        };
        self.detach(endpoint, &refused)
    }

    async fn make_and_watch(
        &self,
        endpoint: &Endpoint,
        changes: mpsc::Sender<Changed>,
        canary: &watch::Sender<Canary>,
    ) -> Refused {
        let Common { coherence, .. } = &self.common;
        let lost = Arc::new(Notify::new());
        let connection = match endpoint.connect(ear(coherence.clone(), changes, lost.clone())).await {
            Ok(connection) => connection,
            Err(refused) => return refused,
        };
        if let Err(trouble) = self.arm(&connection).await {
            return trouble.into();
        }
        // Armed. What changed before this was not reported; what changes from now on is, if pushes arrive at all.
        coherence.purge(Cause::Attached);
        self.is_despaired_of.store(false, SeqCst);
        self.link.install(Some(connection.clone()));
        self.tell_state();
        let trouble = tokio::select! {
            trouble = self.prove(endpoint, &connection, canary) => trouble,
            trouble = self.heartbeat(&connection) => trouble,
            () = connection.doubted() => Trouble::Protocol,
            () = lost.notified() => Trouble::Lost,
        };
        trouble.into()
    }

    async fn arm(&self, connection: &Connection) -> Result<(), Trouble> {
        if self.role == Role::Primary {
            connection.is_primary(self.common.deadlines.handshake).await?;
        }
        connection.track(self.common.coherence.namespace.prefix()).await
    }

    fn tell_state(&self) {
        self.common.coherence.tell_state(&self.common.primaries);
    }

    /// Tries until a change is reported; coherent from then on. Never ends by itself.
    async fn prove(&self, endpoint: &Endpoint, connection: &Connection, canary: &watch::Sender<Canary>) -> Trouble {
        let coherence = &self.common.coherence;
        let (mut pause, mut was_said) = (Pause::between_canaries(), false);
        while let Err(trouble) = self.canary(endpoint, canary).await {
            coherence.counters.errors.add(trouble);
            let (server, trouble) = (endpoint.shown(), trouble.label());
            // Once for each connection: it may go on for days.
            if !std::mem::replace(&mut was_said, true) {
                tracing::warn!(server, trouble, "changes in Redis are not reported: memory keeps for 5 s at most");
            }
            pause.wait().await;
        }
        // What was kept while it was not known whether changes are reported is not vouched for.
        coherence.purge(Cause::Attached);
        self.link.is_now_proven();
        self.tell_state();
        tracing::info!(server = endpoint.shown(), "coherent with Redis");
        self.look_at_eviction(endpoint, connection).await;
        std::future::pending().await
    }

    /// Changes a key over a second connection, for NOLOOP keeps our own changes from us, and waits for the report.
    async fn canary(&self, endpoint: &Endpoint, canary: &watch::Sender<Canary>) -> Result<(), Trouble> {
        let (token, name) = self.draw_canary().ok_or(Trouble::Canary)?;
        canary.send_replace(Canary { token, is_heard: false });
        let mut heard = canary.subscribe();
        let passing = endpoint.connect(|_| {}).await.map_err(|refused| refused.trouble)?;
        passing.touch(&name).await?;
        let heard = heard.wait_for(|canary| canary.is_heard);
        match tokio::time::timeout(self.common.deadlines.handshake, heard).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Trouble::Canary),
        }
    }

    /// A token and a name that this primary holds; `None` if it seems to hold none.
    fn draw_canary(&self) -> Option<(String, String)> {
        let Common { coherence, primaries, .. } = &self.common;
        let draw = |_| {
            let token = format!("{:032x}", fastrand::u128(..));
            let name = coherence.namespace.canary(&token);
            (token, name)
        };
        (0..NAMES_MAX).map(draw).find(|(_, name)| primaries.is_held_by(&self.link, name))
    }

    /// Asks for a sign of life; ends when there is none. TCP alone does not notice a peer that vanished, nor does a
    /// connection that is kept tell that its server follows another by now.
    async fn heartbeat(&self, connection: &Connection) -> Trouble {
        let Deadlines { heartbeat, silence, call, .. } = self.common.deadlines;
        // In a Cluster a name of its own, as far as is known; any other answers as well where its slot is not served.
        let (_, name) = self.draw_canary().unwrap_or_default();
        loop {
            tokio::time::sleep(heartbeat).await;
            let mut asking = pin!(async {
                if self.role == Role::Primary {
                    connection.is_primary(silence).await?;
                }
                Ok::<_, Trouble>(connection.takes_writes(&name, silence).await)
            });
            let sign = match tokio::time::timeout(LATE * call, &mut asking).await {
                Ok(sign) => sign,
                Err(_) => {
                    self.common.coherence.counters.errors.add(Trouble::Timeout);
                    self.link.is_late();
                    asking.await
                }
            };
            match sign {
                Ok(Ok(())) => self.link.gives_sign(true),
                // Whoever refuses is there: a server that is full or runs a script still reports every change.
                Ok(Err(Trouble::ReadOnly | Trouble::Full | Trouble::Denied | Trouble::Loading | Trouble::Busy)) => {
                    self.link.gives_sign(false);
                }
                // The name is another primary's by now, or not to be written so: that says nothing of other names.
                Ok(Err(Trouble::Redirected | Trouble::Other)) => self.link.gives_sign(true),
                Ok(Err(Trouble::Timeout)) | Err(Trouble::Timeout) => return Trouble::Silent,
                Ok(Err(trouble)) | Err(trouble) => return trouble,
            }
        }
    }

    /// Memory serves the reads, so that Redis never sees how often a key is used: volatile-* and no bound do badly.
    async fn look_at_eviction(&self, endpoint: &Endpoint, connection: &Connection) {
        if self.is_eviction_known.load(SeqCst) {
            return;
        }
        let Some(eviction) = connection.eviction().await else { return };
        self.is_eviction_known.store(true, SeqCst);
        let (server, policy) = (endpoint.shown(), eviction.policy.as_str());
        if eviction.bytes_max == 0 {
            tracing::warn!(server, "Redis has no maxmemory: what is remembered may fill the machine");
        }
        if policy.starts_with("volatile-") {
            tracing::warn!(server, policy, "maxmemory-policy evicts only what has a ttl: allkeys-lfu is recommended");
        }
    }

    /// The connection is gone, or was never made; whether it had come to be coherent.
    fn detach(&self, endpoint: &Endpoint, refused: &Refused) -> bool {
        let coherence = &self.common.coherence;
        let was = self.link.state();
        self.link.install(None);
        self.tell_state();
        let (server, trouble, reason) = (endpoint.shown(), refused.trouble.label(), refused.reason.as_str());
        coherence.note_failure(&server, reason);
        if was != State::Detached {
            coherence.purge(Cause::Detached);
            tracing::warn!(server, trouble, "the connection to Redis is lost: memory keeps for 5 s at most");
        } else if self.is_despaired_of.swap(true, SeqCst) {
            tracing::debug!(server, trouble, reason, "Redis cannot be reached");
        } else {
            tracing::warn!(server, trouble, reason, "Redis cannot be reached: memory keeps for 5 s at most");
        }
        // What does not answer as it did may not be what it was.
        self.common.primaries.doubt();
        // Last: who reads that it is counted finds it done.
        coherence.counters.errors.add(refused.trouble);
        was == State::Coherent
    }
}
