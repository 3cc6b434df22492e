//! Histories: how they are drawn, and how they are run on both sides.

use std::time::Duration;

use proptest::prelude::*;
use tabuada_simulation::redis::{
    Bytes, ClientId, Command, Eviction, Expiry, Message, Name, Only, OnlyExpiry, Pause, Redis, Reply, Role, Settings,
};

use super::server::{Connection, Server, text};

/// The first two track changes.
pub(crate) const CLIENTS: usize = 3;
/// The time of the model. What is set to expire is not reached during a test, or has been passed before it.
const NOW: u64 = 1_000_000_000;
/// Stand for lives that become longer and shorter with each that is sent, so that no two are equal. The distance is
/// longer than a test: which of two ends first does not depend on when they were sent.
const SHORT: i64 = 1_000;
const LONG: i64 = 1_000_000;
const DISTANCE: i64 = 100_000;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Run(usize, Command),
    Change(Change),
}

/// A change of the server's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Full(Eviction),
    CannotSave,
    LacksReplicas,
    Replica,
    Denies(&'static str),
    Pauses,
    Undo,
}

/// Commands in series, then one turn of the server with the commands of several clients.
pub(crate) type Turn = (Vec<Step>, Vec<(usize, Vec<Command>)>);

pub(crate) fn step() -> impl Strategy<Value = Step> {
    (0..CLIENTS, command_with_transactions()).prop_map(|(client, command)| Step::Run(client, command))
}

pub(crate) fn change() -> impl Strategy<Value = Step> {
    let policies = [Eviction::None, Eviction::LeastUsed, Eviction::LeastUsedThatExpires, Eviction::FirstToExpire]
        .map(Change::Full);
    let denied = ["getrange", "set", "client|tracking", "exec", "hello", "pttl"].map(Change::Denies);
    prop_oneof![
        3 => Just(Change::Undo),
        1 => Just(Change::CannotSave),
        1 => Just(Change::LacksReplicas),
        1 => Just(Change::Replica),
        1 => Just(Change::Pauses),
        2 => prop::sample::select(policies.to_vec()),
        2 => prop::sample::select(denied.to_vec()),
    ]
    .prop_map(Step::Change)
}

impl Change {
    /// What an administrator says.
    fn words(self) -> Vec<String> {
        let words = match self {
            Self::Full(_) => "CONFIG SET maxmemory 1 maxmemory-policy POLICY",
            Self::CannotSave => "CONFIG SET stop-writes-on-bgsave-error yes",
            Self::LacksReplicas => "CONFIG SET min-replicas-to-write 1",
            Self::Replica => "REPLICAOF 127.0.0.1 1",
            Self::Denies(_) => "ACL SETUSER default -COMMAND",
            Self::Pauses => "CLIENT PAUSE 1000000 WRITE",
            Self::Undo => "",
        };
        let words = match self {
            Self::Full(Eviction::None) => words.replace("POLICY", "noeviction"),
            Self::Full(Eviction::LeastUsed) => words.replace("POLICY", "allkeys-lru"),
            Self::Full(Eviction::LeastUsedThatExpires) => words.replace("POLICY", "volatile-lru"),
            Self::Full(Eviction::FirstToExpire) => words.replace("POLICY", "volatile-ttl"),
            Self::Denies(command) => words.replace("COMMAND", command),
            _ => words.to_owned(),
        };
        words.split(' ').map(str::to_owned).collect()
    }

    /// What undoes it, and everything of its kind.
    fn undo(self) -> &'static str {
        match self {
            Self::Full(_) => "CONFIG SET maxmemory 0 maxmemory-policy noeviction",
            Self::CannotSave => "CONFIG SET stop-writes-on-bgsave-error no",
            Self::LacksReplicas => "CONFIG SET min-replicas-to-write 0",
            Self::Replica => "REPLICAOF NO ONE",
            Self::Denies(_) => "ACL SETUSER default +@all",
            Self::Pauses => "CLIENT UNPAUSE",
            Self::Undo => "PING",
        }
    }

    fn apply(self, settings: &mut Settings) {
        match self {
            Self::Full(policy) => (settings.bytes_max, settings.eviction) = (Some(0), policy),
            Self::CannotSave => settings.cannot_save = true,
            Self::LacksReplicas => settings.lacks_replicas = true,
            Self::Replica => settings.role = Role::Replica,
            Self::Denies(command) => drop(settings.denied.insert(command)),
            Self::Pauses => settings.paused = Some(Pause::Writes),
            Self::Undo => *settings = Settings::default(),
        }
    }
}

/// A command of a transaction, or one by itself. Numbers are read as commands, since that draws faster than
/// strategies in strategies; smaller ones are simpler commands.
pub(crate) fn command() -> impl Strategy<Value = Command> {
    any::<[u8; 6]>().prop_map(|drawn| read(drawn, 26))
}

fn command_with_transactions() -> impl Strategy<Value = Command> {
    any::<[u8; 6]>().prop_map(|drawn| read(drawn, 31))
}

fn read([kind, name, other, value, life, only]: [u8; 6], kinds: u8) -> Command {
    let names = ["a:1", "a:2", "a:22", "b:1"];
    let pick = |drawn: u8| -> Name { names[usize::from(drawn) % names.len()].into() };
    let values: [&[u8]; 5] = [b"x", b"", b"lease:A.1", b"\xff\0\r\n", b"a longer value"];
    let value: Bytes = values[usize::from(value) % values.len()].into();
    let (name, other) = (pick(name), pick(other));
    let expiry = match life % 8 {
        0..=2 => Expiry::Never,
        3 | 4 => Expiry::In(SHORT),
        5 => Expiry::At(1),
        6 => Expiry::In(-i64::from(life / 128)),
        _ => Expiry::Kept,
    };
    match kind % kinds {
        0 => Command::Get(name),
        1..=3 => Command::Set { name, value, only: None, expiry },
        4 | 5 => Command::Set { name, value, only: Some(Only::Absent), expiry },
        6 | 7 => Command::Set { name, value, only: Some(Only::Present), expiry },
        8 | 9 => Command::Del([name, other].into_iter().take(1 + usize::from(only % 2)).collect()),
        10 => Command::Unlink(vec![name, other]),
        11 => Command::GetRange(name, i64::from(life % 12) - 6, i64::from(only % 12) - 6),
        12 => Command::Pttl(name),
        13 => Command::SetRange(name, u32::from(life % 4), value),
        14 => Command::Touch(name),
        15 | 16 => {
            let lives = [SHORT, LONG, SHORT, LONG, 0, -1];
            let conditions = [OnlyExpiry::Absent, OnlyExpiry::Present, OnlyExpiry::Later, OnlyExpiry::Sooner];
            let condition = conditions.get(usize::from(only % 8)).copied();
            Command::PExpire(name, lives[usize::from(life) % lives.len()], condition)
        }
        17 => Command::Persist(name),
        18 | 19 => Command::Rename(name, other),
        20 => Command::Copy { from: name, to: other, replace: only % 2 == 1 },
        21 => Command::Push(name, value),
        22 => Command::Scan { cursor: 0, prefix: ["a:", "", "b"][usize::from(only % 3)].into(), count: 1_000 },
        23 => Command::Exists(name),
        24 => match only % 4 {
            0 => Command::FlushAll,
            1 => Command::FlushDb,
            2 => Command::Select((life % 2).into()),
            _ => Command::Select(16),
        },
        25 => match only % 8 {
            0 => Command::Ping,
            1 => Command::Role,
            2 => Command::Untrack,
            3..=5 => Command::Track { prefix: ["a:", "a:2", "b"][usize::from(life % 3)].into(), noloop: only % 2 == 0 },
            6 => Command::Hello(if life % 4 == 0 { 2 } else { 3 }),
            _ => Command::Hello(1),
        },
        26 | 27 => Command::Multi,
        28 | 29 => Command::Exec,
        _ => Command::Discard,
    }
}

/// What each side does at the same time.
pub(crate) struct Comparison {
    connections: Vec<Connection>,
    /// Makes the server sleep, and is in no history.
    spare: Connection,
    /// Settings of the real server that are not its own.
    changes: Vec<Change>,
    victims: Box<dyn Fn() -> Connection>,
}

impl Comparison {
    pub(crate) fn new(server: &Server) -> Self {
        let connections = (0..CLIENTS).map(|_| server.connect()).collect();
        let socket = server.dial();
        Self { connections, spare: server.connect(), changes: Vec::new(), victims: Box::new(socket) }
    }

    /// Every command in a turn of its own.
    pub(crate) fn series(&mut self, steps: &[Step]) -> Result<(), String> {
        let mut both = self.begin();
        steps.iter().for_each(|step| both.take(step));
        both.compare()
    }

    /// Some commands in series, then one turn of several clients; repeated.
    pub(crate) fn turns(&mut self, history: &[Turn]) -> Result<(), String> {
        let mut sleep = Duration::from_millis(2);
        while !self.try_turns(history, sleep)? {
            sleep *= 2;
        }
        Ok(())
    }

    /// Whether all the commands of each turn arrived before the server awoke. Otherwise nothing can be compared.
    fn try_turns(&mut self, history: &[Turn], sleep: Duration) -> Result<bool, String> {
        let mut both = self.begin();
        for (before, turn) in history {
            before.iter().for_each(|step| both.take(step));
            if !both.run_while_asleep(turn, sleep) {
                both.drain();
                return Ok(false);
            }
        }
        both.compare()?;
        Ok(true)
    }

    fn undo(&mut self) {
        let mut changes = std::mem::take(&mut self.changes);
        // First the bound of memory: otherwise the others' end might let the server evict.
        changes.sort_by_key(|change| !matches!(change, Change::Full(_)));
        for change in changes {
            let words: Vec<&str> = change.undo().split(' ').collect();
            let reply = self.spare.says(&words);
            assert!(matches!(reply, Reply::Status("OK")), "{words:?}: {reply:?}");
        }
    }

    /// Both sides as new.
    fn begin(&mut self) -> Both<'_> {
        self.undo();
        for connection in &mut self.connections {
            connection.says(&["RESET"]);
            connection.says(&["HELLO", "3"]);
        }
        self.spare.says(&["FLUSHALL"]);
        let mut redis = Redis::default();
        let ids: Vec<ClientId> = (0..CLIENTS).map(|_| redis.connect()).collect();
        for id in &ids {
            redis.run(*id, &Command::Hello(3), NOW);
            redis.output(*id);
        }
        let mut both =
            Both { real: self, redis, ids, lives: 0, sent: vec![Vec::new(); CLIENTS], read: vec![Vec::new(); CLIENTS] };
        both.run_one(0, &Command::Track { prefix: "a:".into(), noloop: true });
        both.run_one(1, &Command::Track { prefix: "".into(), noloop: false });
        both
    }
}

struct Both<'a> {
    real: &'a mut Comparison,
    redis: Redis,
    ids: Vec<ClientId>,
    /// Lives that were sent.
    lives: i64,
    /// The commands of each client that are answered, in order.
    sent: Vec<Vec<Command>>,
    /// What each client has received.
    read: Vec<Vec<Message>>,
}

impl Both<'_> {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Run(client, command) if self.redis.postpones(self.ids[*client], command) => {}
            Step::Run(client, command) => self.run_one(*client, command),
            Step::Change(change) => self.change(*change),
        }
    }

    fn change(&mut self, change: Change) {
        if change == Change::Undo {
            self.real.undo();
        } else {
            let words = change.words();
            let reply = self.real.spare.says(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert!(matches!(reply, Reply::Status("OK")), "{words:?}: {reply:?}");
            self.real.changes.push(change);
        }
        self.redis.configure(|settings| change.apply(settings));
        self.redis.end_turn();
    }

    /// A turn of one command.
    fn run_one(&mut self, client: usize, command: &Command) {
        let turn = [(client, vec![self.with_distinct_life(command)])];
        self.real.connections[client].send(&turn[0].1);
        self.receive(&turn);
    }

    fn with_distinct_life(&mut self, command: &Command) -> Command {
        let mut command = command.clone();
        if let Command::Set { expiry: Expiry::In(life), .. } | Command::PExpire(_, life, _) = &mut command {
            self.lives += 1;
            match *life {
                SHORT => *life = DISTANCE * self.lives,
                LONG => *life = DISTANCE * (1_000 - self.lives),
                _ => {}
            }
        }
        command
    }

    fn receive(&mut self, turn: &[(usize, Vec<Command>)]) {
        for (client, commands) in turn {
            commands.iter().for_each(|command| self.redis.run(self.ids[*client], command, NOW));
            self.sent[*client].extend_from_slice(commands);
        }
        self.redis.end_turn();
        for (client, commands) in turn {
            let mut replies = 0;
            while replies < commands.len() {
                let message = self.real.connections[*client].receive();
                replies += usize::from(matches!(message, Message::Reply(_)));
                self.read[*client].push(message);
            }
        }
    }

    /// Sends while the server sleeps; `false` if it awoke before.
    ///
    /// The server's turn has begun when it has closed another connection: the sleep stands behind that in the same
    /// message. So nothing that is sent from then on is read before the sleep ends.
    fn run_while_asleep(&mut self, turn: &[(usize, Vec<Command>)], sleep: Duration) -> bool {
        let mut victim = (self.real.victims)();
        let Reply::Int(id) = victim.says(&["CLIENT", "ID"]) else { panic!("a number") };
        let (id, seconds) = (id.to_string(), sleep.as_secs_f64().to_string());
        self.real.spare.send_words(&[&["CLIENT", "KILL", "ID", &id], &["DEBUG", "SLEEP", &seconds]]);
        victim.is_closed();
        let mut distinct = |commands: &[Command]| commands.iter().map(|it| self.with_distinct_life(it)).collect();
        let turn: Vec<(usize, Vec<Command>)> =
            turn.iter().map(|(client, commands)| (*client, distinct(commands))).collect();
        for (client, commands) in &turn {
            self.real.connections[*client].send(commands);
        }
        let in_time = self.real.spare.is_silent();
        (0..2).for_each(|_| drop(self.real.spare.receive()));
        self.receive(&turn);
        in_time
    }

    /// Reads what was pushed behind the last reply. Twice, since the first may let a full server evict.
    fn drain(&mut self) {
        for client in (0..CLIENTS).chain(0..CLIENTS) {
            self.run_one(client, &Command::Ping);
        }
    }

    fn compare(mut self) -> Result<(), String> {
        self.drain();
        for client in 0..CLIENTS {
            let real = comparable(&self.sent[client], &self.read[client]);
            let model = comparable(&self.sent[client], &self.redis.output(self.ids[client]));
            if real != model {
                let at = real.iter().zip(&model).take_while(|(real, model)| real == model).count();
                let name = |from: &[Message]| format!("{:?}", from.get(at));
                return Err(format!("client {client}, message {at}: real {}, model {}", name(&real), name(&model)));
            }
        }
        Ok(())
    }
}

/// The messages without what depends on the clock or on the hashing of a server.
fn comparable(sent: &[Command], messages: &[Message]) -> Vec<Message> {
    let mut sent = sent.iter();
    let mut transaction = Vec::new();
    let mut shown = Vec::new();
    for message in messages {
        let Message::Reply(reply) = message else {
            shown.push(message.clone());
            continue;
        };
        let command = sent.next().expect("a command for each reply");
        let reply = match (command, reply) {
            (Command::Multi, Reply::Status(_)) => {
                transaction.clear();
                reply.clone()
            }
            (Command::Exec, Reply::List(replies)) => {
                Reply::List(transaction.drain(..).zip(replies).map(|(command, reply)| plain(command, reply)).collect())
            }
            (_, Reply::Status("QUEUED")) => {
                transaction.push(command);
                reply.clone()
            }
            _ => plain(command, reply),
        };
        shown.push(Message::Reply(reply));
    }
    shown
}

fn plain(command: &Command, reply: &Reply) -> Reply {
    match (command, reply) {
        (Command::Pttl(_), Reply::Int(left)) if *left > 0 => Reply::Int((left + DISTANCE - 1) / DISTANCE),
        (Command::Scan { .. }, Reply::List(items)) => {
            let Reply::List(names) = &items[1] else { panic!("a list of names") };
            let mut names: Vec<String> = names.iter().map(text).collect();
            names.sort();
            Reply::List(names.into_iter().map(|name| Reply::Bytes(name.into_bytes().into())).collect())
        }
        (Command::Role, Reply::List(items)) => items[0].clone(),
        (Command::Hello(_), Reply::List(items)) => items
            .iter()
            .skip_while(|item| **item != Reply::Bytes(b"proto".as_slice().into()))
            .nth(1)
            .cloned()
            .expect("proto"),
        _ => reply.clone(),
    }
}
