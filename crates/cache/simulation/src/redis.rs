//! A model of one Redis server, as far as the cache and its operators use it.
//!
//! A server runs in turns of an event loop. [`Redis::run`] executes one command in the present turn, and
//! [`Redis::end_turn`] ends it. Each client receives its replies first, then at most one push: the keys under its
//! prefix that changed in that turn. A client that asked for `NOLOOP` is not told of a key if it was the **last** to
//! change that key in that turn. The push of a flush (a null) is sent at once.
//!
//! `tests/against_redis.rs` compares the model with a real server.

mod admission;
mod call;
mod command;
mod keyspace;
mod settings;
mod tracking;
mod wire;

use std::collections::BTreeMap;
use std::mem::take;

pub use command::{Command, Expiry, Only, OnlyExpiry};
use keyspace::Keyspace;
pub use keyspace::{Bytes, Entry, Name, Value};
pub use settings::{Eviction, Pause, Role, Settings};
use tracking::Tracking;

/// A connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// What a client receives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    Reply(Reply),
    /// These keys have changed, in the order of their bytes.
    Changed(Vec<Name>),
    /// All keys may have changed.
    Flushed,
}

/// A reply, in the types that the protocol has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    Status(&'static str),
    Null,
    Int(i64),
    Bytes(Bytes),
    List(Vec<Reply>),
    Error(String),
}

impl Reply {
    const OK: Self = Self::Status("OK");

    fn error(text: &str) -> Self {
        Self::Error(text.to_owned())
    }
}

/// What a replica is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    Put(u32, Name, Entry),
    Remove(u32, Name),
    /// One database, or all.
    Clear(Option<u32>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    database: u32,
    pushes: bool,
    queued: Option<Transaction>,
    output: Vec<Message>,
}

/// What was sent since `MULTI`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Transaction {
    commands: Vec<Command>,
    /// A command was refused, so that `EXEC` will be.
    spoilt: bool,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Redis {
    settings: Settings,
    keys: Keyspace,
    clients: BTreeMap<ClientId, Client>,
    clients_ever: u32,
    tracking: Tracking,
    /// The number of commands so far; 0 while the server does not evict by use.
    uses: u64,
    /// The client whose command runs gets the nulls of its own flushes only behind the reply.
    nulls_for_current: u32,
    effects: Option<Vec<Effect>>,
    /// The clients that have output.
    heard: Vec<ClientId>,
}

impl Default for Redis {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Redis {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            keys: Keyspace::default(),
            clients: BTreeMap::new(),
            clients_ever: 0,
            tracking: Tracking::default(),
            uses: 0,
            nulls_for_current: 0,
            effects: None,
            heard: Vec::new(),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An administrator's command. A new `maxmemory` evicts in the same turn; a new policy, with the next command.
    pub fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        self.makes_room();
        let bytes_max = self.settings.bytes_max;
        change(&mut self.settings);
        if self.settings.bytes_max != bytes_max {
            self.makes_room();
        }
    }

    /// A new connection; it has no pushes before `HELLO 3`.
    pub fn connect(&mut self) -> ClientId {
        let id = ClientId(self.clients_ever);
        self.clients_ever += 1;
        self.clients.insert(id, Client { database: 0, pushes: false, queued: None, output: Vec::new() });
        id
    }

    /// Closes a connection, from either end. Its output is lost.
    pub fn disconnect(&mut self, id: ClientId) {
        self.tracking.stop(id);
        self.clients.remove(&id);
    }

    /// The connections, in the order in which they were made.
    pub fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.clients.keys().copied()
    }

    /// Whether this command has to wait until the pause ends. The commands behind it in its connection wait too.
    pub fn postpones(&self, id: ClientId, command: &Command) -> bool {
        match self.settings.paused {
            None => false,
            Some(Pause::All) => true,
            Some(Pause::Writes) => self.writes(id, command),
        }
    }

    /// Runs one command in the present turn. `now` is in milliseconds of the server's clock.
    pub fn run(&mut self, id: ClientId, command: &Command, now: u64) {
        if matches!(self.settings.eviction, Eviction::LeastUsed | Eviction::LeastUsedThatExpires) {
            self.uses += 1;
        }
        let Some(reply) = self.reply(id, command, now) else { return };
        self.send(id, Message::Reply(reply));
        for _ in 0..take(&mut self.nulls_for_current) {
            self.send_push(id, Message::Flushed);
        }
    }

    /// Ends the turn: pushes are added to the output of each client.
    pub fn end_turn(&mut self) {
        for (id, keys) in self.tracking.end_turn() {
            self.send_push(id, Message::Changed(keys));
        }
    }

    /// What a client has received since the last call.
    pub fn output(&mut self, id: ClientId) -> Vec<Message> {
        self.clients.get_mut(&id).map(|client| take(&mut client.output)).unwrap_or_default()
    }

    /// What all clients have received since the last call, in the order in which they were first told anything.
    pub fn outputs(&mut self) -> Vec<(ClientId, Vec<Message>)> {
        take(&mut self.heard).into_iter().map(|id| (id, self.output(id))).collect()
    }

    /// Removes every key whose time has come, as a server does in the background. A part of the present turn.
    pub fn expire(&mut self, now: u64) {
        if self.settings.role == Role::Replica || self.settings.paused.is_some() {
            return;
        }
        for (database, name) in self.keys.expired(now) {
            self.remove(database, &name, None);
        }
    }

    /// What the databases hold, with what has expired and is not removed yet.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &Name, &Entry)> {
        self.keys.iter()
    }

    /// The entry of a name in a database, if it has not expired. Nothing changes by looking.
    pub fn peek(&self, database: u32, name: &str, now: u64) -> Option<&Entry> {
        self.keys.get(database, name).filter(|entry| !entry.has_expired(now))
    }

    fn send(&mut self, id: ClientId, message: Message) {
        if let Some(client) = self.clients.get_mut(&id) {
            if client.output.is_empty() {
                self.heard.push(id);
            }
            client.output.push(message);
        }
    }

    /// A client without RESP3 gets no pushes.
    fn send_push(&mut self, id: ClientId, message: Message) {
        if self.clients.get(&id).is_some_and(|client| client.pushes) {
            self.send(id, message);
        }
    }
}

/// Restart, replication, failover.
impl Redis {
    /// The process ends and starts again: all connections are lost, and unless `keeps_data` all keys.
    pub fn restart(&mut self, keeps_data: bool) {
        self.clients.clear();
        self.tracking = Tracking::default();
        if !keeps_data {
            self.keys = Keyspace::default();
        }
        self.effects = None;
    }

    /// A copy of all keys for a new replica, which is then to be given all [`Redis::effects`].
    pub fn feed(&mut self) -> Vec<Effect> {
        self.effects = Some(Vec::new());
        let put = |(database, name, entry): (u32, &Name, &Entry)| Effect::Put(database, name.clone(), entry.clone());
        self.keys.iter().map(put).collect()
    }

    /// What has changed since the last call, for a replica.
    pub fn effects(&mut self) -> Vec<Effect> {
        self.effects.as_mut().map(take).unwrap_or_default()
    }

    /// Becomes a replica with the data of another server: what only this server had is lost.
    pub fn follow(&mut self, data: Vec<Effect>) {
        self.settings.role = Role::Replica;
        self.clear(None, None);
        self.apply(data);
    }

    /// What the primary says has changed, in the present turn.
    pub fn apply(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Put(database, name, entry) => self.put(database, &name, entry, None),
                Effect::Remove(database, name) => self.remove(database, &name, None),
                Effect::Clear(database) => self.clear(database, None),
            }
        }
    }

    /// Becomes a primary with the data that it has.
    pub fn lead(&mut self) {
        self.settings.role = Role::Primary;
    }
}

/// Changes. Each is noted for the pushes at the end of the turn, and for a replica.
impl Redis {
    fn put(&mut self, database: u32, name: &Name, entry: Entry, by: Option<ClientId>) {
        self.note_effect(|| Effect::Put(database, name.clone(), entry.clone()));
        self.keys.put(database, name, entry);
        self.tracking.changed(name, by);
    }

    fn remove(&mut self, database: u32, name: &Name, by: Option<ClientId>) {
        self.note_effect(|| Effect::Remove(database, name.clone()));
        self.keys.remove(database, name);
        self.tracking.changed(name, by);
    }

    /// Empties one database or all. Every client that tracks anything is told, whatever it tracks.
    fn clear(&mut self, database: Option<u32>, by: Option<ClientId>) {
        self.note_effect(|| Effect::Clear(database));
        self.keys.clear(database);
        for id in self.tracking.clients() {
            if Some(id) == by {
                self.nulls_for_current += 1;
            } else {
                self.send_push(id, Message::Flushed);
            }
        }
    }

    fn note_effect(&mut self, effect: impl FnOnce() -> Effect) {
        if let Some(effects) = &mut self.effects {
            effects.push(effect());
        }
    }
}
