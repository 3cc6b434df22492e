//! What the commands do.

use super::keyspace::{Bytes, Entry, Name, Value};
use super::{ClientId, Command, Expiry, Only, OnlyExpiry, Redis, Reply, Role};

const WRONGTYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

impl Redis {
    pub(super) fn perform(&mut self, id: ClientId, command: &Command, now: u64) -> Reply {
        match command {
            Command::Ping => Reply::Status("PONG"),
            Command::Role => Reply::List(vec![Reply::Bytes(self.settings.role.label().as_bytes().into())]),
            Command::Hello(version) => self.hello(id, *version),
            Command::Select(database) => self.select(id, *database),
            Command::Track { prefix, noloop } => self.track(id, prefix, *noloop),
            Command::Untrack => {
                self.tracking.stop(id);
                Reply::OK
            }
            // Inside a transaction, which runs no other transaction.
            Command::Multi | Command::Exec | Command::Discard => Reply::error("ERR"),
            _ => {
                let database = self.clients.get(&id).map_or(0, |client| client.database);
                Call { redis: self, id, database, now }.perform(command)
            }
        }
    }

    fn hello(&mut self, id: ClientId, version: u8) -> Reply {
        if !(2..=3).contains(&version) {
            return Reply::error("NOPROTO unsupported protocol version");
        }
        if let Some(client) = self.clients.get_mut(&id) {
            client.pushes = version == 3;
        }
        Reply::List(vec![Reply::Bytes(b"proto".as_slice().into()), Reply::Int(i64::from(version))])
    }

    fn select(&mut self, id: ClientId, database: u32) -> Reply {
        match self.clients.get_mut(&id) {
            Some(client) if database < 16 => {
                client.database = database;
                Reply::OK
            }
            _ => Reply::error("ERR DB index is out of range"),
        }
    }

    fn track(&mut self, id: ClientId, prefix: &Name, noloop: bool) -> Reply {
        match self.tracking.start(id, prefix, noloop) {
            Ok(()) => Reply::OK,
            Err(other) => Reply::Error(format!(
                "ERR Prefix '{prefix}' overlaps with an existing prefix '{other}'. \
                 Prefixes for a single client must not overlap."
            )),
        }
    }
}

impl Role {
    fn label(self) -> &'static str {
        match self {
            Self::Primary => "master",
            Self::Replica => "slave",
        }
    }
}

/// One command on the keys of one database.
struct Call<'a> {
    redis: &'a mut Redis,
    id: ClientId,
    database: u32,
    now: u64,
}

impl Call<'_> {
    fn perform(&mut self, command: &Command) -> Reply {
        match command {
            Command::Get(name) => {
                self.text(name).map_or_else(|error| error, |text| text.map_or(Reply::Null, Reply::Bytes))
            }
            Command::GetRange(name, from, to) => match self.text(name) {
                Ok(text) => Reply::Bytes(text.map_or_else(|| [].into(), |text| range(&text, *from, *to))),
                Err(error) => error,
            },
            Command::Pttl(name) => self.pttl(name),
            Command::Exists(name) | Command::Touch(name) => Reply::Int(self.find(name).is_some().into()),
            Command::Scan { cursor, prefix, count } => self.scan(*cursor, prefix, *count),
            Command::Set { name, value, only, expiry } => self.set(name, value, *only, *expiry),
            Command::SetRange(name, at, value) => self.set_range(name, *at as usize, value),
            Command::Push(name, value) => self.push(name, value),
            Command::Del(names) | Command::Unlink(names) => {
                Reply::Int(names.iter().map(|name| i64::from(self.delete(name))).sum())
            }
            Command::PExpire(name, life, only) => Reply::Int(self.pexpire(name, *life, *only).into()),
            Command::Persist(name) => Reply::Int(self.persist(name).into()),
            Command::Rename(from, to) => self.rename(from, to),
            Command::Copy { from, to, replace } => self.copy(from, to, *replace),
            Command::FlushDb => self.flush(Some(self.database)),
            Command::FlushAll => self.flush(None),
            _ => Reply::error("ERR"),
        }
    }

    /// The entry, unless it has expired: then a primary removes it, and the connections that track it are told, that of the caller too.
    fn find(&mut self, name: &Name) -> Option<Entry> {
        let entry = self.redis.keys.get_mut(self.database, name)?;
        if !entry.has_expired(self.now) {
            entry.used = self.redis.uses;
            return Some(entry.clone());
        }
        let settings = &self.redis.settings;
        if settings.role == Role::Primary && settings.paused.is_none() {
            self.redis.remove(self.database, name, None);
        }
        None
    }

    /// The bytes of a string.
    fn text(&mut self, name: &Name) -> Result<Option<Bytes>, Reply> {
        match self.find(name).map(|entry| entry.value) {
            Some(Value::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Value::List(_)) => Err(Reply::error(WRONGTYPE)),
            None => Ok(None),
        }
    }

    fn put(&mut self, name: &Name, value: Value, expires: Option<u64>) {
        let entry = Entry { value, expires, used: self.redis.uses };
        self.redis.put(self.database, name, entry, Some(self.id));
    }

    fn delete(&mut self, name: &Name) -> bool {
        let found = self.find(name).is_some();
        if found {
            self.redis.remove(self.database, name, Some(self.id));
        }
        found
    }

    fn pttl(&mut self, name: &Name) -> Reply {
        Reply::Int(match self.find(name) {
            None => -2,
            Some(Entry { expires: None, .. }) => -1,
            Some(Entry { expires: Some(at), .. }) => i64::try_from(at - self.now).unwrap_or(i64::MAX),
        })
    }

    fn set(&mut self, name: &Name, value: &Bytes, only: Option<Only>, expiry: Expiry) -> Reply {
        let expires = match expiry {
            Expiry::In(life) if life <= 0 => return Reply::error("ERR invalid expire time in 'set' command"),
            Expiry::In(life) => Some(self.now + life.unsigned_abs()),
            Expiry::At(moment) => Some(moment),
            Expiry::Never | Expiry::Kept => None,
        };
        let found = self.find(name);
        if only.is_some_and(|only| (only == Only::Present) != found.is_some()) {
            return Reply::Null;
        }
        let kept = found.and_then(|entry| entry.expires).filter(|_| expiry == Expiry::Kept);
        self.put(name, Value::Bytes(value.clone()), expires.or(kept));
        Reply::OK
    }

    /// An empty value changes nothing, and a missing key stays missing.
    fn set_range(&mut self, name: &Name, at: usize, value: &Bytes) -> Reply {
        let (old, expires) = match self.find(name) {
            None => (Bytes::default(), None),
            Some(Entry { value: Value::Bytes(old), expires, .. }) => (old, expires),
            Some(_) => return Reply::error(WRONGTYPE),
        };
        if value.is_empty() {
            return length(old.len());
        }
        let mut new = old.to_vec();
        new.resize(new.len().max(at + value.len()), 0);
        new[at..at + value.len()].copy_from_slice(value);
        let reply = length(new.len());
        self.put(name, Value::Bytes(new.into()), expires);
        reply
    }

    fn push(&mut self, name: &Name, value: &Bytes) -> Reply {
        let (mut items, expires) = match self.find(name) {
            None => (Vec::new(), None),
            Some(Entry { value: Value::List(items), expires, .. }) => (items, expires),
            Some(_) => return Reply::error(WRONGTYPE),
        };
        items.push(value.clone());
        let reply = length(items.len());
        self.put(name, Value::List(items), expires);
        reply
    }

    /// A life that is over deletes at once.
    fn pexpire(&mut self, name: &Name, life: i64, only: Option<OnlyExpiry>) -> bool {
        let Some(entry) = self.find(name) else { return false };
        let moment = self.now.saturating_add_signed(life);
        let allowed = match (only, entry.expires) {
            (None, _) | (Some(OnlyExpiry::Absent | OnlyExpiry::Sooner), None) => true,
            (Some(OnlyExpiry::Present | OnlyExpiry::Later), None) | (Some(OnlyExpiry::Absent), Some(_)) => false,
            (Some(OnlyExpiry::Present), Some(_)) => true,
            (Some(OnlyExpiry::Later), Some(old)) => moment > old,
            (Some(OnlyExpiry::Sooner), Some(old)) => moment < old,
        };
        if allowed && moment <= self.now {
            self.redis.remove(self.database, name, Some(self.id));
        } else if allowed {
            self.put(name, entry.value, Some(moment));
        }
        allowed
    }

    fn persist(&mut self, name: &Name) -> bool {
        match self.find(name) {
            Some(Entry { value, expires: Some(_), .. }) => {
                self.put(name, value, None);
                true
            }
            _ => false,
        }
    }

    fn rename(&mut self, from: &Name, to: &Name) -> Reply {
        let Some(entry) = self.find(from) else { return Reply::error("ERR no such key") };
        if from != to {
            self.find(to);
            self.redis.remove(self.database, from, Some(self.id));
            self.put(to, entry.value, entry.expires);
        }
        Reply::OK
    }

    fn copy(&mut self, from: &Name, to: &Name, replace: bool) -> Reply {
        if from == to {
            return Reply::error("ERR source and destination objects are the same");
        }
        let Some(entry) = self.find(from) else { return Reply::Int(0) };
        if self.find(to).is_some() && !replace {
            return Reply::Int(0);
        }
        self.put(to, entry.value, entry.expires);
        Reply::Int(1)
    }

    fn flush(&mut self, database: Option<u32>) -> Reply {
        self.redis.clear(database, Some(self.id));
        Reply::OK
    }

    /// Keys in the order of a hash, from the one that the cursor names. A key that is there all the time is found.
    fn scan(&mut self, cursor: u64, prefix: &Name, count: usize) -> Reply {
        let keys = self.redis.keys.database(self.database);
        let mut names: Vec<(u64, Name)> = keys.map(|(name, _)| (hash(name), name.clone())).collect();
        names.retain(|(hash, _)| *hash >= cursor);
        names.sort();
        let next = names.get(count).map_or(0, |(hash, _)| *hash);
        names.truncate(count);
        let found = names.into_iter().filter(|(_, name)| name.starts_with(&**prefix) && self.find(name).is_some());
        let found = found.map(|(_, name)| Reply::Bytes(name.as_bytes().into())).collect();
        Reply::List(vec![Reply::Bytes(next.to_string().into_bytes().into()), Reply::List(found)])
    }
}

fn length(bytes: usize) -> Reply {
    Reply::Int(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// `GETRANGE`: both ends are included; negative ones count from the end.
fn range(text: &Bytes, from: i64, to: i64) -> Bytes {
    let len = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let position = |at: i64| if at < 0 { (len + at).max(0) } else { at };
    let (first, last) = (position(from), position(to).min(len - 1));
    if len == 0 || first > last || (from < 0 && to < 0 && from > to) {
        return [].into();
    }
    let index = |at: i64| usize::try_from(at).unwrap_or(0);
    text[index(first)..=index(last)].into()
}

/// FNV-1a, never 0, which is the cursor of the beginning.
fn hash(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step) | 1
}
