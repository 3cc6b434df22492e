//! The primaries, and a connection to each: one server, the one that Sentinels name, or those of a Cluster.

use std::sync::Arc;

use crate::cluster::keep_cluster;
use crate::connection::Endpoint;
use crate::link::Link;
use crate::primaries::Map;
use crate::redis_url::RedisUrl;
use crate::sentinel::Sentinels;
use crate::stats::Label;
use crate::supervisor::{Backoff, Context, Role, Supervisor};

/// Keeps the connections that a URL requires. Never ends.
pub(crate) async fn keep_connected<V: Send + Sync + 'static>(context: Context<V>, url: RedisUrl) {
    match url {
        RedisUrl::Server(endpoint) => single(&context, Role::Any).run(&endpoint).await,
        RedisUrl::Sentinels { sentinels, have_own_login, name, login } => {
            let supervisor = single(&context, Role::Primary);
            let sentinels = Sentinels::new(sentinels, have_own_login, &name);
            keep_named(&context, &supervisor, &sentinels, &login).await;
        }
        RedisUrl::Cluster { seeds } => keep_cluster(context, seeds).await,
    }
}

/// The supervisor of a primary that holds all keys.
fn single<V: Send + Sync + 'static>(context: &Context<V>, role: Role) -> Supervisor<V> {
    let link = Arc::new(Link::new(None));
    context.primaries.publish(Map::One(link.clone()));
    Supervisor::new(context.clone(), link, role)
}

/// Keeps a connection to the server that the Sentinels name.
async fn keep_named<V: Send + Sync + 'static>(
    context: &Context<V>,
    supervisor: &Supervisor<V>,
    sentinels: &Sentinels,
    login: &Endpoint,
) {
    let (mut backoff, mut is_failure_logged) = (Backoff::to_reconnect(), false);
    loop {
        match sentinels.primary().await {
            Ok(address) => {
                is_failure_logged = false;
                let failover = sentinels.name_another(&address, context.deadlines.topology);
                if supervisor.run_connection(&login.at(&address), failover).await {
                    backoff = Backoff::to_reconnect();
                }
            }
            Err(trouble) => {
                if !std::mem::replace(&mut is_failure_logged, true) {
                    let (sentinels, trouble) = (sentinels.shown(), trouble.label());
                    tracing::warn!(sentinels, trouble, "no Sentinel names a primary: memory keeps for 5 s at most");
                }
                context.coherence.note_failure(&sentinels.shown(), trouble.label());
                context.coherence.counters.errors.add(trouble);
            }
        }
        backoff.wait().await;
    }
}
