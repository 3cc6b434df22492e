//! The event loop of the server: what has arrived is read in turns.

use std::collections::{BTreeMap, VecDeque};

use crate::laws::{Author, Truth};
use crate::network::ConnectionId;
use crate::people::{KeyId, name};
use crate::redis::{ClientId, Command, Message, Redis, Settings, Value};
use crate::world::{MILLIS, SECOND, Time};

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
    inbox: VecDeque<Batch>,
    pub(crate) is_turn_due: bool,
    pub(crate) stopped_until: Time,
    pub(crate) down_until: Time,
}

impl Server {
    pub(crate) fn new() -> Self {
        let mut redis = Redis::default();
        let clients = [(From::Person, redis.connect())].into();
        Self { redis, clients, inbox: VecDeque::new(), is_turn_due: false, stopped_until: 0, down_until: 0 }
    }

    pub(crate) fn accept(&mut self, connection: ConnectionId) {
        let client = self.redis.connect();
        self.clients.insert(From::Node(connection), client);
    }

    /// The other end has closed. What had arrived is still run.
    pub(crate) fn close(&mut self, connection: ConnectionId) {
        if let Some(client) = self.clients.remove(&From::Node(connection)) {
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
        self.inbox.clear();
        self.clients = [(From::Person, self.redis.connect())].into();
    }

    /// One turn: everything that has arrived, connection by connection.
    pub(crate) fn turn(&mut self, now: Time, truth: &mut Truth) -> Vec<Sent> {
        self.is_turn_due = false;
        let mut sent = Vec::new();
        self.observe(now, truth);
        while let Some(first) = self.inbox.front().map(|batch| batch.from) {
            let (batches, others) = std::mem::take(&mut self.inbox).into_iter().partition(|batch| batch.from == first);
            self.inbox = others;
            let batches: VecDeque<Batch> = batches;
            for Batch { from, commands, author } in batches {
                let Some(client) = self.clients.get(&from).copied() else { continue };
                for command in &commands {
                    self.redis.run(client, command, millis(now));
                    truth.command = Some(command.clone());
                    for key in 0..truth.keys() {
                        // Another key of the same turn expired, or was evicted.
                        let author = if is_about(command, key) { author } else { Author::Time };
                        truth.observe(key, self.held(key, now), author, now);
                    }
                    self.collect(truth, &mut sent);
                }
            }
        }
        self.redis.end_turn();
        self.collect(truth, &mut sent);
        sent
    }

    /// Removes what has expired, in the turn that follows.
    pub(crate) fn expire(&mut self, now: Time) {
        self.redis.expire(millis(now));
    }

    fn collect(&mut self, truth: &Truth, sent: &mut Vec<Sent>) {
        let purges = truth.purges.len();
        for (from, client) in &self.clients {
            let messages = self.redis.output(*client);
            if let From::Node(to) = *from {
                sent.extend(messages.into_iter().map(|message| Sent { to, message, purges }));
            }
        }
    }

    /// Notes what has expired, was evicted or was lost.
    pub(crate) fn observe(&self, now: Time, truth: &mut Truth) {
        for key in 0..truth.keys() {
            truth.observe(key, self.held(key, now), Author::Time, now);
        }
    }

    pub(crate) fn held(&self, key: KeyId, now: Time) -> Option<Value> {
        self.redis.peek(0, &name(key), millis(now)).map(|entry| entry.value.clone())
    }
}

impl Server {
    /// When keys expire that expire soon.
    pub(crate) fn expiries(&self) -> Vec<Time> {
        let soon = self.redis.entries().filter_map(|(_, _, entry)| entry.expires);
        let time = |at: u64| (at + 1).saturating_sub(EPOCH) * MILLIS;
        soon.map(time).filter(|at| *at < 100 * SECOND).collect()
    }
}

fn is_about(command: &Command, key: KeyId) -> bool {
    let own = name(key);
    match command {
        Command::FlushAll | Command::FlushDb => true,
        Command::Del(names) | Command::Unlink(names) => names.contains(&own),
        Command::Rename(from, to) => *from == own || *to == own,
        Command::Set { name, .. } | Command::SetRange(name, ..) | Command::Push(name, _) => *name == own,
        Command::PExpire(name, ..) => *name == own,
        _ => false,
    }
}

/// The clock of the server.
pub(crate) fn millis(now: Time) -> u64 {
    EPOCH + now / MILLIS
}
