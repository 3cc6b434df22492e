//! The plan of a history: who asks, who changes keys, which faults there are. All of it is drawn before the history
//! begins, so that a part can be taken away without changing the rest.

use crate::chance::Chance;
use crate::load::Load;
use crate::redis::{Command, Eviction, Expiry, Name};
use crate::world::{HOUR, MICROS, MILLIS, MINUTE, SECOND, Time};

pub(crate) type KeyId = usize;

/// What a fleet is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Distinct expressions, asked for by Zipf's law.
    pub keys: usize,
    /// One of so many expressions is expensive.
    pub expensive_one_in: u64,
    /// Questions a second at each node.
    pub rate: u64,
    /// The length of a value in Redis.
    pub value_bytes: usize,
}

impl Workload {
    /// For each key, whether it is expensive.
    pub fn are_expensive(&self, seed: u64) -> impl Iterator<Item = bool> + use<> {
        let (mut chance, one_in) = (Chance::stream(seed, "expensive", 0), self.expensive_one_in);
        (0..self.keys).map(move |_| chance.once_in(one_in))
    }
}

/// What is drawn for one seed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    pub(crate) keys: Vec<KeyPlan>,
    /// Keys of the same shard share their generation.
    pub(crate) shards: usize,
    /// `--lookup always`
    pub(crate) reads_through: bool,
    /// The least time from one end of a connection to the other.
    pub(crate) delay: Time,
    /// Whether the server has a replica, which takes its place when it fails.
    pub(crate) has_replica: bool,
    /// From the primary to its replica, at least.
    pub(crate) lag: Time,
    /// Sentinels tell the nodes which server is the primary; otherwise an address leads there.
    pub(crate) is_watched: bool,
    /// The first node has lower limits: of some keys it can only tell that it refuses to compute them.
    pub(crate) has_weak: bool,
    /// Whether anything may fail. Otherwise no timer may be needed.
    pub(crate) has_faults: bool,
    /// The messages that a server holds for a node that does not read; then it closes the connection.
    pub(crate) output_max: Option<usize>,
    pub(crate) acts: Vec<(Time, Act)>,
    /// Questions beside those of the acts.
    pub(crate) load: Option<Load>,
    /// The length of a value in Redis.
    pub(crate) value_bytes: usize,
    /// Delays and orders are not drawn.
    pub(crate) is_calm: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyPlan {
    pub(crate) is_expensive: bool,
    /// The value cannot be stored in Redis.
    pub(crate) is_unstorable: bool,
    /// Above the lower limits.
    pub(crate) is_large: bool,
    pub(crate) longest: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Ask {
        node: usize,
        key: KeyId,
    },
    /// An operator removes a key through a node.
    Remove {
        node: usize,
        key: KeyId,
    },
    /// An operator removes everything through a node.
    Clear(usize),
    /// A caller that waits for this key goes away.
    Leave {
        node: usize,
        key: KeyId,
    },
    /// Somebody with `redis-cli`.
    Person(Command),
    Fault(Fault),
}

/// A fault, and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Connections are reset, and none is made.
    Cut(usize, Time),
    /// Nothing arrives at the server, at the node, or either.
    Silent {
        node: usize,
        to_server: bool,
        to_node: bool,
        time: Time,
    },
    Slow(usize, Time),
    /// The process gets no processor.
    Stopped(usize, Time),
    /// The process dies, and starts again.
    Crash(usize, Time),
    ServerStopped(Time),
    ServerRestarts {
        keeps_data: bool,
        time: Time,
    },
    ClientsKilled,
    /// The replica becomes the primary, and the primary its replica; or the primary dies first, and is up again after a
    /// time.
    Failover {
        crashes: bool,
        time: Time,
    },
    Full(Eviction, Time),
    CannotSave(Time),
    /// Computations that begin meanwhile fail.
    Failing(usize, Time),
    /// A lease or a value ends early.
    Expires(KeyId),
}

pub(crate) fn name(key: KeyId) -> Name {
    format!("t:1:k{key}").into()
}

/// The key with this name, of the first so many.
pub(crate) fn key_of(name: &str, keys: usize) -> Option<KeyId> {
    name.strip_prefix("t:1:k")?.parse().ok().filter(|key| *key < keys)
}

impl Plan {
    /// What a seed means.
    pub fn draw(seed: u64) -> Self {
        let mut chance = Chance::stream(seed, "plan", 0);
        let nodes = *chance.pick(&[2, 2, 2, 3, 3, 1, 4, 5]);
        let has_faults = chance.once_in(2);
        let keys = (0..*chance.pick(&[1, 1, 2, 3])).map(|_| KeyPlan::draw(&mut chance)).collect();
        let mut plan = Self {
            seed,
            nodes,
            keys,
            shards: *chance.pick(&[1, 4, 4]),
            reads_through: chance.once_in(6),
            delay: *chance.pick(&[50 * MICROS, 200 * MICROS, 2 * MILLIS]),
            has_replica: has_faults && chance.once_in(3),
            lag: *chance.pick(&[MILLIS, 20 * MILLIS, 200 * MILLIS]),
            is_watched: chance.once_in(2),
            has_weak: chance.once_in(4),
            has_faults,
            output_max: has_faults.then(|| output_max(seed)).flatten(),
            acts: Vec::new(),
            load: None,
            value_bytes: 0,
            is_calm: false,
        };
        // The nodes connect first.
        let mut at = 300 * MILLIS;
        for _ in 0..chance.between(4, 40) {
            at += plan.pause(&mut chance);
            let act = plan.act(&mut chance);
            plan.acts.push((at, act.clone()));
            plan.echo(&mut chance, at, &act);
        }
        plan.there_and_back();
        plan.acts.sort_by_key(|(at, _)| *at);
        plan
    }

    /// The replica is promoted and soon demoted again, so that the address leads to a replica when nodes have to connect
    /// again after a deletion. Of its own stream, so that it changes nothing else of a seed.
    fn there_and_back(&mut self) {
        let mut chance = Chance::stream(self.seed, "there and back", 0);
        if !self.has_replica || self.is_watched || !chance.once_in(4) {
            return;
        }
        let mut at = SECOND + chance.below(SECOND);
        let key = usize::try_from(chance.below(self.keys.len() as u64)).unwrap_or(0);
        let nodes = self.nodes;
        let asks = |chance: &mut Chance| Act::Ask { node: chance.below(nodes as u64) as usize, key };
        self.acts.push((at, asks(&mut chance)));
        for (least, act) in [
            (300 * MILLIS, Act::Fault(Fault::Failover { crashes: false, time: MILLIS })),
            (400 * MILLIS, Act::Fault(Fault::Failover { crashes: false, time: MILLIS })),
            (0, Act::Person(Command::Del(vec![name(key)]))),
            (20 * MILLIS, Act::Fault(Fault::ClientsKilled)),
        ] {
            at += least + chance.below(least.max(20 * MILLIS));
            self.acts.push((at, act));
        }
        for _ in 0..chance.between(4, 12) {
            at += chance.below(40 * MILLIS);
            self.acts.push((at, asks(&mut chance)));
        }
    }

    /// A fleet of so many nodes under a load, without faults. What its server receives and sends is counted in the last
    /// `counted` seconds of `seconds`.
    pub fn loaded(seed: u64, nodes: usize, workload: &Workload, seconds: u64, counted: u64) -> Self {
        let load = Load {
            rate: workload.rate,
            begins: SECOND,
            ends: seconds * SECOND,
            rests: false,
            counted_from: Some((seconds - counted) * SECOND),
            questions: u64::MAX,
        };
        Self {
            nodes,
            shards: 4_096,
            value_bytes: workload.value_bytes,
            load: Some(load),
            ..Self::quiet(seed, workload)
        }
    }

    /// A fleet of so many nodes that are asked so many questions each.
    pub fn asked(seed: u64, nodes: usize, workload: &Workload, questions: u64) -> Self {
        let mut plan = Self::loaded(seed, nodes, workload, 10 + 2 * questions / workload.rate, 0);
        if let Some(load) = &mut plan.load {
            (load.counted_from, load.questions) = (Some(load.begins), questions);
        }
        plan
    }

    /// So many hours of five nodes: a load, and faults and people in all but the last minute of each hour.
    pub fn hours(seed: u64, hours: u64) -> Self {
        let mut chance = Chance::stream(seed, "hours", 0);
        let workload = Workload { keys: 200, expensive_one_in: 2, rate: 20, value_bytes: 0 };
        let mut plan = Self { nodes: 5, has_faults: true, ..Self::quiet(seed, &workload) };
        plan.keys = (0..workload.keys).map(|_| KeyPlan::draw(&mut chance)).collect();
        for hour in 0..hours {
            let mut at = hour * HOUR + 5 * SECOND;
            while at < (hour + 1) * HOUR - MINUTE {
                let act = plan.act(&mut chance);
                plan.acts.push((at, act.clone()));
                plan.echo(&mut chance, at, &act);
                at += chance.below(MINUTE / 3);
            }
        }
        plan.acts.sort_by_key(|(at, _)| *at);
        let (begins, ends) = (SECOND, hours * HOUR);
        plan.load =
            Some(Load { rate: workload.rate, begins, ends, rests: true, counted_from: None, questions: u64::MAX });
        plan
    }

    fn quiet(seed: u64, workload: &Workload) -> Self {
        let key = |is_expensive| KeyPlan { is_expensive, is_unstorable: false, is_large: false, longest: 3 * MILLIS };
        Self {
            seed,
            nodes: 1,
            keys: workload.are_expensive(seed).map(key).collect(),
            shards: 4_096,
            reads_through: false,
            delay: 50 * MICROS,
            has_replica: false,
            lag: MILLIS,
            is_watched: false,
            has_weak: false,
            has_faults: false,
            output_max: None,
            acts: Vec::new(),
            load: None,
            value_bytes: 0,
            is_calm: false,
        }
    }

    /// Mostly of the length of a round trip, since races need that.
    fn pause(&self, chance: &mut Chance) -> Time {
        match chance.below(8) {
            0 => 0,
            1..=3 => chance.below(4 * self.delay),
            4 | 5 => chance.below(20 * MILLIS),
            6 => chance.below(300 * MILLIS),
            _ => chance.below(1_500 * MILLIS),
        }
    }

    fn act(&self, chance: &mut Chance) -> Act {
        let node = usize::try_from(chance.below(self.nodes as u64)).unwrap_or(0);
        // Of many keys, those that are asked for most.
        let key = usize::try_from(chance.below(self.keys.len().min(20) as u64)).unwrap_or(0);
        match chance.below(22) {
            0..=10 => Act::Ask { node, key },
            11 => Act::Remove { node, key },
            12 if chance.once_in(2) => Act::Clear(node),
            12 | 13 => Act::Leave { node, key },
            14..=18 => Act::Person(person(chance, key)),
            _ if self.has_faults => Act::Fault(self.fault(chance, node, key)),
            _ => Act::Ask { node, key },
        }
    }

    fn fault(&self, chance: &mut Chance, node: usize, key: KeyId) -> Fault {
        if self.has_replica && chance.once_in(3) {
            return Fault::Failover { crashes: chance.once_in(2), time: length(chance) };
        }
        fault(chance, node, key)
    }

    /// Others ask for the same key at about the same time, and again a little later.
    fn echo(&mut self, chance: &mut Chance, at: Time, act: &Act) {
        if let Act::Fault(Fault::Failover { time, .. }) = *act {
            let node = usize::try_from(chance.below(self.nodes as u64)).unwrap_or(0);
            return self.deletes_during(chance, at, node, time);
        }
        if let Act::Fault(Fault::Stopped(node, time) | Fault::Silent { node, time, .. }) = *act {
            return self.deletes_during(chance, at, node, time);
        }
        let (Act::Ask { key, .. } | Act::Remove { key, .. }) = act else { return };
        if chance.once_in(4)
            && let Act::Ask { node, key } = *act
        {
            let pause = chance.below(4 * self.delay);
            self.acts.push((at + pause, Act::Leave { node, key }));
        }
        for _ in 0..chance.below(4) {
            let node = usize::try_from(chance.below(self.nodes as u64)).unwrap_or(0);
            let pause = self.pause(chance);
            self.acts.push((at + pause, Act::Ask { node, key: *key }));
        }
    }

    /// A key that the node has is deleted while it hears nothing, and asked for in the moment in which it hears again.
    fn deletes_during(&mut self, chance: &mut Chance, at: Time, node: usize, time: Time) {
        let key = usize::try_from(chance.below(self.keys.len() as u64)).unwrap_or(0);
        self.acts.push((at.saturating_sub(chance.below(3 * SECOND)), Act::Ask { node, key }));
        self.acts.push((at + chance.below(time), Act::Person(Command::Del(vec![name(key)]))));
        // Something is on its way when it begins, so that a reply arrives meanwhile.
        for _ in 0..chance.between(1, 4) {
            let key = usize::try_from(chance.below(self.keys.len() as u64)).unwrap_or(0);
            self.acts.push((at.saturating_sub(chance.below(6 * self.delay)), Act::Ask { node, key }));
        }
        let moment = *chance.pick(&[60 * MICROS, 400 * MICROS]);
        for _ in 0..chance.between(4, 12) {
            self.acts.push((at + time + chance.below(moment), Act::Ask { node, key }));
        }
    }

    /// When everybody has acted and all faults are over.
    pub(crate) fn end(&self) -> Time {
        let time = |act: &Act| match act {
            Act::Fault(fault) => fault.time(),
            _ => 0,
        };
        let acted = self.acts.iter().map(|(at, act)| at + time(act));
        let asked = self.load.as_ref().map(|load| load.ends);
        acted.chain(asked).max().unwrap_or(0).max(SECOND)
    }
}

impl KeyPlan {
    fn draw(chance: &mut Chance) -> Self {
        Self {
            is_expensive: !chance.once_in(4),
            is_unstorable: chance.once_in(20),
            is_large: chance.once_in(2),
            longest: *chance.pick(&[3 * MILLIS, 30 * MILLIS, 300 * MILLIS, 1_900 * MILLIS]),
        }
    }
}

fn person(chance: &mut Chance, key: KeyId) -> Command {
    let name = name(key);
    match chance.below(16) {
        0..=6 => Command::Del(vec![name]),
        7 => Command::Unlink(vec![name]),
        8 => Command::FlushAll,
        9 => Command::FlushDb,
        10 => Command::PExpire(name, 0, None),
        11 => Command::PExpire(name, chance.below(400) as i64, None),
        12 => Command::Set { name, value: b"garbage".as_slice().into(), only: None, expiry: Expiry::Never },
        13 => Command::Push(name, b"an alien".as_slice().into()),
        14 => Command::Rename(name, "t:elsewhere".into()),
        _ => Command::SetRange(name, 0, b"?".as_slice().into()),
    }
}

/// Of its own stream, so that it changes nothing else of a seed.
fn output_max(seed: u64) -> Option<usize> {
    let mut chance = Chance::stream(seed, "output", 0);
    chance.once_in(4).then(|| *chance.pick(&[1, 3, 8]))
}

/// Twenty milliseconds, or some seconds.
fn length(chance: &mut Chance) -> Time {
    let time = *chance.pick(&[20 * MILLIS, 120 * MILLIS, 500 * MILLIS, 1_500 * MILLIS]);
    time + chance.below(time)
}

fn fault(chance: &mut Chance, node: usize, key: KeyId) -> Fault {
    let time = length(chance);
    match chance.below(15) {
        0 => Fault::Cut(node, time),
        1 => Fault::Silent { node, to_server: true, to_node: true, time },
        2 => Fault::Silent { node, to_server: false, to_node: true, time },
        3 => Fault::Silent { node, to_server: true, to_node: false, time },
        4 => Fault::Slow(node, time),
        5 | 14 => Fault::Stopped(node, time),
        6 => Fault::Crash(node, time),
        7 => Fault::ServerStopped(time),
        8 => Fault::ServerRestarts { keeps_data: chance.once_in(2), time },
        9 => Fault::ClientsKilled,
        10 => Fault::Full(*chance.pick(&[Eviction::None, Eviction::None, Eviction::LeastUsed]), time),
        11 => Fault::CannotSave(time),
        12 => Fault::Failing(node, time),
        _ => Fault::Expires(key),
    }
}

impl Fault {
    fn time(&self) -> Time {
        match *self {
            Self::Cut(_, time) | Self::Slow(_, time) | Self::Stopped(_, time) | Self::Crash(_, time) => time,
            Self::Silent { time, .. } | Self::ServerStopped(time) | Self::ServerRestarts { time, .. } => time,
            Self::Failover { time, .. } | Self::Full(_, time) | Self::CannotSave(time) | Self::Failing(_, time) => time,
            Self::ClientsKilled | Self::Expires(_) => 0,
        }
    }
}

impl Act {
    /// The node that it needs.
    pub(crate) fn node(&self) -> Option<usize> {
        match *self {
            Self::Ask { node, .. } | Self::Remove { node, .. } => Some(node),
            Self::Leave { node, .. } | Self::Clear(node) => Some(node),
            Self::Fault(fault) => match fault {
                Fault::Cut(node, _) | Fault::Slow(node, _) | Fault::Stopped(node, _) => Some(node),
                Fault::Crash(node, _) | Fault::Failing(node, _) | Fault::Silent { node, .. } => Some(node),
                _ => None,
            },
            Self::Person(_) => None,
        }
    }
}

impl Plan {
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many acts it has.
    pub fn acts(&self) -> usize {
        self.acts.len()
    }
}
