//! One state of the search: Redis with one key, the nodes and their connections, and every step that may come next.

use std::fmt;

use super::node::{Doing, Node};

/// Which answers are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Expensive,
    /// The trial is enough, and Redis is not looked up first.
    Cheap,
    /// The trial is enough, after a lookup (read-through).
    CheapAfterLookup,
}

/// What a person may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an act that a setting permits or not")]
pub struct People {
    pub deletes: bool,
    pub flushes: bool,
    /// `FLUSHDB` of another database.
    pub flushes_elsewhere: bool,
    pub writes_garbage: bool,
    /// A value that looks like a lease, and has no lifetime.
    pub fakes_a_lease: bool,
    /// Removes the key through a node.
    pub operates: bool,
    /// Changes another key of the same shard.
    pub changes_other_keys: bool,
}

/// What may fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fault that a setting permits or not")]
pub struct Faults {
    pub crashes: bool,
    pub is_cut_off: bool,
    pub is_late: bool,
    pub is_refused: bool,
    pub fails_to_compute: bool,
}

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub kind: Kind,
    pub nodes: usize,
    /// Calls of each node.
    pub calls: u8,
    /// Any number of calls: then the search looks for dead ends and cycles.
    pub is_endless: bool,
    /// Acts of people, faults and timers that may happen at any step.
    pub budget: [u8; 3],
    pub people: People,
    pub faults: Faults,
    /// The limit of each node: a value computed under a lower one is unusable.
    pub limits: [u8; 3],
    /// Each command has a turn of its own, and tasks are as quick as the connection: for three nodes.
    pub is_fused: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            kind: Kind::Expensive,
            nodes: 2,
            calls: 1,
            is_endless: false,
            budget: [0; 3],
            people: People::default(),
            faults: Faults::default(),
            limits: [1; 3],
            is_fused: false,
        }
    }
}

impl Setting {
    fn limits(&self) -> &[u8] {
        &self.limits[..self.nodes]
    }

    pub(super) fn limit_min(&self) -> u8 {
        self.limits().iter().copied().min().unwrap_or(0)
    }

    fn limit_max(&self) -> u8 {
        self.limits().iter().copied().max().unwrap_or(0)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [people, faults, timers] = self.budget;
        let calls = if self.is_endless { "any number of".to_owned() } else { self.calls.to_string() };
        write!(f, "{:?}, {} nodes × {calls} calls", self.kind, self.nodes)?;
        write!(f, ", {people} acts, {faults} faults, {timers} timers")?;
        if self.limit_min() != self.limit_max() {
            write!(f, ", mixed limits")?;
        }
        if self.is_fused { write!(f, ", fused") } else { Ok(()) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    Forgotten,
    NotRestored,
    Once,
    Answered,
    Repairable,
    AtRest,
    NotWorse,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forgotten => "forgotten when told",
            Self::NotRestored => "not restored",
            Self::Once => "computed once",
            Self::Answered => "answered",
            Self::Repairable => "repairable",
            Self::AtRest => "at rest",
            Self::NotWorse => "not worse",
        })
    }
}

/// A lease of a node. No two that exist at the same time are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(super) u8, pub(super) u8);

/// What a person wrote, which looks like a lease.
const FAKE: Token = Token(u8::MAX, 0);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stored {
    Lease(Token),
    /// A value, and the limit under which it was computed.
    Value(u8),
    Garbage,
}

/// The changes and the purges of the key so far: no node sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Ghost {
    pub(super) changes: u8,
    pub(super) purges: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Request {
    LookUp,
    TakeLease(Token),
    Write(Write),
    DeleteLease,
    /// The operator's `DEL`.
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Write {
    /// `NX`, without a reply; otherwise `XX`.
    pub(super) is_cheap: bool,
    pub(super) limit: u8,
    /// Purges when its computation began.
    pub(super) begun: u8,
    /// What its node had been told of when it was sent.
    pub(super) seen: Ghost,
}

/// What a node receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Message {
    Push(Ghost),
    Flush(Ghost),
    /// The reply to the operator's `DEL`.
    Removed(Ghost),
    /// A reply, and the changes of the key when it was made.
    Reply(Reply, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reply {
    Nothing,
    Holds(Stored),
    Ok,
    /// The condition of a `SET` was not met.
    Nil,
    Deleted,
    Refused,
    /// None in time.
    Late,
}

/// When a step may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// By itself.
    Now,
    Call,
    /// An act, a fault or a timer of the budget.
    Event,
    /// When nothing else can happen.
    Still,
}

pub(super) struct Step {
    pub(super) told: String,
    pub(super) when: When,
    pub(super) state: State,
    pub(super) broken: Vec<Law>,
}

#[derive(Clone, Copy)]
enum Budget {
    People = 0,
    Faults = 1,
    Timers = 2,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) stored: Option<Stored>,
    /// Who changed the key last in this turn of the server, of which no push has left yet; the node's number, or none.
    changed_by: Option<Option<usize>>,
    pub(super) ghost: Ghost,
    pub(super) computed: u8,
    /// Computations that events permit beyond the first.
    permitted: u8,
    has_failed: bool,
    budget: [u8; 3],
    pub(super) nodes: Vec<Node>,
}

impl State {
    pub(super) fn new(setting: &Setting) -> Self {
        Self {
            stored: None,
            changed_by: None,
            ghost: Ghost::default(),
            computed: 0,
            permitted: 0,
            has_failed: false,
            budget: setting.budget,
            nodes: vec![Node::new(setting.calls); setting.nodes],
        }
    }

    /// A lease that nothing in this state mentions.
    pub(super) fn free_token(&self, node: usize) -> Token {
        let told = format!("{:?}", (self.stored, &self.nodes));
        let node = u8::try_from(node).unwrap_or(u8::MAX);
        let is_free = |number: &u8| !told.contains(&format!("{:?}", Token(node, *number)));
        Token(node, (1..u8::MAX).find(is_free).unwrap_or(u8::MAX))
    }

    // --- The server ---

    fn set(&mut self, stored: Option<Stored>, by: Option<usize>) {
        self.stored = stored;
        self.changed_by = Some(by);
    }

    fn purged(&mut self, setting: &Setting) {
        if !setting.is_endless {
            self.ghost = Ghost { changes: self.ghost.changes + 1, purges: self.ghost.purges + 1 };
        }
    }

    /// Executes a request; gives its reply.
    fn execute(
        &mut self,
        request: Request,
        by: Option<usize>,
        setting: &Setting,
        broken: &mut Vec<Law>,
    ) -> Option<Message> {
        let reply = match request {
            Request::LookUp => self.stored.map_or(Reply::Nothing, Reply::Holds),
            Request::TakeLease(token) if self.stored.is_none() => {
                self.set(Some(Stored::Lease(token)), by);
                Reply::Ok
            }
            Request::TakeLease(_) => Reply::Nil,
            Request::DeleteLease => {
                if self.stored.is_some() {
                    self.set(None, by);
                }
                Reply::Deleted
            }
            Request::Remove => {
                if self.stored.is_some() {
                    self.set(None, by);
                    self.purged(setting);
                }
                return Some(Message::Removed(self.ghost));
            }
            Request::Write(write) => {
                let reply = self.write(write, by, setting, broken);
                if write.is_cheap {
                    return None;
                }
                reply
            }
        };
        Some(Message::Reply(reply, self.ghost.changes))
    }

    fn write(&mut self, write: Write, by: Option<usize>, setting: &Setting, broken: &mut Vec<Law>) -> Reply {
        let Write { is_cheap, limit, begun, seen } = write;
        if self.stored.is_some() == is_cheap {
            return Reply::Nil;
        }
        let is_mended = match self.stored {
            Some(Stored::Garbage) => true,
            Some(Stored::Value(other)) => other != limit,
            _ => false,
        };
        // What is begun before a purge may be on its way while its push is; it is not sent afterwards.
        if begun < seen.purges && (is_cheap || !is_mended) {
            broken.push(Law::NotRestored);
        }
        if !is_cheap && self.stored.is_none() && begun < self.ghost.purges {
            broken.push(Law::NotRestored);
        }
        if let Some(Stored::Value(other)) = self.stored
            && other > limit
            && !setting.is_endless
            && seen.changes == self.ghost.changes
        {
            broken.push(Law::NotWorse);
        }
        if limit > 0 && setting.limit_min() == 0 && !setting.is_endless {
            self.ghost.changes += 1;
        }
        self.set(Some(Stored::Value(limit)), by);
        Reply::Ok
    }

    /// The turn ends: pushes leave, to everyone but who changed the key last.
    fn end_turn(&mut self) {
        if let Some(by) = self.changed_by.take() {
            let ghost = self.ghost;
            for (number, node) in self.nodes.iter_mut().enumerate() {
                if node.is_up && by != Some(number) {
                    node.to_node.push(Message::Push(ghost));
                }
            }
        }
    }

    // --- What may come next ---

    pub(super) fn steps(&self, setting: &Setting) -> Vec<Step> {
        let mut steps = Steps { from: self, setting, all: Vec::new() };
        steps.of_the_server();
        for node in 0..self.nodes.len() {
            steps.of_a_connection(node);
            steps.of_a_flight(node);
            steps.of_a_call(node);
            steps.of_a_fault(node);
        }
        steps.of_people();
        if steps.all.iter().all(|step| step.when != When::Now) {
            steps.of_time();
        }
        steps.all
    }

    /// The laws that this state breaks.
    pub(super) fn broken(&self, setting: &Setting, steps: &[Step]) -> Vec<Law> {
        let mut broken = Vec::new();
        let is_quiet = steps.iter().all(|step| step.when != When::Now);
        let has_timer = steps.iter().any(|step| step.when == When::Still);
        let is_still = self.changed_by.is_none() && self.nodes.iter().all(Node::is_still);
        for node in &self.nodes {
            if let Some(memory) = node.memory.filter(|_| node.is_up && !setting.is_endless) {
                let is_missing = !matches!(self.stored, Some(Stored::Value(_)));
                let is_stale = setting.kind == Kind::Expensive || memory.changes < self.ghost.changes;
                // Memory holds for long what Redis does not have, and no message will arrive.
                let is_forever = is_still && !memory.is_brief && is_missing && is_stale;
                if memory.changes < node.seen.changes || is_forever {
                    broken.push(Law::Forgotten);
                }
            }
            if let Some(run) = node.run.as_ref().filter(|_| is_quiet) {
                let can_go_on = run.doing == Doing::Waiting && has_timer;
                if !can_go_on || !self.has_failed {
                    broken.push(Law::Answered);
                }
            }
        }
        let mut limits = setting.limits().to_vec();
        limits.sort_unstable();
        limits.dedup();
        let permitted = (1 + usize::from(self.permitted)) * limits.len();
        if setting.kind == Kind::Expensive && usize::from(self.computed) > permitted {
            broken.push(Law::Once);
        }
        let is_over = steps.iter().all(|step| step.when == When::Event);
        if setting.is_endless && is_over && self.nodes.iter().any(|node| node.memory.is_none()) {
            broken.push(Law::AtRest);
        }
        broken
    }

    /// Whether callers have what they want.
    pub(super) fn is_good(&self, setting: &Setting) -> bool {
        self.stored == Some(Stored::Value(setting.limit_max()))
            || setting.kind != Kind::Expensive && self.nodes.iter().all(|node| node.memory.is_some())
    }
}

/// The steps from one state.
struct Steps<'a> {
    from: &'a State,
    setting: &'a Setting,
    all: Vec<Step>,
}

/// What an event of the budget permits.
#[derive(Clone, Copy)]
struct Permits {
    computations: u8,
    is_failure: bool,
}

const NOTHING: Permits = Permits { computations: 0, is_failure: false };
const ONE_MORE: Permits = Permits { computations: 1, is_failure: false };
const FAILURE: Permits = Permits { computations: 1, is_failure: true };

impl Steps<'_> {
    fn add(&mut self, when: When, told: String, act: impl FnOnce(&mut State, &mut Vec<Law>)) {
        let (mut state, mut broken) = (self.from.clone(), Vec::new());
        act(&mut state, &mut broken);
        if self.setting.is_fused {
            state.end_turn();
            for node in 0..state.nodes.len() {
                state.take_reply(node, self.setting);
            }
        }
        state.nodes.iter_mut().for_each(Node::normalise);
        self.all.push(Step { told, when, state, broken });
    }

    fn now(&mut self, told: String, act: impl FnOnce(&mut State, &mut Vec<Law>)) {
        self.add(When::Now, told, act);
    }

    fn event(&mut self, budget: Budget, permits: Permits, told: String, act: impl FnOnce(&mut State, &mut Vec<Law>)) {
        let is_endless = self.setting.is_endless;
        self.add(When::Event, told, |state, broken| {
            state.budget[budget as usize] -= 1;
            state.permit(permits, is_endless);
            act(state, broken);
        });
    }

    fn may(&self, budget: Budget) -> bool {
        self.from.budget[budget as usize] > 0
    }

    fn of_the_server(&mut self) {
        if self.from.changed_by.is_some() {
            self.now("the turn ends, pushes leave".to_owned(), |state, _| state.end_turn());
        }
        if self.may(Budget::Timers) && self.lease().is_some() {
            self.event(Budget::Timers, FAILURE, "the lease expires".to_owned(), |state, _| state.set(None, None));
        }
    }

    fn of_a_connection(&mut self, number: usize) {
        let (setting, node) = (self.setting, &self.from.nodes[number]);
        let me = name(number);
        if let Some(&request) = node.to_redis.first() {
            self.now(format!("R executes {request:?} of {me}"), |state, broken| {
                state.nodes[number].to_redis.remove(0);
                let reply = state.execute(request, Some(number), setting, broken);
                state.nodes[number].to_node.extend(reply);
            });
            let is_refusable = matches!(request, Request::TakeLease(_) | Request::Write(_));
            if setting.faults.is_refused && self.may(Budget::Faults) && is_refusable {
                self.event(Budget::Faults, FAILURE, format!("R refuses {request:?} of {me}"), |state, _| {
                    state.nodes[number].to_redis.remove(0);
                    if !matches!(request, Request::Write(Write { is_cheap: true, .. })) {
                        let changes = state.ghost.changes;
                        state.nodes[number].to_node.push(Message::Reply(Reply::Refused, changes));
                    }
                });
            }
        }
        if let Some(&request) = node.dead.first() {
            self.now(format!("R executes {request:?} of {me}'s dead connection"), |state, broken| {
                state.nodes[number].dead.remove(0);
                state.execute(request, None, setting, broken);
            });
            self.now(format!("{me}'s dead connection is dropped"), |state, _| state.nodes[number].dead.clear());
        }
        if let Some(&message) = node.to_node.first().filter(|_| self.from.changed_by.is_none()) {
            self.now(format!("{me} receives {message:?}"), |state, _| {
                state.nodes[number].to_node.remove(0);
                state.nodes[number].receive(message);
            });
        }
        if !node.is_up {
            self.now(format!("{me} connects again"), |state, _| {
                let ghost = state.ghost;
                state.nodes[number].is_told(ghost);
                state.nodes[number].is_up = true;
            });
        }
    }

    fn of_a_flight(&mut self, number: usize) {
        let (setting, node, me) = (self.setting, &self.from.nodes[number], name(number));
        if node.memory.is_some_and(|memory| memory.is_brief) {
            let is_endless = setting.is_endless;
            self.add(When::Event, format!("what {me} keeps briefly expires"), |state, _| {
                state.nodes[number].memory = None;
                state.permit(ONE_MORE, is_endless);
            });
        }
        if node.offer.is_some() {
            self.now(format!("{me} writes behind"), |state, _| {
                state.nodes[number].write_behind(setting.limits[number]);
            });
        }
        let Some(run) = &node.run else { return };
        if run.reply.is_some() {
            self.now(format!("{me} takes its reply"), |state, _| state.take_reply(number, setting));
            return;
        }
        match run.doing {
            Doing::Computing { .. } => {
                self.now(format!("{me} has computed"), |state, _| state.compute(number, true, setting));
                if setting.faults.fails_to_compute && self.may(Budget::Faults) && run.holds_lease() {
                    let told = format!("{me}'s computation fails");
                    self.event(Budget::Faults, FAILURE, told, |state, _| {
                        state.compute(number, false, setting);
                    });
                }
            }
            Doing::Waiting if run.sent != node.version => {
                self.now(format!("{me} looks again"), |state, _| state.is_woken(number, setting));
            }
            Doing::Waiting if self.may(Budget::Timers) => {
                self.event(Budget::Timers, FAILURE, format!("{me}'s patience ends"), |state, _| {
                    state.loses_patience(number, setting);
                });
            }
            // Without a connection, an attempt would change nothing.
            Doing::Pausing if node.is_up => {
                self.now(format!("{me}'s pause ends"), |state, _| state.pauses(number, setting));
            }
            _ => {}
        }
    }

    fn of_a_call(&mut self, number: usize) {
        let (setting, nodes, me) = (self.setting, &self.from.nodes, name(number));
        let node = &nodes[number];
        // Nodes with the same limits are alike: the first is called first.
        let mixed = setting.limits().iter().any(|limit| *limit != setting.limits[0]);
        let is_next = setting.is_endless || number == 0 || mixed || nodes[number - 1].calls < setting.calls;
        let may_call = node.memory.is_none() && node.calls > 0 && is_next;
        match &node.run {
            None if may_call => self.add(When::Call, format!("{me} is asked"), |state, _| {
                state.nodes[number].calls -= u8::from(!setting.is_endless);
                state.call(number, setting);
            }),
            Some(run) if may_call && run.answered.is_some() && !setting.is_endless => {
                self.add(When::Call, format!("{me} is asked while its answer is written"), |state, broken| {
                    state.nodes[number].calls -= 1;
                    state.nodes[number].joins(broken);
                });
            }
            _ => {}
        }
    }

    fn of_a_fault(&mut self, number: usize) {
        let (setting, node, me) = (self.setting, &self.from.nodes[number], name(number));
        if !self.may(Budget::Faults) {
            return;
        }
        let Faults { crashes, is_cut_off, is_late, .. } = setting.faults;
        if crashes && node.run.is_some() {
            self.event(Budget::Faults, FAILURE, format!("{me} crashes"), |state, _| {
                let ghost = state.ghost;
                state.nodes[number].crash(ghost);
            });
        }
        if is_cut_off && node.is_up {
            let permits = Permits { computations: 2, is_failure: true };
            self.event(Budget::Faults, permits, format!("{me} loses its connection"), |state, _| {
                state.lose_connection(number, setting);
            });
        }
        if is_late && node.run.as_ref().is_some_and(|run| run.is_calling() && run.reply.is_none()) {
            self.event(Budget::Faults, FAILURE, format!("{me}'s call is late"), |state, _| {
                state.nodes[number].ignored += 1;
                state.give(number, Reply::Late);
                state.take_reply(number, setting);
            });
        }
    }

    fn of_people(&mut self) {
        if !self.may(Budget::People) {
            return;
        }
        let (setting, people) = (self.setting, self.setting.people);
        let nodes = u8::try_from(self.from.nodes.len()).unwrap_or(u8::MAX);
        let change = |stored, is_purge: bool| {
            move |state: &mut State, _: &mut Vec<Law>| {
                state.set(stored, None);
                match is_purge {
                    true => state.purged(setting),
                    false if setting.is_endless => {}
                    false => state.ghost.changes += 1,
                }
            }
        };
        if people.deletes && self.from.stored.is_some() {
            self.event(Budget::People, ONE_MORE, "P DEL".to_owned(), change(None, true));
        }
        if people.writes_garbage {
            let permits = Permits { computations: nodes, is_failure: false };
            self.event(Budget::People, permits, "P SET garbage".to_owned(), change(Some(Stored::Garbage), false));
        }
        if people.fakes_a_lease {
            let fake = Some(Stored::Lease(FAKE));
            self.event(Budget::People, FAILURE, "P SET a lease".to_owned(), change(fake, false));
        }
        if people.flushes {
            self.event(Budget::People, ONE_MORE, "P FLUSHALL".to_owned(), |state, _| {
                state.purged(setting);
                state.tell_flush();
                state.stored = None;
            });
        }
        if people.flushes_elsewhere {
            self.event(Budget::People, NOTHING, "P FLUSHDB of another database".to_owned(), |state, _| {
                state.tell_flush();
            });
        }
        for number in 0..self.from.nodes.len() {
            let node = &self.from.nodes[number];
            if people.changes_other_keys && (node.run.is_some() || node.offer.is_some()) {
                let told = format!("another key of the shard changes at {}", name(number));
                self.event(Budget::People, NOTHING, told, |state, _| state.nodes[number].changes_version());
            }
            if people.operates && node.is_up {
                let told = format!("the operator removes the key through {}", name(number));
                self.event(Budget::People, ONE_MORE, told, |state, _| {
                    state.nodes[number].to_redis.push(Request::Remove);
                });
            }
        }
    }

    /// The lease of a node that the key holds.
    fn lease(&self) -> Option<Token> {
        match self.from.stored {
            Some(Stored::Lease(token)) if token != FAKE => Some(token),
            _ => None,
        }
    }

    fn of_time(&mut self) {
        let (setting, is_endless) = (self.setting, self.setting.is_endless);
        if self.lease().is_some() {
            self.add(When::Still, "time passes, the lease expires".to_owned(), |state, _| {
                state.permit(FAILURE, is_endless);
                state.set(None, None);
            });
            return;
        }
        for number in 0..self.from.nodes.len() {
            let is_waiting = self.from.nodes[number].run.as_ref().is_some_and(|run| run.doing == Doing::Waiting);
            if is_waiting {
                let told = format!("time passes, {}'s patience ends", name(number));
                self.add(When::Still, told, |state, _| {
                    state.permit(FAILURE, is_endless);
                    state.loses_patience(number, setting);
                });
            }
        }
    }
}

impl State {
    fn permit(&mut self, permits: Permits, is_endless: bool) {
        if !is_endless {
            self.permitted += permits.computations;
        }
        self.has_failed |= permits.is_failure;
    }

    fn tell_flush(&mut self) {
        let ghost = self.ghost;
        self.nodes.iter_mut().filter(|node| node.is_up).for_each(|node| node.to_node.push(Message::Flush(ghost)));
    }
}

fn name(node: usize) -> char {
    ['A', 'B', 'C'][node]
}
