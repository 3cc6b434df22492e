//! What an operator's view needs of the primaries: its names step by step, what stands under them at a glance, their removal.
//! Every command names one key, so that a Cluster takes it as well.

use std::time::{Duration, Instant};

use redis::{Cmd, Value};

use super::{Kind, Primaries, command};
use crate::redis::{CallError, Link, Reply, Request};
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

impl Primaries {
    /// `SCAN`: a step through one primary's names from `cursor` that looks at some `count` of them and gives those that
    /// match.
    pub(crate) async fn scan(&self, link: &Link, pattern: &str, cursor: u64, count: usize) -> Result<Step, CallError> {
        let scan = redis::cmd("SCAN").arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(count).take();
        match self.call_one(link, &[scan], Kind::Read, |replies| read_step(replies).ok_or(Trouble::Protocol)).await? {
            Reply::Here(step) => Ok(step),
            Reply::Elsewhere(_) => Err(CallError::Trouble(Trouble::Redirected)),
        }
    }

    /// What stands under each of these names of one primary, no more than `most` bytes of it read; `None`: nothing.
    pub(crate) async fn glance(
        &self,
        link: &Link,
        names: &[String],
        most: usize,
    ) -> Result<Vec<Option<Glimpse>>, CallError> {
        let commands: Vec<Cmd> = names.iter().flat_map(|name| glance_at(name, most)).collect();
        let read = |replies: &[Value]| {
            let glimpses = replies.chunks_exact(3).map(read_glimpse).collect::<Option<Vec<_>>>();
            glimpses.filter(|glimpses| glimpses.len() == names.len()).ok_or(Trouble::Protocol)
        };
        match self.call_one(link, &commands, Kind::Read, read).await? {
            Reply::Here(glimpses) => Ok(glimpses),
            // Some of them have moved to another primary meanwhile: one by one they are followed.
            Reply::Elsewhere(_) => {
                let mut glimpses = Vec::with_capacity(names.len());
                for name in names {
                    glimpses.push(self.glance_one(name, most).await?);
                }
                Ok(glimpses)
            }
        }
    }

    /// What stands under a name, whoever holds it.
    pub(crate) async fn glance_one(&self, name: &str, most: usize) -> Result<Option<Glimpse>, CallError> {
        let read = |replies: &[Value]| read_glimpse(replies).ok_or(Trouble::Protocol);
        self.call(name, &glance_at(name, most), Kind::Read, read).await
    }

    /// `UNLINK` of each of these names of one primary; how many were there.
    pub(crate) async fn unlink(&self, link: &Link, names: &[String]) -> Result<u64, CallError> {
        let commands: Vec<Cmd> = names.iter().map(|name| command("UNLINK", name)).collect();
        match self.call_one(link, &commands, Kind::Write, read_removed).await? {
            Reply::Here(removed) => Ok(removed),
            // As above; of those that went already, none is counted twice.
            Reply::Elsewhere(_) => {
                let mut removed = 0;
                for name in names {
                    removed += self.unlink_one(name).await?;
                }
                Ok(removed)
            }
        }
    }

    /// `UNLINK` of a name, whoever holds it.
    pub(crate) async fn unlink_one(&self, name: &str) -> Result<u64, CallError> {
        self.call(name, &[command("UNLINK", name)], Kind::Write, read_removed).await
    }

    async fn call_one<T>(
        &self,
        link: &Link,
        commands: &[Cmd],
        kind: Kind,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<Reply<T>, CallError> {
        let (is_write, deadline) = (kind == Kind::Write, Instant::now() + self.deadline);
        link.call(Request { commands, is_write, is_asking: false, deadline }, read).await
    }
}

fn glance_at(name: &str, most: usize) -> [Cmd; 3] {
    let beginning = command("GETRANGE", name).arg(0).arg(most - 1).take();
    [command("STRLEN", name), command("PTTL", name), beginning]
}

fn read_removed(replies: &[Value]) -> Result<u64, Trouble> {
    let removed = |reply: &Value| match reply {
        Value::Int(removed) => u64::try_from(*removed).ok(),
        _ => None,
    };
    replies.iter().map(removed).sum::<Option<u64>>().ok_or(Trouble::Protocol)
}

fn read_step(replies: &[Value]) -> Option<Step> {
    let [Value::Array(step)] = replies else { return None };
    let [Value::BulkString(cursor), Value::Array(names)] = step.as_slice() else { return None };
    let cursor = std::str::from_utf8(cursor).ok()?.parse().ok()?;
    let name = |name: &Value| match name {
        Value::BulkString(name) => Some(name.clone()),
        _ => None,
    };
    Some(Step { cursor, names: names.iter().map(name).collect::<Option<_>>()? })
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
        let step = |cursor, names| read_step(&[Value::Array(vec![cursor, Value::Array(names)])]);
        let names = vec![b"a".to_vec(), b"\xff".to_vec()];
        let read = step(bulk("18446744073709551615"), vec![bulk("a"), Value::BulkString(b"\xff".to_vec())]);
        assert_eq!(read, Some(Step { cursor: u64::MAX, names }));
        assert_eq!(step(bulk("x"), vec![]), None);
        assert_eq!(step(Value::Int(0), vec![]), None);
        assert_eq!(step(bulk("0"), vec![Value::Nil]), None);
        assert_eq!(read_step(&[Value::Okay]), None);
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
