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

use super::version::Moment;

/// Pauses, with a jitter of half. After any outage, the cache shall be coherent within two seconds: an attempt that
/// will fail may have begun just before the end of the outage, and takes up to one.
const RECONNECT: Pause = Pause::between(Duration::from_millis(50), Duration::from_millis(500));
const CANARY: Pause = Pause::between(Duration::from_millis(250), Duration::from_millis(500));
/// The pause between two attempts to find another server behind the address of a replica. It does not grow: the address
/// may lead to the primary at any moment, and the cache is then coherent within two seconds.
const ADDRESS: Duration = Duration::from_millis(800);
/// Refusals and roles count when they have held for this time. Shorter ones are flapping, or part of a failover.
const HELD: Duration = Duration::from_secs(1);

/// What went wrong, in words for people. The machine passes it on, and knows no more of it than this.
pub(crate) trait Fault: Clone {
    /// A heartbeat is late.
    fn late() -> Self;

    /// The server has become a replica.
    fn demoted() -> Self;

    /// Whether the server refuses writes as a replica does.
    fn is_read_only(&self) -> bool;
}

/// What the driver decides for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    /// The time from the reply to a heartbeat to the next one.
    pub(crate) heartbeat: Duration,
    /// A heartbeat without a reply for this time is late.
    pub(crate) late: Duration,
    /// For how long memory is believed after the last command was sent that shows a primary: see [`shows_primary`].
    pub(crate) belief: Duration,
    /// Every heartbeat asks for the role, and not only those of a server that has refused a write.
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

/// Who sent a command: a heartbeat, with the role of the server if it asked for it, or a call of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sender {
    Heartbeat(Option<Role>),
    Call,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event<F> {
    /// There is a connection, and the login was accepted.
    Connected,
    /// The command that starts tracking was accepted.
    Armed,
    /// A change made over another connection was reported.
    CanaryHeard,
    CanaryFailed(F),
    /// A reply, after the invalidations that arrived before it. A refusal is a reply.
    Answered {
        sent: Moment,
        access: Access,
        sender: Sender,
        refused: Option<F>,
    },
    /// The heartbeat got its replies. This does not wait for invalidations.
    HeartbeatEnded,
    /// Whether the address leads to a primary now, over a new connection.
    AddressLeadsToPrimary(bool),
    /// No connection, or none any more, or one that must not be used any more.
    Lost(F),
    Rang(Timer),
}

/// One of each kind at most: setting a timer replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Timer {
    Reconnect,
    Heartbeat,
    Late,
    Canary,
    Address,
}

impl Timer {
    pub(crate) const COUNT: usize = 5;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action<F> {
    /// Find the server and connect: [`Event::Connected`].
    Connect,
    /// Start tracking: [`Event::Armed`].
    Track,
    /// Change a key over another connection: [`Event::CanaryHeard`] or [`Event::CanaryFailed`].
    Canary,
    /// Ask whether the server takes writes and, if `reads`, reads: an [`Event::Answered`] for each, then
    /// [`Event::HeartbeatEnded`]. If `role`, ask for the role behind them.
    Heartbeat {
        reads: bool,
        role: bool,
    },
    /// [`Event::AddressLeadsToPrimary`].
    AskAddress,
    /// Drop the connection, what is in progress on it, and all timers.
    Leave,
    ForgetAll(Purge),
    Publish(Status),
    WakeAt(Moment, Timer),
    Tell(News<F>),
    /// Count an error; always after everything that it led to.
    Count(F),
}

/// How far a connection is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Trust {
    Detached,
    CatchingUp,
    Coherent,
}

/// Why everything is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purge {
    /// Tracking has started, or is proven.
    Attached,
    Detached,
}

/// What others see of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Status {
    pub(crate) state: Trust,
    pub(crate) believed_until: Moment,
    /// Whether the server has shown that it is a primary. What a replica holds may be older than what this node was told
    /// by its primary, so it answers the caller that looked it up, and permits neither to keep nor to write anything.
    pub(crate) is_primary: bool,
    pub(crate) is_late: bool,
    /// Whether reads and writes are refused for longer than a moment.
    pub(crate) refuses_reads: bool,
    pub(crate) refuses_writes: bool,
}

impl Status {
    pub(crate) fn detached() -> Self {
        Self {
            state: Trust::Detached,
            believed_until: Moment::ZERO,
            is_primary: false,
            is_late: false,
            refuses_reads: false,
            refuses_writes: false,
        }
    }
}

/// What an operator is told, once for each edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum News<F> {
    Coherent,
    /// The connection is lost or given up.
    Lost(F),
    /// No connection was made; the first time since the last one.
    Unreachable(F),
    StillUnreachable(F),
    /// Changes are not reported.
    Unreported(F),
    /// The address leads to a replica, or to a server that refuses writes and does not tell its role.
    AtReplica(Role),
    Refused(Access, F),
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refusal<F> {
    by_call: bool,
    by_heartbeat: bool,
    /// The last refusal.
    failure: Option<F>,
    /// Since when they are refused, if that was told.
    told: Option<Moment>,
    /// Since when it is the other way round.
    turned: Option<Moment>,
}

/// An edge that has held.
enum Edge<F> {
    Refused(F),
    TakenAgain(Duration),
}

impl<F: Fault> Refusal<F> {
    fn none() -> Self {
        Self { by_call: false, by_heartbeat: false, failure: None, told: None, turned: None }
    }

    fn is_now(&self) -> bool {
        self.by_call || self.by_heartbeat
    }

    fn hear(&mut self, sender: Sender, refused: Option<F>, now: Moment) -> Option<Edge<F>> {
        let is_refused = refused.is_some();
        self.failure = refused.or(self.failure.take());
        match sender {
            Sender::Call => self.by_call = is_refused,
            Sender::Heartbeat(_) => {
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

/// Whether the reply to a write shows that the server is a primary. A demoted one may be behind the new primary until it
/// has a copy of it, so no answer of it is a sign of life; reads do not tell the difference. A primary that is full or
/// cannot save refuses writes as well, and tells its role; to whom it does not, it is a primary unless it refuses as a
/// replica does.
fn shows_primary<F: Fault>(sender: Sender, refused: Option<&F>) -> bool {
    match (refused, sender) {
        (None, _) | (_, Sender::Heartbeat(Some(Role::Primary))) => true,
        (Some(failure), Sender::Heartbeat(Some(Role::Unknown))) => !failure.is_read_only(),
        _ => false,
    }
}

fn try_address_later<F>(now: Moment, chance: f64) -> Action<F> {
    Action::WakeAt(now + ADDRESS.mul_f64(0.5 + chance), Timer::Address)
}

/// One primary's connection. It outlives each single connection, so that an edge is told once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Machine<F> {
    settings: Settings,
    phase: Phase,
    believed_until: Moment,
    is_late: bool,
    is_heartbeat_open: bool,
    reads: Refusal<F>,
    writes: Refusal<F>,
    reconnect: Pause,
    canary: Pause,
    /// A canary is to be sent once the server is known to be a primary.
    owes_canary: bool,
    is_outage_told: bool,
    is_unreported_told: bool,
    /// The server has shown that it is a primary.
    is_primary: bool,
    /// Since when this server, which refuses writes, is not known to be a primary.
    replica_since: Option<Moment>,
    /// A replica was left, and no primary was found since then. Another replica is stayed with.
    was_demoted: bool,
    is_replica_told: bool,
    published: Option<Status>,
}

type Actions<F> = Vec<Action<F>>;

impl<F: Fault> Machine<F> {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            phase: Phase::Detached,
            believed_until: Moment::ZERO,
            is_late: false,
            is_heartbeat_open: false,
            reads: Refusal::none(),
            writes: Refusal::none(),
            reconnect: RECONNECT,
            canary: CANARY,
            owes_canary: false,
            is_outage_told: false,
            is_unreported_told: false,
            is_primary: false,
            replica_since: None,
            was_demoted: false,
            is_replica_told: false,
            published: None,
        }
    }

    /// Takes an event, and gives what to do, in this order. The first event is [`Timer::Reconnect`]. An event that does
    /// not fit the phase does nothing. `chance` is a random number from 0 to 1.
    pub(crate) fn on(&mut self, event: Event<F>, now: Moment, chance: f64) -> Actions<F> {
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
            Event::Armed if self.phase == Phase::Arming => self.armed(now),
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
                Phase::Detached | Phase::Connecting | Phase::Arming => Trust::Detached,
                Phase::CatchingUp => Trust::CatchingUp,
                Phase::Coherent => Trust::Coherent,
            },
            believed_until: self.believed_until,
            is_primary: self.is_primary,
            is_late: self.is_late,
            refuses_reads: self.reads.told.is_some(),
            refuses_writes: self.writes.told.is_some(),
        }
    }

    /// Publishes the status if it has changed: after what was forgotten, and before anything is told.
    fn publish(&mut self, actions: &mut Actions<F>) {
        let status = self.status();
        if self.published.replace(status) != Some(status) {
            let forgotten = actions.iter().take_while(|action| matches!(action, Action::ForgetAll(_))).count();
            actions.insert(forgotten, Action::Publish(status));
        }
    }

    /// The canary waits for a sign that this is a primary: a replica reports it too.
    fn armed(&mut self, now: Moment) -> Actions<F> {
        self.phase = Phase::CatchingUp;
        self.is_outage_told = false;
        self.is_unreported_told = false;
        self.owes_canary = true;
        self.canary.reset();
        // Changes before this moment were not reported; later ones are, if they are reported at all.
        let mut actions = vec![Action::ForgetAll(Purge::Attached)];
        actions.extend(self.heartbeat(now));
        actions
    }

    fn heartbeat(&mut self, now: Moment) -> [Action<F>; 2] {
        self.is_heartbeat_open = true;
        // While reads are refused, nothing else may ask for them: calls are held back by their breaker.
        let reads = self.reads.is_now() || self.reads.told.is_some();
        // No refusal tells a primary from a replica, and a server may change its role while it refuses.
        let role = self.settings.is_role_watched || self.writes.by_heartbeat;
        [Action::Heartbeat { reads, role }, Action::WakeAt(now + self.settings.late, Timer::Late)]
    }

    fn on_attached(&mut self, event: Event<F>, now: Moment, chance: f64) -> Actions<F> {
        match event {
            Event::CanaryHeard | Event::Rang(Timer::Canary) if self.phase == Phase::CatchingUp && !self.is_primary => {
                self.owes_canary = true;
                vec![]
            }
            Event::CanaryHeard if self.phase == Phase::CatchingUp => {
                self.phase = Phase::Coherent;
                self.reconnect.reset();
                // Entries that were kept before the proof may have missed a change.
                vec![Action::ForgetAll(Purge::Attached), Action::Tell(News::Coherent)]
            }
            Event::CanaryFailed(failure) if self.phase == Phase::CatchingUp => self.unreported(failure, now, chance),
            Event::Rang(Timer::Canary) if self.phase == Phase::CatchingUp => vec![Action::Canary],
            Event::Rang(Timer::Heartbeat) => self.heartbeat(now).into(),
            Event::Rang(Timer::Late) if self.is_heartbeat_open => {
                self.is_late = true;
                vec![Action::Count(F::late())]
            }
            Event::HeartbeatEnded => {
                self.is_heartbeat_open = false;
                self.is_late = false;
                vec![Action::WakeAt(now + self.settings.heartbeat, Timer::Heartbeat)]
            }
            Event::Answered { sent, access, sender, refused } => {
                self.answered(sent, access, sender, refused, now, chance)
            }
            Event::Rang(Timer::Address) if self.is_at_replica() => vec![Action::AskAddress],
            Event::AddressLeadsToPrimary(true) if self.is_at_replica() => self.leave_replica(now, chance),
            Event::AddressLeadsToPrimary(false) if self.is_at_replica() => vec![try_address_later(now, chance)],
            _ => vec![],
        }
    }

    /// Whether the node stays at this server although it is a replica, since the address leads to no other server.
    fn is_at_replica(&self) -> bool {
        self.was_demoted && self.replica_since.is_some()
    }

    fn unreported(&mut self, failure: F, now: Moment, chance: f64) -> Actions<F> {
        let (fault, mut actions) = (failure.clone(), vec![]);
        // Once for each connection, since the attempts may continue for days.
        if !std::mem::replace(&mut self.is_unreported_told, true) {
            actions.push(Action::Tell(News::Unreported(failure)));
        }
        actions.push(Action::WakeAt(now + self.canary.draw(chance), Timer::Canary));
        actions.push(Action::Count(fault));
        actions
    }

    fn answered(
        &mut self,
        sent: Moment,
        access: Access,
        sender: Sender,
        refused: Option<F>,
        now: Moment,
        chance: f64,
    ) -> Actions<F> {
        let is_shown = access == Access::Writes && shows_primary(sender, refused.as_ref());
        let refusal = match access {
            Access::Reads => &mut self.reads,
            Access::Writes => &mut self.writes,
        };
        let edge = refusal.hear(sender, refused, now);
        let mut actions = Vec::from_iter(edge.map(|edge| match edge {
            Edge::Refused(failure) => Action::Tell(News::Refused(access, failure)),
            Edge::TakenAgain(time) => Action::Tell(News::TakenAgain(access, time)),
        }));
        match sender {
            _ if is_shown => {
                self.believed_until = self.believed_until.max(sent + self.settings.belief);
                actions.extend(self.is_shown_primary());
            }
            Sender::Heartbeat(role) if access == Access::Writes => actions.extend(self.is_doubted(role, now, chance)),
            _ => {}
        }
        actions
    }

    fn is_shown_primary(&mut self) -> Option<Action<F>> {
        self.is_primary = true;
        self.replica_since = None;
        self.was_demoted = false;
        self.is_replica_told = false;
        std::mem::take(&mut self.owes_canary).then_some(Action::Canary)
    }

    /// A heartbeat was refused, and its server has not shown that it is a primary.
    fn is_doubted(&mut self, role: Option<Role>, now: Moment, chance: f64) -> Actions<F> {
        self.is_primary = false;
        // The next heartbeat asks for the role.
        let Some(role) = role else { return vec![] };
        let was_replica = self.replica_since.is_some();
        let since = *self.replica_since.get_or_insert(now);
        if !self.was_demoted && now.saturating_sub(since) >= HELD {
            self.was_demoted = true;
            return self.leave_replica(now, chance);
        }
        if !self.was_demoted || was_replica {
            return vec![];
        }
        let mut actions = vec![try_address_later(now, chance)];
        if !std::mem::replace(&mut self.is_replica_told, true) {
            actions.push(Action::Tell(News::AtReplica(role)));
        }
        actions
    }

    /// It is not another outage: the next server answers, too.
    fn leave_replica(&mut self, now: Moment, chance: f64) -> Actions<F> {
        self.reconnect.reset();
        self.lost(F::demoted(), now, chance)
    }

    fn lost(&mut self, failure: F, now: Moment, chance: f64) -> Actions<F> {
        let was_attached = self.is_attached();
        self.phase = Phase::Detached;
        self.believed_until = Moment::ZERO;
        self.is_late = false;
        self.is_heartbeat_open = false;
        self.is_primary = false;
        self.replica_since = None;
        self.reads.turned = None;
        self.writes.turned = None;
        let mut actions = vec![Action::Leave];
        // Published before everything is forgotten: what is kept from now on is kept briefly.
        self.publish(&mut actions);
        let fault = failure.clone();
        let news = if was_attached {
            actions.push(Action::ForgetAll(Purge::Detached));
            News::Lost(failure)
        } else if std::mem::replace(&mut self.is_outage_told, true) {
            News::StillUnreachable(failure)
        } else {
            News::Unreachable(failure)
        };
        actions.push(Action::Tell(news));
        actions.push(Action::WakeAt(now + self.reconnect.draw(chance), Timer::Reconnect));
        actions.push(Action::Count(fault));
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SETTINGS: Settings = Settings {
        heartbeat: Duration::from_millis(100),
        late: MS,
        belief: Duration::from_millis(300),
        is_role_watched: false,
    };

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Trouble {
        Canary,
        Connect,
        Demoted,
        Denied,
        Full,
        Late,
        Lost,
        ReadOnly,
        Silent,
    }

    impl Fault for Trouble {
        fn late() -> Self {
            Self::Late
        }

        fn demoted() -> Self {
            Self::Demoted
        }

        fn is_read_only(&self) -> bool {
            *self == Self::ReadOnly
        }
    }

    fn replied(sent: u32, access: Access, sender: Sender, refused: Option<Trouble>) -> Event<Trouble> {
        Event::Answered { sent: sent * MS, access, sender, refused }
    }

    /// The reply to a heartbeat that was sent at this millisecond and did not ask for the role.
    fn beat(sent: u32, refused: Option<Trouble>) -> Event<Trouble> {
        replied(sent, Access::Writes, Sender::Heartbeat(None), refused)
    }

    /// The reply to one that did, and is refused as by a replica.
    fn refused_by(sent: u32, role: Role) -> Event<Trouble> {
        replied(sent, Access::Writes, Sender::Heartbeat(Some(role)), Some(Trouble::ReadOnly))
    }

    /// A history: each row is a millisecond, an event, and the actions that follow it, without publications.
    fn runs(machine: &mut Machine<Trouble>, rows: Vec<(u32, Event<Trouble>, Vec<Action<Trouble>>)>) {
        for (at, event, expected) in rows {
            let mut actions = machine.on(event.clone(), at * MS, 0.5);
            actions.retain(|action| !matches!(action, Action::Publish(_)));
            assert_eq!(actions, expected, "{event:?} at {at} ms");
        }
    }

    fn wake(at: u32, timer: Timer) -> Action<Trouble> {
        Action::WakeAt(at * MS, timer)
    }

    fn asks(reads: bool) -> Action<Trouble> {
        Action::Heartbeat { reads, role: false }
    }

    fn asks_role() -> Action<Trouble> {
        Action::Heartbeat { reads: false, role: true }
    }

    fn rang(timer: Timer) -> Event<Trouble> {
        Event::Rang(timer)
    }

    /// A machine that became coherent at 0 ms.
    fn coherent() -> Machine<Trouble> {
        let mut machine = Machine::new(SETTINGS);
        for event in [
            rang(Timer::Reconnect),
            Event::Connected,
            Event::Armed,
            beat(0, None),
            Event::CanaryHeard,
            Event::HeartbeatEnded,
        ] {
            machine.on(event, Moment::ZERO, 0.5);
        }
        assert_eq!(machine.status().state, Trust::Coherent);
        machine
    }

    #[test]
    fn it_is_coherent_after_the_canary_and_forgets_at_each_edge() {
        let lost = || Trouble::Lost;
        let mut machine = Machine::new(SETTINGS);
        runs(
            &mut machine,
            vec![
                (0, rang(Timer::Reconnect), vec![Action::Connect]),
                (1, Event::Connected, vec![Action::Track]),
                // Nothing is known of a canary before tracking.
                (1, Event::CanaryHeard, vec![]),
                (3, Event::Armed, vec![Action::ForgetAll(Purge::Attached), asks(false), wake(4, Timer::Late)]),
                (4, beat(3, None), vec![Action::Canary]),
                (4, beat(3, None), vec![]),
                (5, Event::CanaryHeard, vec![Action::ForgetAll(Purge::Attached), Action::Tell(News::Coherent)]),
                (6, Event::CanaryHeard, vec![]),
                (7, Event::HeartbeatEnded, vec![wake(107, Timer::Heartbeat)]),
                (107, rang(Timer::Heartbeat), vec![asks(false), wake(108, Timer::Late)]),
                (
                    200,
                    Event::Lost(lost()),
                    vec![
                        Action::Leave,
                        Action::ForgetAll(Purge::Detached),
                        Action::Tell(News::Lost(lost())),
                        wake(250, Timer::Reconnect),
                        Action::Count(Trouble::Lost),
                    ],
                ),
                (201, Event::CanaryHeard, vec![]),
                (202, beat(150, None), vec![]),
            ],
        );
        assert_eq!(machine.status(), Status::detached());
    }

    #[test]
    fn an_outage_is_told_once_and_pauses_grow() {
        let refused = || Trouble::Connect;
        let mut machine = Machine::new(SETTINGS);
        for (news, pause) in [
            (News::Unreachable(refused()), 50),
            (News::StillUnreachable(refused()), 100),
            (News::StillUnreachable(refused()), 200),
            (News::StillUnreachable(refused()), 400),
            (News::StillUnreachable(refused()), 500),
            (News::StillUnreachable(refused()), 500),
        ] {
            machine.on(rang(Timer::Reconnect), Moment::ZERO, 0.5);
            let after =
                vec![Action::Leave, Action::Tell(news), wake(pause, Timer::Reconnect), Action::Count(Trouble::Connect)];
            runs(&mut machine, vec![(0, Event::Lost(refused()), after)]);
        }
    }

    #[test]
    fn changes_that_are_not_reported_are_told_once_for_each_connection() {
        let silent = || Trouble::Canary;
        let mut machine = Machine::new(SETTINGS);
        for event in [rang(Timer::Reconnect), Event::Connected, Event::Armed, beat(0, None)] {
            machine.on(event, Moment::ZERO, 0.5);
        }
        let told = Action::Tell(News::Unreported(silent()));
        runs(
            &mut machine,
            vec![
                (
                    0,
                    Event::CanaryFailed(silent()),
                    vec![told, wake(250, Timer::Canary), Action::Count(Trouble::Canary)],
                ),
                (250, rang(Timer::Canary), vec![Action::Canary]),
                (300, Event::CanaryFailed(silent()), vec![wake(800, Timer::Canary), Action::Count(Trouble::Canary)]),
                (800, rang(Timer::Canary), vec![Action::Canary]),
                (801, Event::CanaryHeard, vec![Action::ForgetAll(Purge::Attached), Action::Tell(News::Coherent)]),
            ],
        );
    }

    #[test]
    fn an_event_that_does_not_fit_the_phase_does_nothing() {
        let mut machine = Machine::new(SETTINGS);
        for (fitting, others) in [
            (rang(Timer::Reconnect), vec![Event::Connected, Event::Armed, rang(Timer::Canary)]),
            (Event::Connected, vec![rang(Timer::Reconnect), Event::Armed, rang(Timer::Address)]),
            (Event::Armed, vec![rang(Timer::Reconnect), Event::Connected, Event::CanaryHeard]),
            (beat(0, None), vec![rang(Timer::Reconnect), Event::Connected, Event::Armed, rang(Timer::Address)]),
            (Event::CanaryHeard, vec![rang(Timer::Reconnect), Event::Connected, Event::AddressLeadsToPrimary(true)]),
        ] {
            runs(&mut machine, others.into_iter().map(|other| (0, other, vec![])).collect());
            assert!(!machine.on(fitting.clone(), Moment::ZERO, 0.5).is_empty(), "{fitting:?}");
        }
        let coherent = vec![
            (0, rang(Timer::Reconnect), vec![]),
            (0, Event::Connected, vec![]),
            (0, Event::Armed, vec![]),
            (0, rang(Timer::Canary), vec![]),
            (0, Event::CanaryHeard, vec![]),
            (0, Event::CanaryFailed(Trouble::Canary), vec![]),
            (0, rang(Timer::Address), vec![]),
            (0, Event::AddressLeadsToPrimary(true), vec![]),
            (0, Event::AddressLeadsToPrimary(false), vec![]),
            // It is doubted for less than a second: the address is asked of a replica alone.
            (0, refused_by(0, Role::Replica), vec![]),
            (1, rang(Timer::Address), vec![]),
            (1, Event::AddressLeadsToPrimary(true), vec![]),
            (1, Event::AddressLeadsToPrimary(false), vec![]),
            // A canary that is late proves nothing more, and none is owed.
            (2, Event::CanaryHeard, vec![]),
            (2, rang(Timer::Canary), vec![]),
            (3, beat(3, None), vec![]),
        ];
        runs(&mut machine, coherent);
        // After a replica was left, nothing is known of the next server.
        for at in [4, 1_004] {
            machine.on(refused_by(at, Role::Replica), at * MS, 0.5);
        }
        for event in [rang(Timer::Reconnect), Event::Connected, Event::Armed] {
            machine.on(event, 1_100 * MS, 0.5);
        }
        let unknown = vec![
            (1_101, rang(Timer::Address), vec![]),
            (1_101, Event::AddressLeadsToPrimary(true), vec![]),
            (1_101, Event::AddressLeadsToPrimary(false), vec![]),
        ];
        runs(&mut machine, unknown);
    }

    /// A replica answers reads: what a refused one says of the role is not heard.
    #[test]
    fn refused_reads_do_not_show_a_replica() {
        let mut machine = coherent();
        let read = |at| replied(at, Access::Reads, Sender::Heartbeat(Some(Role::Replica)), Some(Trouble::Denied));
        for at in [0, 500, 1_500, 2_500] {
            let leaves = machine.on(read(at), at * MS, 0.5).contains(&Action::Leave);
            assert!(!leaves && machine.status().is_primary, "at {at} ms");
        }
        assert_eq!([Access::Reads, Access::Writes].map(Access::name), ["reads", "writes"]);
        let told = machine.status();
        assert_eq!((told.refuses_reads, told.refuses_writes), (true, false));
    }

    /// Belief counts from the moment of sending, and never goes back; a late heartbeat alone forgets nothing.
    #[test]
    fn memory_is_believed_from_the_moment_of_sending() {
        let mut machine = coherent();
        for (at, event, until, is_late) in [
            (100, rang(Timer::Heartbeat), 300, false),
            (101, rang(Timer::Late), 300, true),
            // A call that was sent before the last sign, and one after. A replica would answer a read.
            (900, replied(40, Access::Writes, Sender::Call, None), 340, true),
            (901, replied(20, Access::Writes, Sender::Call, None), 340, true),
            (901, replied(90, Access::Reads, Sender::Call, None), 340, true),
            // A refusal is none, unless the role that was asked for behind it is that of a primary.
            (902, beat(100, Some(Trouble::Full)), 340, true),
            (902, refused_by(100, Role::Primary), 400, true),
            (903, Event::HeartbeatEnded, 400, false),
            // There is no heartbeat now that could be late.
            (904, rang(Timer::Late), 400, false),
        ] {
            let forgets = machine.on(event.clone(), at * MS, 0.5).iter().any(|it| matches!(it, Action::ForgetAll(_)));
            let Status { state, believed_until, is_late: late, .. } = machine.status();
            assert_eq!((state, believed_until, late), (Trust::Coherent, until * MS, is_late), "{event:?}");
            assert!(!forgets, "{event:?}");
        }
    }

    /// It may be behind the new primary, until it has a copy of its data.
    #[test]
    fn a_demoted_server_does_not_vouch_for_memory() {
        let read_only = || Some(Trouble::ReadOnly);
        let believed = |machine: &Machine<Trouble>| machine.status().believed_until;
        let mut machine = coherent();
        for (event, until, is_primary) in [
            (beat(100, None), 400, true),
            // A call alone says nothing: the next heartbeat does.
            (replied(150, Access::Writes, Sender::Call, read_only()), 400, true),
            (beat(200, read_only()), 400, false),
            (replied(201, Access::Reads, Sender::Call, None), 400, false),
            (refused_by(300, Role::Replica), 400, false),
            (refused_by(400, Role::Unknown), 400, false),
            // A primary that cannot save is one.
            (refused_by(500, Role::Primary), 800, true),
            (replied(501, Access::Writes, Sender::Call, read_only()), 800, true),
            // Until it is demoted while it cannot save.
            (refused_by(600, Role::Replica), 800, false),
            (replied(700, Access::Writes, Sender::Call, None), 1_000, true),
            // To whom roles are not told, it is a primary unless it refuses as a replica does.
            (replied(800, Access::Writes, Sender::Heartbeat(Some(Role::Unknown)), Some(Trouble::Denied)), 1_100, true),
        ] {
            machine.on(event.clone(), 900 * MS, 0.5);
            let status = machine.status();
            assert_eq!((believed(&machine), status.is_primary), (until * MS, is_primary), "{event:?}");
        }
    }

    /// No refusal tells a primary from a replica, and a server may change its role while it refuses.
    #[test]
    fn each_heartbeat_asks_for_the_role_while_writes_are_refused() {
        let mut machine = coherent();
        let asks_next = |machine: &mut Machine<Trouble>| machine.on(rang(Timer::Heartbeat), 9_000 * MS, 0.5);
        for (refused, asks_next_for) in [
            (beat(100, None), asks(false)),
            (beat(200, Some(Trouble::Full)), asks_role()),
            (refused_by(300, Role::Primary), asks_role()),
            (beat(400, None), asks(false)),
        ] {
            machine.on(refused.clone(), 9_000 * MS, 0.5);
            assert_eq!(asks_next(&mut machine)[0], asks_next_for, "{refused:?}");
        }
        assert_eq!(machine.status().state, Trust::Coherent);
        machine.settings.is_role_watched = true;
        assert_eq!(asks_next(&mut machine)[0], asks_role());
    }

    /// At most one line an edge, however many calls, and none for flapping.
    #[test]
    fn a_refusal_is_told_when_it_has_held_for_a_second() {
        let full = || Some(Trouble::Full);
        let refused = |access| vec![Action::Tell(News::Refused(access, Trouble::Full))];
        let taken = |access, time: u32| vec![Action::Tell(News::TakenAgain(access, time * MS))];
        let (call, writes, reads) = (Sender::Call, Access::Writes, Access::Reads);
        let mut machine = coherent();
        runs(
            &mut machine,
            vec![
                (100, beat(100, full()), vec![]),
                (600, replied(600, writes, call, full()), vec![]),
                (700, beat(700, None), vec![]),
                // Since 800.
                (800, beat(800, full()), vec![]),
                (1_799, beat(1_799, full()), vec![]),
                (1_800, beat(1_800, full()), refused(writes)),
                (1_801, replied(1_801, writes, call, full()), vec![]),
                (3_000, beat(3_000, full()), vec![]),
                // Taken for less than a second.
                (4_000, beat(4_000, None), vec![]),
                (4_500, beat(4_500, full()), vec![]),
                (5_000, beat(5_000, None), vec![]),
                (5_999, beat(5_999, None), vec![]),
                (6_000, beat(6_000, None), taken(writes, 4_200)),
                (6_100, beat(6_100, None), vec![]),
                // Reads are another matter, and once they are refused, each heartbeat asks for them.
                (7_000, replied(7_000, reads, call, full()), vec![]),
                (7_100, rang(Timer::Heartbeat), vec![asks(true), wake(7_101, Timer::Late)]),
                (8_000, replied(8_000, reads, Sender::Heartbeat(None), full()), refused(reads)),
            ],
        );
        assert!(machine.status().refuses_reads && !machine.status().refuses_writes);
        runs(
            &mut machine,
            vec![
                (8_100, replied(8_100, reads, Sender::Heartbeat(None), None), vec![]),
                (9_100, replied(9_100, reads, Sender::Heartbeat(None), None), taken(reads, 1_100)),
                (9_200, rang(Timer::Heartbeat), vec![asks(false), wake(9_201, Timer::Late)]),
            ],
        );
    }

    /// A user who lacks one command: heartbeats are taken, and say nothing of the calls.
    #[test]
    fn calls_that_alone_are_refused_are_told_of() {
        let denied = Trouble::Denied;
        let call = |at, refused| replied(at, Access::Writes, Sender::Call, refused);
        runs(
            &mut coherent(),
            vec![
                (0, call(0, Some(Trouble::Denied)), vec![]),
                (500, beat(500, None), vec![]),
                (1_000, beat(1_000, None), vec![Action::Tell(News::Refused(Access::Writes, denied))]),
                (2_000, call(2_000, None), vec![]),
                (
                    3_000,
                    beat(3_000, None),
                    vec![Action::Tell(News::TakenAgain(Access::Writes, Duration::from_secs(2)))],
                ),
            ],
        );
    }

    fn left(at: u32, pause: u32) -> Vec<Action<Trouble>> {
        let demoted = Trouble::Demoted;
        vec![
            Action::Leave,
            Action::ForgetAll(Purge::Detached),
            Action::Tell(News::Lost(demoted)),
            wake(at + pause, Timer::Reconnect),
            Action::Count(Trouble::Demoted),
        ]
    }

    #[test]
    fn a_replica_is_left_after_a_second_and_the_new_primary_is_proven() {
        let read_only = || Some(Trouble::ReadOnly);
        let told = Action::Tell(News::Refused(Access::Writes, Trouble::ReadOnly));
        let taken = Action::Tell(News::TakenAgain(Access::Writes, 1_200 * MS));
        for role in [Role::Replica, Role::Unknown] {
            let mut machine = coherent();
            runs(
                &mut machine,
                vec![
                    (100, beat(100, read_only()), vec![]),
                    (200, refused_by(200, role), vec![]),
                    (1_100, refused_by(1_100, role), vec![told.clone()]),
                    (1_199, refused_by(1_199, role), vec![]),
                    (1_200, refused_by(1_200, role), left(1_200, 50)),
                    (1_250, rang(Timer::Reconnect), vec![Action::Connect]),
                    (1_251, Event::Connected, vec![Action::Track]),
                    // No canary before it is known that this is another server.
                    (
                        1_254,
                        Event::Armed,
                        vec![Action::ForgetAll(Purge::Attached), asks_role(), wake(1_255, Timer::Late)],
                    ),
                    (1_300, beat(1_300, None), vec![Action::Canary]),
                    (1_301, Event::CanaryHeard, vec![Action::ForgetAll(Purge::Attached), Action::Tell(News::Coherent)]),
                    (2_300, beat(2_300, None), vec![taken.clone()]),
                ],
            );
        }
    }

    /// `MISCONF`, `NOREPLICAS`: another connection would change nothing.
    #[test]
    fn a_primary_that_refuses_writes_is_kept_and_proven() {
        let mut machine = coherent();
        for at in (0..60_000).step_by(100) {
            let actions = machine.on(refused_by(at, Role::Primary), at * MS, 0.5);
            assert!(!actions.contains(&Action::Leave), "at {at} ms");
        }
        assert_eq!(machine.status().state, Trust::Coherent);
        machine.on(Event::Lost(Trouble::Lost), 60_000 * MS, 0.5);
        for event in [rang(Timer::Reconnect), Event::Connected, Event::Armed] {
            machine.on(event, 60_100 * MS, 0.5);
        }
        runs(&mut machine, vec![(60_200, refused_by(60_200, Role::Primary), vec![Action::Canary])]);
    }

    #[test]
    fn where_the_address_leads_to_a_replica_again_it_stays_and_says_so_once() {
        let mut machine = coherent();
        machine.on(refused_by(0, Role::Replica), Moment::ZERO, 0.5);
        machine.on(refused_by(999, Role::Replica), 999 * MS, 0.5);
        assert!(machine.on(refused_by(1_000, Role::Replica), 1_000 * MS, 0.5).ends_with(&left(1_000, 50)));
        let attach = |machine: &mut Machine<Trouble>, at: u32| {
            for event in [rang(Timer::Reconnect), Event::Connected, Event::Armed] {
                machine.on(event, at * MS, 0.5);
            }
        };
        attach(&mut machine, 2_000);
        let told = Action::Tell(News::AtReplica(Role::Replica));
        runs(
            &mut machine,
            vec![
                (2_100, refused_by(2_100, Role::Replica), vec![wake(2_900, Timer::Address), told]),
                (2_150, refused_by(2_150, Role::Replica), vec![]),
                // A canary at the primary is reported here too.
                (2_200, Event::CanaryHeard, vec![]),
                (2_900, rang(Timer::Address), vec![Action::AskAddress]),
                (3_000, Event::AddressLeadsToPrimary(false), vec![wake(3_800, Timer::Address)]),
                (3_800, rang(Timer::Address), vec![Action::AskAddress]),
                (3_900, Event::AddressLeadsToPrimary(false), vec![wake(4_700, Timer::Address)]),
                (4_700, rang(Timer::Address), vec![Action::AskAddress]),
            ],
        );
        assert_eq!((machine.status().state, machine.status().is_primary), (Trust::CatchingUp, false));
        // Another server is behind the address, but is demoted in turn before it took a write.
        runs(&mut machine, vec![(4_800, Event::AddressLeadsToPrimary(true), left(4_800, 50))]);
        attach(&mut machine, 5_000);
        let quiet = vec![wake(5_900, Timer::Address)];
        runs(&mut machine, vec![(5_100, refused_by(5_100, Role::Replica), quiet)]);
        // Promoted where it is, it takes writes.
        runs(
            &mut machine,
            vec![
                (5_200, beat(5_200, None), vec![Action::Canary]),
                (5_201, Event::CanaryHeard, vec![Action::ForgetAll(Purge::Attached), Action::Tell(News::Coherent)]),
            ],
        );
    }

    /// What is published, and where among the actions: before what is told, after what is forgotten on the way up, and
    /// before everything is forgotten on the way down, so that what is kept meanwhile is kept briefly.
    #[test]
    fn a_state_is_published_on_the_safe_side_of_the_purge() {
        let mut machine = Machine::new(SETTINGS);
        machine.on(rang(Timer::Reconnect), Moment::ZERO, 0.5);
        machine.on(Event::Connected, Moment::ZERO, 0.5);
        for (event, state, forgets_first) in [
            (Event::Armed, Trust::CatchingUp, true),
            (Event::CanaryHeard, Trust::Coherent, true),
            (Event::Lost(Trouble::Silent), Trust::Detached, false),
        ] {
            let actions = machine.on(event, Moment::ZERO, 0.5);
            let at = |is: fn(&Action<Trouble>) -> bool| actions.iter().position(is).expect("it is there");
            let (published, forgotten) =
                (at(|it| matches!(it, Action::Publish(_))), at(|it| matches!(it, Action::ForgetAll(_))));
            assert_eq!(forgotten < published, forgets_first, "{actions:?}");
            assert!(matches!(actions[published], Action::Publish(status) if status.state == state));
            // This is a primary, so the canary is due.
            machine.on(beat(0, None), Moment::ZERO, 0.5);
        }
    }
}
