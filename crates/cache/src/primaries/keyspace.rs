//! Calls for the operator: names by `SCAN`, previews of values, removals. A call for several names goes to the primary
//! that listed them; if it has given away a slot since, each name gets a call of its own.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use redis::{Cmd, Value};

use super::{CallKind, Primaries, command, millis};
use crate::connection::{trouble, within};
use crate::key::Key;
use crate::link::{CallError, CallReply, Link};
use crate::stats::Trouble;

/// The maximum number of calls in flight for names of which each has its own call, so that their number does not multiply
/// the round trip.
pub(crate) const CALLS_AT_ONCE: usize = 64;

/// One step of a `SCAN`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ScanStep {
    /// The cursor of the next step; 0 after the last.
    pub(crate) cursor: u64,
    /// Matching names as bytes, since foreign names need not be UTF-8.
    pub(crate) names: Vec<Vec<u8>>,
}

/// A preview of the value under a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Preview {
    /// The length of the string; `None` if the value has another type.
    pub(crate) bytes: Option<u64>,
    /// Its remaining lifetime; `None` for ever.
    pub(crate) left: Option<Duration>,
    /// Its first bytes.
    pub(crate) beginning: Vec<u8>,
}

impl Primaries {
    /// One step of `SCAN` from `cursor`: visits about `count` names of one primary, and gives those that match.
    pub(crate) async fn scan(
        &self,
        link: &Link,
        cursor: u64,
        pattern: &str,
        count: usize,
    ) -> Result<ScanStep, CallError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(count);
        let read = |replies: &[Value]| read_step(replies).ok_or(Trouble::Protocol);
        match link.call(self.request(&[scan], CallKind::Read), read).await? {
            CallReply::Here(step) => Ok(step),
            CallReply::Elsewhere(_) => Err(CallError::Trouble(Trouble::Redirected)),
        }
    }

    /// Marks a key as used: `TOUCH`, or `PEXPIRE … GT` with a lifetime. Gives whether the key was there and, with a
    /// lifetime, had a shorter one. It goes around the breaker and what calls learn of refusals: a user who may not do
    /// this can still read and write.
    pub(crate) async fn touch(&self, key: &Key, lifetime: Option<Duration>) -> Result<bool, CallError> {
        let name = self.namespace.name(key);
        let holder = self.map().holder(|| &name).filter(|link| !link.is_in_doubt()).cloned();
        let connection = holder.and_then(|link| link.connection()).ok_or(CallError::NotSent)?;
        let mut touch = redis::Pipeline::new();
        match lifetime {
            None => touch.cmd("TOUCH").arg(&name),
            Some(lifetime) => touch.cmd("PEXPIRE").arg(&name).arg(millis(lifetime)).arg("GT"),
        };
        let replies = within(self.deadline, connection.send(&touch))
            .await
            .map_err(|failure| CallError::Trouble(failure.trouble))?;
        match replies.into_iter().next() {
            Some(Value::Int(done)) => Ok(done == 1),
            Some(Value::ServerError(error)) => Err(CallError::Trouble(trouble(&error.into()))),
            _ => Err(CallError::Trouble(Trouble::Protocol)),
        }
    }

    /// A preview of at most `most` bytes; `None` if the key is missing.
    pub(crate) async fn preview(&self, name: &[u8], most: usize) -> Result<Option<Preview>, CallError> {
        self.call(name, &preview(name, most), CallKind::Read, |replies| read_preview(replies).ok_or(Trouble::Protocol))
            .await
    }

    /// The same for names that this primary listed.
    pub(crate) async fn preview_all(
        &self,
        link: &Link,
        names: &[Vec<u8>],
        most: usize,
    ) -> Result<Vec<Option<Preview>>, CallError> {
        let commands: Vec<Cmd> = names.iter().flat_map(|name| preview(name, most)).collect();
        let read = |replies: &[Value]| {
            let previews = replies.chunks_exact(3).map(read_preview).collect::<Option<Vec<_>>>();
            previews.filter(|previews| previews.len() == names.len()).ok_or(Trouble::Protocol)
        };
        if let CallReply::Here(previews) = link.call(self.request(&commands, CallKind::Read), read).await? {
            return Ok(previews);
        }
        self.doubt();
        let calls: Vec<_> = names.iter().map(|name| self.preview(name, most)).collect();
        stream::iter(calls).buffered(CALLS_AT_ONCE).try_collect().await
    }

    /// `UNLINK`; gives how many keys were present.
    pub(crate) async fn unlink(&self, name: &[u8]) -> Result<u64, CallError> {
        self.call(name, &[command("UNLINK", name)], CallKind::Write, |replies| {
            read_removed(replies).ok_or(Trouble::Protocol)
        })
        .await
    }

    /// The same for names that this primary listed. Each name has its own command, since a Cluster refuses names of
    /// different slots in one.
    pub(crate) async fn unlink_all(&self, link: &Link, names: &[Vec<u8>]) -> Result<u64, CallError> {
        let commands: Vec<Cmd> = names.iter().map(|name| command("UNLINK", name)).collect();
        let read = |replies: &[Value]| read_removed(replies).ok_or(Trouble::Protocol);
        if let CallReply::Here(removed) = link.call(self.request(&commands, CallKind::Write), read).await? {
            return Ok(removed);
        }
        self.doubt();
        let calls: Vec<_> = names.iter().map(|name| self.unlink(name)).collect();
        let removed: Vec<u64> = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).try_collect().await?;
        Ok(removed.into_iter().sum())
    }
}

fn preview(name: &[u8], most: usize) -> [Cmd; 3] {
    [command("STRLEN", name), command("PTTL", name), command("GETRANGE", name).arg(0).arg(most - 1).take()]
}

fn read_removed(replies: &[Value]) -> Option<u64> {
    let removed = |reply: &Value| match reply {
        Value::Int(removed) => u64::try_from(*removed).ok(),
        _ => None,
    };
    replies.iter().map(removed).sum()
}

fn read_step(replies: &[Value]) -> Option<ScanStep> {
    let [Value::Array(step)] = replies else { return None };
    let [Value::BulkString(cursor), Value::Array(names)] = &step[..] else { return None };
    let cursor = std::str::from_utf8(cursor).ok()?.parse().ok()?;
    let name = |name: &Value| match name {
        Value::BulkString(name) => Some(name.clone()),
        _ => None,
    };
    Some(ScanStep { cursor, names: names.iter().map(name).collect::<Option<_>>()? })
}

/// The outer `None` means an invalid reply.
fn read_preview(replies: &[Value]) -> Option<Option<Preview>> {
    let [length, left, beginning] = replies else { return None };
    let left = match left {
        Value::Int(-2) => return Some(None),
        Value::Int(-1) => None,
        Value::Int(millis) => Some(Duration::from_millis(u64::try_from(*millis).ok()?)),
        _ => return None,
    };
    match (length, beginning) {
        (Value::Int(bytes), Value::BulkString(beginning)) => {
            Some(Some(Preview { bytes: Some(u64::try_from(*bytes).ok()?), left, beginning: beginning.clone() }))
        }
        // Its type may change between the commands.
        (Value::ServerError(_), _) | (_, Value::ServerError(_)) => {
            Some(Some(Preview { bytes: None, left, beginning: Vec::new() }))
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
    fn a_scan_step_is_a_cursor_and_names() {
        let step = |cursor, names| read_step(&[Value::Array(vec![cursor, Value::Array(names)])]);
        let names = vec![b"a".to_vec(), b"\xff".to_vec()];
        let read = step(bulk("18446744073709551615"), vec![bulk("a"), Value::BulkString(b"\xff".to_vec())]);
        assert_eq!(read, Some(ScanStep { cursor: u64::MAX, names }));
        assert_eq!(step(bulk("x"), vec![]), None);
        assert_eq!(step(Value::Int(0), vec![]), None);
        assert_eq!(step(bulk("0"), vec![Value::Nil]), None);
        assert_eq!(read_step(&[Value::Okay]), None);
    }

    #[test]
    fn a_preview_reads_length_ttl_and_first_bytes() {
        let read = |length, left, beginning| read_preview(&[length, Value::Int(left), beginning]);
        let preview = |bytes, left, beginning: &str| Some(Some(Preview { bytes, left, beginning: beginning.into() }));
        assert_eq!(read(Value::Int(300), 1_000, bulk("{")), preview(Some(300), Some(Duration::from_secs(1)), "{"));
        assert_eq!(read(Value::Int(0), -1, bulk("")), preview(Some(0), None, ""));
        assert_eq!(read(Value::Int(0), -2, bulk("")), Some(None));
        assert_eq!(read(Value::Int(0), -3, bulk("")), None);
        assert_eq!(read(Value::Nil, -1, bulk("")), None);
        assert_eq!(read_preview(&[]), None);
    }
}
