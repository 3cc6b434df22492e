//! The flight of one expensive key on one node: lookup, lease, wait, computation, answer, final write.
//!
//! | state | event | | then |
//! |---|---|---|---|
//! | looking up | a usable value | | keep, answer, close |
//! | | a lease | nothing changed | wait until patience ends |
//! | | a lease | changed | look up |
//! | | missing | | take a lease |
//! | | unusable | | compute, to replace what is unusable |
//! | | no reply | | compute, keep briefly |
//! | | no Redis | | compute, keep |
//! | | anything but a value, and a trial is left | | try: if it is enough, as if computed; otherwise as above |
//! | taking a lease | granted | | compute, to replace our lease |
//! | | occupied | | look up |
//! | | refused | | compute, keep briefly |
//! | | unknown | | compute, keep briefly, then delete our lease |
//! | waiting | changed | | look up |
//! | | in vain | | compute, to replace that lease |
//! | computing, to replace | a value | nothing changed | answer, write |
//! | | a value | changed | answer, check |
//! | | a value that Redis cannot hold | our lease | delete it (changed: check first), then keep and answer |
//! | | failed | our lease | delete it (changed: check first), then answer |
//! | computing, otherwise | a value | | keep, answer; delete our lease if it may exist |
//! | | failed | | delete our lease if it may exist, then answer |
//! | writing | written | | keep |
//! | | the key is missing | | close |
//! | | failed | in time | pause, then check |
//! | checking | a usable value | | keep that, close |
//! | | what it replaces | nothing changed | write or delete |
//! | | what it replaces | changed | check |
//! | | no reply | in time | pause, then check |
//! | | anything else | | close |
//!
//! *Changed* compares the generations now with the stamp of the command, or computation, that permits the step. A stamp
//! is taken before its command is sent. Every `keep` names the stamp under which memory may take it.

use std::time::Duration;

use super::version::{Moment, VersionStamp};

/// How long memory keeps a value that is not coherent with Redis.
pub(crate) const BRIEF: Duration = Duration::from_secs(5);
/// Lookups of one flight, each after a change, before it stops using Redis: its replies may be nonsense.
const LOOKUPS_MAX: u32 = 64;
/// Second lookups of one final write, each after a change during the previous one, before it is given up.
const CHECKS_MAX: u32 = 16;
/// The pause between two attempts at the final write while Redis is in trouble.
const PAUSE_FIRST: Duration = Duration::from_millis(25);
const PAUSE_MAX: Duration = Duration::from_millis(200);
/// The wait for other nodes is jittered, so that not all nodes give up together.
const PATIENCE_JITTER: f64 = 2.0 / 3.0;

/// What a lookup in Redis gave; `L` is a lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lookup<L> {
    /// A usable value, and how long Redis will keep it (`None`: for ever).
    Value(Option<Duration>),
    /// Another node is computing the value.
    Lease(L),
    Missing,
    /// Malformed, too long, of a wrong type, for another text, or computed under a lower limit than ours.
    Unusable,
    /// No reply: not connected, too late, or refused.
    Unavailable,
    /// No Redis is configured.
    NoRedis,
}

impl<L> Lookup<L> {
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self, Self::Unavailable | Self::NoRedis)
    }
}

/// How the attempt to take a lease ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LeaseAttempt<L> {
    Granted(L),
    /// The key is present now.
    Occupied,
    /// It was not written, and will not be.
    Refused,
    /// No reply: it may have been written, or may still be.
    Unknown(L),
}

/// How a computation, or the trial of a cheap one, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Computation {
    /// A value; `is_storable` if Redis can hold it.
    Value {
        is_storable: bool,
    },
    Failed,
}

/// How a final write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FinalWrite {
    Done,
    /// The key was missing, and stays so.
    Missing,
    /// Refused, or no reply.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event<L> {
    LookedUp(Lookup<L>),
    /// The trial has ended; `None` if it was not enough.
    Tried(Option<Computation>),
    LeaseAttempted(LeaseAttempt<L>),
    /// A generation has changed while we waited.
    Changed,
    /// Patience has ended, or no other node could write the value, or no change would be reported.
    WaitedInVain,
    Computed(Computation),
    /// The final write, or the deletion of our lease, has ended.
    Written(FinalWrite),
    Paused,
}

/// The time, the generations of the key, and a random number that is uniformly distributed from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) moment: Moment,
    pub(crate) version: VersionStamp,
    pub(crate) random: f64,
}

/// What the driver does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) keep: Option<Keep>,
    /// Queue the computed value for Redis (`NX`), under the stamp of `keep`.
    pub(crate) writes_behind: bool,
    pub(crate) answer: Option<Answer>,
    pub(crate) next: Next,
}

/// A value for memory, which takes it unless something has changed since the stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Keep {
    pub(crate) which: Which,
    /// The longest lifetime; `None` for the value's own.
    pub(crate) at_most: Option<Duration>,
    pub(crate) stamp: VersionStamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    /// The value of the last lookup.
    LookedUp,
    Computed,
}

/// The answer to every waiter and, if it is current, to every caller that joins until the flight closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// From before the lookup or the computation of the value.
    pub(crate) stamp: VersionStamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// The value of the last lookup; another node computed it while we waited if `has_waited`.
    LookedUp { has_waited: bool },
    /// The computed value. It is stored if memory took it in this step, or if `will_be_written`.
    Computed { will_be_written: bool },
    /// The failure of the computation.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    LookUp,
    Try,
    TakeLease,
    /// Wait for a change since this stamp, until this moment.
    Wait {
        stamp: VersionStamp,
        until: Moment,
    },
    Compute,
    /// Write the computed value if the key is present (`XX`).
    Write,
    /// Delete the key, which holds our lease. Memory forgets the key, since Redis does not push our own deletion to us.
    DeleteLease,
    Pause(Duration),
    /// The flight is over.
    Close,
}

/// The value in Redis that the final write expects and replaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Expected<L> {
    /// The lease under which we compute.
    OurLease(L),
    /// Another node's lease, for which we waited in vain.
    OtherLease(L),
    Unusable,
}

/// What happens to a value after its computation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Completion<L> {
    /// Keep it. There is no Redis.
    Keep,
    /// A cheap value: keep it, and write it behind with `NX`, which leaves a lease in place.
    KeepAndWriteBehind,
    /// Keep it briefly. Redis is in trouble, so nothing is written.
    KeepBriefly,
    /// The same, and delete our lease, which may have been written. It permits no write: the lease may reach Redis after
    /// a purge that we learn of earlier.
    KeepBrieflyAndDelete(L),
    /// An expensive value: answer, then replace the expected value with `XX` if it is still there; keep it if written.
    Replace(Expected<L>),
}

/// The last command of a flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Deed {
    Write,
    DeleteLease,
}

/// What follows the last command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Then {
    Nothing,
    /// Answer with the failure: a caller that retries must not find our lease, of whose deletion no push tells us.
    Fail,
    /// Keep the value and answer.
    KeepAndAnswer,
    /// Keep the value briefly again: deleting the lease removed it from memory.
    KeepBriefly,
}

/// The last command, until it is executed or given up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ending<L> {
    deed: Deed,
    expected: Expected<L>,
    then: Then,
    checks: u32,
    /// Until when it is repeated while Redis is in trouble: as long as the lease may exist, since all other nodes would
    /// wait for it. `None` if callers wait for the end.
    until: Option<Moment>,
    pause: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum State<L> {
    LookingUp,
    /// The trial runs; what the lookup gave.
    Trying(Lookup<L>),
    TakingLease,
    Waiting(L),
    Computing(Completion<L>),
    Executing(Ending<L>),
    Checking(Ending<L>),
    Pausing(Ending<L>),
    Closed,
}

/// How long a flight waits for other nodes, and how long its lease lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Limits {
    pub(crate) patience: Duration,
    pub(crate) lease: Duration,
}

/// What others see of it is for the exhaustive search in `simulation/`, which renumbers versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flight<L> {
    state: State<L>,
    /// From before the last command that was sent.
    pub(crate) stamp: VersionStamp,
    /// From before the command that permitted the computation.
    pub(crate) permit: VersionStamp,
    limits: Limits,
    has_trial: bool,
    pub(crate) lookups: u32,
    /// When the wait for other nodes ends; drawn once for each flight.
    patience: Option<Moment>,
    has_asked_redis: bool,
}

impl Answer {
    /// Whether it answers a caller that joins at `version`. A flight stays open after its answer, until its value is
    /// written; a caller that asks after a change must not get what was computed before it, and computes without Redis and
    /// without storing, since this flight's own lease may be what Redis has.
    pub(crate) fn is_current(&self, version: VersionStamp) -> bool {
        self.stamp == version
    }
}

impl<L: Clone + PartialEq> Flight<L> {
    /// A flight that begins with a lookup, and its first step.
    pub(crate) fn begin(limits: Limits, has_trial: bool, version: VersionStamp) -> (Self, Step) {
        let state = State::LookingUp;
        let (lookups, patience, has_asked_redis) = (1, None, false);
        let flight =
            Self { state, stamp: version, permit: version, limits, has_trial, lookups, patience, has_asked_redis };
        (flight, Step::only(Next::LookUp))
    }

    /// Whether a value that is computed next will be written: it is needed as a line.
    pub(crate) fn writes_next(&self) -> bool {
        matches!(self.state, State::Computing(Completion::Replace(_)) | State::Trying(Lookup::Unusable))
    }

    /// Whether Redis was asked and replied.
    pub(crate) fn has_asked_redis(&self) -> bool {
        self.has_asked_redis
    }

    /// The next step. An event that does not belong to the present state closes the flight.
    pub(crate) fn on(&mut self, event: Event<L>, now: Now) -> Step {
        match (std::mem::replace(&mut self.state, State::Closed), event) {
            (State::LookingUp, Event::LookedUp(lookup)) => {
                self.has_asked_redis |= lookup.is_answered();
                self.looked_up(lookup, now)
            }
            (State::Trying(lookup), Event::Tried(None)) => self.search(lookup, now),
            (State::Trying(lookup), Event::Tried(Some(computation))) => self.cheap(&lookup, computation, now),
            (State::TakingLease, Event::LeaseAttempted(attempt)) => match attempt {
                LeaseAttempt::Granted(lease) => self.compute(Completion::Replace(Expected::OurLease(lease))),
                LeaseAttempt::Occupied => self.look_up(now),
                LeaseAttempt::Refused => self.compute(Completion::KeepBriefly),
                LeaseAttempt::Unknown(lease) => self.compute(Completion::KeepBrieflyAndDelete(lease)),
            },
            (State::Waiting(_), Event::Changed) => self.look_up(now),
            (State::Waiting(lease), Event::WaitedInVain) => {
                self.compute(Completion::Replace(Expected::OtherLease(lease)))
            }
            (State::Computing(completion), Event::Computed(computation)) => self.computed(completion, computation, now),
            (State::Executing(ending), Event::Written(written)) => self.executed(ending, written, now),
            (State::Checking(ending), Event::LookedUp(lookup)) => self.checked(ending, &lookup, now),
            (State::Pausing(ending), Event::Paused) => self.check(ending, now),
            _ => Step::only(Next::Close),
        }
    }

    fn has_changed(&self, now: Now) -> bool {
        self.stamp != now.version
    }

    // --- Search ---

    fn look_up(&mut self, now: Now) -> Step {
        if self.lookups == LOOKUPS_MAX {
            return self.compute(Completion::KeepBriefly);
        }
        self.lookups += 1;
        self.send(State::LookingUp, Next::LookUp, now)
    }

    /// A command is sent under a stamp from before it.
    fn send(&mut self, state: State<L>, next: Next, now: Now) -> Step {
        self.stamp = now.version;
        self.state = state;
        Step::only(next)
    }

    fn looked_up(&mut self, lookup: Lookup<L>, now: Now) -> Step {
        if let Lookup::Value(left) = lookup {
            let keep = Keep { which: Which::LookedUp, at_most: left, stamp: self.stamp };
            let outcome = Outcome::LookedUp { has_waited: self.patience.is_some() };
            return Step { keep: Some(keep), ..Step::answer(outcome, self.stamp, Next::Close) };
        }
        if std::mem::take(&mut self.has_trial) {
            self.state = State::Trying(lookup);
            return Step::only(Next::Try);
        }
        self.search(lookup, now)
    }

    /// The column "expensive" of the protocol's table.
    fn search(&mut self, lookup: Lookup<L>, now: Now) -> Step {
        match lookup {
            Lookup::Missing => self.send(State::TakingLease, Next::TakeLease, now),
            Lookup::Lease(lease) => {
                let drawn = self.limits.patience.mul_f64(1.0 + PATIENCE_JITTER * now.random);
                let until = *self.patience.get_or_insert(now.moment + drawn);
                if self.has_changed(now) {
                    return self.look_up(now);
                }
                self.state = State::Waiting(lease);
                Step::only(Next::Wait { stamp: self.stamp, until })
            }
            Lookup::Unusable => self.compute(Completion::Replace(Expected::Unusable)),
            Lookup::NoRedis => self.compute(Completion::Keep),
            Lookup::Unavailable | Lookup::Value(_) => self.compute(Completion::KeepBriefly),
        }
    }

    /// The column "cheap": the trial was enough.
    fn cheap(&mut self, lookup: &Lookup<L>, computation: Computation, now: Now) -> Step {
        let completion = match lookup {
            Lookup::Missing | Lookup::Lease(_) => Completion::KeepAndWriteBehind,
            Lookup::Unusable => Completion::Replace(Expected::Unusable),
            Lookup::NoRedis => Completion::Keep,
            Lookup::Unavailable | Lookup::Value(_) => Completion::KeepBriefly,
        };
        self.permit = self.stamp;
        self.computed(completion, computation, now)
    }

    // --- Computation ---

    fn compute(&mut self, completion: Completion<L>) -> Step {
        self.permit = self.stamp;
        self.state = State::Computing(completion);
        Step::only(Next::Compute)
    }

    fn computed(&mut self, completion: Completion<L>, computation: Computation, now: Now) -> Step {
        let stamp = self.permit;
        let is_storable = match computation {
            Computation::Value { is_storable } => is_storable,
            Computation::Failed => return self.failed(completion, now),
        };
        let keep = |at_most| Some(Keep { which: Which::Computed, at_most, stamp });
        let answer = |next| Step::answer(Outcome::Computed { will_be_written: false }, stamp, next);
        match completion {
            Completion::Keep => Step { keep: keep(None), ..answer(Next::Close) },
            Completion::KeepAndWriteBehind => Step { keep: keep(None), writes_behind: true, ..answer(Next::Close) },
            Completion::KeepBriefly => Step { keep: keep(Some(BRIEF)), ..answer(Next::Close) },
            Completion::KeepBrieflyAndDelete(lease) => {
                let expected = Expected::OurLease(lease);
                let ending = self.ending(Deed::DeleteLease, expected, Then::KeepBriefly, Some(now.moment));
                let Step { next, .. } = self.check(ending, now);
                Step { keep: keep(Some(BRIEF)), ..answer(next) }
            }
            Completion::Replace(expected) if is_storable => {
                let will_be_written = !self.has_changed(now);
                let ending = self.ending(Deed::Write, expected, Then::Nothing, Some(now.moment));
                let Step { next, .. } = self.execute_or_check(ending, now);
                Step::answer(Outcome::Computed { will_be_written }, stamp, next)
            }
            Completion::Replace(expected @ Expected::OurLease(_)) => {
                let ending = self.ending(Deed::DeleteLease, expected, Then::KeepAndAnswer, None);
                self.execute_or_check(ending, now)
            }
            Completion::Replace(_) => Step { keep: keep(None), ..answer(Next::Close) },
        }
    }

    /// A failure leaves no lease of ours behind.
    fn failed(&mut self, completion: Completion<L>, now: Now) -> Step {
        match completion {
            Completion::Replace(expected @ Expected::OurLease(_)) => {
                let ending = self.ending(Deed::DeleteLease, expected, Then::Fail, None);
                self.execute_or_check(ending, now)
            }
            Completion::KeepBrieflyAndDelete(lease) => {
                let ending = self.ending(Deed::DeleteLease, Expected::OurLease(lease), Then::Fail, None);
                self.check(ending, now)
            }
            _ => Step::answer(Outcome::Failed, self.stamp, Next::Close),
        }
    }

    // --- The last command ---

    /// `repeats_from` if it is repeated, from this moment, while Redis is in trouble.
    fn ending(&self, deed: Deed, expected: Expected<L>, then: Then, repeats_from: Option<Moment>) -> Ending<L> {
        let until = repeats_from.map(|now| now + self.limits.lease);
        Ending { deed, expected, then, checks: 0, until, pause: PAUSE_FIRST }
    }

    fn execute_or_check(&mut self, ending: Ending<L>, now: Now) -> Step {
        if self.has_changed(now) { self.check(ending, now) } else { self.execute(ending) }
    }

    /// Permitted by the present stamp.
    fn execute(&mut self, ending: Ending<L>) -> Step {
        let next = match ending.deed {
            Deed::Write => Next::Write,
            Deed::DeleteLease => Next::DeleteLease,
        };
        self.state = State::Executing(ending);
        Step::only(next)
    }

    /// Only the value that Redis has now permits the last command.
    fn check(&mut self, mut ending: Ending<L>, now: Now) -> Step {
        if ending.checks == CHECKS_MAX {
            return self.end(ending.then);
        }
        ending.checks += 1;
        self.send(State::Checking(ending), Next::LookUp, now)
    }

    fn checked(&mut self, ending: Ending<L>, lookup: &Lookup<L>, now: Now) -> Step {
        let is_as_expected = match (lookup, &ending.expected) {
            (Lookup::Unusable, Expected::Unusable) => true,
            (Lookup::Lease(found), Expected::OurLease(lease) | Expected::OtherLease(lease)) => found == lease,
            _ => false,
        };
        match lookup {
            Lookup::Unavailable => self.repeat(ending, now),
            // Another node's value is kept.
            Lookup::Value(left) => {
                let keep = Keep { which: Which::LookedUp, at_most: *left, stamp: self.stamp };
                let step = self.end(ending.then);
                // What is kept after the last command is the value that Redis has.
                Step { keep: Some(keep), ..step }
            }
            _ if is_as_expected => self.execute_or_check(ending, now),
            // A missing key stays missing, and another lease stays.
            _ => self.end(ending.then),
        }
    }

    fn executed(&mut self, ending: Ending<L>, written: FinalWrite, now: Now) -> Step {
        match (ending.deed, written) {
            (_, FinalWrite::Failed) => self.repeat(ending, now),
            (Deed::Write, FinalWrite::Done) => {
                let keep = Keep { which: Which::Computed, at_most: None, stamp: self.stamp };
                Step { keep: Some(keep), ..Step::only(Next::Close) }
            }
            (Deed::Write, FinalWrite::Missing) | (Deed::DeleteLease, _) => self.end(ending.then),
        }
    }

    fn repeat(&mut self, mut ending: Ending<L>, now: Now) -> Step {
        let pause = ending.pause;
        if ending.until.is_none_or(|until| now.moment + pause >= until) {
            return self.end(ending.then);
        }
        (ending.pause, ending.checks) = ((2 * pause).min(PAUSE_MAX), 0);
        self.state = State::Pausing(ending);
        Step::only(Next::Pause(pause))
    }

    fn end(&mut self, then: Then) -> Step {
        let stamp = self.permit;
        let keep = |at_most| Some(Keep { which: Which::Computed, at_most, stamp });
        match then {
            Then::Nothing => Step::only(Next::Close),
            Then::Fail => Step::answer(Outcome::Failed, self.stamp, Next::Close),
            Then::KeepBriefly => Step { keep: keep(Some(BRIEF)), ..Step::only(Next::Close) },
            Then::KeepAndAnswer => Step {
                keep: keep(None),
                ..Step::answer(Outcome::Computed { will_be_written: false }, stamp, Next::Close)
            },
        }
    }
}

impl Step {
    fn only(next: Next) -> Self {
        Self { keep: None, writes_behind: false, answer: None, next }
    }

    fn answer(outcome: Outcome, stamp: VersionStamp, next: Next) -> Self {
        Self { answer: Some(Answer { outcome, stamp }), ..Self::only(next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lease = &'static str;
    const OURS: Lease = "ours";
    const OTHER: Lease = "other";
    const PATIENCE: Duration = Duration::from_millis(600);
    const LIMITS: Limits = Limits { patience: PATIENCE, lease: Duration::from_secs(3) };
    const STORABLE: Event<Lease> = Event::Computed(Computation::Value { is_storable: true });
    const TOO_LONG: Event<Lease> = Event::Computed(Computation::Value { is_storable: false });
    const FAILED: Event<Lease> = Event::Computed(Computation::Failed);
    const LEFT: Option<Duration> = Some(Duration::from_secs(9));

    /// A flight on a clock and a version of its own.
    struct Node {
        flight: Flight<Lease>,
        step: Step,
        now: Now,
    }

    impl Node {
        fn begin(has_trial: bool) -> Self {
            let version = VersionStamp { purge: 1, shard: 7, changes: 1 };
            let (flight, step) = Flight::begin(LIMITS, has_trial, version);
            Self { flight, step, now: Now { moment: Duration::ZERO, version, random: 0.0 } }
        }

        /// A flight after these events.
        fn after(events: impl IntoIterator<Item = Event<Lease>>) -> Self {
            events.into_iter().fold(Self::begin(false), |node, event| node.on(event))
        }

        fn on(mut self, event: Event<Lease>) -> Self {
            self.step = self.flight.on(event, self.now);
            self
        }

        fn changed(mut self) -> Self {
            self.now.version.changes += 1;
            self
        }

        fn later(mut self, by: Duration) -> Self {
            self.now.moment += by;
            self
        }

        /// What memory keeps: which value, and for how long at most; whether under the present version.
        fn kept(&self) -> Option<(Which, Option<Duration>, bool)> {
            self.step.keep.map(|keep| (keep.which, keep.at_most, keep.stamp == self.now.version))
        }

        fn answered(&self) -> Option<(Outcome, bool)> {
            self.step.answer.map(|answer| (answer.outcome, answer.is_current(self.now.version)))
        }

        #[track_caller]
        fn does(self, next: Next) -> Self {
            assert_eq!((self.step.next, self.kept(), self.answered()), (next, None, None));
            self
        }
    }

    fn looked_up(lookup: Lookup<Lease>) -> Event<Lease> {
        Event::LookedUp(lookup)
    }

    fn attempted(attempt: LeaseAttempt<Lease>) -> [Event<Lease>; 2] {
        [looked_up(Lookup::Missing), Event::LeaseAttempted(attempt)]
    }

    fn leased() -> Node {
        Node::after(attempted(LeaseAttempt::Granted(OURS))).does(Next::Compute)
    }

    fn computed(will_be_written: bool) -> Outcome {
        Outcome::Computed { will_be_written }
    }

    #[test]
    fn a_usable_value_is_kept_and_answered() {
        for is_changed in [false, true] {
            let node = Node::begin(false).does(Next::LookUp);
            let node = if is_changed { node.changed() } else { node };
            let node = node.on(looked_up(Lookup::Value(LEFT)));
            assert_eq!(node.kept(), Some((Which::LookedUp, LEFT, !is_changed)), "memory compares the stamp");
            assert_eq!(node.answered(), Some((Outcome::LookedUp { has_waited: false }, !is_changed)));
            assert_eq!(node.step.next, Next::Close);
        }
    }

    #[test]
    fn a_missing_key_is_leased() {
        assert!(leased().flight.writes_next());
        let occupied = Node::after(attempted(LeaseAttempt::Occupied)).does(Next::LookUp);
        let silent = occupied.on(looked_up(Lookup::Unavailable));
        assert!(silent.flight.has_asked_redis(), "the first lookup was answered");
        for attempt in [LeaseAttempt::Refused, LeaseAttempt::Unknown(OURS)] {
            let unleased = Node::after(attempted(attempt)).does(Next::Compute);
            assert!(!unleased.flight.writes_next());
        }
    }

    #[test]
    fn another_lease_is_awaited_and_a_change_is_not_missed() {
        let leased = || looked_up(Lookup::Lease(OTHER));
        Node::begin(false).changed().on(leased()).does(Next::LookUp);
        let node = Node::begin(false).later(PATIENCE).on(leased());
        let stamp = node.now.version;
        let until = 2 * PATIENCE;
        let node = node.does(Next::Wait { stamp, until }).changed().on(Event::Changed).does(Next::LookUp);
        // Patience is drawn once for each flight.
        let node = node.later(PATIENCE / 2).on(leased());
        let stamp = node.now.version;
        let node = node.does(Next::Wait { stamp, until });
        let found = node.changed().on(Event::Changed).on(looked_up(Lookup::Value(None)));
        assert_eq!(found.answered(), Some((Outcome::LookedUp { has_waited: true }, true)));
        let vain = Node::after([leased(), Event::WaitedInVain]).does(Next::Compute);
        assert_eq!(vain.on(STORABLE).step.next, Next::Write);
        let mut longest = Node::begin(false).later(PATIENCE);
        longest.now.random = 1.0;
        let stamp = longest.now.version;
        longest.on(leased()).does(Next::Wait { stamp, until: PATIENCE + PATIENCE * 5 / 3 });
    }

    #[test]
    fn an_expensive_value_is_answered_then_written_then_kept() {
        for event in [looked_up(Lookup::Unusable), looked_up(Lookup::Lease(OTHER))] {
            let is_lease = event == looked_up(Lookup::Lease(OTHER));
            let node = Node::begin(false).on(event);
            let node = if is_lease { node.on(Event::WaitedInVain) } else { node };
            assert_eq!(node.does(Next::Compute).on(STORABLE).step.next, Next::Write);
        }
        let node = leased().on(STORABLE);
        assert_eq!((node.answered(), node.kept()), (Some((computed(true), true)), None));
        let missing = node.on(Event::Written(FinalWrite::Missing)).does(Next::Close);
        assert_eq!(missing.kept(), None);
        let node = leased().on(STORABLE).on(Event::Written(FinalWrite::Done));
        assert_eq!((node.kept(), &node.step.next), (Some((Which::Computed, None, true)), &Next::Close));
        let node = leased().on(STORABLE).changed().on(Event::Written(FinalWrite::Done));
        assert_eq!(node.kept(), Some((Which::Computed, None, false)), "memory refuses it");
    }

    #[test]
    fn a_value_from_before_a_change_is_written_only_over_what_it_replaces() {
        let changed = || {
            let node = leased().changed().on(STORABLE);
            assert_eq!((node.answered(), &node.step.next), (Some((computed(false), false)), &Next::LookUp));
            node
        };
        changed().on(looked_up(Lookup::Lease(OURS))).does(Next::Write);
        for other in [Lookup::Missing, Lookup::Lease(OTHER), Lookup::Unusable, Lookup::NoRedis] {
            changed().on(looked_up(other)).does(Next::Close);
        }
        let node = changed().on(looked_up(Lookup::Value(LEFT)));
        assert_eq!((node.kept(), &node.step.next), (Some((Which::LookedUp, LEFT, true)), &Next::Close));
        let unusable = Node::after([looked_up(Lookup::Unusable)]).changed().on(STORABLE);
        unusable.on(looked_up(Lookup::Unusable)).does(Next::Write);
        // A change during the second lookup: once more, and not for ever.
        let mut node = changed();
        for _ in 1..CHECKS_MAX {
            node = node.changed().on(looked_up(Lookup::Lease(OURS))).does(Next::LookUp);
        }
        node.changed().on(looked_up(Lookup::Lease(OURS))).does(Next::Close);
    }

    #[test]
    fn a_failed_write_is_repeated_after_a_second_lookup_while_the_lease_lasts() {
        let mut node = leased().on(STORABLE);
        let mut pauses = Vec::new();
        loop {
            node = node.on(Event::Written(FinalWrite::Failed));
            let Next::Pause(pause) = node.step.next else { break };
            pauses.push(pause);
            node = node.later(pause).on(Event::Paused).does(Next::LookUp);
            node = node.on(looked_up(Lookup::Unavailable));
            let Next::Pause(pause) = node.step.next else { break };
            pauses.push(pause);
            node = node.later(pause).on(Event::Paused).does(Next::LookUp).on(looked_up(Lookup::Lease(OURS)));
            assert_eq!(node.step.next, Next::Write);
        }
        assert_eq!(node.step.next, Next::Close);
        assert_eq!(pauses[..5], [25, 50, 100, 200, 200].map(Duration::from_millis));
        let total: Duration = pauses.iter().sum();
        assert!(total < LIMITS.lease && total + PAUSE_MAX >= LIMITS.lease, "{total:?}");
    }

    #[test]
    fn an_answer_is_not_current_after_a_change() {
        for event in [STORABLE, TOO_LONG] {
            let node = Node::after(attempted(LeaseAttempt::Unknown(OURS))).on(event).changed();
            assert_eq!(node.answered().map(|(_, is_current)| is_current), Some(false));
        }
        let node = leased().on(STORABLE).changed();
        assert_eq!(node.answered(), Some((computed(true), false)));
    }

    #[test]
    fn a_value_that_redis_cannot_hold_leaves_no_lease() {
        let node = leased().on(TOO_LONG).does(Next::DeleteLease);
        for written in [FinalWrite::Done, FinalWrite::Failed] {
            let mut node = Node { flight: node.flight.clone(), step: node.step, now: node.now };
            node = node.on(Event::Written(written));
            assert_eq!(node.kept(), Some((Which::Computed, None, true)));
            assert_eq!((node.answered(), &node.step.next), (Some((computed(false), true)), &Next::Close));
        }
        leased().changed().on(TOO_LONG).does(Next::LookUp);
        let other = Node::after([looked_up(Lookup::Unusable)]).on(TOO_LONG);
        assert_eq!((other.kept(), &other.step.next), (Some((Which::Computed, None, true)), &Next::Close));
    }

    #[test]
    fn a_failure_is_told_after_its_lease_is_deleted() {
        let failed = Some((Outcome::Failed, true));
        let node = leased().on(FAILED).does(Next::DeleteLease).on(Event::Written(FinalWrite::Done));
        assert_eq!((node.answered(), &node.step.next), (failed, &Next::Close));
        let node = leased().changed().on(FAILED).does(Next::LookUp).on(looked_up(Lookup::Lease(OTHER)));
        assert_eq!((node.answered(), &node.step.next), (failed, &Next::Close));
        let node = Node::after(attempted(LeaseAttempt::Unknown(OURS))).on(FAILED).does(Next::LookUp);
        node.on(looked_up(Lookup::Lease(OURS))).does(Next::DeleteLease);
        for lookup in [Lookup::Unusable, Lookup::Unavailable, Lookup::NoRedis] {
            let node = Node::after([looked_up(lookup), FAILED]);
            assert_eq!((node.answered(), &node.step.next), (failed, &Next::Close));
        }
    }

    #[test]
    fn a_lease_that_may_have_been_written_permits_no_write_and_is_deleted() {
        let node = Node::after(attempted(LeaseAttempt::Unknown(OURS))).on(STORABLE);
        assert_eq!(node.kept(), Some((Which::Computed, Some(BRIEF), true)));
        assert_eq!((node.answered(), &node.step.next), (Some((computed(false), true)), &Next::LookUp));
        let node = node.on(looked_up(Lookup::Lease(OURS))).does(Next::DeleteLease);
        let node = node.on(Event::Written(FinalWrite::Done));
        assert_eq!(node.kept(), Some((Which::Computed, Some(BRIEF), true)), "the deletion removed it from memory");
        assert_eq!(node.step.next, Next::Close);
    }

    #[test]
    fn without_a_reply_nothing_is_written_and_memory_keeps_briefly() {
        for (lookup, at_most) in [(Lookup::Unavailable, Some(BRIEF)), (Lookup::NoRedis, None)] {
            let node = Node::after([looked_up(lookup), STORABLE]);
            assert!(!node.flight.has_asked_redis());
            assert_eq!(node.kept(), Some((Which::Computed, at_most, true)));
            assert_eq!((node.answered(), &node.step.next), (Some((computed(false), true)), &Next::Close));
        }
        // Replies that change all the time are nonsense.
        let mut node = Node::begin(false);
        for _ in 1..LOOKUPS_MAX {
            node = node.changed().on(looked_up(Lookup::Lease(OTHER))).does(Next::LookUp);
        }
        let node = node.changed().on(looked_up(Lookup::Lease(OTHER))).does(Next::Compute).on(STORABLE);
        assert_eq!(node.kept(), Some((Which::Computed, Some(BRIEF), false)));
    }

    #[test]
    fn a_trial_runs_once_unless_there_is_a_value() {
        let tried = |lookup| Node::begin(true).on(looked_up(lookup));
        assert_eq!(tried(Lookup::Value(LEFT)).step.next, Next::Close);
        let enough = Event::Tried(Some(Computation::Value { is_storable: true }));
        for (lookup, writes_behind, kept_for, next) in [
            (Lookup::Missing, true, Some(None), Next::Close),
            (Lookup::Lease(OTHER), true, Some(None), Next::Close),
            (Lookup::Unusable, false, None, Next::Write),
            (Lookup::Unavailable, false, Some(Some(BRIEF)), Next::Close),
            (Lookup::NoRedis, false, Some(None), Next::Close),
        ] {
            let node = tried(lookup.clone()).does(Next::Try);
            assert_eq!(node.flight.writes_next(), next == Next::Write, "{lookup:?}");
            let node = node.on(enough.clone());
            assert_eq!((node.step.writes_behind, &node.step.next), (writes_behind, &next), "{lookup:?}");
            assert_eq!(node.kept(), kept_for.map(|at_most| (Which::Computed, at_most, true)), "{lookup:?}");
        }
        let node = tried(Lookup::Missing).does(Next::Try).on(Event::Tried(None)).does(Next::TakeLease);
        let node = node.on(Event::LeaseAttempted(LeaseAttempt::Occupied)).does(Next::LookUp);
        node.on(looked_up(Lookup::Unusable)).does(Next::Compute);
    }

    #[test]
    fn an_event_that_does_not_belong_to_the_state_closes_the_flight() {
        Node::begin(false).on(Event::Paused).does(Next::Close);
        leased().on(Event::Changed).does(Next::Close).on(STORABLE).does(Next::Close);
    }
}
