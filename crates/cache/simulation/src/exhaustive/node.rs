//! A node of the search: memory, one flight, and both directions of its connection.

use std::time::Duration;

use super::state::{Ghost, Kind, Law, Message, Reply, Request, Setting, State, Stored, Token, Write};
use crate::protocol::flight::{
    Answer, BRIEF, Computation, Event, FinalWrite, Flight, Keep, LeaseAttempt, Limits, Lookup, Next, Now, Outcome,
    Step, Which,
};
use crate::protocol::version::VersionStamp;

/// Time is abstracted: no deadline passes by itself.
const LIMITS: Limits = Limits { patience: Duration::ZERO, lease: Duration::MAX };

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Memory {
    /// Changes of the key when the value was begun or read.
    pub(super) changes: u8,
    pub(super) is_brief: bool,
}

/// Versions: that of now, one that just came to be, and all older ones.
const CURRENT: u8 = 0;
const OLD: u8 = 1;
const CHANGED: u8 = 2;

/// A cheap value that waits to be written behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Offer {
    stamp: u8,
    begun: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Doing {
    LookingUp,
    TakingLease,
    Waiting,
    Computing { is_trial: bool },
    Writing,
    Deleting,
    Pausing,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    /// `None` for a cheap value that is computed without a lookup.
    flight: Option<Flight<Token>>,
    pub(super) doing: Doing,
    /// The reply that the flight has not taken yet.
    pub(super) reply: Option<(Reply, u8)>,
    /// The version before the last command, or before the computation.
    pub(super) sent: u8,
    /// Our lease, while it is taken or held.
    lease: Option<Token>,
    /// When the computation began.
    begun: Ghost,
    /// The version that permitted the computation.
    permitted: u8,
    /// The changes that the last reply knew of.
    read: u8,
    pub(super) answered: Option<Answer>,
}

impl Run {
    fn new(flight: Option<Flight<Token>>, doing: Doing, version: u8, begun: Ghost) -> Self {
        let (reply, lease, read, answered) = (None, None, 0, None);
        Self { flight, doing, reply, sent: version, lease, begun, permitted: version, read, answered }
    }

    pub(super) fn holds_lease(&self) -> bool {
        self.lease.is_some()
    }

    /// Whether a reply of the server is awaited.
    pub(super) fn is_calling(&self) -> bool {
        matches!(self.doing, Doing::LookingUp | Doing::TakingLease | Doing::Writing | Doing::Deleting)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) memory: Option<Memory>,
    pub(super) run: Option<Run>,
    pub(super) is_up: bool,
    pub(super) to_redis: Vec<Request>,
    pub(super) to_node: Vec<Message>,
    /// Requests of a lost connection that may still be executed.
    pub(super) dead: Vec<Request>,
    /// The newest change whose message was processed.
    pub(super) seen: Ghost,
    pub(super) calls: u8,
    pub(super) offer: Option<Offer>,
    /// Replies that nobody waits for any more.
    pub(super) ignored: u8,
    /// The generation of the key.
    pub(super) version: u8,
}

fn stamp(version: u8) -> VersionStamp {
    VersionStamp { purge: 0, shard: 0, changes: u64::from(version) }
}

impl Node {
    pub(super) fn new(calls: u8) -> Self {
        Self {
            memory: None,
            run: None,
            is_up: true,
            to_redis: Vec::new(),
            to_node: Vec::new(),
            dead: Vec::new(),
            seen: Ghost::default(),
            calls,
            offer: None,
            ignored: 0,
            version: 0,
        }
    }

    pub(super) fn is_still(&self) -> bool {
        self.to_redis.is_empty() && self.to_node.is_empty() && self.dead.is_empty() && self.ignored == 0
    }

    /// Something has changed: no stamp of before is current any more.
    pub(super) fn changes_version(&mut self) {
        self.version = CHANGED;
    }

    /// Renumbers the versions: only whether a stamp is current matters. Forgets what no later step reads.
    pub(super) fn normalise(&mut self) {
        let version = std::mem::replace(&mut self.version, CURRENT);
        let renumber = |stamp: &mut u8| *stamp = if *stamp == version { CURRENT } else { OLD };
        if let Some(offer) = &mut self.offer {
            renumber(&mut offer.stamp);
        }
        let Some(run) = &mut self.run else { return };
        renumber(&mut run.sent);
        renumber(&mut run.permitted);
        run.read = 0;
        let renumber = |stamp: &mut VersionStamp| {
            let is_current = stamp.changes == u64::from(version);
            stamp.changes = u64::from(if is_current { CURRENT } else { OLD });
        };
        if let Some(flight) = &mut run.flight {
            renumber(&mut flight.stamp);
            renumber(&mut flight.permit);
            flight.lookups = 1;
        }
        if let Some(answer) = &mut run.answered {
            renumber(&mut answer.stamp);
        }
    }

    /// A push or a flush is processed.
    pub(super) fn is_told(&mut self, ghost: Ghost) {
        self.changes_version();
        self.memory = None;
        self.seen = self.seen.max(ghost);
    }

    pub(super) fn receive(&mut self, message: Message) {
        match message {
            // Redis does not push a node's own removal to it.
            Message::Push(ghost) | Message::Flush(ghost) | Message::Removed(ghost) => self.is_told(ghost),
            Message::Reply(..) if self.ignored > 0 => self.ignored -= 1,
            Message::Reply(reply, changes) => {
                if let Some(run) = &mut self.run {
                    run.reply = Some((reply, changes));
                }
            }
        }
    }

    pub(super) fn write_behind(&mut self, limit: u8) {
        let Some(Offer { stamp, begun }) = self.offer.take() else { return };
        if self.is_up && stamp == self.version {
            let write = Write { is_cheap: true, limit, begun, seen: self.seen };
            self.to_redis.push(Request::Write(write));
        }
    }

    pub(super) fn crash(&mut self, ghost: Ghost) {
        let mut dead = std::mem::take(&mut self.dead);
        dead.append(&mut self.to_redis);
        *self = Self { dead, seen: ghost, ..Self::new(self.calls) };
    }

    /// A caller joins a flight that has its answer.
    pub(super) fn joins(&self, broken: &mut Vec<Law>) {
        let Some(run) = &self.run else { return };
        let is_answered = run.answered.is_some_and(|answer| answer.is_current(stamp(self.version)));
        if is_answered && run.begun.changes < self.seen.changes {
            broken.push(Law::Forgotten);
        }
    }
}

impl State {
    fn node(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number]
    }

    /// A caller whose key memory does not have.
    pub(super) fn call(&mut self, number: usize, setting: &Setting) {
        let (version, is_up) = (self.nodes[number].version, self.nodes[number].is_up);
        let reads_through = setting.kind == Kind::CheapAfterLookup;
        if setting.kind == Kind::Cheap || reads_through && !is_up {
            self.computed += u8::from(!setting.is_endless);
            let run = Run::new(None, Doing::Computing { is_trial: true }, version, self.ghost);
            self.node(number).run = Some(run);
            return;
        }
        let (flight, step) = Flight::begin(LIMITS, reads_through, stamp(version));
        self.node(number).run = Some(Run::new(Some(flight), Doing::LookingUp, version, Ghost::default()));
        self.carry_out(number, &step, setting);
    }

    /// The flight gets an event.
    fn event(&mut self, number: usize, event: Event<Token>, setting: &Setting) {
        let node = self.node(number);
        let now = Now { moment: Duration::ZERO, version: stamp(node.version), random: 0.0 };
        let Some(flight) = node.run.as_mut().and_then(|run| run.flight.as_mut()) else { return };
        let step = flight.on(event, now);
        self.carry_out(number, &step, setting);
    }

    fn carry_out(&mut self, number: usize, step: &Step, setting: &Setting) {
        let (ghost, limit) = (self.ghost, setting.limits[number]);
        let node = self.node(number);
        let (is_up, version, seen) = (node.is_up, node.version, node.seen);
        let Some(run) = node.run.as_mut() else { return };
        if let Some(Keep { which, at_most, stamp: kept }) = step.keep
            && kept == stamp(version)
        {
            let is_confirmed = run.doing == Doing::Writing || which == Which::LookedUp;
            let changes = if is_confirmed { run.read } else { run.begun.changes };
            node.memory = Some(Memory { changes, is_brief: at_most == Some(BRIEF) || !is_up });
        }
        if let (true, Some(keep)) = (step.writes_behind, step.keep) {
            let stamp = u8::try_from(keep.stamp.changes).unwrap_or(u8::MAX);
            node.offer = node.offer.or(Some(Offer { stamp, begun: run.begun.purges }));
        }
        if let Some(answer) = step.answer {
            let is_computed = matches!(answer.outcome, Outcome::Computed { .. });
            // A caller that asks after a change is not answered from before it.
            run.answered = Some(answer).filter(|_| is_computed);
        }
        let request = match step.next {
            Next::LookUp => (Doing::LookingUp, Some(Request::LookUp)),
            Next::TakeLease => (Doing::TakingLease, None),
            Next::Wait { stamp, .. } => {
                run.sent = u8::try_from(stamp.changes).unwrap_or(OLD);
                (Doing::Waiting, None)
            }
            Next::Compute | Next::Try => (Doing::Computing { is_trial: step.next == Next::Try }, None),
            Next::Write => {
                let write = Write { is_cheap: false, limit, begun: run.begun.purges, seen };
                (Doing::Writing, Some(Request::Write(write)))
            }
            Next::DeleteLease => (Doing::Deleting, Some(Request::DeleteLease)),
            Next::Pause(_) => (Doing::Pausing, None),
            Next::Close => {
                node.run = None;
                return;
            }
        };
        let (doing, mut request) = request;
        run.doing = doing;
        match doing {
            Doing::LookingUp => run.sent = version,
            Doing::TakingLease => {
                run.sent = version;
                let token = self.free_token(number);
                request = Some(Request::TakeLease(token));
                if let Some(run) = self.node(number).run.as_mut() {
                    run.lease = Some(token);
                }
            }
            Doing::Computing { .. } => {
                (run.begun, run.permitted) = (ghost, run.sent);
                self.computed += u8::from(!setting.is_endless);
            }
            Doing::Waiting | Doing::Writing | Doing::Deleting | Doing::Pausing => {}
        }
        let Some(request) = request else { return };
        if is_up {
            self.node(number).to_redis.push(request);
        } else {
            self.give(number, Reply::Refused);
        }
    }

    /// Puts a reply before the flight.
    pub(super) fn give(&mut self, number: usize, reply: Reply) {
        let changes = self.ghost.changes;
        if let Some(run) = &mut self.node(number).run {
            run.reply = Some((reply, changes));
        }
    }

    pub(super) fn take_reply(&mut self, number: usize, setting: &Setting) {
        let limit = setting.limits[number];
        let node = self.node(number);
        let Some(run) = node.run.as_mut() else { return };
        let Some((reply, changes)) = run.reply.take() else { return };
        run.read = changes;
        let event = match run.doing {
            Doing::LookingUp => Event::LookedUp(match reply {
                Reply::Nothing => Lookup::Missing,
                Reply::Holds(Stored::Lease(lease)) => Lookup::Lease(lease),
                Reply::Holds(Stored::Value(under)) if under >= limit => Lookup::Value(None),
                Reply::Holds(_) => Lookup::Unusable,
                _ => Lookup::Unavailable,
            }),
            Doing::TakingLease => Event::LeaseAttempted(match (reply, run.lease) {
                (Reply::Ok, Some(lease)) => LeaseAttempt::Granted(lease),
                (Reply::Late, Some(lease)) => LeaseAttempt::Unknown(lease),
                (Reply::Nil, _) => LeaseAttempt::Occupied,
                _ => LeaseAttempt::Refused,
            }),
            Doing::Writing => Event::Written(match reply {
                Reply::Ok => FinalWrite::Done,
                Reply::Nil => FinalWrite::Missing,
                _ => FinalWrite::Failed,
            }),
            Doing::Deleting => {
                node.memory = None;
                Event::Written(if reply == Reply::Deleted { FinalWrite::Done } else { FinalWrite::Failed })
            }
            Doing::Waiting | Doing::Computing { .. } | Doing::Pausing => return,
        };
        if let Event::LeaseAttempted(LeaseAttempt::Occupied | LeaseAttempt::Refused) = event {
            run.lease = None;
        }
        self.event(number, event, setting);
    }

    /// A computation ends.
    pub(super) fn compute(&mut self, number: usize, is_value: bool, setting: &Setting) {
        let node = self.node(number);
        let Some(run) = node.run.as_mut() else { return };
        let computation = if is_value { Computation::Value { is_storable: true } } else { Computation::Failed };
        if run.flight.is_some() {
            let is_trial = run.doing == Doing::Computing { is_trial: true };
            let event = if is_trial { Event::Tried(Some(computation)) } else { Event::Computed(computation) };
            return self.event(number, event, setting);
        }
        let (begun, stamp) = (run.begun, run.permitted);
        node.run = None;
        if stamp == node.version {
            node.memory = Some(Memory { changes: begun.changes, is_brief: !node.is_up });
        }
        if node.is_up && stamp == node.version {
            node.offer = node.offer.or(Some(Offer { stamp, begun: begun.purges }));
        }
    }

    pub(super) fn is_woken(&mut self, number: usize, setting: &Setting) {
        self.event(number, Event::Changed, setting);
    }

    pub(super) fn loses_patience(&mut self, number: usize, setting: &Setting) {
        self.event(number, Event::WaitedInVain, setting);
    }

    pub(super) fn pauses(&mut self, number: usize, setting: &Setting) {
        self.event(number, Event::Paused, setting);
    }

    /// Requests on their way may still be executed, without a reply. The node forgets everything.
    pub(super) fn lose_connection(&mut self, number: usize, setting: &Setting) {
        let node = self.node(number);
        node.is_up = false;
        let mut lost = std::mem::take(&mut node.to_redis);
        node.dead.append(&mut lost);
        node.to_node.clear();
        node.ignored = 0;
        node.changes_version();
        (node.memory, node.offer) = (None, None);
        if node.run.as_ref().is_some_and(|run| run.is_calling() && run.reply.is_none()) {
            self.give(number, Reply::Late);
            self.take_reply(number, setting);
        }
    }
}
