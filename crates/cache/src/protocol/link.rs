//! One primary's connection as a state machine: when it connects, when memory may trust it, and what is told.
//!
//! ```text
//!            Connect            Track              Canary
//!   Detached ──────▶ Connecting ─────▶ Arming ─────▶ CatchingUp ─────▶ Coherent
//!      ▲                 │               │ (forget)     │   (forget)     │
//!      └─────────────────┴───────────────┴──────────────┴────────────────┘
//!                lost, silent, malformed, another primary, demoted: forget
//! ```
//!
//! Invalidations do not pass through here. The driver applies them in the order of their arrival, and gives an
//! [`Event::Answered`] only after those that arrived before it.

use std::time::Duration;

use crate::failure::Failure;
use crate::protocol::hit::Moment;
use crate::stats::{Cause, State, Trouble};

/// Pauses, with a jitter of half. After any outage, the cache shall be coherent within two seconds: an attempt that
/// will fail may have begun just before the end of the outage, and takes up to one.
const RECONNECT: Pause = Pause::between(Duration::from_millis(50), Duration::from_millis(500));
const CANARY: Pause = Pause::between(Duration::from_millis(250), Duration::from_millis(500));
/// The pauses between two questions for the role of a server that refuses writes, and between two attempts to find
/// another server behind the address of a replica.
const ROLE: Pause = Pause::between(Duration::from_secs(1), Duration::from_secs(16));
/// Refusals and roles count when they have held for this time. Shorter ones are flapping, or part of a failover.
const HELD: Duration = Duration::from_secs(1);

/// What the driver decides for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    /// The time from the reply to a heartbeat to the next one.
    pub(crate) heartbeat: Duration,
    /// A heartbeat without a reply for this time is late.
    pub(crate) late: Duration,
    /// For how long memory is believed after the last answered command was sent.
    pub(crate) belief: Duration,
    /// Every heartbeat asks for the role, so that refusals need not be asked about.
    pub(crate) is_role_watched: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Primary,
    Replica,
    /// The server does not tell.
    Unknown,
}

/// What a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    Reads,
    Writes,
}

impl Access {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
        }
    }
}

/// Who sent a command: a heartbeat, or a call of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sender {
    Heartbeat,
    Call,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// There is a connection, and the login was accepted.
    Connected,
    /// The command that starts tracking was sent at this moment, and was accepted.
    Armed {
        sent: Moment,
    },
    /// A change made over another connection was reported.
    CanaryHeard,
    CanaryFailed(Failure),
    /// A reply, after the invalidations that arrived before it. A refusal is a reply.
    Answered {
        sent: Moment,
        access: Access,
        sender: Sender,
        refused: Option<Failure>,
    },
    /// The heartbeat got its replies. This does not wait for invalidations.
    HeartbeatEnded,
    /// The role of the server, over this connection.
    RoleIs(Role),
    /// The role of the server to which the address leads now, over a new connection.
    AddressLeadsTo(Role),
    /// No connection, or none any more, or one that must not be used any more.
    Lost(Failure),
    Rang(Timer),
}

/// One of each kind at most: setting a timer replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Timer {
    Reconnect,
    Heartbeat,
    Late,
    Canary,
    Role,
    Address,
}

impl Timer {
    pub(crate) const COUNT: usize = 6;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Find the server and connect: [`Event::Connected`].
    Connect,
    /// Start tracking: [`Event::Armed`].
    Track,
    /// Change a key over another connection: [`Event::CanaryHeard`] or [`Event::CanaryFailed`].
    Canary,
    /// Ask whether the server takes writes and, if `reads`, reads: an [`Event::Answered`] for each, then
    /// [`Event::HeartbeatEnded`].
    Heartbeat {
        reads: bool,
    },
    /// [`Event::RoleIs`].
    AskRole,
    /// [`Event::AddressLeadsTo`].
    AskAddress,
    /// Drop the connection, what is in progress on it, and all timers.
    Leave,
    ForgetAll(Cause),
    Publish(Status),
    WakeAt(Moment, Timer),
    Tell(News),
    /// Count an error; always after everything that it led to.
    Count(Trouble),
}

/// What others see of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Status {
    pub(crate) state: State,
    pub(crate) believed_until: Moment,
    pub(crate) is_late: bool,
    /// Whether reads and writes are refused for longer than a moment.
    pub(crate) refuses_reads: bool,
    pub(crate) refuses_writes: bool,
}

impl Status {
    pub(crate) fn detached() -> Self {
        let (state, believed_until) = (State::Detached, Moment::ZERO);
        Self { state, believed_until, is_late: false, refuses_reads: false, refuses_writes: false }
    }
}

/// What an operator is told, once for each edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum News {
    Coherent,
    /// The connection is lost or given up.
    Lost(Failure),
    /// No connection was made; the first time since the last one.
    Unreachable(Failure),
    StillUnreachable(Failure),
    /// Changes are not reported.
    Unreported(Failure),
    /// The address leads to a replica, or to a server that refuses writes and does not tell its role.
    AtReplica(Role),
    Refused(Access, Failure),
    TakenAgain(Access, Duration),
}

/// A pause that doubles with each failure, jittered, so that not all nodes act at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pause {
    next: Duration,
    first: Duration,
    most: Duration,
}

impl Pause {
    const fn between(first: Duration, most: Duration) -> Self {
        Self { next: first, first, most }
    }

    fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next pause; `chance` is from 0 to 1.
    fn draw(&mut self, chance: f64) -> Duration {
        let pause = self.next.mul_f64(0.5 + chance);
        self.next = (2 * self.next).min(self.most);
        pause
    }
}

/// Whether the server takes reads, or writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Refusal {
    by_call: bool,
    by_heartbeat: bool,
    /// The last refusal.
    failure: Option<Failure>,
    /// Since when they are refused, if that was told.
    told: Option<Moment>,
    /// Since when it is the other way round.
    turned: Option<Moment>,
}

/// An edge that has held.
enum Edge {
    Refused(Failure),
    TakenAgain(Duration),
}

impl Refusal {
    fn is_now(&self) -> bool {
        self.by_call || self.by_heartbeat
    }

    fn hear(&mut self, sender: Sender, refused: Option<Failure>, now: Moment) -> Option<Edge> {
        let is_refused = refused.is_some();
        self.failure = refused.or(self.failure.take());
        match sender {
            Sender::Call => self.by_call = is_refused,
            Sender::Heartbeat => {
                // A heartbeat that is taken says nothing of calls that alone are refused: a user may lack one command.
                self.by_call &= is_refused || !self.by_heartbeat;
                self.by_heartbeat = is_refused;
            }
        }
        if self.is_now() == self.told.is_some() {
            self.turned = None;
            return None;
        }
        let since = *self.turned.get_or_insert(now);
        if now.saturating_sub(since) < HELD {
            return None;
        }
        self.turned = None;
        match self.told.take() {
            Some(refused) => Some(Edge::TakenAgain(since.saturating_sub(refused))),
            None => {
                self.told = Some(since);
                self.failure.clone().map(Edge::Refused)
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Detached,
    Connecting,
    Arming,
    CatchingUp,
    Coherent,
}

/// One primary's connection. It outlives each single connection, so that an edge is told once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Machine {
    settings: Settings,
    phase: Phase,
    believed_until: Moment,
    is_late: bool,
    is_heartbeat_open: bool,
    reads: Refusal,
    writes: Refusal,
    reconnect: Pause,
    canary: Pause,
    role: Pause,
    address: Pause,
    is_outage_told: bool,
    is_unreported_told: bool,
    /// Since when this server, which refuses writes, is not known to be a primary.
    replica_since: Option<Moment>,
    /// No question for the role before this moment.
    ask_role_from: Moment,
    /// A replica was left, and since then no server took writes. Another replica is stayed with.
    was_demoted: bool,
    is_replica_told: bool,
    published: Option<Status>,
}

type Actions = Vec<Action>;

impl Machine {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            phase: Phase::Detached,
            believed_until: Moment::ZERO,
            is_late: false,
            is_heartbeat_open: false,
            reads: Refusal::default(),
            writes: Refusal::default(),
            reconnect: RECONNECT,
            canary: CANARY,
            role: ROLE,
            address: ROLE,
            is_outage_told: false,
            is_unreported_told: false,
            replica_since: None,
            ask_role_from: Moment::ZERO,
            was_demoted: false,
            is_replica_told: false,
            published: None,
        }
    }

    /// Takes an event, and gives what to do, in this order. The first event is [`Timer::Reconnect`]. An event that does
    /// not fit the phase does nothing. `chance` is a random number from 0 to 1.
    pub(crate) fn on(&mut self, event: Event, now: Moment, chance: f64) -> Actions {
        let mut actions = match event {
            Event::Lost(failure) => return self.lost(failure, now, chance),
            Event::Rang(Timer::Reconnect) if self.phase == Phase::Detached => {
                self.phase = Phase::Connecting;
                vec![Action::Connect]
            }
            Event::Connected if self.phase == Phase::Connecting => {
                self.phase = Phase::Arming;
                vec![Action::Track]
            }
            Event::Armed { sent } if self.phase == Phase::Arming => self.armed(sent, now),
            event if self.is_attached() => self.on_attached(event, now, chance),
            _ => vec![],
        };
        self.publish(&mut actions);
        actions
    }

    fn is_attached(&self) -> bool {
        matches!(self.phase, Phase::CatchingUp | Phase::Coherent)
    }

    fn status(&self) -> Status {
        Status {
            state: match self.phase {
                Phase::Detached | Phase::Connecting | Phase::Arming => State::Detached,
                Phase::CatchingUp => State::CatchingUp,
                Phase::Coherent => State::Coherent,
            },
            believed_until: self.believed_until,
            is_late: self.is_late,
            refuses_reads: self.reads.told.is_some(),
            refuses_writes: self.writes.told.is_some(),
        }
    }

    /// Publishes the status if it has changed: after what was forgotten, and before anything is told.
    fn publish(&mut self, actions: &mut Actions) {
        let status = self.status();
        if self.published.replace(status) != Some(status) {
            let forgotten = actions.iter().take_while(|action| matches!(action, Action::ForgetAll(_))).count();
            actions.insert(forgotten, Action::Publish(status));
        }
    }

    fn armed(&mut self, sent: Moment, now: Moment) -> Actions {
        self.phase = Phase::CatchingUp;
        self.believed_until = sent + self.settings.belief;
        self.is_outage_told = false;
        self.is_unreported_told = false;
        self.ask_role_from = now;
        self.canary.reset();
        self.role.reset();
        // Changes before this moment were not reported; later ones are, if they are reported at all.
        let mut actions = vec![Action::ForgetAll(Cause::Attached)];
        // Nobody knows yet whether this server is another one than the replica that was left.
        if !self.was_demoted {
            actions.push(Action::Canary);
        }
        actions.extend(self.heartbeat(now));
        actions
    }

    fn heartbeat(&mut self, now: Moment) -> [Action; 2] {
        self.is_heartbeat_open = true;
        // While reads are refused, nothing else may ask for them: calls are held back by their breaker.
        [
            Action::Heartbeat { reads: self.reads.is_now() || self.reads.told.is_some() },
            Action::WakeAt(now + self.settings.late, Timer::Late),
        ]
    }

    fn on_attached(&mut self, event: Event, now: Moment, chance: f64) -> Actions {
        match event {
            Event::CanaryHeard if self.phase == Phase::CatchingUp && !self.is_at_replica() => {
                self.phase = Phase::Coherent;
                self.reconnect.reset();
                // Entries that were kept before the proof may have missed a change.
                vec![Action::ForgetAll(Cause::Attached), Action::Tell(News::Coherent)]
            }
            Event::CanaryFailed(failure) if self.phase == Phase::CatchingUp => self.unreported(failure, now, chance),
            Event::Rang(Timer::Canary) if self.phase == Phase::CatchingUp && !self.is_at_replica() => {
                vec![Action::Canary]
            }
            Event::Rang(Timer::Heartbeat) => self.heartbeat(now).into(),
            Event::Rang(Timer::Late) if self.is_heartbeat_open => {
                self.is_late = true;
                vec![Action::Count(Trouble::Timeout)]
            }
            Event::HeartbeatEnded => {
                self.is_heartbeat_open = false;
                self.is_late = false;
                vec![Action::WakeAt(now + self.settings.heartbeat, Timer::Heartbeat)]
            }
            Event::Answered { sent, access, sender, refused } => {
                self.believed_until = self.believed_until.max(sent + self.settings.belief);
                self.answered(access, sender, refused, now)
            }
            Event::RoleIs(role) => self.role_is(role, now, chance),
            Event::Rang(Timer::Role) if self.replica_since.is_some() => vec![Action::AskRole],
            Event::Rang(Timer::Address) if self.is_at_replica() => vec![Action::AskAddress],
            Event::AddressLeadsTo(Role::Primary) if self.is_at_replica() => {
                self.lost(Failure::from(Trouble::Demoted), now, chance)
            }
            Event::AddressLeadsTo(_) if self.is_at_replica() => {
                vec![Action::WakeAt(now + self.address.draw(chance), Timer::Address)]
            }
            _ => vec![],
        }
    }

    /// Whether this server is stayed with although it is a replica, since its address leads to no other one.
    fn is_at_replica(&self) -> bool {
        self.was_demoted && self.replica_since.is_some()
    }

    fn unreported(&mut self, failure: Failure, now: Moment, chance: f64) -> Actions {
        let (trouble, mut actions) = (failure.trouble, vec![]);
        // Once for each connection, since the attempts may continue for days.
        if !std::mem::replace(&mut self.is_unreported_told, true) {
            actions.push(Action::Tell(News::Unreported(failure)));
        }
        actions.push(Action::WakeAt(now + self.canary.draw(chance), Timer::Canary));
        actions.push(Action::Count(trouble));
        actions
    }

    fn answered(&mut self, access: Access, sender: Sender, refused: Option<Failure>, now: Moment) -> Actions {
        let is_read_only = refused.as_ref().is_some_and(|failure| failure.trouble == Trouble::ReadOnly);
        let (is_refused, mut actions) = (refused.is_some(), Vec::new());
        let refusal = match access {
            Access::Reads => &mut self.reads,
            Access::Writes => &mut self.writes,
        };
        actions.extend(refusal.hear(sender, refused, now).map(|edge| match edge {
            Edge::Refused(failure) => Action::Tell(News::Refused(access, failure)),
            Edge::TakenAgain(time) => Action::Tell(News::TakenAgain(access, time)),
        }));
        if is_read_only && !self.settings.is_role_watched && !self.is_at_replica() && now >= self.ask_role_from {
            // Until the answer; a primary that refuses for long is asked ever more rarely.
            self.ask_role_from = Moment::MAX;
            actions.push(Action::AskRole);
        }
        if access == Access::Writes && !is_refused {
            actions.extend(self.takes_writes());
        }
        actions
    }

    /// The server takes writes, so it is a primary.
    fn takes_writes(&mut self) -> Option<Action> {
        self.replica_since = None;
        self.role.reset();
        self.address.reset();
        self.is_replica_told = false;
        std::mem::take(&mut self.was_demoted).then_some(Action::Canary)
    }

    fn role_is(&mut self, role: Role, now: Moment, chance: f64) -> Actions {
        self.ask_role_from = now + self.role.draw(chance);
        if role == Role::Primary {
            // It refuses for another reason, and so would over another connection.
            self.replica_since = None;
            return vec![];
        }
        let since = *self.replica_since.get_or_insert(now);
        if self.was_demoted {
            let mut actions = vec![Action::WakeAt(now + self.address.draw(chance), Timer::Address)];
            if !std::mem::replace(&mut self.is_replica_told, true) {
                actions.push(Action::Tell(News::AtReplica(role)));
            }
            return actions;
        }
        if now.saturating_sub(since) < HELD {
            return vec![Action::WakeAt(since + HELD, Timer::Role)];
        }
        self.was_demoted = true;
        self.lost(Failure::from(Trouble::Demoted), now, chance)
    }

    fn lost(&mut self, failure: Failure, now: Moment, chance: f64) -> Actions {
        let was_attached = self.is_attached();
        self.phase = Phase::Detached;
        self.believed_until = Moment::ZERO;
        self.is_late = false;
        self.is_heartbeat_open = false;
        self.replica_since = None;
        self.reads.turned = None;
        self.writes.turned = None;
        let mut actions = vec![Action::Leave];
        // Published before everything is forgotten: what is kept from now on is kept briefly.
        self.publish(&mut actions);
        let trouble = failure.trouble;
        let news = if was_attached {
            actions.push(Action::ForgetAll(Cause::Detached));
            News::Lost(failure)
        } else if std::mem::replace(&mut self.is_outage_told, true) {
            News::StillUnreachable(failure)
        } else {
            News::Unreachable(failure)
        };
        actions.push(Action::Tell(news));
        actions.push(Action::WakeAt(now + self.reconnect.draw(chance), Timer::Reconnect));
        actions.push(Action::Count(trouble));
        actions
    }
}
