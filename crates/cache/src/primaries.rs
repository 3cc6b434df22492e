//! Which primary holds a key, and the calls to it: one server, or a Cluster's slots.
//!
//! What is read is [`Look`]; what goes wrong is [`CallError`]. A primary that says that another holds the key is followed,
//! within the same deadline, if the other is known; and whoever keeps the topology is told that it changed.

mod keyspace;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crc::{CRC_16_XMODEM, Crc};
use redis::{Cmd, Value};
use tokio::sync::Notify;

use crate::connection::Address;
use crate::entry::{self, LINE_BYTES_MAX, Lease, Stored};
use crate::key::{Key, Namespace};
use crate::redis::{CallError, Link, Redirection, Reply, Request};
use crate::stats::{State, Trouble};

pub(crate) use keyspace::Glimpse;

/// Slots of a Cluster; a key's is that of its name.
pub(crate) const SLOTS: u16 = 16_384;
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
/// Primaries that one call may be sent on to.
const REDIRECTIONS_MAX: usize = 3;

/// Whether a call changes something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

/// What a look reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A line for [`Contents::decode`](crate::Contents::decode), and how long it will stay; `None`: for ever.
    Line(String, Option<Duration>),
    Lease(Lease),
    Nothing,
    Unusable,
}

/// The slot of a name. What stands in the first braces, if anything does, stands for the whole name.
/// Source of the algorithm: the Redis Cluster specification, "Hash tags".
pub(crate) fn slot(name: &str) -> u16 {
    let tag = name.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(name);
    CRC.checksum(hashed.as_bytes()) % SLOTS
}

/// Who holds what.
pub(crate) enum Map {
    /// One primary holds everything.
    One(Arc<Link>),
    /// Each slot is some primary's, or nobody's.
    Slots(Vec<Arc<Link>>, Box<[Option<u16>]>),
}

impl Map {
    /// Nobody holds anything: nothing is known yet.
    pub(crate) fn nobody() -> Self {
        Self::Slots(vec![], vec![None; usize::from(SLOTS)].into())
    }

    pub(crate) fn links(&self) -> &[Arc<Link>] {
        match self {
            Self::One(link) => std::slice::from_ref(link),
            Self::Slots(links, _) => links,
        }
    }

    /// The name is asked for only where it matters.
    fn holder<N: AsRef<str>>(&self, name: impl FnOnce() -> N) -> Option<&Arc<Link>> {
        match self {
            Self::One(link) => Some(link),
            Self::Slots(links, slots) => {
                let holder = slots[usize::from(slot(name().as_ref()))]?;
                links.get(usize::from(holder))
            }
        }
    }

    fn is_whole(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Slots(_, slots) => slots.iter().all(Option::is_some),
        }
    }
}

/// All primaries, and which of them holds a key.
pub(crate) struct Primaries {
    namespace: Namespace,
    /// What a call may take, however many primaries it is sent to.
    deadline: Duration,
    map: RwLock<Map>,
    /// Something says that the map is not right any more.
    doubted: Notify,
}

impl Primaries {
    pub(crate) fn new(namespace: Namespace, deadline: Duration) -> Self {
        Self { namespace, deadline, map: RwLock::new(Map::nobody()), doubted: Notify::new() }
    }

    fn map(&self) -> std::sync::RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this the map; what was kept under the one before is to be forgotten after it.
    pub(crate) fn publish(&self, map: Map) {
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = map;
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        self.map().links().to_vec()
    }

    /// The least that is true of any primary: who hears all but one hears too little.
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

    /// What is true of the primary that holds the key: how far it can be asked, and whether it reports changes.
    pub(crate) fn state_for(&self, key: &Key) -> State {
        self.map().holder(|| self.namespace.name(key)).map_or(State::Detached, |link| link.state())
    }

    /// Waits until another node is waited for in vain, where this key is concerned.
    pub(crate) async fn no_use_in_waiting(&self, key: &Key) {
        let holder = self.map().holder(|| self.namespace.name(key)).cloned();
        if let Some(link) = holder {
            link.no_use_in_waiting().await;
        }
    }

    /// Whether the name is this primary's to hold.
    pub(crate) fn is_held_by(&self, link: &Arc<Link>, name: &str) -> bool {
        self.map().holder(|| name).is_some_and(|holder| Arc::ptr_eq(holder, link))
    }

    /// Waits until something says that the map is not right any more.
    pub(crate) async fn doubted(&self) {
        self.doubted.notified().await;
    }

    pub(crate) fn doubt(&self) {
        self.doubted.notify_one();
    }

    /// Reads what stands under `key`. No more than an entry may have ever crosses the wire: a stranger's gigabyte would
    /// hold up everything else on the connection.
    pub(crate) async fn look(&self, key: &Key) -> Result<Look, CallError> {
        let name = self.namespace.name(key);
        let commands = [command("GETRANGE", &name).arg(0).arg(LINE_BYTES_MAX).take(), command("PTTL", &name)];
        self.call(&name, &commands, Kind::Read, |replies| match replies {
            [found, left] => read_look(key, found, left),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    /// `SET name line NX`: whether nothing stood there.
    pub(crate) async fn set_if_absent(&self, key: &Key, line: &str, ttl: Option<Duration>) -> Result<bool, CallError> {
        self.set(key, line, ttl, "NX").await
    }

    /// `SET name line XX`: whether something, of any type, stood there.
    pub(crate) async fn set_if_present(&self, key: &Key, line: &str, ttl: Option<Duration>) -> Result<bool, CallError> {
        self.set(key, line, ttl, "XX").await
    }

    /// `DEL name`.
    pub(crate) async fn delete(&self, key: &Key) -> Result<(), CallError> {
        let name = self.namespace.name(key);
        self.call(&name, &[command("DEL", &name)], Kind::Write, |replies| match replies {
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
            set.arg("PX").arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        }
        self.call(&name, &[set], Kind::Write, |replies| match replies {
            [Value::Okay] => Ok(true),
            [Value::Nil] => Ok(false),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    /// Asks the primary that holds the name, and whom it names instead.
    pub(crate) async fn call<T>(
        &self,
        name: &str,
        commands: &[Cmd],
        kind: Kind,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<T, CallError> {
        let holder = self.map().holder(|| name).cloned();
        let mut link = holder.ok_or(CallError::NotMade)?;
        let mut request = self.request(commands, kind);
        for _ in 0..=REDIRECTIONS_MAX {
            let address = match link.call(request, &read).await? {
                Reply::Here(reply) => return Ok(reply),
                Reply::Elsewhere(Redirection::Moved(address)) => {
                    self.doubt();
                    request.is_asking = false;
                    address
                }
                Reply::Elsewhere(Redirection::Ask(address)) => {
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

    /// A request that is begun now.
    fn request<'r>(&self, commands: &'r [Cmd], kind: Kind) -> Request<'r> {
        let (is_write, deadline) = (kind == Kind::Write, Instant::now() + self.deadline);
        Request { commands, is_write, is_asking: false, deadline }
    }

    fn at(&self, address: &Address) -> Option<Arc<Link>> {
        self.map().links().iter().find(|link| link.address() == Some(address)).cloned()
    }
}

fn command(verb: &str, name: &str) -> Cmd {
    let mut command = redis::cmd(verb);
    command.arg(name);
    command
}

fn read_look(key: &Key, found: &Value, left: &Value) -> Result<Look, Trouble> {
    let left = match left {
        // -2: no such key; GETRANGE then gives an empty text.
        Value::Int(-2) if matches!(found, Value::BulkString(bytes) if bytes.is_empty()) => return Ok(Look::Nothing),
        // -2 again: it ran out between the two commands.
        Value::Int(-2) => Some(Duration::ZERO),
        Value::Int(-1) => None,
        Value::Int(millis) => Some(Duration::from_millis(u64::try_from(*millis).map_err(|_| Trouble::Protocol)?)),
        _ => return Err(Trouble::Protocol),
    };
    match found {
        Value::BulkString(bytes) => Ok(match entry::read(key, bytes) {
            Stored::Value(line) => Look::Line(line.into_owned(), left),
            Stored::Lease(lease) => Look::Lease(lease),
            Stored::Unusable => Look::Unusable,
        }),
        Value::ServerError(_) => Ok(Look::Unusable),
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
    fn what_a_look_reads() {
        let key = Key::new("1", "2+2");
        let look = |found: Value, left: i64| read_look(&key, &found, &Value::Int(left));
        let second = Some(Duration::from_secs(1));
        assert_eq!(look(bulk(""), -2), Ok(Look::Nothing));
        assert_eq!(look(bulk("{}"), 1_000), Ok(Look::Line("{}".to_owned(), second)));
        assert_eq!(look(bulk("{}"), -1), Ok(Look::Line("{}".to_owned(), None)));
        assert_eq!(look(bulk("{}"), -2), Ok(Look::Line("{}".to_owned(), Some(Duration::ZERO))));
        assert_eq!(look(bulk(""), -1), Ok(Look::Unusable), "a person's empty text");
        assert!(matches!(look(bulk("\"lease:a.1.2\""), 3_000), Ok(Look::Lease(_))));
        assert_eq!(look(Value::Nil, -1), Err(Trouble::Protocol));
        assert_eq!(look(bulk("{}"), -3), Err(Trouble::Protocol));
        assert_eq!(read_look(&key, &bulk("{}"), &bulk("1")), Err(Trouble::Protocol));
    }

    /// What `redis-cli cluster keyslot` says; the first two are in the specification too.
    #[test]
    fn a_slot_is_that_of_the_name_or_of_its_tag() {
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
            assert_eq!(slot(name), expected, "{name}");
        }
    }
}
