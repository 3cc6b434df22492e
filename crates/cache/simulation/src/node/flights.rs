//! Questions and flights: what the real driver and its callers do around the machine `flight`.

use std::time::Duration;

use super::calls::{CallError, Purpose, Replies};
use super::{Item, LEASE, LIFETIME, Lease, Node, Plant, Upkeep, label};
use crate::laws::{Law, Origin, Truth};
use crate::people::{KeyId, name};
use crate::protocol::flight::{
    Answer, BRIEF, Computation, Event, FinalWrite, Flight, Keep, LeaseAttempt, Limits, Lookup, Next, Outcome, Step,
    Which,
};
use crate::protocol::hit::nanos;
use crate::protocol::link::Access;
use crate::protocol::version::VersionStamp;
use crate::redis::{Bytes, Command, Expiry, Name, Only, OnlyExpiry, Reply};
use crate::world::{Event as WorldEvent, MILLIS, Outside, SECOND, Time};

/// From one touch of a key to the next.
const TOUCH: Duration = Duration::from_secs(60);
const LIMITS: Limits = Limits { patience: Duration::from_millis(600), lease: LEASE };
const FLIGHTS_MAX: u32 = 2;
/// The longest value that is read.
const VALUE_BYTES: i64 = 256 << 10;
/// The longest that a question may take: two flights that fail, each after a wait and a computation, and one more
/// computation; with some room for lookups that take until their deadline.
const ANSWERED_WITHIN: Time = 12 * SECOND;

/// A caller that waits for an answer.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) key: KeyId,
    began: Time,
    /// The purges of the key of which the node had been told then.
    told: usize,
    flights: u32,
}

/// A value at this node, and the purges that were executed when its read or its computation began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(super) value: usize,
    pub(super) since: usize,
}

/// A flight, and what the driver holds beside the machine.
pub(crate) struct Led {
    flight: Flight<Lease>,
    pub(super) step: u64,
    next: Next,
    callers: Vec<u64>,
    pub(super) is_waiting: bool,
    looked_up: Option<Known>,
    computed: Option<Known>,
    /// What is computed will be written, so that Redis holds what memory is given.
    is_prepared: bool,
    /// The present lookup found bytes that are of no use.
    is_unusable: bool,
    lease: Option<Lease>,
    announced: Option<(Answer, Known)>,
    steps: u32,
    /// The events of the key when it began, each of which makes another computation necessary.
    excuses: usize,
}

/// What nobody waits for: a cheap value for Redis, or that a key is in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behind {
    key: KeyId,
    what: Written,
    stamp: VersionStamp,
}

#[derive(Clone, Copy, Debug)]
enum Written {
    Value(Known),
    Touch { renews: bool },
}

/// Commands behind that may wait for their reply, and that may be queued.
const IN_FLIGHT_MAX: usize = 64;
const QUEUED_MAX: usize = 1_024;
/// As the bucket of the cache: so many a second, and so many at once.
const BEHIND_PAUSE: Time = SECOND / 1_000;
const BEHIND_BURST: Time = 200 * BEHIND_PAUSE;

/// Callers.
impl Node {
    /// A question of a person begins.
    pub(crate) fn begin_question(&mut self, number: u64, key: KeyId, outside: &mut Outside) {
        self.callers.insert(number, Caller { key, began: outside.now, told: self.told[key], flights: 0 });
        self.wake(Item::Caller(number), outside);
    }

    pub(super) fn ask(&mut self, number: u64, outside: &mut Outside) {
        let Some(caller) = self.callers.get_mut(&number) else { return };
        let key = caller.key;
        if caller.flights == 0 {
            // The task has begun: the question is that old, and knows that much.
            (caller.began, caller.told) = (outside.now, self.told[key]);
            if let Some(entry) = self.get(key, outside) {
                self.touch_in_use(key, outside);
                let origin = Origin::Memory { is_brief: entry.kept.is_brief, kept: entry.at };
                return self.answer(number, Known { value: entry.value, since: entry.since }, origin, outside);
            }
            let plan = outside.plan.keys[key];
            if !plan.is_expensive && !self.reads_through(outside) {
                return self.answer_cheaply(number, key, outside);
            }
        } else if caller.flights == FLIGHTS_MAX {
            return self.compute_aside(number, outside);
        }
        self.fly(number, key, outside);
    }

    fn reads_through(&self, outside: &Outside) -> bool {
        outside.plan.reads_through && self.is_attached()
    }

    /// The trial was enough: no flight.
    fn answer_cheaply(&mut self, number: u64, key: KeyId, outside: &mut Outside) {
        let stamp = self.stamp(key);
        let known = self.begin_computation(key, outside);
        self.keep(key, known, LIFETIME, false, stamp, None, outside);
        self.queue_behind(Behind { key, what: Written::Value(known), stamp }, outside);
        self.answer(number, known, Origin::Begun, outside);
    }

    fn begin_computation(&mut self, key: KeyId, outside: &mut Outside) -> Known {
        let plan = outside.plan.keys[key];
        let is_refusal = self.is_weak(outside) && plan.is_large;
        Known { value: outside.truth.began(key, !plan.is_expensive, is_refusal), since: outside.truth.purges }
    }

    fn fly(&mut self, number: u64, key: KeyId, outside: &mut Outside) {
        if let Some(caller) = self.callers.get_mut(&number) {
            caller.flights += 1;
        }
        let version = self.stamp(key);
        if let Some(led) = self.flights.get_mut(&key) {
            match led.announced {
                None => led.callers.push(number),
                Some((answer, known)) => {
                    if answer.is_current(version) || outside.plant == Some(Plant::AnnouncedAnswersAll) {
                        return self.answer(number, known, Origin::Announced, outside);
                    }
                    self.compute_aside(number, outside);
                }
            }
            return;
        }
        let has_trial = self.reads_through(outside);
        let (flight, step) = Flight::begin(LIMITS, has_trial, version);
        self.flights_ever += 1;
        let led = Led {
            flight,
            step: self.flights_ever << 16,
            next: Next::Close,
            callers: vec![number],
            is_waiting: false,
            looked_up: None,
            computed: None,
            is_prepared: false,
            is_unusable: false,
            lease: None,
            announced: None,
            steps: 0,
            excuses: outside.truth.excuses[key],
        };
        self.flights.insert(key, led);
        outside.tell(|| format!("{} is asked for k{key}: looks it up", label(self.id)));
        self.perform_step(key, step, outside);
    }

    fn compute_aside(&mut self, number: u64, outside: &mut Outside) {
        let Some(caller) = self.callers.get_mut(&number) else { return };
        let key = caller.key;
        caller.flights = FLIGHTS_MAX + 1;
        outside.tell(|| format!("{} computes k{key} for one caller", label(self.id)));
        let known = self.begin_computation(key, outside);
        let value = (!self.fails(outside)).then_some(known.value);
        let at = outside.now + self.duration(key, outside);
        outside.schedule(at, WorldEvent::Node(self.id, self.boot, Item::Aside(number, value)));
    }

    pub(super) fn end_aside(&mut self, number: u64, value: Option<usize>, outside: &mut Outside) {
        match value {
            Some(value) => self.answer(number, Known { value, since: usize::MAX }, Origin::Begun, outside),
            None => self.fail(number, outside),
        }
    }

    /// The first of the callers that wait for a key goes away. Nothing changes for the others.
    pub(crate) fn leave(&mut self, key: KeyId, outside: &mut Outside) {
        let Some(number) = self.callers.iter().find(|(_, it)| it.key == key).map(|(number, _)| *number) else { return };
        outside.tell(|| format!("{}  a caller of k{key} goes away", label(self.id)));
        self.callers.remove(&number);
        let began_it = self.flights.get(&key).is_some_and(|led| led.callers.first() == Some(&number));
        if began_it && outside.plant == Some(Plant::EndsWithItsCaller) {
            let led = self.flights.remove(&key);
            led.into_iter().flat_map(|led| led.callers).for_each(|it| self.wake(Item::Caller(it), outside));
        }
    }

    fn answer(&mut self, number: u64, known: Known, origin: Origin, outside: &mut Outside) {
        let Some(caller) = self.callers.remove(&number) else { return };
        let key = caller.key;
        outside.tell(|| {
            let from = match origin {
                Origin::Memory { .. } => "memory",
                Origin::Announced => "an announced flight",
                Origin::Begun => "its flight or computation",
            };
            format!("{} answers for k{key} from {from}", label(self.id))
        });
        self.report(outside, key, known.value, origin, known.since, caller.told);
        self.is_in_time(&caller, outside);
    }

    fn fail(&mut self, number: u64, outside: &mut Outside) {
        if let Some(caller) = self.callers.remove(&number) {
            self.is_in_time(&caller, outside);
        }
    }

    fn is_in_time(&self, caller: &Caller, outside: &mut Outside) {
        let within = caller.began + ANSWERED_WITHIN;
        if outside.now > within && outside.now > within + outside.stood_still_since(caller.began) {
            self.breaks(
                outside,
                Law::Answered,
                &format!("k{} is answered after {} s", caller.key, (outside.now - caller.began) / SECOND),
            );
        }
    }

    fn fails(&mut self, outside: &Outside) -> bool {
        outside.now < self.fails_until
    }

    fn duration(&mut self, key: KeyId, outside: &Outside) -> Time {
        MILLIS / 2 + self.chance.below(outside.plan.keys[key].longest)
    }
}

/// Flights.
impl Node {
    pub(super) fn advance(&mut self, key: KeyId, step: u64, event: Event<Lease>, outside: &mut Outside) {
        let now = self.now(key, outside);
        let Some(led) = self.flights.get_mut(&key).filter(|led| led.step == step) else { return };
        if matches!(event, Event::WaitedInVain) {
            outside.truth.excuses[key] += 1;
        }
        let step = led.flight.on(event, now);
        led.steps += 1;
        if led.steps > 400 {
            self.breaks(outside, Law::Bounded, &format!("the flight of k{key} does not end"));
        }
        self.perform_step(key, step, outside);
    }

    fn perform_step(&mut self, key: KeyId, step: Step, outside: &mut Outside) {
        let Some(led) = self.flights.get_mut(&key) else { return };
        led.step += 1;
        led.is_waiting = false;
        led.next = step.next;
        let closes = step.next == Next::Close;
        if let Some(keep) = step.keep {
            self.keep_step(key, keep, outside);
        }
        if let (true, Some(keep)) = (step.writes_behind, step.keep)
            && let Some(known) = self.flights.get(&key).and_then(|led| led.computed)
        {
            self.queue_behind(Behind { key, what: Written::Value(known), stamp: keep.stamp }, outside);
        }
        if let Some(answer) = step.answer {
            self.give(key, answer, closes, outside);
        }
        if closes {
            // Callers who still wait were given no answer: the leader is lost.
            if let Some(led) = self.flights.remove(&key) {
                led.callers.into_iter().for_each(|number| self.wake(Item::Caller(number), outside));
            }
            return;
        }
        self.carry_out(key, step.next, outside);
    }

    fn keep_step(&mut self, key: KeyId, keep: Keep, outside: &mut Outside) {
        let Some(led) = self.flights.get(&key) else { return };
        let known = match keep.which {
            // What a replica holds is not kept.
            Which::LookedUp if !self.is_at_primary(outside) => None,
            Which::LookedUp => led.looked_up,
            Which::Computed => led.computed,
        };
        let Some(known) = known else { return };
        let lifetime = keep.at_most.unwrap_or(LIFETIME).min(LIFETIME);
        let is_brief = keep.which == Which::Computed && keep.at_most == Some(BRIEF);
        let is_shared = keep.which == Which::LookedUp || led.is_prepared;
        let is_renewable = lifetime >= LIFETIME / 10 * 9;
        let touch = is_shared.then(|| Upkeep { at: self.moment(outside) + TOUCH, is_renewable });
        if self.keep(key, known, lifetime, is_brief, keep.stamp, touch, outside) {
            outside.tell(|| {
                format!("{} keeps k{key} in memory{}", label(self.id), if is_brief { " briefly" } else { "" })
            });
        }
    }

    /// Gives the answer to every waiter.
    fn give(&mut self, key: KeyId, answer: Answer, closes: bool, outside: &mut Outside) {
        let Some(led) = self.flights.get_mut(&key) else { return };
        let known = match answer.outcome {
            Outcome::LookedUp { .. } => led.looked_up,
            Outcome::Computed { .. } => led.computed,
            Outcome::Failed => None,
        };
        let callers = std::mem::take(&mut led.callers);
        if let (false, Some(known)) = (closes, known) {
            led.announced = Some((answer, known));
        }
        match known {
            Some(known) => callers.into_iter().for_each(|it| self.answer(it, known, Origin::Begun, outside)),
            // The leader's own caller has the failure; the others try again.
            None => {
                if closes {
                    self.flights.remove(&key);
                }
                let mut callers = callers.into_iter();
                if let Some(own) = callers.next() {
                    self.fail(own, outside);
                }
                callers.for_each(|it| self.wake(Item::Caller(it), outside));
            }
        }
    }

    fn carry_out(&mut self, key: KeyId, next: Next, outside: &mut Outside) {
        let redis = name(key);
        let Some(led) = self.flights.get(&key) else { return };
        let purpose = Purpose::Flight(key, led.step);
        match next {
            Next::LookUp if self.pending_removals.contains(&key) => {
                if let Some(led) = self.flights.get_mut(&key) {
                    (led.looked_up, led.is_unusable) = (None, false);
                }
                self.event(key, Event::LookedUp(Lookup::Unavailable), outside);
            }
            Next::LookUp => {
                let commands = vec![Command::GetRange(redis.clone(), 0, VALUE_BYTES), Command::Pttl(redis)];
                self.call(purpose, Access::Reads, commands, outside);
            }
            Next::Try => {
                let tried = (!outside.plan.keys[key].is_expensive).then(|| self.computed(key, true, outside));
                self.event(key, Event::Tried(tried), outside);
            }
            Next::TakeLease => {
                self.leases += 1;
                // As long as those of the cache.
                let lease = Lease(format!("{:010}.{:05}.{}", self.id, self.boot, self.leases));
                let value: Bytes = format!("lease:{}", lease.0).into_bytes().into();
                if let Some(led) = self.flights.get_mut(&key) {
                    led.lease = Some(lease);
                }
                let expiry = Expiry::In(LEASE.as_millis() as i64);
                let set = Command::Set { name: redis, value, only: Some(Only::Absent), expiry };
                self.call(purpose, Access::Writes, vec![set], outside);
            }
            Next::Wait { stamp, until } => self.wait(key, stamp, until, outside),
            Next::Compute => self.compute(key, outside),
            Next::Write => self.write(key, purpose, outside),
            Next::DeleteLease => self.call(purpose, Access::Writes, vec![Command::Del(vec![redis])], outside),
            Next::Pause(pause) => {
                let at = self.moment(outside) + pause;
                let step = self.flights[&key].step;
                self.wake_at(at, Item::Flight(key, step, Box::new(Event::Paused)), outside);
            }
            Next::Close => {}
        }
    }

    /// An event for the present step, after a wake-up.
    fn event(&mut self, key: KeyId, event: Event<Lease>, outside: &mut Outside) {
        if let Some(led) = self.flights.get(&key) {
            let item = Item::Flight(key, led.step, Box::new(event));
            self.wake(item, outside);
        }
    }

    fn wait(&mut self, key: KeyId, stamp: VersionStamp, until: Duration, outside: &mut Outside) {
        let is_coherent = self.is_told_of_changes(outside);
        if !is_coherent || self.moment(outside) >= until || self.is_futile() {
            return self.event(key, Event::WaitedInVain, outside);
        }
        if self.stamp(key) != stamp {
            return self.event(key, Event::Changed, outside);
        }
        outside.tell(|| format!("{} waits for k{key}", label(self.id)));
        let Some(led) = self.flights.get_mut(&key) else { return };
        led.is_waiting = true;
        let item = Item::Patience(key, led.step);
        self.wake_at(until, item, outside);
    }

    /// Waiting has become less useful.
    pub(super) fn doubt(&mut self, outside: &mut Outside) {
        if !self.is_futile() {
            return;
        }
        let waiting: Vec<KeyId> = self.flights.iter().filter(|(_, led)| led.is_waiting).map(|(key, _)| *key).collect();
        for key in waiting {
            if let Some(led) = self.flights.get_mut(&key) {
                led.is_waiting = false;
            }
            self.event(key, Event::WaitedInVain, outside);
        }
    }

    fn is_futile(&self) -> bool {
        !self.refuses.is_empty() || self.status.is_late || self.breaker.is_open()
    }

    pub(super) fn patience_ends(&mut self, key: KeyId, step: u64, outside: &mut Outside) {
        let Some(led) = self.flights.get_mut(&key).filter(|led| led.step == step && led.is_waiting) else { return };
        led.is_waiting = false;
        // A key that is removed again and again is computed so often that patience ends first.
        let computations = 1 + outside.truth.excuses[key] - led.excuses;
        outside.tell(|| format!("{} has waited for k{key} in vain", label(self.id)));
        let plan = outside.plan.keys[key];
        // What cannot be stored is computed by one node after the other, which takes longer than patience.
        if !outside.plan.has_faults && !plan.is_unstorable && plan.longest < 500 * MILLIS && computations <= 3 {
            self.breaks(
                outside,
                Law::Answered,
                &format!("a caller needed the end of patience for k{key} though nothing failed"),
            );
        }
        self.advance(key, step, Event::WaitedInVain, outside);
    }

    fn compute(&mut self, key: KeyId, outside: &mut Outside) {
        outside.tell(|| format!("{} computes k{key}", label(self.id)));
        outside.truth.computations[key] += 1;
        let computation = self.computed(key, false, outside);
        let at = outside.now + self.duration(key, outside);
        let step = self.flights[&key].step;
        let item = Item::Flight(key, step, Box::new(Event::Computed(computation)));
        outside.schedule(at, WorldEvent::Node(self.id, self.boot, item));
    }

    /// Begins a computation whose end is known already.
    fn computed(&mut self, key: KeyId, is_trial: bool, outside: &mut Outside) -> Computation {
        let fails = !is_trial && self.fails(outside);
        let known = self.begin_computation(key, outside);
        let is_storable = !outside.plan.keys[key].is_unstorable;
        if fails {
            outside.truth.excuses[key] += 1;
        }
        if let Some(led) = self.flights.get_mut(&key) {
            led.computed = (!fails).then_some(known);
            led.is_prepared = is_storable && led.flight.writes_next();
        }
        if fails { Computation::Failed } else { Computation::Value { is_storable } }
    }

    fn write(&mut self, key: KeyId, purpose: Purpose, outside: &mut Outside) {
        let Some((known, is_unusable)) = self.flights.get(&key).and_then(|led| Some((led.computed?, led.is_unusable)))
        else {
            return;
        };
        // The lookup of a replica permits no write.
        if !self.is_at_primary(outside) {
            return self.end_call(purpose, Err(CallError::NotSent), outside);
        }
        if !is_unusable {
            outside.truth.sent(key, known.value, self.told[key], outside.now);
        }
        let only = if outside.plant == Some(Plant::WritesPlainly) { None } else { Some(Only::Present) };
        self.call(purpose, Access::Writes, vec![set(key, known, only, outside.plan.value_bytes)], outside);
    }

    /// A call of a flight has ended.
    pub(super) fn flight_has(&mut self, key: KeyId, step: u64, result: Replies, outside: &mut Outside) {
        let is_weak = self.is_weak(outside);
        let Some(led) = self.flights.get_mut(&key).filter(|led| led.step == step) else { return };
        let event = match led.next {
            Next::LookUp => {
                let takes_refusals = is_weak || outside.plant == Some(Plant::TakesRefusals);
                let (lookup, known) = looked_up(&result, &outside.truth, key, takes_refusals);
                led.is_unusable = lookup == Lookup::Unusable;
                led.looked_up = known;
                Event::LookedUp(lookup)
            }
            Next::TakeLease => Event::LeaseAttempted(taken(&result, led.lease.clone())),
            Next::Write => {
                if let (Ok((_, purges)), Some(known)) = (&result, &mut led.computed) {
                    // Memory holds what Redis was seen to hold.
                    known.since = *purges;
                }
                Event::Written(written(&result))
            }
            Next::DeleteLease => {
                self.memory.remove(&key);
                Event::Written(result.map_or(FinalWrite::Failed, |_| FinalWrite::Done))
            }
            _ => return,
        };
        self.event(key, event, outside);
    }
}

/// Cheap values for Redis, and the operator's deletions.
impl Node {
    /// Tells Redis that a key is in use which memory answers for, once in a while.
    fn touch_in_use(&mut self, key: KeyId, outside: &mut Outside) {
        let (now, stamp) = (self.moment(outside), self.stamp(key));
        let Some(entry) = self.memory.get_mut(&key) else { return };
        let Some(upkeep) = entry.upkeep.as_mut().filter(|it| it.at <= now) else { return };
        upkeep.at = now + TOUCH;
        let is_half_over = entry.kept.left(nanos(now)).is_some_and(|left| left < LIFETIME / 2);
        let what = Written::Touch { renews: upkeep.is_renewable && is_half_over };
        self.queue_behind(Behind { key, what, stamp }, outside);
    }

    /// Queues it, or drops it if there is too much.
    fn queue_behind(&mut self, behind: Behind, outside: &mut Outside) {
        let full_at = self.bucket_full_at.max(outside.now) + BEHIND_PAUSE;
        if full_at - outside.now > BEHIND_BURST {
            return;
        }
        self.bucket_full_at = full_at;
        if self.write_behind.len() < QUEUED_MAX {
            self.write_behind.push_back(behind);
            self.wake_writer(outside);
        }
    }

    fn wake_writer(&mut self, outside: &mut Outside) {
        if !std::mem::replace(&mut self.is_writer_awake, true) {
            self.wake(Item::WriteBehind, outside);
        }
    }

    /// Gives each of the queue its own task, while not too many are in flight.
    pub(super) fn write_behind(&mut self, outside: &mut Outside) {
        self.is_writer_awake = false;
        while self.behind_in_flight < IN_FLIGHT_MAX
            && let Some(behind) = self.write_behind.pop_front()
        {
            self.behind_in_flight += 1;
            self.wake(Item::Behind(Box::new(behind)), outside);
        }
    }

    pub(super) fn execute_behind(&mut self, behind: Behind, outside: &mut Outside) {
        let Behind { key, what, stamp } = behind;
        let is_compared = outside.plant != Some(Plant::ComparesWhenQueued);
        if is_compared && self.stamp(key) != stamp {
            return self.has_written_behind(outside);
        }
        let known = match what {
            Written::Value(known) => known,
            Written::Touch { renews: false } => {
                return self.call(Purpose::WriteBehind, Access::Writes, vec![Command::Touch(name(key))], outside);
            }
            Written::Touch { renews: true } => {
                let life = LIFETIME.as_millis() as i64;
                let renewal = vec![Command::PExpire(name(key), life, Some(OnlyExpiry::Later))];
                return self.call(Purpose::Renewal(key, stamp), Access::Writes, renewal, outside);
            }
        };
        if outside.plan.keys[key].is_unstorable {
            return self.has_written_behind(outside);
        }
        if self.is_attached() && !self.status.is_late && !self.breaker.is_open() {
            outside.truth.sent(key, known.value, self.told[key], outside.now);
        }
        let write = vec![set(key, known, Some(Only::Absent), outside.plan.value_bytes)];
        self.call(Purpose::WriteBehind, Access::Writes, write, outside);
    }

    pub(super) fn has_written_behind(&mut self, outside: &mut Outside) {
        self.behind_in_flight -= 1;
        self.wake_writer(outside);
    }

    /// Redis has prolonged the key, if the reply is 1; no push tells this node.
    pub(super) fn has_renewed(&mut self, key: KeyId, stamp: VersionStamp, result: &Replies, outside: &mut Outside) {
        let is_prolonged = matches!(result, Ok((replies, _)) if replies[0] == Reply::Int(1));
        let deadline = nanos(self.moment(outside) + LIFETIME);
        if is_prolonged
            && self.stamp(key) == stamp
            && let Some(entry) = self.memory.get_mut(&key)
        {
            entry.kept.deadline = deadline;
        }
        self.has_written_behind(outside);
    }

    /// An operator removes a key through this node.
    pub(crate) fn remove(&mut self, key: KeyId, outside: &mut Outside) {
        self.call(Purpose::Remove(key), Access::Writes, vec![Command::Del(vec![name(key)])], outside);
    }

    /// An operator removes everything through this node: first from memory, so that what is being computed is not
    /// written after the removal.
    pub(crate) fn clear(&mut self, outside: &mut Outside) {
        self.purge(outside);
        self.scan(0, outside);
    }

    fn scan(&mut self, cursor: u64, outside: &mut Outside) {
        let scan = Command::Scan { cursor, prefix: "t:".into(), count: 2 };
        self.call(Purpose::Scan, Access::Reads, vec![scan], outside);
    }

    /// Names that are to be removed, and where the next ones are.
    pub(super) fn has_scanned(&mut self, result: &Replies, outside: &mut Outside) {
        let Some((cursor, names)) = result.as_ref().ok().and_then(|(replies, _)| scanned(replies)) else {
            return self.clear_later(outside);
        };
        let names: Vec<Name> = names.into_iter().filter(|name| !name.starts_with("t::canary:")).collect();
        match (names.is_empty(), cursor) {
            (true, 0) => self.is_cleared(outside),
            (true, _) => self.scan(cursor, outside),
            (false, _) => {
                let unlink = vec![Command::Unlink(names.clone())];
                self.call(Purpose::Unlink(cursor, names), Access::Writes, unlink, outside);
            }
        }
    }

    pub(super) fn has_unlinked(&mut self, cursor: u64, names: &[Name], result: &Replies, outside: &mut Outside) {
        let Ok((_, purges)) = result else { return self.clear_later(outside) };
        for key in names.iter().filter_map(|name| outside.key(name)) {
            self.told_by_clear.push((key, *purges));
        }
        if cursor == 0 { self.is_cleared(outside) } else { self.scan(cursor, outside) }
    }

    /// Once more: meanwhile what was not removed yet may have been looked up.
    fn is_cleared(&mut self, outside: &mut Outside) {
        for (key, purges) in std::mem::take(&mut self.told_by_clear) {
            self.told[key] = self.told[key].max(purges);
        }
        if outside.plant != Some(Plant::ClearsMemoryOnce) {
            self.purge(outside);
        }
    }

    /// What could not be cleared stays pending, key by key.
    fn clear_later(&mut self, outside: &mut Outside) {
        self.is_cleared(outside);
        (0..outside.plan.keys.len()).for_each(|key| self.remove_later(key, outside));
    }

    fn remove_later(&mut self, key: KeyId, outside: &mut Outside) {
        self.pending_removals.insert(key);
        let at = self.moment(outside) + Duration::from_millis(100 + self.chance.below(400));
        self.wake_at(at, Item::RetryRemoval(key), outside);
    }

    /// A removal without a reply stays pending: until it is executed, no lookup of this node uses the value.
    pub(super) fn has_removed(&mut self, key: KeyId, result: &Replies, outside: &mut Outside) {
        match result {
            Ok((_, purges)) => {
                self.pending_removals.remove(&key);
                self.told[key] = self.told[key].max(*purges);
            }
            Err(CallError::Refused(_)) if !self.pending_removals.contains(&key) => return,
            Err(_) => self.remove_later(key, outside),
        }
        if outside.plant != Some(Plant::OwnDeletionUnnoticed) {
            self.invalidate(key, outside);
        }
    }
}

fn set(key: KeyId, known: Known, only: Option<Only>, bytes: usize) -> Command {
    let number = bytes.saturating_sub("value:".len());
    let value = format!("value:{:<number$}", known.value).into_bytes().into();
    Command::Set { name: name(key), value, only, expiry: Expiry::In(LIFETIME.as_millis() as i64) }
}

/// The reply to `SCAN`.
fn scanned(replies: &[Reply]) -> Option<(u64, Vec<Name>)> {
    let Reply::List(parts) = replies.first()? else { return None };
    let [Reply::Bytes(cursor), Reply::List(names)] = parts.as_slice() else { return None };
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let name = |reply: &Reply| match reply {
        Reply::Bytes(bytes) => text(bytes).map(Name::from),
        _ => None,
    };
    Some((text(cursor)?.parse().ok()?, names.iter().filter_map(name).collect()))
}

/// As `read_lookup` of the cache.
fn looked_up(result: &Replies, truth: &Truth, key: KeyId, takes_refusals: bool) -> (Lookup<Lease>, Option<Known>) {
    let Ok((replies, purges)) = result else { return (Lookup::Unavailable, None) };
    let [found, Reply::Int(left)] = replies.as_slice() else { return (Lookup::Unavailable, None) };
    let left = match left {
        -1 => None,
        millis => Some(Duration::from_millis(u64::try_from(*millis).unwrap_or(0))),
    };
    let Reply::Bytes(bytes) = found else { return (Lookup::Unusable, None) };
    if bytes.is_empty() && replies[1] == Reply::Int(-2) {
        return (Lookup::Missing, None);
    }
    let is_usable =
        |value: &usize| truth.ghosts.get(*value).is_some_and(|it| it.key == key && (takes_refusals || !it.is_refusal));
    if let Some(value) = Truth::value_in(bytes).filter(is_usable) {
        return (Lookup::Value(left), Some(Known { value, since: *purges }));
    }
    match bytes.strip_prefix(b"lease:") {
        Some(lease) => (Lookup::Lease(Lease(String::from_utf8_lossy(lease).into_owned())), None),
        None => (Lookup::Unusable, None),
    }
}

fn taken(result: &Replies, lease: Option<Lease>) -> LeaseAttempt<Lease> {
    let Some(lease) = lease else { return LeaseAttempt::Refused };
    match result {
        Ok((replies, _)) if replies[0] == Reply::Null => LeaseAttempt::Occupied,
        Ok(_) => LeaseAttempt::Granted(lease),
        Err(CallError::Open) => LeaseAttempt::Unknown(lease),
        Err(_) => LeaseAttempt::Refused,
    }
}

fn written(result: &Replies) -> FinalWrite {
    match result {
        Ok((replies, _)) if replies[0] == Reply::Null => FinalWrite::Missing,
        Ok(_) => FinalWrite::Done,
        Err(_) => FinalWrite::Failed,
    }
}
