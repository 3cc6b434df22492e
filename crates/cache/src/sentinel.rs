//! Sentinels: which server is the primary now.
//!
//! All Sentinels are asked at once, and the answers of a majority are enough. During a failover they may disagree, and
//! a Sentinel that was cut off may name an old primary, so the newest configuration epoch counts. They are asked every
//! second while a primary serves, and before each attempt to connect to one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinSet;

use crate::connection::{Address, Connection, Endpoint, text};
use crate::failure::Failure;
use crate::stats::Trouble;

/// The Sentinels of one primary.
pub(crate) struct Sentinels {
    sentinels: Vec<Arc<Sentinel>>,
    name: Arc<str>,
}

struct Sentinel {
    endpoint: Endpoint,
    /// Whether the login is the Sentinels' own, and not that of the servers.
    has_own_login: bool,
    connection: Arc<Mutex<Option<Connection>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NamedPrimary {
    /// The epoch of the configuration, which a failover raises.
    epoch: u64,
    address: Address,
}

impl Sentinels {
    pub(crate) fn new(endpoints: Vec<Endpoint>, has_own_login: bool, name: &str) -> Self {
        let sentinel = |endpoint| Arc::new(Sentinel { endpoint, has_own_login, connection: Arc::default() });
        Self { sentinels: endpoints.into_iter().map(sentinel).collect(), name: name.into() }
    }

    /// The Sentinels, for logs.
    pub(crate) fn shown(&self) -> String {
        let shown: Vec<String> = self.sentinels.iter().map(|sentinel| sentinel.endpoint.shown()).collect();
        format!("{} at {}", self.name, shown.join(","))
    }

    pub(crate) async fn primary(&self) -> Result<Address, Failure> {
        let mut asking = JoinSet::new();
        for sentinel in &self.sentinels {
            asking.spawn(sentinel.clone().ask(self.name.clone()));
        }
        let (mut answers, mut failure) = (Vec::new(), Failure::from(Trouble::Connect));
        while let Some(answer) = asking.join_next().await {
            // A task that panicked has no answer.
            match answer.unwrap_or_else(|_| Err(Trouble::Other.into())) {
                Ok(answer) => answers.push(answer),
                Err(why) => failure = why,
            }
            if answers.len() > self.sentinels.len() / 2 {
                break;
            }
        }
        answers.into_iter().max().map(|answer| answer.address).ok_or(failure)
    }

    /// Waits until the Sentinels name another primary than `than`, even while they do not answer.
    pub(crate) async fn name_another(&self, than: &Address, every: Duration) -> Trouble {
        loop {
            tokio::time::sleep(every).await;
            if self.primary().await.is_ok_and(|primary| primary != *than) {
                return Trouble::Demoted;
            }
        }
    }
}

impl Sentinel {
    /// Asks over the connection of the previous call. A majority of answers cancels the slower calls: a query that has
    /// begun still goes on, up to its deadline, and leaves its connection to the next call. Otherwise the slowest
    /// Sentinel would have to accept a new connection for each query.
    async fn ask(self: Arc<Self>, name: Arc<str>) -> Result<NamedPrimary, Failure> {
        let slot = self.connection.clone().lock_owned().await;
        let asking = tokio::spawn(async move { self.query(slot, &name).await });
        // A task that panicked has no answer.
        asking.await.unwrap_or_else(|_| Err(Trouble::Other.into()))
    }

    async fn query(&self, mut slot: OwnedMutexGuard<Option<Connection>>, name: &str) -> Result<NamedPrimary, Failure> {
        let connection = match &*slot {
            Some(connection) => connection.clone(),
            None => slot.insert(self.connect().await?).clone(),
        };
        let reply = connection.say(redis::cmd("SENTINEL").arg("MASTER").arg(name)).await;
        // A connection that gave any reply is kept, even if the reply was that the name is unknown.
        let trouble = reply.as_ref().err().map(|failure| failure.trouble);
        if matches!(trouble, Some(Trouble::Timeout | Trouble::Lost | Trouble::Protocol)) {
            *slot = None;
        }
        let no_primary = || Failure::new(Trouble::Protocol, "its answer names no primary");
        read_answer(reply?).ok_or_else(no_primary)
    }

    /// Without a login of their own, they get that of the servers. Sentinels often have none and refuse every login; then
    /// none is used.
    async fn connect(&self) -> Result<Connection, Failure> {
        match self.endpoint.connect(|_| {}).await {
            Err(error) if error.trouble == Trouble::Denied && !self.has_own_login => {
                self.endpoint.without_login().connect(|_| {}).await
            }
            connected => connected,
        }
    }
}

fn read_answer(reply: Value) -> Option<NamedPrimary> {
    let Value::Map(pairs) = reply else { return None };
    let mut fields: HashMap<String, String> =
        pairs.into_iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    let epoch = fields.get("config-epoch")?.parse().ok()?;
    let port = fields.get("port")?.parse().ok()?;
    let host = fields.remove("ip").filter(|host| !host.is_empty())?;
    Some(NamedPrimary { epoch, address: Address { host: host.into(), port } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(fields: &[(&str, &str)]) -> Value {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        Value::Map(fields.iter().map(|(name, value)| (bulk(name), bulk(value))).collect())
    }

    #[test]
    fn the_newest_configuration_wins() {
        let named = |host, epoch| {
            let fields = [("name", "main"), ("ip", host), ("port", "7000"), ("config-epoch", epoch)];
            read_answer(reply(&fields)).expect("an answer")
        };
        let newest = [named("a", "9"), named("b", "10"), named("c", "2")].into_iter().max().map(|named| named.address);
        assert_eq!(newest, Address::parse("b:7000"));
    }

    #[test]
    fn an_incomplete_answer_is_refused() {
        for fields in [
            &[("ip", "a"), ("port", "7000")][..],
            &[("ip", "a"), ("port", "x"), ("config-epoch", "1")],
            &[("ip", ""), ("port", "7000"), ("config-epoch", "1")],
        ] {
            assert_eq!(read_answer(reply(fields)), None);
        }
        assert_eq!(read_answer(Value::Nil), None);
    }
}
