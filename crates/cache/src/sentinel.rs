//! Sentinels: who is the primary now.
//!
//! All of them are asked at once, and a majority of answers is enough. They may disagree while a failover goes on, and
//! one that was cut off may know an old primary: the newest configuration epoch is right. They are asked again every
//! second while a primary serves, and each time a connection to it is to be made.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::connection::{Address, Connection, Endpoint, text};
use crate::stats::Trouble;

/// Those who watch one primary.
pub(crate) struct Sentinels {
    sentinels: Vec<Arc<Sentinel>>,
    name: Arc<str>,
}

struct Sentinel {
    endpoint: Endpoint,
    connection: Mutex<Option<Connection>>,
}

/// What a Sentinel says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    /// Of the configuration: a failover raises it.
    epoch: u64,
    address: Address,
}

impl Sentinels {
    pub(crate) fn new(endpoints: Vec<Endpoint>, name: &str) -> Self {
        let sentinel = |endpoint| Arc::new(Sentinel { endpoint, connection: Mutex::new(None) });
        Self { sentinels: endpoints.into_iter().map(sentinel).collect(), name: name.into() }
    }

    /// The sentinels, for logs.
    pub(crate) fn shown(&self) -> String {
        let shown: Vec<String> = self.sentinels.iter().map(|sentinel| sentinel.endpoint.shown()).collect();
        format!("{} at {}", self.name, shown.join(","))
    }

    /// Where the primary is.
    pub(crate) async fn primary(&self) -> Result<Address, Trouble> {
        let mut asking = JoinSet::new();
        for sentinel in &self.sentinels {
            let (sentinel, name) = (sentinel.clone(), self.name.clone());
            asking.spawn(async move { sentinel.ask(&name).await });
        }
        let (mut named, mut trouble) = (Vec::new(), Trouble::Connect);
        // A task that panicked said nothing.
        while let Some(answer) = asking.join_next().await {
            match answer.unwrap_or(Err(Trouble::Other)) {
                Ok(answer) => named.push(answer),
                Err(why) => trouble = why,
            }
            if named.len() > self.sentinels.len() / 2 {
                break;
            }
        }
        named.into_iter().max().map(|named| named.address).ok_or(trouble)
    }

    /// Ends when the primary is another than this one. Sentinels that say nothing are no reason to leave it.
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
    async fn ask(&self, name: &str) -> Result<Named, Trouble> {
        let mut slot = self.connection.lock().await;
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let reply = connection.say(redis::cmd("SENTINEL").arg("MASTER").arg(name)).await;
        // One that answered, if only that it does not know the name, is kept.
        if !matches!(reply, Err(Trouble::Timeout | Trouble::Lost | Trouble::Protocol)) {
            *slot = Some(connection);
        }
        read_named(reply?).ok_or(Trouble::Protocol)
    }

    /// The login is that of the servers: Sentinels often have none, and refuse what they do not know.
    async fn connect(&self) -> Result<Connection, Trouble> {
        match self.endpoint.connect(|_| {}).await {
            Err(refused) if refused.trouble == Trouble::Denied => {
                self.endpoint.as_nobody().connect(|_| {}).await.map_err(|refused| refused.trouble)
            }
            connected => connected.map_err(|refused| refused.trouble),
        }
    }
}

fn read_named(reply: Value) -> Option<Named> {
    let Value::Map(pairs) = reply else { return None };
    let mut fields: HashMap<String, String> =
        pairs.into_iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    let epoch = fields.get("config-epoch")?.parse().ok()?;
    let port = fields.get("port")?.parse().ok()?;
    let host = fields.remove("ip").filter(|host| !host.is_empty())?;
    Some(Named { epoch, address: Address { host: host.into(), port } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(fields: &[(&str, &str)]) -> Value {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        Value::Map(fields.iter().map(|(name, value)| (bulk(name), bulk(value))).collect())
    }

    #[test]
    fn the_newest_configuration_is_right() {
        let named = |host, epoch| {
            let fields = [("name", "main"), ("ip", host), ("port", "7000"), ("config-epoch", epoch)];
            read_named(reply(&fields)).expect("an answer")
        };
        let newest = [named("a", "9"), named("b", "10"), named("c", "2")].into_iter().max().map(|named| named.address);
        assert_eq!(newest, Address::parse("b:7000"));
    }

    #[test]
    fn half_an_answer_is_none() {
        for fields in [
            &[("ip", "a"), ("port", "7000")][..],
            &[("ip", "a"), ("port", "x"), ("config-epoch", "1")],
            &[("ip", ""), ("port", "7000"), ("config-epoch", "1")],
        ] {
            assert_eq!(read_named(reply(fields)), None);
        }
        assert_eq!(read_named(Value::Nil), None);
    }
}
