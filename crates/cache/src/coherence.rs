//! Forget these keys, or all: how what Redis tells reaches memory, and when memory may be trusted.
//! The states, and what leads from one to another, are drawn in the crate's own page.
//!
//! *Generations* are what everything that takes time is checked against. One counts purges, 4,096 more count changes of
//! the keys that hash to each. A [`Licence`] is a snapshot of two of them; if either moved, what was begun under it is
//! neither kept nor written without a second look. The order is always: raise the generation, pass the door, take the
//! entry out; and whoever puts one in compares and puts behind the door: one of the two always sees the other, and what
//! was forgotten is not answered from for a moment longer.
//!
//! Who waits for a key to move is woken after that.
//!
//! The connection's own task only ever raises the purge generation, wakes who waits, or queues a message: no lock that a
//! request holds for long, no waiting, no work that grows with the message. A queue that overflows is a purge.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use redis::{PushInfo, PushKind, Value};
use tokio::sync::{Notify, mpsc, watch};

use crate::key::{Key, KeyRef, Name, Namespace};
use crate::memory::Memory;
use crate::options::Deadlines;
use crate::redis::{Connection, Endpoint, Link};
use crate::stats::{Cause, Counters, Label, State, Trouble};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use crate::sync::{Mutex, MutexGuard};

/// Few for the checker, which makes them anew for each order that it tries.
const SHARDS: usize = if cfg!(shuttle) { 4 } else { 4_096 };
/// Shards share bells, for a bell takes more room than a number: who is woken for nothing sees it and waits on.
const BELLS: usize = if cfg!(shuttle) { 2 } else { 64 };
const CANARY_AGAIN_FIRST: Duration = Duration::from_millis(500);
const CANARY_AGAIN_MAX: Duration = Duration::from_secs(8);
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_secs(1);
/// Messages, each with any number of keys, that may wait to be followed.
const MESSAGES_MAX: usize = 4_096;
/// Keys forgotten between two chances for other tasks.
const KEYS_AT_ONCE: usize = 256;

/// A snapshot of the purge generation and of one shard's, taken before what it is to license begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Licence {
    pub(crate) purge: u64,
    shard: usize,
    changes: u64,
}

struct Generations {
    purge: AtomicU64,
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Generations {
    fn new() -> Self {
        let changes = (0..SHARDS).map(|_| AtomicU64::new(0)).collect();
        Self { purge: AtomicU64::new(0), changes, hasher: RandomState::new() }
    }

    fn shard(&self, key: KeyRef<'_>) -> usize {
        // The remainder is below SHARDS.
        (self.hasher.hash_one(key) % SHARDS as u64) as usize
    }

    fn licence(&self, key: &Key) -> Licence {
        let shard = self.shard(key.as_ref());
        Licence { purge: self.purge.load(SeqCst), shard, changes: self.changes[shard].load(SeqCst) }
    }

    fn moved(&self, licence: Licence) -> bool {
        self.purge.load(SeqCst) != licence.purge || self.changes[licence.shard].load(SeqCst) != licence.changes
    }

    /// Gives the shard.
    fn change(&self, key: KeyRef<'_>) -> usize {
        let shard = self.shard(key);
        self.changes[shard].fetch_add(1, SeqCst);
        shard
    }
}

/// Keys that changed, as Redis named them.
pub(crate) struct Changed {
    names: Vec<Value>,
    arrived: Instant,
}

#[derive(Default)]
struct Canary {
    token: String,
    is_heard: bool,
}

/// What ties memory to Redis.
pub(crate) struct Coherence {
    generations: Generations,
    state: watch::Sender<State>,
    namespace: Namespace,
    counters: Arc<Counters>,
    /// The canary that is listened for. Every node hears every node's: one right behind ours must not hide it.
    canary: watch::Sender<Canary>,
    /// Room can be freed: something was purged.
    purged: Notify,
    /// Rung when something moves, for those who wait for it.
    bells: Box<[Notify]>,
    /// Held by whoever puts something into memory, from comparing until it is in; passed through by whoever follows a
    /// change, from raising the generation until the entry is taken out.
    doors: Box<[Mutex<()>]>,
    waiters: AtomicU64,
}

/// Counts one who waits, for as long as it does.
struct Waiter<'a>(&'a AtomicU64);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Coherence {
    pub(crate) fn new(namespace: Namespace, state: State, counters: Arc<Counters>) -> Self {
        Self {
            generations: Generations::new(),
            state: watch::channel(state).0,
            namespace,
            counters,
            canary: watch::channel(Canary::default()).0,
            purged: Notify::new(),
            bells: (0..BELLS).map(|_| Notify::new()).collect(),
            doors: (0..BELLS).map(|_| Mutex::new(())).collect(),
            waiters: AtomicU64::new(0),
        }
    }

    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Waits until memory is as coherent as it can be.
    pub(crate) async fn ready(&self) {
        // The sender is in self: it cannot go.
        let _ = self.state.subscribe().wait_for(|state| matches!(state, State::Memory | State::Coherent)).await;
    }

    /// From now on this canary is heard, and no other.
    fn listen_for(&self, token: &str) -> watch::Receiver<Canary> {
        self.canary.send_replace(Canary { token: token.to_owned(), is_heard: false });
        self.canary.subscribe()
    }

    pub(crate) fn purge_generation(&self) -> u64 {
        self.generations.purge.load(SeqCst)
    }

    pub(crate) fn licence(&self, key: &Key) -> Licence {
        self.generations.licence(key)
    }

    pub(crate) fn moved(&self, licence: Licence) -> bool {
        self.generations.moved(licence)
    }

    /// Puts something into memory, unless something moved. Comparing alone would not do: what is put in behind the
    /// comparison, and behind the removal of what changed in between, would be answered from.
    pub(crate) fn unless_moved<T>(&self, licence: Licence, put: impl FnOnce() -> T) -> Option<T> {
        let _door = self.door(licence.shard);
        (!self.moved(licence)).then(put)
    }

    // What is put in under it is whole or not there: a panic leaves nothing to be mended.
    fn door(&self, shard: usize) -> MutexGuard<'_, ()> {
        self.doors[shard % BELLS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something moves, which may have been before this was called.
    pub(crate) async fn movement(&self, licence: Licence) {
        self.waiters.fetch_add(1, SeqCst);
        let _waiter = Waiter(&self.waiters);
        loop {
            // It hears all that is rung from now on, so that nothing is missed between the comparison and the waiting.
            let rung = self.bell(licence.shard).notified();
            if self.moved(licence) {
                return;
            }
            rung.await;
        }
    }

    /// Those who wait for something to move.
    pub(crate) fn waiters(&self) -> u64 {
        self.waiters.load(SeqCst)
    }

    fn bell(&self, shard: usize) -> &Notify {
        &self.bells[shard % BELLS]
    }

    /// Forgets everything: from here on nothing kept, begun or queued before is served, kept or written.
    fn purge(&self, cause: Cause) {
        self.generations.purge.fetch_add(1, SeqCst);
        self.counters.forgotten.add(cause);
        self.purged.notify_one();
        self.bells.iter().for_each(Notify::notify_waiters);
    }

    /// The last word: nothing follows Redis any more.
    pub(crate) fn close(&self) {
        if self.state() != State::Memory {
            self.enter(State::Detached);
            self.purge(Cause::Detached);
        }
    }

    fn enter(&self, state: State) {
        self.state.send_replace(state);
    }

    /// What the connection's own task calls for each push: constant work, no waiting, no panic.
    pub(crate) fn ear(
        self: &Arc<Self>,
        changes: mpsc::Sender<Changed>,
        lost: Arc<Notify>,
    ) -> impl Fn(PushInfo) + use<> {
        let coherence = Arc::clone(self);
        move |push| {
            let arrived = Instant::now();
            match push.kind {
                PushKind::Invalidate => match keys(push.data) {
                    Some(names) => {
                        if changes.try_send(Changed { names, arrived }).is_err() {
                            coherence.purge(Cause::Overflow);
                            coherence.counters.silenced(arrived.elapsed());
                        }
                    }
                    None => {
                        coherence.purge(Cause::Flush);
                        coherence.counters.silenced(arrived.elapsed());
                    }
                },
                PushKind::Disconnection => {
                    // Memory is silent at once; the keeper sees to the rest.
                    coherence.generations.purge.fetch_add(1, SeqCst);
                    lost.notify_one();
                }
                // Not ours to be broken, but whoever says so reports no more changes.
                PushKind::Other(kind) if kind == "tracking-redir-broken" => lost.notify_one(),
                _ => {}
            }
        }
    }
}

/// The keys of an invalidation, every one of them; `None` means all: what is null, and what cannot be understood.
fn keys(data: Vec<Value>) -> Option<Vec<Value>> {
    match <[Value; 1]>::try_from(data) {
        Ok([Value::Array(names)]) if !names.is_empty() => Some(names),
        _ => None,
    }
}

/// Follows the changes that Redis reports, in their order: each key's generation, then its entry.
pub(crate) async fn follow<V>(coherence: Arc<Coherence>, memory: Arc<Memory<V>>, mut changes: mpsc::Receiver<Changed>) {
    while let Some(Changed { names, arrived }) = changes.recv().await {
        let mut is_ours = false;
        for (n, name) in names.iter().enumerate() {
            if n % KEYS_AT_ONCE == KEYS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let name = match name {
                Value::BulkString(name) => coherence.namespace.read(name),
                Value::SimpleString(name) => coherence.namespace.read(name.as_bytes()),
                _ => {
                    coherence.purge(Cause::Flush);
                    continue;
                }
            };
            match name {
                Some(Name::Answer(key)) => {
                    let shard = coherence.generations.change(key);
                    // Who compared before that has put its entry in by now.
                    drop(coherence.door(shard));
                    memory.remove(key);
                    coherence.bell(shard).notify_waiters();
                    coherence.counters.forgotten.add(Cause::Key);
                    is_ours = true;
                }
                Some(Name::Canary(token)) => {
                    coherence.canary.send_if_modified(|canary| {
                        let is_it = canary.token == token;
                        canary.is_heard |= is_it;
                        is_it
                    });
                }
                // Somebody else's key under our prefix.
                None => {}
            }
        }
        if is_ours {
            coherence.counters.silenced(arrived.elapsed());
        }
    }
}

/// Frees the room behind each purge. A sweep holds locks for some time: not on a thread that requests share.
pub(crate) async fn sweep<V: Send + Sync + 'static>(coherence: Arc<Coherence>, memory: Arc<Memory<V>>) {
    loop {
        coherence.purged.notified().await;
        let (memory, purge) = (memory.clone(), coherence.purge_generation());
        // It fails only if the runtime ends, and this task with it.
        let _ = tokio::task::spawn_blocking(move || memory.sweep(purge, Instant::now())).await;
    }
}

/// Keeps a connection: makes it, proves it, watches it, and makes another when it is lost. Never ends by itself.
pub(crate) async fn keep_connected<V: Send + Sync + 'static>(
    coherence: Arc<Coherence>,
    memory: Arc<Memory<V>>,
    endpoint: Endpoint,
    link: Arc<Link>,
    deadlines: Deadlines,
) {
    let keeper = Keeper { coherence, endpoint, link, deadlines, is_eviction_known: AtomicBool::new(false) };
    let mut pause = RECONNECT_FIRST;
    loop {
        let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
        let following = follow(keeper.coherence.clone(), memory.clone(), receiver);
        let trouble = tokio::select! {
            biased;
            trouble = keeper.serve_one_connection(sender) => trouble,
            // Ends when the connection's task, which holds the sender, has.
            () = following => Trouble::Lost,
        };
        if keeper.detach(trouble) {
            pause = RECONNECT_FIRST;
        }
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
        pause = (pause * 2).min(RECONNECT_MAX);
    }
}

struct Keeper {
    coherence: Arc<Coherence>,
    endpoint: Endpoint,
    link: Arc<Link>,
    deadlines: Deadlines,
    /// How the server makes room was looked at, and warned of if need be.
    is_eviction_known: AtomicBool,
}

impl Keeper {
    /// One connection from its making to its loss.
    async fn serve_one_connection(&self, changes: mpsc::Sender<Changed>) -> Trouble {
        let lost = Arc::new(Notify::new());
        let ear = self.coherence.ear(changes, lost.clone());
        let connection = match self.endpoint.connect(ear).await {
            Ok(connection) => connection,
            Err(trouble) => return trouble,
        };
        if let Err(trouble) = connection.track(self.coherence.namespace.prefix()).await {
            return trouble;
        }
        // Armed. What changed before this was not reported; what changes from now on is, if pushes arrive at all.
        self.coherence.purge(Cause::Attached);
        self.link.install(Some(connection.clone()));
        self.coherence.enter(State::CatchingUp);
        tokio::select! {
            trouble = self.prove(&connection) => trouble,
            trouble = heartbeat(&connection, self.deadlines) => trouble,
            () = connection.doubted() => Trouble::Protocol,
            () = lost.notified() => Trouble::Lost,
        }
    }

    /// Tries until a change is reported; coherent from then on. Never ends by itself.
    async fn prove(&self, connection: &Connection) -> Trouble {
        let mut pause = CANARY_AGAIN_FIRST;
        while let Err(trouble) = self.canary().await {
            self.coherence.counters.errors.add(trouble);
            let (server, trouble) = (self.endpoint.shown(), trouble.label());
            tracing::warn!(server, trouble, "changes in Redis are not reported: memory keeps for 5 s at most");
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            pause = (pause * 2).min(CANARY_AGAIN_MAX);
        }
        // What was kept while it was not known whether changes are reported is not vouched for.
        self.coherence.purge(Cause::Attached);
        self.coherence.enter(State::Coherent);
        tracing::info!(server = self.endpoint.shown(), "coherent with Redis");
        self.look_at_eviction(connection).await;
        std::future::pending().await
    }

    /// Changes a key over a second connection, for NOLOOP keeps our own changes from us, and waits for the report.
    async fn canary(&self) -> Result<(), Trouble> {
        let token = format!("{:032x}", fastrand::u128(..));
        let mut heard = self.coherence.listen_for(&token);
        let passing = self.endpoint.connect(|_| {}).await?;
        passing.touch(&self.coherence.namespace.canary(&token)).await?;
        match tokio::time::timeout(self.deadlines.handshake, heard.wait_for(|canary| canary.is_heard)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Trouble::Canary),
        }
    }

    /// Memory serves the reads, so that Redis never sees how often a key is used: volatile-* and no bound do badly.
    async fn look_at_eviction(&self, connection: &Connection) {
        if self.is_eviction_known.load(SeqCst) {
            return;
        }
        let Some(eviction) = connection.eviction().await else { return };
        self.is_eviction_known.store(true, SeqCst);
        let (server, policy) = (self.endpoint.shown(), eviction.policy.as_str());
        if eviction.bytes_max == 0 {
            tracing::warn!(server, "Redis has no maxmemory: what is remembered may fill the machine");
        }
        if policy.starts_with("volatile-") {
            tracing::warn!(server, policy, "maxmemory-policy evicts only what has a ttl: allkeys-lfu is recommended");
        }
    }

    /// The connection is gone, or was never made; whether it had come to be coherent.
    fn detach(&self, trouble: Trouble) -> bool {
        let was = self.coherence.state();
        self.link.install(None);
        self.coherence.enter(State::Detached);
        let (server, label) = (self.endpoint.shown(), trouble.label());
        if was == State::Detached {
            tracing::debug!(server, trouble = label, "Redis cannot be reached");
        } else {
            self.coherence.purge(Cause::Detached);
            tracing::warn!(server, trouble = label, "the connection to Redis is lost: memory keeps for 5 s at most");
        }
        // Last: who reads that it is counted finds it done.
        self.coherence.counters.errors.add(trouble);
        was == State::Coherent
    }
}

/// Asks for a sign of life; ends when there is none. TCP alone does not notice a peer that vanished.
async fn heartbeat(connection: &Connection, deadlines: Deadlines) -> Trouble {
    loop {
        tokio::time::sleep(deadlines.heartbeat).await;
        match connection.ping(deadlines.silence).await {
            Ok(()) => {}
            Err(Trouble::Timeout) => return Trouble::Silent,
            Err(trouble) => return trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coherence() -> Arc<Coherence> {
        let namespace = Namespace::new("tabuada").unwrap();
        Arc::new(Coherence::new(namespace, State::Coherent, Arc::new(Counters::new())))
    }

    fn push(kind: PushKind, data: Vec<Value>) -> PushInfo {
        PushInfo { kind, data }
    }

    fn changed(names: &[&str]) -> PushInfo {
        let names = names.iter().map(|name| Value::BulkString(name.as_bytes().to_vec())).collect();
        push(PushKind::Invalidate, vec![Value::Array(names)])
    }

    fn key(text: &str) -> Key {
        Key::new("1", text)
    }

    /// The cache reads no slower than Redis reports, or it forgets everything (pitfalls 15 and 16 of the survey).
    #[test]
    fn a_queue_that_overflows_is_a_purge() {
        let coherence = coherence();
        let (sender, mut queue) = mpsc::channel(2);
        let ear = coherence.ear(sender, Arc::default());
        let licence = coherence.licence(&key("9"));
        ear(changed(&["tabuada:1:1"]));
        ear(changed(&["tabuada:1:2", "tabuada:1:3"]));
        assert!(!coherence.moved(licence));
        ear(changed(&["tabuada:1:4"]));
        assert!(coherence.moved(licence), "whatever was not queued is forgotten with everything else");
        assert_eq!(coherence.counters.forgotten.read()[Cause::Overflow as usize].count, 1);
        let queued: Vec<usize> = std::iter::from_fn(|| queue.try_recv().ok()).map(|it| it.names.len()).collect();
        assert_eq!(queued, [1, 2]);
    }

    #[test]
    fn a_lost_connection_silences_memory_before_anybody_sees_to_it() {
        let coherence = coherence();
        let (sender, _queue) = mpsc::channel(2);
        let ear = coherence.ear(sender, Arc::default());
        let licence = coherence.licence(&key("9"));
        ear(push(PushKind::Disconnection, vec![]));
        assert!(coherence.moved(licence));
    }

    #[tokio::test]
    async fn a_key_that_is_followed_moves_its_shard_alone_and_goes_from_memory() {
        let (coherence, memory) = (coherence(), Arc::new(Memory::new(1 << 20)));
        // The first key whose shard is another's: which it is, chance decides.
        let shard = |text: &str| coherence.generations.shard(key(text).as_ref());
        let other = (0..).map(|n| format!("{n}")).find(|text| shard(text) != shard("2+2")).unwrap();
        for text in ["2+2", &other] {
            memory.insert(&key(text), Arc::new(4), 8, None, coherence.purge_generation());
        }
        let licences = [coherence.licence(&key("2+2")), coherence.licence(&key(&other))];
        let (sender, queue) = mpsc::channel(2);
        let ear = coherence.ear(sender, Arc::default());
        let heard = coherence.listen_for("7f");
        ear(changed(&["tabuada::canary:7f", "tabuada:1:2+2"]));
        drop(ear);
        follow(coherence.clone(), memory.clone(), queue).await;
        assert_eq!(licences.map(|licence| coherence.moved(licence)), [true, false]);
        assert!(!memory.contains(&key("2+2")) && memory.contains(&key(&other)));
        assert!(heard.borrow().is_heard);
        assert_eq!(coherence.counters.forget_seconds().count(), 1);
    }

    /// A server that comes back is greeted by all its nodes at once.
    #[tokio::test]
    async fn a_canary_is_heard_though_another_nodes_comes_right_behind() {
        let (coherence, memory) = (coherence(), Arc::new(Memory::<u32>::new(0)));
        let (sender, queue) = mpsc::channel(2);
        let ear = coherence.ear(sender, Arc::default());
        let heard = coherence.listen_for("ours");
        ear(changed(&["tabuada::canary:ours", "tabuada::canary:theirs"]));
        ear(changed(&["tabuada::canary:others"]));
        drop(ear);
        follow(coherence, memory, queue).await;
        assert!(heard.borrow().is_heard);
    }

    #[tokio::test]
    async fn ready_is_told_to_who_waits() {
        let coherence = coherence();
        coherence.enter(State::Detached);
        let waiting = tokio::spawn({
            let coherence = coherence.clone();
            async move { coherence.ready().await }
        });
        coherence.enter(State::CatchingUp);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        coherence.enter(State::Coherent);
        waiting.await.unwrap();
    }
}
