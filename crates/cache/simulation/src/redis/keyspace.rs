//! The databases of a server.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Eviction;

pub type Name = Arc<str>;
pub type Bytes = Arc<[u8]>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Bytes(Bytes),
    /// Any other type: here, a list.
    List(Vec<Bytes>),
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub value: Value,
    /// In milliseconds of the server's clock.
    pub expires: Option<u64>,
    /// The number of the last use, for eviction; 0 while the server does not evict by use.
    pub used: u64,
}

impl Entry {
    pub fn has_expired(&self, now: u64) -> bool {
        self.expires.is_some_and(|at| now > at)
    }

    /// What an entry takes of `maxmemory`. The real price depends on the allocator; only the order of size matters.
    pub fn cost(&self, name: &str) -> u64 {
        let value = match &self.value {
            Value::Bytes(bytes) => bytes.len(),
            Value::List(items) => items.iter().map(|item| 16 + item.len()).sum(),
        };
        (64 + name.len() + value) as u64
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Keyspace {
    databases: BTreeMap<u32, BTreeMap<Name, Entry>>,
    cost: u64,
}

impl Keyspace {
    pub(crate) fn get(&self, database: u32, name: &str) -> Option<&Entry> {
        self.databases.get(&database)?.get(name)
    }

    pub(crate) fn get_mut(&mut self, database: u32, name: &str) -> Option<&mut Entry> {
        self.databases.get_mut(&database)?.get_mut(name)
    }

    pub(crate) fn put(&mut self, database: u32, name: &Name, entry: Entry) {
        let cost = entry.cost(name);
        let before = self.databases.entry(database).or_default().insert(name.clone(), entry);
        self.cost += cost;
        self.cost -= before.map_or(0, |entry| entry.cost(name));
    }

    pub(crate) fn remove(&mut self, database: u32, name: &str) {
        if let Some(entry) = self.databases.get_mut(&database).and_then(|keys| keys.remove(name)) {
            self.cost -= entry.cost(name);
        }
    }

    pub(crate) fn clear(&mut self, database: Option<u32>) {
        match database {
            Some(database) => drop(self.databases.remove(&database)),
            None => self.databases.clear(),
        }
        self.cost = self.iter().map(|(_, name, entry)| entry.cost(name)).sum();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Name, &Entry)> {
        self.databases.iter().flat_map(|(database, keys)| keys.iter().map(|(name, entry)| (*database, name, entry)))
    }

    pub(crate) fn database(&self, database: u32) -> impl Iterator<Item = (&Name, &Entry)> {
        self.databases.get(&database).into_iter().flatten()
    }

    pub(crate) fn expired(&self, now: u64) -> Vec<(u32, Name)> {
        let expired = self.iter().filter(|(_, _, entry)| entry.has_expired(now));
        expired.map(|(database, name, _)| (database, name.clone())).collect()
    }

    /// What the policy evicts next.
    pub(crate) fn victim(&self, policy: Eviction) -> Option<(u32, Name)> {
        let expires = |(_, _, entry): &(u32, &Name, &Entry)| entry.expires.is_some();
        let victim = match policy {
            Eviction::None => None,
            Eviction::LeastUsed => self.iter().min_by_key(|(_, _, entry)| entry.used),
            Eviction::LeastUsedThatExpires => self.iter().filter(expires).min_by_key(|(_, _, entry)| entry.used),
            Eviction::FirstToExpire => self.iter().filter(expires).min_by_key(|(_, _, entry)| entry.expires),
        };
        victim.map(|(database, name, _)| (database, name.clone()))
    }

    pub(crate) fn cost(&self) -> u64 {
        self.cost
    }
}
