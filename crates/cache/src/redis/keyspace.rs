//! What an operator's view needs of a server: its names step by step, what stands under them at a glance, their removal.
//! Every command names one key, so that a part of a Cluster takes it as well.

use std::time::Duration;

use redis::Value;
use redis::aio::MultiplexedConnection;

use super::{CallError, Link};
use crate::stats::Trouble;

/// One step through the names of a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where the next step begins; 0: this was the last.
    pub(crate) cursor: u64,
    /// Names that match, as bytes: they may be anybody's.
    pub(crate) names: Vec<Vec<u8>>,
}

/// What stands under a name, at a glance.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Glimpse {
    /// How long the text is; `None`: it is no text but of another type.
    pub(crate) bytes: Option<u64>,
    /// How long it will stay; `None`: for ever.
    pub(crate) left: Option<Duration>,
    /// The first bytes of it.
    pub(crate) beginning: Vec<u8>,
}

impl Link {
    /// `SCAN`: a step from `cursor` that looks at some `count` names and gives those that match.
    pub(crate) async fn scan(&self, pattern: &str, cursor: u64, count: usize) -> Result<Step, CallError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(count);
        let send = async |mut connection: MultiplexedConnection| Ok(vec![connection.send_packed_command(&scan).await?]);
        self.call(send, |replies| read_step(replies).ok_or(Trouble::Protocol)).await
    }

    /// What stands under each of these names, no more than `most` bytes of it read; `None`: nothing.
    pub(crate) async fn glance(&self, names: &[String], most: usize) -> Result<Vec<Option<Glimpse>>, CallError> {
        let mut glance = redis::pipe();
        for name in names {
            glance.cmd("STRLEN").arg(name).cmd("PTTL").arg(name).cmd("GETRANGE").arg(name).arg(0).arg(most - 1);
        }
        let count = 3 * names.len();
        let send =
            async |mut connection: MultiplexedConnection| connection.send_packed_commands(&glance, 0, count).await;
        self.call(send, |replies| {
            let glimpses = replies.chunks_exact(3).map(read_glimpse).collect::<Option<Vec<_>>>();
            glimpses.filter(|glimpses| glimpses.len() == names.len()).ok_or(Trouble::Protocol)
        })
        .await
    }

    /// `UNLINK` of each of these names; how many were there.
    pub(crate) async fn unlink(&self, names: &[String]) -> Result<u64, CallError> {
        let mut unlink = redis::pipe();
        for name in names {
            unlink.cmd("UNLINK").arg(name);
        }
        let count = names.len();
        let send =
            async |mut connection: MultiplexedConnection| connection.send_packed_commands(&unlink, 0, count).await;
        let removed = |reply: &Value| match reply {
            Value::Int(removed) => u64::try_from(*removed).ok(),
            _ => None,
        };
        self.call(send, |replies| replies.iter().map(removed).sum::<Option<u64>>().ok_or(Trouble::Protocol)).await
    }
}

fn read_step(replies: Vec<Value>) -> Option<Step> {
    let [Value::Array(step)] = <[Value; 1]>::try_from(replies).ok()? else { return None };
    let [Value::BulkString(cursor), Value::Array(names)] = <[Value; 2]>::try_from(step).ok()? else { return None };
    let cursor = std::str::from_utf8(&cursor).ok()?.parse().ok()?;
    let name = |name| match name {
        Value::BulkString(name) => Some(name),
        _ => None,
    };
    Some(Step { cursor, names: names.into_iter().map(name).collect::<Option<_>>()? })
}

/// The outer `None`: not what can be said to what was asked.
fn read_glimpse(replies: &[Value]) -> Option<Option<Glimpse>> {
    let [length, left, beginning] = replies else { return None };
    let left = match left {
        Value::Int(-2) => return Some(None),
        Value::Int(-1) => None,
        Value::Int(millis) => Some(Duration::from_millis(u64::try_from(*millis).ok()?)),
        _ => return None,
    };
    match (length, beginning) {
        (Value::Int(bytes), Value::BulkString(beginning)) => {
            Some(Some(Glimpse { bytes: Some(u64::try_from(*bytes).ok()?), left, beginning: beginning.clone() }))
        }
        // It may become, or cease to be, of another type between two of the commands.
        (Value::ServerError(_), _) | (_, Value::ServerError(_)) => {
            Some(Some(Glimpse { bytes: None, left, beginning: Vec::new() }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_step_is_a_cursor_and_names() {
        let step = |cursor, names| read_step(vec![Value::Array(vec![cursor, Value::Array(names)])]);
        let names = vec![b"a".to_vec(), b"\xff".to_vec()];
        let read = step(bulk("18446744073709551615"), vec![bulk("a"), Value::BulkString(b"\xff".to_vec())]);
        assert_eq!(read, Some(Step { cursor: u64::MAX, names }));
        assert_eq!(step(bulk("x"), vec![]), None);
        assert_eq!(step(Value::Int(0), vec![]), None);
        assert_eq!(step(bulk("0"), vec![Value::Nil]), None);
        assert_eq!(read_step(vec![Value::Okay]), None);
    }

    #[test]
    fn what_a_glance_reads() {
        let glance = |length, left, beginning| read_glimpse(&[length, Value::Int(left), beginning]);
        let seen = |bytes, left, beginning: &str| Some(Some(Glimpse { bytes, left, beginning: beginning.into() }));
        assert_eq!(glance(Value::Int(300), 1_000, bulk("{")), seen(Some(300), Some(Duration::from_secs(1)), "{"));
        assert_eq!(glance(Value::Int(0), -1, bulk("")), seen(Some(0), None, ""));
        assert_eq!(glance(Value::Int(0), -2, bulk("")), Some(None));
        assert_eq!(glance(Value::Int(0), -3, bulk("")), None);
        assert_eq!(glance(Value::Nil, -1, bulk("")), None);
        assert_eq!(read_glimpse(&[]), None);
    }
}
