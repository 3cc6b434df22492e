//! Who the primaries are, and a connection to each: one server, the one that Sentinels name, or those of a Cluster.

use std::sync::Arc;

use crate::cluster::keep_cluster;
use crate::connection::Endpoint;
use crate::keeper::{Common, Keeper, Pause, Role};
use crate::place::Place;
use crate::primaries::Map;
use crate::redis::Link;
use crate::sentinel::Sentinels;
use crate::stats::Label;

/// Keeps the connections that a place needs. Never ends by itself.
pub(crate) async fn keep_connected<V: Send + Sync + 'static>(common: Common<V>, place: Place) {
    match place {
        Place::Server(endpoint) => only(&common, Role::Any).keep(&endpoint).await,
        Place::Sentinels { sentinels, name, login } => {
            let keeper = only(&common, Role::Primary);
            keep_named(&common, &keeper, &Sentinels::new(sentinels, &name), &login).await;
        }
        Place::Cluster { seeds } => keep_cluster(common, seeds).await,
    }
}

/// The keeper of one primary that holds everything.
fn only<V: Send + Sync + 'static>(common: &Common<V>, role: Role) -> Keeper<V> {
    let link = Arc::new(Link::new(None));
    common.primaries.publish(Map::One(link.clone()));
    Keeper::new(common.clone(), link, role)
}

/// Keeps a connection to whichever server the Sentinels name.
async fn keep_named<V: Send + Sync + 'static>(
    common: &Common<V>,
    keeper: &Keeper<V>,
    sentinels: &Sentinels,
    login: &Endpoint,
) {
    let (mut pause, mut is_despaired_of) = (Pause::to_reconnect(), false);
    loop {
        match sentinels.primary().await {
            Ok(address) => {
                is_despaired_of = false;
                let another = sentinels.name_another(&address, common.deadlines.topology);
                if keeper.serve(&login.at(&address), another).await {
                    pause = Pause::to_reconnect();
                }
            }
            Err(trouble) => {
                if !std::mem::replace(&mut is_despaired_of, true) {
                    let (sentinels, trouble) = (sentinels.shown(), trouble.label());
                    tracing::warn!(sentinels, trouble, "no Sentinel names a primary: memory keeps for 5 s at most");
                }
                common.coherence.note_failure(&sentinels.shown(), trouble.label());
                common.coherence.counters.errors.add(trouble);
            }
        }
        pause.wait().await;
    }
}
