//! Which primary holds a key, and the calls to it: one server, or the primaries of a Cluster.
//!
//! A lookup gives a [`RawLookup`] or a [`CallError`]. A redirection to a known primary is followed within the same
//! deadline, and the topology's supervisor is told that the map may be out of date.

mod keyspace;
mod many;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crc::{CRC_16_XMODEM, CRC_64_XZ, Crc};
use redis::{Cmd, Value};
use tokio::sync::Notify;

use crate::connection::Address;
use crate::entry::{self, LINE_BYTES_MAX, Lease, Stored};
use crate::key::{Key, Namespace};
use crate::link::{CallError, CallReply, CallRequest, Link, Redirection};
use crate::protocol::link::Trust;
use crate::protocol::version::Moment;
use crate::stats::{State, Trouble};

pub(crate) use keyspace::{CALLS_AT_ONCE, Preview};

/// The slots of a Cluster.
pub(crate) const SLOTS: u16 = 16_384;
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
/// Redirections of one call.
const REDIRECTIONS_MAX: usize = 3;

/// Whether a call reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    Read,
    Write,
}

/// A lookup in Redis, before the value is decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RawLookup {
    /// A line for [`Contents::decode`](crate::Contents::decode), and its remaining lifetime; `None` for ever.
    Line(String, Option<Duration>),
    Lease(Lease),
    Missing,
    Unusable,
}

/// The slot of a name. It is computed from the text in the first pair of braces, or from the whole name if there is
/// none. Source of the algorithm: the Redis Cluster specification, "Hash tags".
pub(crate) fn slot(name: &[u8]) -> u16 {
    let after = |text: &[u8], brace| text.iter().position(|byte| *byte == brace);
    let tagged = after(name, b'{').map(|start| &name[start + 1..]);
    let tag = tagged.and_then(|rest| after(rest, b'}').map(|end| &rest[..end]));
    CRC.checksum(tag.filter(|tag| !tag.is_empty()).unwrap_or(name)) % SLOTS
}

/// The assignment of slots to primaries.
pub(crate) enum Map {
    /// One primary for all keys.
    One(Arc<Link>),
    /// The primaries, and for each slot the index of its primary, if it has one.
    Slots(Vec<Arc<Link>>, Box<[Option<u16>]>),
}

impl Map {
    /// No slot has a primary, since nothing is known yet.
    pub(crate) fn empty() -> Self {
        Self::Slots(vec![], vec![None; usize::from(SLOTS)].into())
    }

    pub(crate) fn links(&self) -> &[Arc<Link>] {
        match self {
            Self::One(link) => std::slice::from_ref(link),
            Self::Slots(links, _) => links,
        }
    }

    /// The primary of a name, which is built only if it matters.
    fn holder<N: AsRef<[u8]>>(&self, name: impl FnOnce() -> N) -> Option<&Arc<Link>> {
        match self {
            Self::One(link) => Some(link),
            Self::Slots(links, slots) => {
                let holder = slots[usize::from(slot(name().as_ref()))]?;
                links.get(usize::from(holder))
            }
        }
    }

    /// A number for the primaries and their slots, the same on every node; 0 for one primary.
    fn fingerprint(&self) -> u64 {
        const CRC: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);
        let Self::Slots(links, slots) = self else { return 0 };
        let mut digest = CRC.digest();
        links
            .iter()
            .filter_map(|link| link.address())
            .for_each(|address| digest.update(address.to_string().as_bytes()));
        slots.iter().for_each(|holder| digest.update(&holder.unwrap_or(u16::MAX).to_be_bytes()));
        digest.finalize()
    }

    fn is_whole(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Slots(_, slots) => slots.iter().all(Option::is_some),
        }
    }
}

/// All primaries, and which one holds a key.
pub(crate) struct Primaries {
    namespace: Namespace,
    /// The deadline of a call, including its redirections.
    deadline: Duration,
    map: RwLock<Map>,
    /// Notified when the map seems out of date.
    doubted: Notify,
}

impl Primaries {
    pub(crate) fn new(namespace: Namespace, deadline: Duration) -> Self {
        Self { namespace, deadline, map: RwLock::new(Map::empty()), doubted: Notify::new() }
    }

    fn map(&self) -> std::sync::RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes a map. The caller purges memory after it, since entries were kept under the old map.
    pub(crate) fn publish(&self, map: Map) {
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = map;
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        self.map().links().to_vec()
    }

    /// The primaries in an order, and a number for the map: while the number is the same, so is the order, on all nodes.
    pub(crate) fn in_order(&self) -> (Vec<Arc<Link>>, u64) {
        let map = self.map();
        (map.links().to_vec(), map.fingerprint())
    }

    /// The worst state of all primaries, since memory misses changes if one of them does not report them.
    pub(crate) fn state(&self) -> State {
        let map = self.map();
        let states = map.links().iter().map(|link| link.state());
        let least = states.min_by_key(|state| match state {
            State::Detached | State::Memory => 0,
            State::CatchingUp => 1,
            State::Coherent => 2,
        });
        least.filter(|_| map.is_whole()).unwrap_or(State::Detached)
    }

    /// Until when memory is believed: by the primary that was heard from the longest ago. What memory holds of the keys
    /// of a primary that is not coherent is kept briefly, and needs no belief.
    pub(crate) fn believed_until(&self) -> Moment {
        let map = self.map();
        let statuses = map.links().iter().map(|link| link.status());
        let coherent = statuses.filter(|status| status.state == Trust::Coherent);
        coherent.map(|status| status.believed_until).min().unwrap_or_default()
    }

    /// Whether a primary refuses reads, and whether one refuses writes, for longer than a moment.
    pub(crate) fn refusals(&self) -> (bool, bool) {
        let map = self.map();
        let statuses = map.links().iter().map(|link| link.status());
        statuses.fold((false, false), |(reads, writes), one| (reads || one.refuses_reads, writes || one.refuses_writes))
    }

    /// The state of the server that holds the key. A demoted primary may report less than the new one, so while the
    /// server is not known to be a primary, its changes are not known to be reported.
    pub(crate) fn state_for(&self, key: &Key) -> State {
        self.map().holder(|| self.namespace.name(key)).map_or(State::Detached, |link| match link.state() {
            State::Coherent if !link.status().is_primary => State::CatchingUp,
            state => state,
        })
    }

    /// Whether the server that holds the key has shown that it is a primary.
    pub(crate) fn is_primary_of(&self, key: &Key) -> bool {
        self.map().holder(|| self.namespace.name(key)).is_some_and(|link| link.status().is_primary)
    }

    /// Waits until there is no point in waiting for another node's value of this key.
    pub(crate) async fn until_waiting_is_futile(&self, key: &Key) {
        let holder = self.map().holder(|| self.namespace.name(key)).cloned();
        if let Some(link) = holder {
            link.until_waiting_is_futile().await;
        }
    }

    pub(crate) fn is_held_by(&self, link: &Arc<Link>, name: &str) -> bool {
        self.map().holder(|| name).is_some_and(|holder| Arc::ptr_eq(holder, link))
    }

    /// Waits until the map seems out of date.
    pub(crate) async fn doubted(&self) {
        self.doubted.notified().await;
    }

    pub(crate) fn doubt(&self) {
        self.doubted.notify_one();
    }

    /// Looks a key up. `GETRANGE` reads at most as many bytes as an entry may have: a foreign value of a gigabyte would
    /// block the connection.
    pub(crate) async fn lookup(&self, key: &Key) -> Result<RawLookup, CallError> {
        let name = self.namespace.name(key);
        self.call(&name, &lookup_commands(&name), CallKind::Read, |replies| match replies {
            [found, left] => read_lookup(key, found, left),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    /// `SET name line NX`; gives whether the key was missing.
    pub(crate) async fn set_if_absent(&self, key: &Key, line: &str, ttl: Option<Duration>) -> Result<bool, CallError> {
        self.set(key, line, ttl, "NX").await
    }

    /// `SET name line XX`; gives whether the key was present, with a value of any type.
    pub(crate) async fn set_if_present(&self, key: &Key, line: &str, ttl: Option<Duration>) -> Result<bool, CallError> {
        self.set(key, line, ttl, "XX").await
    }

    /// `DEL name`.
    pub(crate) async fn delete(&self, key: &Key) -> Result<(), CallError> {
        let name = self.namespace.name(key);
        self.call(&name, &[command("DEL", &name)], CallKind::Write, |replies| match replies {
            [Value::Int(_)] => Ok(()),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    async fn set(&self, key: &Key, line: &str, ttl: Option<Duration>, condition: &str) -> Result<bool, CallError> {
        let name = self.namespace.name(key);
        let mut set = command("SET", &name);
        set.arg(line).arg(condition);
        if let Some(ttl) = ttl {
            set.arg("PX").arg(millis(ttl));
        }
        self.call(&name, &[set], CallKind::Write, |replies| match replies {
            [Value::Okay] => Ok(true),
            [Value::Nil] => Ok(false),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    /// Calls the primary that holds the name, and follows its redirections.
    pub(crate) async fn call<T>(
        &self,
        name: impl AsRef<[u8]>,
        commands: &[Cmd],
        kind: CallKind,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<T, CallError> {
        let holder = self.map().holder(|| name).cloned();
        let mut link = holder.ok_or(CallError::NotSent)?;
        let mut request = self.request(commands, kind);
        for _ in 0..=REDIRECTIONS_MAX {
            let address = match link.call(request, &read).await? {
                CallReply::Here(reply) => return Ok(reply),
                CallReply::Elsewhere(Redirection::Moved(address)) => {
                    self.doubt();
                    request.is_asking = false;
                    address
                }
                CallReply::Elsewhere(Redirection::Ask(address)) => {
                    request.is_asking = true;
                    address
                }
            };
            let Some(other) = self.at(&address) else {
                self.doubt();
                break;
            };
            link = other;
        }
        Err(CallError::Trouble(Trouble::Redirected))
    }

    /// A request whose deadline counts from now.
    fn request<'r>(&self, commands: &'r [Cmd], kind: CallKind) -> CallRequest<'r> {
        let (is_write, deadline) = (kind == CallKind::Write, Instant::now() + self.deadline);
        CallRequest { commands, is_write, is_asking: false, deadline }
    }

    fn at(&self, address: &Address) -> Option<Arc<Link>> {
        self.map().links().iter().find(|link| link.address() == Some(address)).cloned()
    }
}

fn command(verb: &str, name: impl AsRef<[u8]>) -> Cmd {
    let mut command = redis::cmd(verb);
    command.arg(name.as_ref());
    command
}

/// As Redis counts.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn lookup_commands(name: &str) -> [Cmd; 2] {
    [command("GETRANGE", name).arg(0).arg(LINE_BYTES_MAX).take(), command("PTTL", name)]
}

fn read_lookup(key: &Key, found: &Value, left: &Value) -> Result<RawLookup, Trouble> {
    let left = match left {
        // -2 means that the key is missing; GETRANGE then gives an empty text.
        Value::Int(-2) if matches!(found, Value::BulkString(bytes) if bytes.is_empty()) => {
            return Ok(RawLookup::Missing);
        }
        // -2 here means that it expired between the two commands.
        Value::Int(-2) => Some(Duration::ZERO),
        Value::Int(-1) => None,
        Value::Int(millis) => Some(Duration::from_millis(u64::try_from(*millis).map_err(|_| Trouble::Protocol)?)),
        _ => return Err(Trouble::Protocol),
    };
    match found {
        Value::BulkString(bytes) => Ok(match entry::read(key, bytes) {
            Stored::Value(line) => RawLookup::Line(line.into_owned(), left),
            Stored::Lease(lease) => RawLookup::Lease(lease),
            Stored::Unusable => RawLookup::Unusable,
        }),
        Value::ServerError(_) => Ok(RawLookup::Unusable),
        _ => Err(Trouble::Protocol),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_lookup_reads_value_lease_and_ttl() {
        let key = Key::new("1", "2+2");
        let look = |found: Value, left: i64| read_lookup(&key, &found, &Value::Int(left));
        let second = Some(Duration::from_secs(1));
        assert_eq!(look(bulk(""), -2), Ok(RawLookup::Missing));
        assert_eq!(look(bulk("{}"), 1_000), Ok(RawLookup::Line("{}".to_owned(), second)));
        assert_eq!(look(bulk("{}"), -1), Ok(RawLookup::Line("{}".to_owned(), None)));
        assert_eq!(look(bulk("{}"), -2), Ok(RawLookup::Line("{}".to_owned(), Some(Duration::ZERO))));
        assert_eq!(look(bulk(""), -1), Ok(RawLookup::Unusable), "an empty text that a person stored");
        assert!(matches!(look(bulk("\"lease:a.1.2\""), 3_000), Ok(RawLookup::Lease(_))));
        assert_eq!(look(Value::Nil, -1), Err(Trouble::Protocol));
        assert_eq!(look(bulk("{}"), -3), Err(Trouble::Protocol));
        assert_eq!(read_lookup(&key, &bulk("{}"), &bulk("1")), Err(Trouble::Protocol));
    }

    /// From `redis-cli cluster keyslot`; the first two are also in the specification.
    #[test]
    fn the_slot_is_that_of_the_name_or_of_its_hash_tag() {
        for (name, expected) in [
            ("123456789", 12_739),
            ("{user1000}.following", 3_443),
            ("user1000", 3_443),
            ("tabuada:1:2+2", 12_746),
            ("tabuada:1:{1, 2}", 14_605),
            ("tabuada:1:{}", 15_847),
            ("tabuada:1:{1", 13_487),
            ("", 0),
        ] {
            assert_eq!(slot(name.as_bytes()), expected, "{name}");
        }
    }
}
