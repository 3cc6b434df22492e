//! A Cluster: which primary holds which slots, and a connection to each.
//!
//! The nodes are asked every second, and at once when a node redirects a call or is lost. They learn of a change one
//! after another, so the answer with the newest epoch counts. After a change, the new map is published first and memory
//! is purged after that. Until a new primary has proven that it reports changes, memory keeps its keys for 5 s at most.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::task::{JoinHandle, JoinSet};

use crate::connection::{Address, Connection, Endpoint, field, text};
use crate::failure::Failure;
use crate::link::Link;
use crate::primaries::{Map, SLOTS};
use crate::stats::{Cause, Label, Trouble};
use crate::supervisor::{Context, Fixed, Supervisor};

/// The pause between two surveys, even if the topology is doubted more often.
const SURVEY_PAUSE: Duration = Duration::from_millis(50);
/// After the first answer, the time for which a survey waits for answers with a newer epoch.
const SECOND_OPINION: Duration = Duration::from_millis(100);

/// The topology as one node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout {
    /// The epoch: every failover and most moves of slots raise it.
    epoch: u64,
    /// The primary of each slot that has one.
    holders: Vec<(u16, u16, Address)>,
    /// All nodes, including replicas: they are asked when no primary is reachable.
    nodes: BTreeSet<Address>,
}

/// A primary with a supervised connection.
struct Member {
    link: Arc<Link>,
    supervising: JoinHandle<()>,
}

/// When a member is dropped, its supervisor ends.
impl Drop for Member {
    fn drop(&mut self) {
        self.supervising.abort();
    }
}

/// Keeps the map, and a connection to each primary on it. Never ends by itself.
pub(crate) async fn keep_cluster(context: Context, seeds: Vec<Endpoint>) {
    let mut members = BTreeMap::new();
    let mut current: Option<Layout> = None;
    let Some(login) = seeds.first().cloned() else { return };
    let mut is_failure_logged = false;
    loop {
        let known = current.as_ref().map(|layout| layout.nodes.clone()).unwrap_or_default();
        match survey(&members, &seeds, &login, known).await {
            Ok(layout) => {
                is_failure_logged = false;
                if current.as_ref().is_none_or(|current| current.holders != layout.holders) {
                    switch_to(&context, &mut members, &layout, &login).await;
                }
                current = Some(layout);
            }
            Err(Failure { trouble, words }) => {
                if !std::mem::replace(&mut is_failure_logged, true) {
                    let (trouble, reason) = (trouble.label(), words.as_str());
                    tracing::warn!(trouble, reason, seed = login.shown(), "no node of the Cluster gives its layout");
                }
                context.coherence.note_failure(&login.shown(), &words);
                context.coherence.counters.errors.add(trouble);
            }
        }
        tokio::time::sleep(SURVEY_PAUSE).await;
        tokio::select! {
            () = tokio::time::sleep(context.deadlines.topology) => {}
            () = context.primaries.doubted() => {}
        }
    }
}

/// Switches to another layout: publishes the map, purges, and only then starts the supervisors of the new primaries.
async fn switch_to(context: &Context, members: &mut BTreeMap<Address, Member>, layout: &Layout, login: &Endpoint) {
    let addresses: BTreeSet<&Address> = layout.holders.iter().map(|(_, _, address)| address).collect();
    let links: BTreeMap<&Address, Arc<Link>> = addresses
        .iter()
        .map(|&address| {
            let known = members.get(address).map(|member| member.link.clone());
            (address, known.unwrap_or_else(|| Arc::new(Link::new(Some(address.clone()), context.coherence.clock))))
        })
        .collect();
    let index: BTreeMap<&Address, u16> = addresses.iter().copied().zip(0..).collect();
    let mut slots = vec![None; usize::from(SLOTS)];
    for (first, last, address) in &layout.holders {
        slots[usize::from(*first)..=usize::from(*last)].fill(index.get(address).copied());
    }
    context.primaries.publish(Map::Slots(links.values().cloned().collect(), slots.into()));
    context.coherence.purge(Cause::Topology);
    context.coherence.publish_state(&context.primaries);

    let gone: Vec<Address> = members.keys().filter(|address| !addresses.contains(address)).cloned().collect();
    for mut member in gone.iter().filter_map(|address| members.remove(address)) {
        member.supervising.abort();
        // Waits for the abort to take effect, so that no connection is installed after it; always gives that abort.
        let _ = (&mut member.supervising).await;
        member.link.detach();
    }
    for (address, link) in links {
        if !members.contains_key(address) {
            let supervisor = Supervisor::new(context.clone(), link.clone(), Fixed::<true>(login.at(address)));
            let supervising = tokio::spawn(async move { supervisor.run().await });
            members.insert(address.clone(), Member { link, supervising });
        }
    }
    tracing::info!(primaries = addresses.len(), "the layout of the Cluster has changed");
}

/// Asks the primaries over their connections; if one has no connection, also every other known node.
async fn survey(
    members: &BTreeMap<Address, Member>,
    seeds: &[Endpoint],
    login: &Endpoint,
    known: BTreeSet<Address>,
) -> Result<Layout, Failure> {
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
            let connection = endpoint.connect(|_| {}).await?;
            ask(&connection, &address).await
        });
    }
    for (address, connection) in connected {
        asking.spawn(async move { ask(&connection, &address).await });
    }
    let (mut best, mut failure): (Option<Layout>, _) = (None, Failure::from(Trouble::Connect));
    let mut patience = None;
    loop {
        let next = asking.join_next();
        let answer = match patience {
            None => next.await,
            // `None` if no other answer came in time.
            Some(until) => tokio::time::timeout_at(until, next).await.unwrap_or(None),
        };
        // A task that panicked has no answer.
        match answer.map(|answer| answer.unwrap_or_else(|_| Err(Trouble::Other.into()))) {
            None => return best.ok_or(failure),
            Some(Err(why)) => failure = why,
            Some(Ok(layout)) => {
                patience.get_or_insert_with(|| tokio::time::Instant::now() + SECOND_OPINION);
                if best.as_ref().is_none_or(|best| best.epoch < layout.epoch) {
                    best = Some(layout);
                }
            }
        }
    }
}

async fn ask(connection: &Connection, asked: &Address) -> Result<Layout, Failure> {
    let info = connection.say(redis::cmd("CLUSTER").arg("INFO")).await?;
    let slots = connection.say(redis::cmd("CLUSTER").arg("SLOTS")).await?;
    read_layout(info, slots, asked).ok_or_else(|| Failure::new(Trouble::Protocol, "its layout cannot be read"))
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
        // The primary comes first, then its replicas.
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
        // The node does not know or tell its own address, so it is the address that was asked.
        Value::Nil => String::new(),
        // An empty name and a `?` both mean an unknown one.
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
    fn a_layout_is_read_as_a_node_gives_it() {
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
