//! A node: the machines of the protocol as they are, and a driver that does what the real one does, in a drawn order.
//!
//! Each [`Item`] is what one wake-up of a task does. Items are taken when they are due; while the node is off the
//! processor they pile up, and are then taken in a drawn order (those of one socket, and those of the queue of
//! invalidations, in theirs).

mod calls;
mod flights;
mod supervisor;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::chance::Chance;
use crate::laws::{Given, Law, Origin};
use crate::network::ConnectionId;
use crate::people::KeyId;
use crate::protocol::flight::{BRIEF, Event as FlightEvent, Now};
use crate::protocol::hit::{Validity, may_answer, nanos};
use crate::protocol::link::{Event as LinkEvent, Machine, Settings, Status, Timer, Trust};
use crate::protocol::version::{Moment, VersionStamp};
use crate::redis::{Message, Name};
use crate::trouble::Trouble;
use crate::world::{Event, MICROS, MILLIS, Outside, SECOND, Time};
pub(crate) use calls::{Call, CallId};
pub(crate) use flights::{Behind, Caller, Known, Led};

/// A rule of the driver that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// An announced flight answers each caller that joins it.
    AnnouncedAnswersAll,
    /// A sign of life is dated by its reply.
    SignDatedByReply,
    /// The null of a flush wakes no waiter.
    NullSleeps,
    /// A cheap value is compared when it is queued, and not when it is sent.
    ComparesWhenQueued,
    /// A value is put into memory without a comparison of its stamp.
    KeepsBlindly,
    /// A node's own deletion is no invalidation.
    OwnDeletionUnnoticed,
    /// Memory is believed without a sign of life.
    BelievesForEver,
    /// Final writes create what is absent.
    WritesPlainly,
    /// A flight ends with the caller that began it.
    EndsWithItsCaller,
    /// Memory is cleared before Redis is, and not once more afterwards.
    ClearsMemoryOnce,
    /// The refusal of a node with lower limits is an answer for all.
    TakesRefusals,
    /// A demoted primary is stayed with.
    StaysWithReplica,
    /// What was looked up at a replica is kept, and permits a write.
    TrustsReplicas,
}

impl Plant {
    pub const ALL: [Self; 13] = [
        Self::AnnouncedAnswersAll,
        Self::SignDatedByReply,
        Self::NullSleeps,
        Self::ComparesWhenQueued,
        Self::KeepsBlindly,
        Self::OwnDeletionUnnoticed,
        Self::BelievesForEver,
        Self::WritesPlainly,
        Self::EndsWithItsCaller,
        Self::ClearsMemoryOnce,
        Self::TakesRefusals,
        Self::StaysWithReplica,
        Self::TrustsReplicas,
    ];
}

/// A process that has ended sleeps for ever.
pub(crate) const DOWN: Time = Time::MAX;
pub(crate) const CALL: Time = 50 * MILLIS;
pub(crate) const HANDSHAKE: Time = SECOND;
const LEASE: Duration = Duration::from_secs(3);
pub(crate) const LIFETIME: Duration = Duration::from_secs(86_400);
const SETTINGS: Settings = Settings {
    heartbeat: Duration::from_millis(100),
    late: Duration::from_millis(100),
    belief: Duration::from_millis(300),
    is_role_watched: false,
};

/// A monotonic clock that drifts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    millionths: u64,
}

impl Clock {
    pub(crate) fn read(self, now: Time) -> Moment {
        Moment::from_nanos(now + now / 1_000_000 * self.millionths)
    }

    /// When this clock shows `moment`, or a little later.
    fn time(self, moment: Moment) -> Time {
        let nanos = u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX / 2);
        nanos - nanos / (1_000_000 + self.millionths) * self.millionths + 1
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A message is in a socket.
    Readable(ConnectionId),
    /// The queue of invalidations has something.
    Apply,
    /// What the flight waits for has happened; the number is that of its step.
    Flight(KeyId, u64, Box<FlightEvent<Lease>>),
    /// The patience of a flight ends, if it still waits in this step.
    Patience(KeyId, u64),
    /// A caller's task begins or goes on.
    Caller(u64),
    /// A caller has computed for itself.
    Aside(u64, Option<usize>),
    CallDeadline(CallId),
    /// An event of the supervisor, and the number of its attempt to connect.
    Link(u64, Box<LinkEvent<Trouble>>),
    LinkTimer(u64, Timer),
    /// The writer looks into its queue.
    WriteBehind,
    /// A command that nobody waits for is sent.
    Behind(Box<Behind>),
    RetryRemoval(KeyId),
    CanaryDeadline(u64),
    /// The attempt to connect with this number has taken too long.
    HandshakeDeadline(u64),
}

/// A lease: the node, its boot, a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lease(pub(crate) String);

/// What arrives at a socket.
#[derive(Clone, Debug)]
pub(crate) enum Arrival {
    Connected,
    /// With the number of purges that were executed when it was sent.
    Message(Message, usize),
    Closed,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kept: Validity,
    at: Time,
    value: usize,
    since: usize,
    /// `None` if Redis is not known to hold it.
    upkeep: Option<Upkeep>,
}

/// When Redis is to be told that a key is in use, and whether it may be prolonged.
#[derive(Clone, Copy, Debug)]
struct Upkeep {
    at: Moment,
    is_renewable: bool,
}

#[derive(Clone, Debug)]
enum Queued {
    Changed(Vec<Name>, usize),
    Answered(Box<LinkEvent<Trouble>>),
}

pub(crate) struct Node {
    pub(crate) id: usize,
    pub(crate) boot: u32,
    pub(crate) chance: Chance,
    pub(crate) clock: Clock,
    pub(crate) asleep_until: Time,
    pub(crate) fails_until: Time,
    purge: u64,
    changes: Vec<u64>,
    memory: BTreeMap<KeyId, Entry>,
    pub(crate) flights: BTreeMap<KeyId, Led>,
    flights_ever: u64,
    leases: u32,
    pub(crate) callers: BTreeMap<u64, Caller>,
    write_behind: VecDeque<Behind>,
    is_writer_awake: bool,
    behind_in_flight: usize,
    bucket_full_at: Time,
    /// Removals that an operator requested and Redis has not confirmed.
    pending_removals: BTreeSet<KeyId>,
    /// What a clear in progress has removed, and the purges that were executed then.
    told_by_clear: Vec<(KeyId, usize)>,
    machine: Machine<Trouble>,
    pub(crate) status: Status,
    timers: BTreeMap<usize, u64>,
    timers_ever: u64,
    attempt: u64,
    main: Option<ConnectionId>,
    canary: Option<(ConnectionId, Name)>,
    canaries: u64,
    is_canary_heard: bool,
    is_connecting: bool,
    pub(crate) inboxes: BTreeMap<ConnectionId, VecDeque<Arrival>>,
    invalidations: VecDeque<Queued>,
    calls: BTreeMap<CallId, Call>,
    calls_ever: u64,
    outstanding: BTreeMap<ConnectionId, VecDeque<(CallId, usize)>>,
    breaker: calls::Breaker,
    refuses: BTreeSet<bool>,
    /// Purges of each key that this node has been told of.
    told: Vec<usize>,
    is_told_coherent: bool,
}

impl Node {
    pub(crate) fn new(id: usize, boot: u32, outside: &Outside) -> Self {
        let plan = &outside.plan;
        let mut chance = Chance::stream(plan.seed, "node", (id as u64) << 8 | u64::from(boot));
        chance.is_calm = plan.is_calm;
        Self {
            id,
            boot,
            clock: Clock { millionths: chance.below(100) },
            chance,
            asleep_until: 0,
            fails_until: 0,
            purge: 0,
            changes: vec![0; plan.shards],
            memory: BTreeMap::new(),
            flights: BTreeMap::new(),
            flights_ever: 0,
            leases: 0,
            callers: BTreeMap::new(),
            write_behind: VecDeque::new(),
            is_writer_awake: false,
            behind_in_flight: 0,
            bucket_full_at: 0,
            pending_removals: BTreeSet::new(),
            told_by_clear: Vec::new(),
            machine: Machine::new(Settings { is_role_watched: plan.is_watched, ..SETTINGS }),
            status: Status::detached(),
            timers: BTreeMap::new(),
            timers_ever: 0,
            attempt: 0,
            main: None,
            canary: None,
            canaries: 0,
            is_canary_heard: false,
            is_connecting: false,
            inboxes: BTreeMap::new(),
            invalidations: VecDeque::new(),
            calls: BTreeMap::new(),
            calls_ever: 0,
            outstanding: BTreeMap::new(),
            breaker: calls::Breaker::default(),
            refuses: BTreeSet::new(),
            told: vec![0; plan.keys.len()],
            is_told_coherent: false,
        }
    }

    /// Whether the process has ended, and is to start again.
    pub(crate) fn is_down(&self) -> bool {
        self.asleep_until == DOWN
    }

    pub(crate) fn label(&self) -> char {
        label(self.id)
    }

    /// What one wake-up does.
    pub(crate) fn take(&mut self, item: Item, outside: &mut Outside) {
        match item {
            Item::Readable(connection) => self.read(connection, outside),
            Item::Apply => self.apply_next(outside),
            Item::Flight(key, step, event) => self.advance(key, step, *event, outside),
            Item::Patience(key, step) => self.patience_ends(key, step, outside),
            Item::Caller(caller) => self.ask(caller, outside),
            Item::Aside(caller, value) => self.end_aside(caller, value, outside),
            Item::CallDeadline(call) => self.call_is_late(call, outside),
            Item::Link(attempt, event) if attempt == self.attempt => self.link(*event, outside),
            Item::Link(..) => {}
            Item::LinkTimer(number, timer) => {
                if self.timers.get(&(timer as usize)) == Some(&number) {
                    self.timers.remove(&(timer as usize));
                    self.link(LinkEvent::Rang(timer), outside);
                }
            }
            Item::RetryRemoval(key) => self.remove(key, outside),
            Item::WriteBehind => self.write_behind(outside),
            Item::Behind(behind) => self.execute_behind(*behind, outside),
            Item::CanaryDeadline(number) => self.canary_is_late(number, outside),
            Item::HandshakeDeadline(attempt) => {
                if attempt == self.attempt && self.is_connecting {
                    self.link(LinkEvent::Lost(Trouble::Connect), outside);
                }
            }
        }
    }

    /// Wakes a task of this node, at once as far as the scheduler lets it.
    fn wake(&mut self, item: Item, outside: &mut Outside) {
        let delay = match self.chance.below(12) {
            0..=9 => self.chance.below(20 * MICROS),
            10 => self.chance.below(500 * MICROS),
            _ => self.chance.below(4 * MILLIS),
        };
        outside.schedule(outside.now + 1 + delay, Event::Node(self.id, self.boot, item));
    }

    /// Wakes at a moment of this node's clock.
    fn wake_at(&mut self, moment: Moment, item: Item, outside: &mut Outside) {
        let at = self.clock.time(moment).max(outside.now + 1);
        outside.schedule(at, Event::Node(self.id, self.boot, item));
    }

    /// Whether the server has shown that it is a primary.
    fn is_at_primary(&self, outside: &Outside) -> bool {
        self.status.is_primary || outside.plant == Some(Plant::TrustsReplicas)
    }

    /// Whether changes are known to be reported.
    fn is_told_of_changes(&self, outside: &Outside) -> bool {
        self.status.state == Trust::Coherent && self.is_at_primary(outside)
    }

    fn moment(&self, outside: &Outside) -> Moment {
        self.clock.read(outside.now)
    }
}

/// Generations, memory, invalidations.
impl Node {
    fn stamp(&self, key: KeyId) -> VersionStamp {
        let shard = key % self.changes.len();
        VersionStamp { purge: self.purge, shard, changes: self.changes[shard] }
    }

    fn now(&mut self, key: KeyId, outside: &Outside) -> Now {
        Now { moment: self.moment(outside), version: self.stamp(key), random: self.chance.fraction() }
    }

    fn get(&self, key: KeyId, outside: &Outside) -> Option<Entry> {
        let now = nanos(self.moment(outside));
        let believed_until = match outside.plant {
            Some(Plant::BelievesForEver) => u64::MAX,
            _ => nanos(self.status.believed_until),
        };
        self.memory.get(&key).copied().filter(|entry| may_answer(&entry.kept, self.purge, believed_until, now))
    }

    /// Puts a value into memory, unless something has changed since the stamp.
    #[allow(clippy::too_many_arguments, reason = "what is kept, for how long, and under what")]
    fn keep(
        &mut self,
        key: KeyId,
        known: Known,
        lifetime: Duration,
        is_brief: bool,
        stamp: VersionStamp,
        upkeep: Option<Upkeep>,
        outside: &mut Outside,
    ) -> bool {
        let is_coherent = self.is_told_of_changes(outside);
        let lifetime = if is_coherent { lifetime } else { lifetime.min(BRIEF) };
        let has_changed = self.stamp(key) != stamp && outside.plant != Some(Plant::KeepsBlindly);
        if lifetime < Duration::from_millis(1) || has_changed {
            return false;
        }
        let deadline = nanos(self.moment(outside) + lifetime);
        let kept = Validity { purge: self.purge, deadline, is_brief: is_brief || !is_coherent };
        let Known { value, since } = known;
        self.memory.insert(key, Entry { kept, at: outside.now, value, since, upkeep });
        true
    }

    fn invalidate(&mut self, key: KeyId, outside: &mut Outside) {
        let shard = key % self.changes.len();
        self.changes[shard] += 1;
        self.memory.remove(&key);
        self.notify(Some(shard), outside);
    }

    fn purge(&mut self, outside: &mut Outside) {
        self.purge += 1;
        self.memory.clear();
        self.notify(None, outside);
    }

    /// Wakes the flights that wait for a change.
    fn notify(&mut self, shard: Option<usize>, outside: &mut Outside) {
        let shards = self.changes.len();
        let waiting =
            self.flights.iter_mut().filter(|(key, led)| led.is_waiting && shard.is_none_or(|it| *key % shards == it));
        let woken: Vec<(KeyId, u64)> = waiting
            .map(|(key, led)| {
                led.is_waiting = false;
                (*key, led.step)
            })
            .collect();
        for (key, step) in woken {
            self.wake(Item::Flight(key, step, Box::new(FlightEvent::Changed)), outside);
        }
    }

    /// Takes the next of the queue of invalidations.
    fn apply_next(&mut self, outside: &mut Outside) {
        match self.invalidations.pop_front() {
            None => {}
            Some(Queued::Answered(event)) => self.link(*event, outside),
            Some(Queued::Changed(names, purges)) => {
                for name in names {
                    if let Some(key) = outside.key(&name) {
                        self.told[key] = self.told[key].max(purges);
                        outside.tell(|| format!("{} processes the push of k{key}", label(self.id)));
                        self.invalidate(key, outside);
                    } else if self.canary.as_ref().is_some_and(|(_, canary)| *canary == name) {
                        self.is_canary_heard = true;
                        self.canary_arrived(outside);
                    }
                }
            }
        }
    }

    fn flushed(&mut self, purges: usize, outside: &mut Outside) {
        outside.tell(|| format!("{} processes the push of a flush", label(self.id)));
        self.told.iter_mut().for_each(|told| *told = (*told).max(purges));
        if outside.plant == Some(Plant::NullSleeps) {
            self.purge += 1;
            self.memory.clear();
        } else {
            self.purge(outside);
        }
    }
}

/// What the laws ask of a node.
impl Node {
    /// What is still open; two seconds after the last fault, nothing may be.
    pub(crate) fn open(&self) -> Option<String> {
        let what = if let Some((key, _)) = self.flights.first_key_value() {
            format!("has an open flight of k{key}")
        } else if !self.callers.is_empty() {
            "has callers that wait".to_owned()
        } else if !self.write_behind.is_empty() || self.behind_in_flight > 0 {
            "has writes behind that wait".to_owned()
        } else if !self.pending_removals.is_empty() {
            "has pending removals".to_owned()
        } else {
            return None;
        };
        Some(format!("{} {what}", self.label()))
    }

    pub(crate) fn lacks_coherence(&self) -> Option<String> {
        let state = self.status.state;
        (state != Trust::Coherent).then(|| format!("{} is {state:?}", self.label()))
    }

    /// Whether this node has lower limits than the others.
    fn is_weak(&self, outside: &Outside) -> bool {
        outside.plan.has_weak && self.id == 0
    }

    pub(crate) fn is_bounded(&self) -> bool {
        self.invalidations.len() <= 4_096
            && self.write_behind.len() <= 1_024
            && self.behind_in_flight <= 64
            && self.calls.len() <= 4_096
    }

    /// Entries that would be served: the key, the value, and whether it is kept briefly.
    pub(crate) fn served<'a>(&'a self, outside: &'a Outside) -> impl Iterator<Item = (KeyId, usize, bool)> + 'a {
        self.memory.keys().filter_map(|key| self.get(*key, outside).map(|it| (*key, it.value, it.kept.is_brief)))
    }

    fn report(&self, outside: &mut Outside, key: KeyId, value: usize, origin: Origin, since: usize, told: usize) {
        outside.truth.answered(&Given { key, value, origin, since, is_weak: self.is_weak(outside), told }, outside.now);
    }

    fn breaks(&self, outside: &mut Outside, law: Law, how: &str) {
        let how = format!("{}: {how}", self.label());
        outside.truth.breaks(law, outside.now, how);
    }
}

pub(crate) fn label(node: usize) -> char {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char::from(letters[node % letters.len()])
}
