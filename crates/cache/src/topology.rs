//! The primaries, and a connection to each: one server, the one that Sentinels name, or those of a Cluster.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::cluster::keep_cluster;
use crate::connection::Endpoint;
use crate::failure::Failure;
use crate::link::Link;
use crate::primaries::Map;
use crate::redis_url::RedisUrl;
use crate::sentinel::Sentinels;
use crate::supervisor::{Context, Fixed, Place, Supervisor};

/// Keeps the connections that a URL requires. Never ends.
pub(crate) fn keep_connected(context: Context, url: RedisUrl) -> BoxFuture<'static, ()> {
    match url {
        RedisUrl::Server(endpoint) => Box::pin(keep_one(context, Fixed::<false>(endpoint))),
        RedisUrl::Sentinels { sentinels, have_own_login, name, login } => {
            let sentinels = Sentinels::new(sentinels, have_own_login, &name);
            let every = context.deadlines.topology;
            Box::pin(keep_one(context, Named { sentinels, login, every }))
        }
        RedisUrl::Cluster { seeds } => Box::pin(keep_cluster(context, seeds)),
    }
}

/// Keeps a primary that holds all keys connected.
async fn keep_one(context: Context, place: impl Place) {
    let link = Arc::new(Link::new(None, context.coherence.clock));
    context.primaries.publish(Map::One(link.clone()));
    Supervisor::new(context, link, place).run().await;
}

/// The server that the Sentinels name.
struct Named {
    sentinels: Sentinels,
    login: Endpoint,
    /// The time between two questions while a primary serves.
    every: Duration,
}

impl Place for Named {
    const IS_ROLE_WATCHED: bool = true;

    fn shown(&self) -> String {
        self.sentinels.shown()
    }

    async fn find(&self) -> Result<Endpoint, Failure> {
        let named = self.sentinels.primary().await;
        named.map(|address| self.login.at(&address)).map_err(|failure| failure.about("no Sentinel names a primary"))
    }

    async fn moved(&self, from: &Endpoint) -> Failure {
        match from.address() {
            Some(address) => self.sentinels.name_another(&address, self.every).await.into(),
            None => std::future::pending().await,
        }
    }
}
