//! A Cluster: which primary holds which slots, and a connection to each.
//!
//! The nodes are asked every second, and at once when one sends a call elsewhere or is lost. They learn of changes one
//! after the other: the answer of the newest epoch is right. When something changed, the new map is followed first and
//! everything is forgotten after it: a primary that is new holds nothing that memory keeps for longer than 5 s until it
//! has proven that it reports changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::task::{JoinHandle, JoinSet};

use crate::connection::{Address, Connection, Endpoint, field, text};
use crate::keeper::{Common, Keeper, Role};
use crate::primaries::{Map, SLOTS};
use crate::redis::Link;
use crate::stats::{Cause, Label, Trouble};

/// Between two looks at the topology, however often it is doubted.
const SURVEY_PAUSE: Duration = Duration::from_millis(50);
/// After a first answer, how long others are waited for that may know better.
const SECOND_OPINION: Duration = Duration::from_millis(100);

/// What a node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout {
    /// Raised by every failover, and by most moves of slots.
    epoch: u64,
    /// The primary of each slot that has one.
    holders: Vec<(u16, u16, Address)>,
    /// Everybody that was named: whom to ask when all primaries are gone.
    nodes: BTreeSet<Address>,
}

/// A primary whose connection is kept.
struct Member {
    link: Arc<Link>,
    keeping: JoinHandle<()>,
}

/// A keeper has no life of its own.
impl Drop for Member {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

/// Keeps the map, and a connection to each primary on it. Never ends by itself.
pub(crate) async fn keep_cluster<V: Send + Sync + 'static>(common: Common<V>, seeds: Vec<Endpoint>) {
    let mut members = BTreeMap::new();
    let mut current: Option<Layout> = None;
    let Some(login) = seeds.first().cloned() else { return };
    let mut is_despaired_of = false;
    loop {
        let known = current.as_ref().map(|layout| layout.nodes.clone()).unwrap_or_default();
        match survey(&members, &seeds, &login, known).await {
            Ok(layout) => {
                is_despaired_of = false;
                if current.as_ref().is_none_or(|current| current.holders != layout.holders) {
                    go_over(&common, &mut members, &layout, &login).await;
                }
                current = Some(layout);
            }
            Err(trouble) => {
                if !std::mem::replace(&mut is_despaired_of, true) {
                    let trouble = trouble.label();
                    tracing::warn!(trouble, seed = login.shown(), "no node of the Cluster tells who holds what");
                }
                common.coherence.note_failure(&login.shown(), trouble.label());
                common.coherence.counters.errors.add(trouble);
            }
        }
        tokio::time::sleep(SURVEY_PAUSE).await;
        tokio::select! {
            () = tokio::time::sleep(common.deadlines.topology) => {}
            () = common.primaries.doubted() => {}
        }
    }
}

/// Goes over to another layout: the map, the purge, and only then the keepers of those who are new.
async fn go_over<V: Send + Sync + 'static>(
    common: &Common<V>,
    members: &mut BTreeMap<Address, Member>,
    layout: &Layout,
    login: &Endpoint,
) {
    let addresses: BTreeSet<&Address> = layout.holders.iter().map(|(_, _, address)| address).collect();
    let links: BTreeMap<&Address, Arc<Link>> = addresses
        .iter()
        .map(|&address| {
            let known = members.get(address).map(|member| member.link.clone());
            (address, known.unwrap_or_else(|| Arc::new(Link::new(Some(address.clone())))))
        })
        .collect();
    let index: BTreeMap<&Address, u16> = addresses.iter().copied().zip(0..).collect();
    let mut slots = vec![None; usize::from(SLOTS)];
    for (first, last, address) in &layout.holders {
        slots[usize::from(*first)..=usize::from(*last)].fill(index.get(address).copied());
    }
    common.primaries.publish(Map::Slots(links.values().cloned().collect(), slots.into()));
    common.coherence.purge(Cause::Topology);
    common.coherence.tell_state(&common.primaries);

    let gone: Vec<Address> = members.keys().filter(|address| !addresses.contains(address)).cloned().collect();
    for mut member in gone.iter().filter_map(|address| members.remove(address)) {
        member.keeping.abort();
        // It was aborted: how it ended is known. From here on it installs nothing any more.
        let _ = (&mut member.keeping).await;
        member.link.install(None);
    }
    for (address, link) in links {
        if !members.contains_key(address) {
            let keeper = Keeper::new(common.clone(), link.clone(), Role::Primary);
            let endpoint = login.at(address);
            let keeping = tokio::spawn(async move { keeper.keep(&endpoint).await });
            members.insert(address.clone(), Member { link, keeping });
        }
    }
    tracing::info!(primaries = addresses.len(), "the Cluster's slots are held otherwise than before");
}

/// Asks the primaries over the connections that there are, and everybody that is known if that is not all of them.
async fn survey(
    members: &BTreeMap<Address, Member>,
    seeds: &[Endpoint],
    login: &Endpoint,
    known: BTreeSet<Address>,
) -> Result<Layout, Trouble> {
    let mut asking = JoinSet::new();
    let connected: BTreeMap<Address, Connection> =
        members.iter().filter_map(|(address, member)| Some((address.clone(), member.link.connection()?))).collect();
    let is_whole = !connected.is_empty() && connected.len() == members.len();
    let others: BTreeSet<Address> = match is_whole {
        true => BTreeSet::new(),
        false => known.into_iter().chain(seeds.iter().filter_map(Endpoint::address)).collect(),
    };
    for address in others.into_iter().filter(|address| !connected.contains_key(address)) {
        let endpoint = login.at(&address);
        asking.spawn(async move {
            let passing = endpoint.connect(|_| {}).await.map_err(|refused| refused.trouble)?;
            ask(&passing, &address).await
        });
    }
    for (address, connection) in connected {
        asking.spawn(async move { ask(&connection, &address).await });
    }
    let (mut best, mut trouble): (Option<Layout>, _) = (None, Trouble::Connect);
    let mut patience = None;
    loop {
        let next = asking.join_next();
        let answer = match patience {
            None => next.await,
            // Nobody who knows better came in time.
            Some(until) => tokio::time::timeout_at(until, next).await.unwrap_or(None),
        };
        // A task that panicked said nothing.
        match answer.map(|answer| answer.unwrap_or(Err(Trouble::Other))) {
            None => return best.ok_or(trouble),
            Some(Err(why)) => trouble = why,
            Some(Ok(layout)) => {
                patience.get_or_insert_with(|| tokio::time::Instant::now() + SECOND_OPINION);
                if best.as_ref().is_none_or(|best| best.epoch < layout.epoch) {
                    best = Some(layout);
                }
            }
        }
    }
}

async fn ask(connection: &Connection, asked: &Address) -> Result<Layout, Trouble> {
    let info = connection.say(redis::cmd("CLUSTER").arg("INFO")).await?;
    let slots = connection.say(redis::cmd("CLUSTER").arg("SLOTS")).await?;
    read_layout(info, slots, asked).ok_or(Trouble::Protocol)
}

fn read_layout(info: Value, slots: Value, asked: &Address) -> Option<Layout> {
    let epoch = field(&text(info)?, "cluster_current_epoch")?.parse().ok()?;
    let Value::Array(ranges) = slots else { return None };
    let (mut holders, mut nodes) = (Vec::new(), BTreeSet::new());
    for range in ranges {
        let Value::Array(range) = range else { return None };
        let mut parts = range.into_iter();
        let (first, last) = (read_slot(&parts.next()?)?, read_slot(&parts.next()?)?);
        let all = parts.map(|node| read_node(node, asked)).collect::<Option<Vec<_>>>()?;
        // The primary stands first, its replicas after it.
        let primary = all.first()?.clone();
        if first > last {
            return None;
        }
        holders.push((first, last, primary));
        nodes.extend(all);
    }
    holders.sort();
    Some(Layout { epoch, holders, nodes })
}

fn read_slot(slot: &Value) -> Option<u16> {
    match slot {
        Value::Int(slot) => u16::try_from(*slot).ok().filter(|slot| *slot < SLOTS),
        _ => None,
    }
}

fn read_node(node: Value, asked: &Address) -> Option<Address> {
    let Value::Array(parts) = node else { return None };
    let mut parts = parts.into_iter();
    let host = match parts.next()? {
        // It does not know, or is not to say: it is where it was asked.
        Value::Nil => String::new(),
        // An empty name or a `?` stands for what is not known.
        host => text(host).filter(|host| host != "?").unwrap_or_default(),
    };
    let port = match parts.next()? {
        Value::Int(port) => u16::try_from(port).ok()?,
        _ => return None,
    };
    Some(Address { host: host.into(), port }.or_host_of(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), bulk("0123456789abcdef"), Value::Array(vec![])])
    }

    fn range(first: i64, last: i64, nodes: Vec<Value>) -> Value {
        let mut parts = vec![Value::Int(first), Value::Int(last)];
        parts.extend(nodes);
        Value::Array(parts)
    }

    #[test]
    fn a_layout_is_read_as_a_node_tells_it() {
        let asked = Address::parse("10.0.0.9:7000").unwrap();
        let read = |slots| read_layout(bulk("cluster_state:ok\r\ncluster_current_epoch:6\r\n"), slots, &asked);
        let layout = read(Value::Array(vec![
            range(8_192, 16_383, vec![node(bulk("b"), 7_001), node(bulk("c"), 7_002)]),
            range(0, 8_191, vec![node(Value::Nil, 7_000)]),
        ]));
        let address = |text| Address::parse(text).unwrap();
        let (a, b, c) = (address("10.0.0.9:7000"), address("b:7001"), address("c:7002"));
        let holders = vec![(0, 8_191, a.clone()), (8_192, 16_383, b.clone())];
        assert_eq!(layout, Some(Layout { epoch: 6, holders, nodes: [a, b, c].into() }));
        for broken in [
            Value::Nil,
            Value::Array(vec![range(5, 4, vec![node(bulk("b"), 1)])]),
            Value::Array(vec![range(0, 16_384, vec![node(bulk("b"), 1)])]),
            Value::Array(vec![range(-1, 4, vec![node(bulk("b"), 1)])]),
            Value::Array(vec![range(0, 4, vec![])]),
            Value::Array(vec![range(0, 4, vec![node(bulk("b"), 70_000)])]),
        ] {
            assert_eq!(read(broken.clone()), None, "{broken:?}");
        }
        assert_eq!(read_layout(bulk("cluster_state:ok\r\n"), Value::Array(vec![]), &asked), None);
    }
}
