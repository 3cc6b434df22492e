//! The event loop of a server: what has arrived is read in turns.

use std::collections::{BTreeMap, VecDeque};

use crate::laws::{Author, Truth};
use crate::network::ConnectionId;
use crate::people::{key_of, name};
use crate::redis::{ClientId, Command, Effect, Message, Redis, Settings};
use crate::traffic::Traffic;
use crate::world::{MILLIS, Time};

/// The server's clock at the beginning, in milliseconds.
const EPOCH: u64 = 1_000_000_000;

/// Who has sent commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum From {
    Person,
    Node(ConnectionId),
}

/// Commands that were sent together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) from: From,
    pub(crate) commands: Vec<Command>,
    pub(crate) author: Author,
}

/// A message for a node, with the number of purges that were executed when it was made.
pub(crate) struct Sent {
    pub(crate) to: ConnectionId,
    pub(crate) message: Message,
    pub(crate) purges: usize,
}

pub(crate) struct Server {
    pub(crate) redis: Redis,
    clients: BTreeMap<From, ClientId>,
    nodes: BTreeMap<ClientId, ConnectionId>,
    inbox: VecDeque<Batch>,
    pub(crate) is_turn_due: bool,
    pub(crate) stopped_until: Time,
    pub(crate) down_until: Time,
    /// The purges whose effect has arrived here.
    pub(crate) purges: usize,
    /// Counted, if anybody wants to know.
    pub(crate) traffic: Option<Traffic>,
}

impl Server {
    pub(crate) fn new() -> Self {
        let mut redis = Redis::default();
        redis.feed();
        let clients = [(From::Person, redis.connect())].into();
        Self {
            redis,
            clients,
            nodes: BTreeMap::new(),
            inbox: VecDeque::new(),
            is_turn_due: false,
            stopped_until: 0,
            down_until: 0,
            purges: 0,
            traffic: None,
        }
    }

    pub(crate) fn accept(&mut self, connection: ConnectionId) {
        let client = self.redis.connect();
        self.clients.insert(From::Node(connection), client);
        self.nodes.insert(client, connection);
    }

    /// The other end has closed. What had arrived is still run.
    pub(crate) fn close(&mut self, connection: ConnectionId) {
        if let Some(client) = self.clients.remove(&From::Node(connection)) {
            self.nodes.remove(&client);
            self.redis.disconnect(client);
        }
    }

    pub(crate) fn receive(&mut self, batch: Batch) {
        self.inbox.push_back(batch);
    }

    /// The process ends and starts again.
    pub(crate) fn restart(&mut self, keeps_data: bool) {
        self.redis.restart(keeps_data);
        self.redis.configure(|settings| *settings = Settings::default());
        self.redis.feed();
        self.inbox.clear();
        self.nodes.clear();
        self.clients = [(From::Person, self.redis.connect())].into();
    }

    /// One turn: everything that has arrived, connection by connection. Gives what is sent, and what has changed.
    pub(crate) fn turn(&mut self, now: Time, mut truth: Option<&mut Truth>) -> (Vec<Sent>, Vec<Effect>) {
        self.is_turn_due = false;
        let mut sent = Vec::new();
        // What has expired or was evicted between the turns.
        let mut effects = self.redis.effects();
        if let Some(truth) = truth.as_deref_mut() {
            self.note(&effects, |_| Author::Time, now, truth);
        }
        while let Some(first) = self.inbox.front().map(|batch| batch.from) {
            let (batches, others) = std::mem::take(&mut self.inbox).into_iter().partition(|batch| batch.from == first);
            self.inbox = others;
            let batches: VecDeque<Batch> = batches;
            for Batch { from, commands, author } in batches {
                let Some(client) = self.clients.get(&from).copied() else { continue };
                for command in &commands {
                    self.run(client, command, author, now, truth.as_deref_mut(), &mut effects);
                    self.collect(&mut sent);
                }
            }
        }
        self.redis.end_turn();
        self.collect(&mut sent);
        (sent, effects)
    }

    fn run(
        &mut self,
        client: ClientId,
        command: &Command,
        author: Author,
        now: Time,
        truth: Option<&mut Truth>,
        all: &mut Vec<Effect>,
    ) {
        if let Some(traffic) = &mut self.traffic {
            traffic.command(command);
        }
        self.redis.run(client, command, millis(now));
        let effects = self.redis.effects();
        if let Some(truth) = truth {
            truth.command = Some(command.clone());
            // A key of this turn that the command does not name has expired, or was evicted.
            self.note(&effects, |name| if is_about(command, name) { author } else { Author::Time }, now, truth);
        }
        all.extend(effects);
    }

    fn collect(&mut self, sent: &mut Vec<Sent>) {
        for (client, messages) in self.redis.outputs() {
            let Some(to) = self.nodes.get(&client).copied() else { continue };
            for message in messages {
                if let Some(traffic) = &mut self.traffic {
                    traffic.message(&message);
                }
                sent.push(Sent { to, message, purges: self.purges });
            }
        }
    }

    /// Notes changes of the primary.
    fn note(&mut self, effects: &[Effect], author: impl Fn(&str) -> Author, now: Time, truth: &mut Truth) {
        for effect in effects {
            match effect {
                Effect::Put(0, name, _) | Effect::Remove(0, name) => {
                    if let Some(key) = key_of(name, truth.keys()) {
                        self.observe_key(key, author(name), now, truth);
                    }
                }
                Effect::Clear(_) => {
                    for key in 0..truth.keys() {
                        self.observe_key(key, author(&name(key)), now, truth);
                    }
                }
                _ => {}
            }
        }
        self.purges = truth.purges;
    }

    fn observe_key(&self, key: usize, author: Author, now: Time, truth: &mut Truth) {
        let held = self.redis.peek(0, &name(key), millis(now));
        let expires = held.and_then(|entry| entry.expires).map(|at| (at + 1).saturating_sub(EPOCH) * MILLIS);
        truth.observe(key, held.map(|entry| &entry.value), author, now);
        truth.expires(key, expires);
    }

    /// Notes what has expired, was evicted or was lost.
    pub(crate) fn observe(&mut self, now: Time, truth: &mut Truth) {
        for key in 0..truth.keys() {
            self.observe_key(key, Author::Time, now, truth);
        }
        self.purges = truth.purges;
    }

    /// Notes what a promotion has brought back.
    pub(crate) fn bring_back(&self, now: Time, truth: &mut Truth) {
        for key in 0..truth.keys() {
            if let Some(held) = self.redis.peek(0, &name(key), millis(now)) {
                truth.is_back(key, &held.value, self.purges, now);
            }
        }
    }

    /// Notes whether a key has expired.
    pub(crate) fn observe_one(&mut self, key: usize, now: Time, truth: &mut Truth) {
        self.observe_key(key, Author::Time, now, truth);
        self.purges = truth.purges;
    }

    /// Removes what has expired, in the turn that follows.
    pub(crate) fn expire(&mut self, now: Time) {
        self.redis.expire(millis(now));
    }
}

fn is_about(command: &Command, own: &str) -> bool {
    match command {
        Command::FlushAll | Command::FlushDb => true,
        Command::Del(names) | Command::Unlink(names) => names.iter().any(|name| **name == *own),
        Command::Rename(from, to) => **from == *own || **to == *own,
        Command::Set { name, .. } | Command::SetRange(name, ..) | Command::Push(name, _) => **name == *own,
        Command::PExpire(name, ..) => **name == *own,
        _ => false,
    }
}

/// The clock of the server.
pub(crate) fn millis(now: Time) -> u64 {
    EPOCH + now / MILLIS
}
