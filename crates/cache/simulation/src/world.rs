//! The queue of events, and the step: one event, then the laws.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::chance::Chance;
use crate::laws::{Author, Broken, Law, Truth};
use crate::load::{Load, Questions};
use crate::network::{ConnectionId, Direction, Network};
use crate::node::{Arrival, DOWN, Item, Node, Plant, label};
use crate::people::{Act, Fault, KeyId, Plan, key_of, name};
use crate::redis::{self, Command, Effect, Entry, Name, Redis, Value};
use crate::server::{Batch, From, Server, millis};
use crate::story::Story;
use crate::traffic::Traffic;

/// Nanoseconds since the beginning of the history.
pub(crate) type Time = u64;
pub(crate) const MICROS: Time = 1_000;
pub(crate) const MILLIS: Time = 1_000 * MICROS;
pub(crate) const SECOND: Time = 1_000 * MILLIS;
pub(crate) const MINUTE: Time = 60 * SECOND;
pub(crate) const HOUR: Time = 60 * MINUTE;

/// How long after the last fault all nodes must be coherent, and their memory within Redis.
const CONNECTED: Time = 2 * SECOND;
/// How long a node may take to hear of a change without faults.
const UNDER_WAY: Time = 50 * MILLIS;
/// How long after the last fault nobody may wait any more: a lease that a dead node has left ends after three seconds,
/// what is kept briefly after five, and what began during a fault may take that long again.
const LAST_QUESTIONS: Time = 8 * SECOND;
/// A question right after an outage may find the breaker open, and is then answered without Redis: computed in two
/// seconds, and kept for five.
const ONCE_MORE: Time = 8 * SECOND;
const END: Time = 6 * SECOND;
/// Of a history of some seconds.
const EVENTS_MAX: u64 = 200_000;
/// Events of a node in a second, with its questions.
const EVENTS_A_SECOND: u64 = 10_000;

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Act(usize),
    /// The next question of the load at a node.
    Load(usize),
    /// From now on, what the server receives and sends is counted.
    Counts,
    /// Something happens in a node, unless that process has ended.
    Node(usize, u32, Item),
    Arrives(ConnectionId, Arrival),
    /// A node's wish to connect, at the server.
    Dialled(ConnectionId),
    ToServer(Batch),
    /// The node has closed the connection.
    ClosedByNode(ConnectionId),
    Turn(usize),
    /// What the primary has changed arrives at its replica, unless one of them has another role now. With the number of
    /// purges.
    Replicated(u32, Vec<Effect>, usize),
    /// The replica becomes the primary, unless something else has happened.
    Promotion(u32),
    /// The former primary has the data of the present one, as its replica.
    Synchronised(u32),
    /// The address leads to the present primary.
    AddressMoves,
    /// A Sentinel tells a node the present primary.
    Learns(usize),
    /// The server removes what has expired.
    Expire,
    /// A key has just expired, which no node is told of before the server notices.
    Observe(KeyId),
    Starts(usize),
    ServerStarts,
    Unrefused,
    /// All nodes must be coherent, and their memory within Redis.
    CheckConnections,
    /// All must be well; at last, what was asked for must be there.
    Check {
        is_last: bool,
    },
    /// Each node is asked for each key once more.
    LastQuestions,
}

/// An event in the queue, which gives the earliest first, and of several those that were queued first.
struct Scheduled {
    at: Time,
    number: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// Everything but the nodes.
pub(crate) struct Outside {
    pub(crate) now: Time,
    pub(crate) plan: Plan,
    pub(crate) plant: Option<Plant>,
    queue: BinaryHeap<Scheduled>,
    events: u64,
    network: Network,
    /// The primary, and its replica if there is one.
    servers: Vec<Server>,
    primary: usize,
    /// The server to which the address leads.
    address: usize,
    /// The primary of which each node was told by its Sentinel.
    known: Vec<usize>,
    /// The number of promotions.
    epoch: u32,
    /// When the last change arrives at the replica.
    replicated: Time,
    /// Whether the replica has a copy, and is told of changes.
    is_replicating: bool,
    chance: Chance,
    pub(crate) truth: Truth,
    pub(crate) story: Story,
    /// From when until when nodes were off the processor, or the server stood still.
    pauses: Vec<(Time, Time)>,
}

impl Outside {
    pub(crate) fn schedule(&mut self, at: Time, event: Event) {
        self.events += 1;
        self.queue.push(Scheduled { at: at.max(self.now), number: self.events, event });
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        self.story.tell(self.now, line);
    }

    pub(crate) fn key(&self, redis: &str) -> Option<KeyId> {
        key_of(redis, self.plan.keys.len())
    }

    pub(crate) fn primary(&self) -> usize {
        self.primary
    }

    /// The server that a node connects to.
    fn server_for(&self, node: usize) -> usize {
        if self.plan.is_watched { self.known[node] } else { self.address }
    }

    pub(crate) fn leads_to_primary(&self) -> bool {
        self.is_up(self.address) && self.servers[self.address].redis.settings().role == redis::Role::Primary
    }

    /// Begins to connect; `None` if that fails at once.
    pub(crate) fn dial(&mut self, node: usize) -> Option<ConnectionId> {
        if self.network.is_cut(node, self.now) {
            return None;
        }
        let server = self.server_for(node);
        let connection = self.network.open(node, server);
        self.towards(connection, Direction::ToServer, Event::Dialled(connection));
        Some(connection)
    }

    pub(crate) fn send(&mut self, connection: ConnectionId, commands: Vec<Command>, author: Author) {
        let batch = Batch { from: From::Node(connection), commands, author };
        self.towards(connection, Direction::ToServer, Event::ToServer(batch));
    }

    pub(crate) fn has_read(&mut self, connection: ConnectionId) {
        self.network.has_read(connection);
    }

    pub(crate) fn close_at_node(&mut self, connection: ConnectionId) {
        if let Some(it) = self.network.get_mut(connection) {
            it.is_open_at_node = false;
        }
        self.towards(connection, Direction::ToServer, Event::ClosedByNode(connection));
    }

    fn towards(&mut self, connection: ConnectionId, direction: Direction, event: Event) {
        if let Some(at) = self.network.arrival(connection, direction, self.now) {
            self.schedule(at, event);
        }
    }

    fn deliver(&mut self, connection: ConnectionId, arrival: Arrival) {
        self.towards(connection, Direction::ToNode, Event::Arrives(connection, arrival));
    }

    fn close_at_server(&mut self, connection: ConnectionId) {
        let Some(server) = self.network.get(connection).map(|it| it.server) else { return };
        self.servers[server].close(connection);
        if let Some(it) = self.network.get_mut(connection).filter(|it| it.is_open_at_server) {
            it.is_open_at_server = false;
            self.deliver(connection, Arrival::Closed);
        }
    }

    /// Something is to be done in the next turn of the server.
    fn turn_is_due(&mut self, server: usize) {
        if std::mem::replace(&mut self.servers[server].is_turn_due, true) {
            return;
        }
        let pause =
            if self.chance.once_in(20) { self.chance.below(3 * MILLIS) } else { self.chance.below(60 * MICROS) };
        let at = (self.now + 1 + pause).max(self.servers[server].stopped_until);
        self.schedule(at, Event::Turn(server));
    }

    fn turn(&mut self, number: usize) {
        let server = &mut self.servers[number];
        if self.now < server.stopped_until {
            let at = server.stopped_until;
            return self.schedule(at, Event::Turn(number));
        }
        let truth = (number == self.primary).then_some(&mut self.truth);
        let (sent, effects) = server.turn(self.now, truth);
        let purges = server.purges;
        if number == self.primary && self.servers.len() > 1 && self.is_replicating && !effects.is_empty() {
            self.replicated = self.replicated.max(self.now + self.plan.lag + self.chance.below(self.plan.lag)) + 1;
            self.schedule(self.replicated, Event::Replicated(self.epoch, effects, purges));
        }
        for sent in sent {
            if self.network.overflows(sent.to, self.plan.output_max, self.now) {
                // What the server holds is lost.
                self.tell(|| "R  closes a connection that does not read".to_owned());
                self.close_at_server(sent.to);
            } else {
                self.deliver(sent.to, Arrival::Message(sent.message, sent.purges));
            }
        }
        for (key, at) in std::mem::take(&mut self.truth.expiring) {
            self.schedule(at, Event::Observe(key));
        }
    }

    fn person(&mut self, command: Command) {
        self.tell(|| format!("P  {}", said(&command)));
        let batch = Batch { from: From::Person, commands: vec![command], author: Author::Person };
        self.servers[self.primary].receive(batch);
        self.turn_is_due(self.primary);
    }

    /// For how long anybody has stood still since then.
    pub(crate) fn stood_still_since(&self, then: Time) -> Time {
        self.pauses.iter().map(|(from, until)| until.saturating_sub(*from.max(&then))).sum()
    }

    /// The primary dies, and is up again after a time.
    fn restart(&mut self, keeps_data: bool, time: Time) {
        self.disconnect_all(self.primary);
        self.servers[self.primary].restart(keeps_data);
        self.observe();
        self.servers[self.primary].down_until = self.now + time;
        self.schedule(self.now + time, Event::ServerStarts);
    }

    fn disconnect_all(&mut self, server: usize) {
        for connection in self.network.of_server(server) {
            self.close_at_server(connection);
        }
    }

    pub(crate) fn is_at(&self, connection: ConnectionId) -> Option<usize> {
        self.network.get(connection).map(|it| it.server)
    }

    fn is_up(&self, server: usize) -> bool {
        self.now >= self.servers[server].down_until
    }

    /// Notes what the primary holds.
    fn observe(&mut self) {
        self.servers[self.primary].observe(self.now, &mut self.truth);
    }

    /// The replica becomes the primary with what has arrived there; the former primary, a replica.
    fn promote(&mut self) {
        let former = self.primary;
        // A replica without a copy is not promoted.
        if self.servers.len() == 1 || !self.is_up(1 - former) || !self.is_replicating {
            return;
        }
        (self.primary, self.epoch) = (1 - former, self.epoch + 1);
        self.is_replicating = false;
        self.tell(|| "R  the replica is the primary now".to_owned());
        self.servers[self.primary].redis.lead();
        self.servers[former].redis.configure(|settings| settings.role = redis::Role::Replica);
        self.servers[self.primary].bring_back(self.now, &mut self.truth);
        self.observe();
        let synchronised = self.now + self.chance.below(SECOND);
        let synchronised = synchronised.max(self.servers[former].down_until);
        self.schedule(synchronised, Event::Synchronised(self.epoch));
        let moves = self.now + self.chance.below(300 * MILLIS);
        self.schedule(moves, Event::AddressMoves);
        for node in 0..self.plan.nodes {
            let learns = self.now + self.chance.below(300 * MILLIS);
            self.schedule(learns, Event::Learns(node));
        }
    }

    fn synchronise(&mut self) {
        let (replica, purges) = (1 - self.primary, self.servers[self.primary].purges);
        let put = |(database, name, entry): (u32, &Name, &Entry)| Effect::Put(database, name.clone(), entry.clone());
        let data = self.servers[self.primary].redis.entries().map(put).collect();
        self.servers[replica].redis.follow(data);
        self.servers[replica].purges = purges;
        (self.replicated, self.epoch, self.is_replicating) = (self.now, self.epoch + 1, true);
        self.turn_is_due(replica);
    }
}

fn said(command: &Command) -> String {
    let words = command.words();
    words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().join(" ")
}

struct World {
    nodes: Vec<Node>,
    outside: Outside,
    questions: u64,
    load: Option<Loaded>,
}

/// What became of a history.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub broken: Option<Broken>,
    pub events: u64,
    pub story: String,
    /// What the server received and sent from the beginning of the load on.
    pub traffic: Traffic,
}

/// Runs a history.
pub fn run(plan: &Plan, plant: Option<Plant>) -> Outcome {
    World::new(plan, plant, Story::silent()).run()
}

/// Runs a history, and tells it.
pub fn told(plan: &Plan, plant: Option<Plant>) -> Outcome {
    told_since(plan, plant, 0)
}

/// Runs a history, and tells it from a moment on.
pub fn told_since(plan: &Plan, plant: Option<Plant>, from: Time) -> Outcome {
    World::new(plan, plant, Story::since(from)).run()
}

/// The load that is drawn while the history runs.
struct Loaded {
    questions: Vec<std::iter::Take<Questions>>,
    pauses: Vec<Chance>,
}

impl Loaded {
    fn new(plan: &Plan, load: &Load) -> Self {
        let most = usize::try_from(load.questions).unwrap_or(usize::MAX);
        let questions = |node| Questions::of(plan.seed, node, plan.keys.len()).take(most);
        Self {
            questions: (0..plan.nodes).map(questions).collect(),
            pauses: (0..plan.nodes).map(|node| Chance::stream(plan.seed, "pauses", node as u64)).collect(),
        }
    }
}

impl World {
    fn new(plan: &Plan, plant: Option<Plant>, story: Story) -> Self {
        let mut network_chance = Chance::stream(plan.seed, "network", 0);
        let mut chance = Chance::stream(plan.seed, "server", 0);
        (network_chance.is_calm, chance.is_calm) = (plan.is_calm, plan.is_calm);
        let mut outside = Outside {
            now: 0,
            plant,
            queue: BinaryHeap::new(),
            events: 0,
            network: Network::new(plan.nodes, plan.delay, network_chance),
            servers: (0..1 + usize::from(plan.has_replica)).map(|_| Server::new()).collect(),
            primary: 0,
            address: 0,
            known: vec![0; plan.nodes],
            epoch: 0,
            replicated: 0,
            is_replicating: true,
            chance,
            truth: Truth::new(plan.keys.len()),
            story,
            pauses: Vec::new(),
            plan: plan.clone(),
        };
        for (number, (at, _)) in plan.acts.iter().enumerate() {
            outside.schedule(*at, Event::Act(number));
        }
        outside.schedule(100 * MILLIS, Event::Expire);
        if let Some(load) = &plan.load {
            (0..plan.nodes).for_each(|node| outside.schedule(load.begins, Event::Load(node)));
        }
        match plan.load.as_ref().and_then(|load| load.counted_from) {
            Some(at) => outside.schedule(at, Event::Counts),
            None => Self::schedule_checks(&mut outside),
        }
        let nodes = (0..plan.nodes).map(|node| Node::new(node, 0, &outside)).collect();
        let load = plan.load.as_ref().map(|load| Loaded::new(plan, load));
        let mut world = Self { nodes, outside, questions: 0, load };
        for node in &mut world.nodes {
            node.start(&mut world.outside);
        }
        world
    }

    fn schedule_checks(outside: &mut Outside) {
        let end = outside.plan.end();
        // At the end of each hour's rest.
        for hour in 1..=end / HOUR {
            outside.schedule(hour * HOUR - 1, Event::Check { is_last: false });
        }
        outside.schedule(end + CONNECTED, Event::CheckConnections);
        outside.schedule(end + LAST_QUESTIONS - 1, Event::Check { is_last: false });
        outside.schedule(end + LAST_QUESTIONS, Event::LastQuestions);
        outside.schedule(end + LAST_QUESTIONS + ONCE_MORE, Event::LastQuestions);
        outside.schedule(end + LAST_QUESTIONS + ONCE_MORE + END, Event::Check { is_last: true });
    }

    fn run(mut self) -> Outcome {
        let end = match &self.outside.plan.load {
            Some(load) if load.counted_from.is_some() => load.ends,
            _ => self.outside.plan.end() + LAST_QUESTIONS + ONCE_MORE + END,
        };
        let events_max = EVENTS_MAX + end / SECOND * self.nodes.len() as u64 * EVENTS_A_SECOND;
        while let Some(Scheduled { at, event, .. }) = self.outside.queue.pop() {
            self.outside.now = at;
            self.step(event);
            if self.outside.events > events_max {
                self.outside.truth.breaks(Law::Bounded, at, "there is no end of events");
            }
            if self.outside.truth.broken.is_some() || at >= end {
                break;
            }
        }
        let Outside { truth, events, story, servers, .. } = self.outside;
        let traffic = servers.into_iter().find_map(|server| server.traffic).unwrap_or_default();
        Outcome { broken: truth.broken, events, story: story.text(), traffic }
    }

    fn step(&mut self, event: Event) {
        let outside = &mut self.outside;
        match event {
            Event::Act(number) => {
                let act = outside.plan.acts[number].1.clone();
                self.act(act);
            }
            Event::Load(node) => self.next_question(node),
            Event::Counts => outside.servers[outside.primary].traffic = Some(Traffic::default()),
            Event::Node(id, boot, item) => self.item(id, boot, item),
            Event::Arrives(connection, arrival) => {
                let Some(node) = outside.network.get(connection).filter(|it| it.is_open_at_node).map(|it| it.node)
                else {
                    return;
                };
                let node = &mut self.nodes[node];
                node.inboxes.entry(connection).or_default().push_back(arrival);
                outside.schedule(outside.now, Event::Node(node.id, node.boot, Item::Readable(connection)));
            }
            Event::Dialled(connection) => {
                let Some(server) = outside.network.get(connection).map(|it| it.server) else { return };
                let is_up = outside.is_up(server);
                let Some(it) = outside.network.get_mut(connection) else { return };
                it.is_open_at_server = is_up;
                if is_up {
                    outside.servers[server].accept(connection);
                    outside.deliver(connection, Arrival::Connected);
                } else {
                    outside.deliver(connection, Arrival::Closed);
                }
            }
            Event::ToServer(batch) => {
                let From::Node(connection) = batch.from else { return };
                let Some(it) = outside.network.get(connection).filter(|it| it.is_open_at_server) else { return };
                let server = it.server;
                if outside.is_up(server) {
                    outside.servers[server].receive(batch);
                    outside.turn_is_due(server);
                }
            }
            Event::ClosedByNode(connection) => {
                if let Some(it) = outside.network.get_mut(connection) {
                    outside.servers[it.server].close(connection);
                    it.is_open_at_server = false;
                }
                outside.network.sweep();
            }
            Event::Turn(server) => outside.turn(server),
            Event::Replicated(epoch, effects, purges) => {
                let replica = 1 - outside.primary;
                if epoch == outside.epoch && outside.is_up(replica) {
                    outside.servers[replica].redis.apply(effects);
                    outside.servers[replica].purges = purges;
                    outside.turn_is_due(replica);
                }
            }
            Event::Promotion(epoch) if epoch == outside.epoch => outside.promote(),
            Event::Promotion(_) => {}
            Event::Synchronised(epoch) if epoch == outside.epoch => outside.synchronise(),
            Event::Synchronised(_) => {}
            Event::AddressMoves => outside.address = outside.primary,
            Event::Learns(node) => {
                outside.known[node] = outside.primary;
                if outside.plan.is_watched && !self.nodes[node].is_down() {
                    self.nodes[node].learns(outside);
                }
            }
            Event::Expire => {
                let primary = outside.primary;
                if outside.is_up(primary) {
                    outside.servers[primary].expire(outside.now);
                    outside.turn_is_due(primary);
                }
                outside.schedule(outside.now + 100 * MILLIS, Event::Expire);
            }
            Event::Observe(key) => {
                outside.servers[outside.primary].observe_one(key, outside.now, &mut outside.truth);
            }
            Event::Starts(id) => {
                // A node that died twice starts once.
                if !self.nodes[id].is_down() {
                    return;
                }
                let boot = self.nodes[id].boot + 1;
                self.nodes[id] = Node::new(id, boot, outside);
                outside.tell(|| format!("{}  starts again", label(id)));
                self.nodes[id].start(outside);
            }
            Event::ServerStarts => outside.tell(|| "R  is up again".to_owned()),
            Event::Unrefused => outside.servers.iter_mut().for_each(|server| {
                server.redis.configure(|settings| (settings.bytes_max, settings.cannot_save) = (None, false));
            }),
            Event::LastQuestions => self.ask_everybody(),
            Event::CheckConnections => self.check_connections(),
            Event::Check { is_last } => self.check(is_last),
        }
    }

    fn item(&mut self, id: usize, boot: u32, item: Item) {
        let (node, outside) = (&mut self.nodes[id], &mut self.outside);
        if node.boot != boot {
            return;
        }
        if outside.now < node.asleep_until {
            let at = node.asleep_until + node.chance.below(200 * MICROS);
            return outside.schedule(at, Event::Node(id, boot, item));
        }
        node.take(item, outside);
        if !node.is_bounded() {
            let at = outside.now;
            outside.truth.breaks(Law::Bounded, at, format!("a queue of {} is too long", label(id)));
        }
    }

    fn act(&mut self, act: Act) {
        let outside = &mut self.outside;
        match act {
            Act::Ask { node, key } => self.ask(node, key),
            Act::Remove { node, key } => {
                let node = &mut self.nodes[node];
                // A process that is down or stopped does nothing.
                if outside.now >= node.asleep_until {
                    outside.tell(|| format!("{}  an operator removes k{key}", node.label()));
                    node.remove(key, outside);
                }
            }
            Act::Leave { node, key } => self.nodes[node].leave(key, outside),
            Act::Clear(node) => {
                let node = &mut self.nodes[node];
                if outside.now >= node.asleep_until {
                    outside.tell(|| format!("{}  an operator clears the cache", node.label()));
                    node.clear(outside);
                }
            }
            Act::Person(command) if outside.is_up(outside.primary) => outside.person(command),
            Act::Person(_) => {}
            Act::Fault(fault) => self.fault(fault),
        }
    }

    fn ask(&mut self, node: usize, key: KeyId) {
        self.questions += 1;
        let (node, outside) = (&mut self.nodes[node], &mut self.outside);
        if node.is_down() {
            return;
        }
        outside.tell(|| format!("{}  is asked for k{key}", node.label()));
        node.begin_question(self.questions, key, outside);
    }

    fn next_question(&mut self, node: usize) {
        let (outside, Some(loaded)) = (&mut self.outside, &mut self.load) else { return };
        let Some(load) = &outside.plan.load else { return };
        if outside.now >= load.ends {
            return;
        }
        if let Some(at) = load.resumes(outside.now) {
            return outside.schedule(at, Event::Load(node));
        }
        let at = outside.now + load.pause(&mut loaded.pauses[node]);
        if let Some(key) = loaded.questions[node].next() {
            outside.schedule(at, Event::Load(node));
            self.ask(node, key);
        }
    }

    fn ask_everybody(&mut self) {
        for key in 0..self.outside.plan.keys.len() {
            for node in 0..self.nodes.len() {
                self.ask(node, key);
            }
        }
    }

    /// All is well: everybody is connected, nobody waits, and memory holds what Redis holds.
    fn check(&mut self, is_last: bool) {
        let outside = &mut self.outside;
        let now = outside.now;
        outside.servers[outside.primary].expire(now);
        outside.observe();
        for node in &self.nodes {
            if let Some(open) = node.open() {
                return outside.truth.breaks(Law::WellAgain, now, open);
            }
        }
        self.check_connections();
        let outside = &mut self.outside;
        for key in (0..outside.plan.keys.len()).filter(|_| is_last) {
            let plan = outside.plan.keys[key];
            let held = held_value(&outside.servers[outside.primary], key, now);
            if plan.is_expensive && !plan.is_unstorable && held.is_none() {
                outside.truth.breaks(Law::NoDeadEnd, now, format!("k{key} was asked for, and Redis holds no value"));
            }
            let (computed, excuses) = (outside.truth.computations[key], outside.truth.excuses[key]);
            // What a node with lower limits has written is of no use to each of the others.
            let refused = usize::from(outside.plan.has_weak) * (1 + excuses) * outside.plan.nodes;
            let most = 1 + excuses * outside.plan.nodes + refused;
            if !outside.plan.has_faults && !plan.is_unstorable && computed > most {
                let how = format!("k{key} was computed {computed} times, with {excuses} events");
                outside.truth.breaks(Law::Once, now, how);
            }
        }
    }

    /// Everybody is connected, and memory is within Redis.
    fn check_connections(&mut self) {
        let outside = &mut self.outside;
        let now = outside.now;
        outside.servers[outside.primary].expire(now);
        outside.observe();
        for node in &self.nodes {
            if let Some(how) = node.lacks_coherence() {
                return outside.truth.breaks(Law::WellAgain, now, how);
            }
            let served: Vec<_> = node.served(outside).collect();
            for (key, value, is_brief) in served {
                let is_held = held_value(&outside.servers[outside.primary], key, now) == Some(value);
                let needs_redis = outside.plan.keys[key].is_expensive && !outside.plan.keys[key].is_unstorable;
                let is_told = now > outside.truth.changed[key] + UNDER_WAY;
                if !is_brief && needs_redis && !is_held && is_told {
                    let how = format!("{} serves a value of k{key} that Redis does not hold", node.label());
                    return outside.truth.breaks(Law::WellAgain, now, how);
                }
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        let outside = &mut self.outside;
        let now = outside.now;
        outside.tell(|| format!("!  {fault:?}"));
        match fault {
            Fault::Cut(node, time) => {
                for connection in outside.network.of_node(node) {
                    outside.close_at_server(connection);
                    // Both ends see the reset.
                    outside.schedule(now + 1, Event::Arrives(connection, Arrival::Closed));
                }
                outside.network.cut(node, now + time);
            }
            Fault::Silent { node, to_server, to_node, time } => {
                let directions = [(to_server, Direction::ToServer), (to_node, Direction::ToNode)];
                let directions: Vec<_> = directions.into_iter().filter(|it| it.0).map(|it| it.1).collect();
                outside.network.silence(node, &directions, now + time);
            }
            Fault::Slow(node, time) => outside.network.slow(node, now + time),
            Fault::Stopped(node, time) => {
                let node = &mut self.nodes[node];
                node.asleep_until = node.asleep_until.max(now + time);
                outside.pauses.push((now, now + time));
            }
            Fault::Crash(node, time) => self.crash(node, time),
            Fault::ServerStopped(time) => {
                outside.servers[outside.primary].stopped_until = now + time;
                outside.pauses.push((now, now + time));
            }
            Fault::ServerRestarts { keeps_data, time } => {
                outside.restart(keeps_data, time);
                if outside.servers.len() > 1 {
                    // Its replica follows it again.
                    (outside.epoch, outside.is_replicating) = (outside.epoch + 1, false);
                    outside.schedule(now + time, Event::Synchronised(outside.epoch));
                }
            }
            Fault::ClientsKilled => outside.disconnect_all(outside.primary),
            Fault::Failover { crashes, time } => {
                let is_possible =
                    outside.is_replicating && outside.servers.len() > 1 && outside.is_up(1 - outside.primary);
                if crashes && is_possible {
                    outside.restart(true, time);
                    outside.schedule(now + time / 2, Event::Promotion(outside.epoch));
                } else {
                    outside.promote();
                }
            }
            Fault::Full(policy, time) => {
                let bytes = Some(0);
                let primary = &mut outside.servers[outside.primary];
                primary.redis.configure(|settings| (settings.bytes_max, settings.eviction) = (bytes, policy));
                outside.turn_is_due(outside.primary);
                outside.schedule(now + time, Event::Unrefused);
            }
            Fault::CannotSave(time) => {
                outside.servers[outside.primary].redis.configure(|settings| settings.cannot_save = true);
                outside.schedule(now + time, Event::Unrefused);
            }
            Fault::Failing(node, time) => self.nodes[node].fails_until = now + time,
            Fault::Expires(key) => outside.person(Command::PExpire(name(key), 1, None)),
        }
    }

    fn crash(&mut self, id: usize, time: Time) {
        let (node, outside) = (&mut self.nodes[id], &mut self.outside);
        if node.is_down() {
            return;
        }
        // Nothing of this process happens any more; its callers are gone.
        node.boot += 1;
        node.callers.clear();
        node.flights.clear();
        node.asleep_until = DOWN;
        for connection in outside.network.of_node(id) {
            outside.close_at_node(connection);
        }
        let at = outside.now + time;
        outside.schedule(at, Event::Starts(id));
    }
}

/// The number of the value that a key holds.
fn held_value(server: &Server, key: KeyId, now: Time) -> Option<usize> {
    let redis: &Redis = &server.redis;
    match &redis.peek(0, &name(key), millis(now))?.value {
        Value::Bytes(bytes) => Truth::value_in(bytes),
        Value::List(_) => None,
    }
}
