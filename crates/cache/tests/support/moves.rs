//! Another server becomes the primary, or slots move, with three nodes under load. The measurement begins when the
//! servers themselves have completed the change.

use super::constellation::{Cluster, Watched, info, slot};
use super::eventually;
use super::outage::{Crowd, Report};

/// The number of slots that move, one after another.
const SLOTS: u16 = 40;

async fn is_primary(server: &super::server::Server) {
    eventually("the replica is the primary", || info(server, "replication", "role") == "master").await;
}

pub async fn sentinels_find_their_primary_dead() -> Report {
    let mut watched = Watched::start().await;
    let crowd = Crowd::before(&watched.url()).await;
    watched.servers[0].stop();
    crowd.load.goes_on(200).await;
    is_primary(&watched.servers[1]).await;
    crowd.recovers(|name| watched.servers[1].person().does(&format!("DEL {name}"))).await
}

pub async fn sentinels_are_told_to_fail_over() -> Report {
    let watched = Watched::start().await;
    let crowd = Crowd::before(&watched.url()).await;
    watched.sentinels[1].person().does("SENTINEL FAILOVER main");
    is_primary(&watched.servers[1]).await;
    // Nodes that have not noticed the change are still connected to the old primary.
    eventually("the old one is left", || {
        crowd.nodes.iter().all(|node| node.errors("demoted") + node.errors("lost") > 0)
    })
    .await;
    crowd.recovers(|name| watched.servers[1].person().does(&format!("DEL {name}"))).await
}

pub async fn a_primary_of_a_cluster_dies() -> Report {
    let mut cluster = Cluster::start(3, true).await;
    let crowd = Crowd::before(&cluster.url()).await;
    cluster.servers[0].stop();
    crowd.load.goes_on(200).await;
    is_primary(&cluster.servers[3]).await;
    crowd.recovers(|name| cluster.person_for(name).does(&format!("DEL {name}"))).await
}

/// Slots move with their keys, while more keys are written.
pub async fn slots_of_a_cluster_move() -> Report {
    let cluster = Cluster::start(3, false).await;
    let crowd = Crowd::before(&cluster.url()).await;
    let (from, to) = (&cluster.servers[0], &cluster.servers[1]);
    // The slots of keys under load, and other slots.
    let known = (0..16).map(|n| slot(from, &super::name(&n.to_string())));
    let last = 16_384 / 3 - 1;
    let mut slots: Vec<u16> = known.filter(|slot| *slot <= last).chain(0..SLOTS).collect();
    slots.sort_unstable();
    slots.dedup();
    for slot in slots {
        Cluster::begins_move(slot, from, to);
        crowd.load.goes_on(5).await;
        Cluster::ends_move(slot, from, to);
    }
    cluster.agrees().await;
    crowd.recovers(|name| cluster.person_for(name).does(&format!("DEL {name}"))).await
}
