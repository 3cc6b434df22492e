//! The commands, how they are written, and what they need.

use super::keyspace::{Bytes, Name};

/// `NX` and `XX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Only {
    Absent,
    Present,
}

/// `NX`, `XX`, `GT`, `LT` of `PEXPIRE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnlyExpiry {
    Absent,
    Present,
    Later,
    Sooner,
}

/// The life of a value that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expiry {
    Never,
    /// `PX`, in milliseconds.
    In(i64),
    /// `PXAT`, in milliseconds of the server's clock. It may have passed.
    At(u64),
    /// `KEEPTTL`
    Kept,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    Ping,
    Hello(u8),
    Role,
    Select(u32),
    Track {
        prefix: Name,
        noloop: bool,
    },
    Untrack,
    Multi,
    Exec,
    Discard,
    Get(Name),
    GetRange(Name, i64, i64),
    Pttl(Name),
    Exists(Name),
    Touch(Name),
    /// Keys under a prefix.
    Scan {
        cursor: u64,
        prefix: Name,
        count: usize,
    },
    Set {
        name: Name,
        value: Bytes,
        only: Option<Only>,
        expiry: Expiry,
    },
    SetRange(Name, u32, Bytes),
    Push(Name, Bytes),
    Del(Vec<Name>),
    Unlink(Vec<Name>),
    PExpire(Name, i64, Option<OnlyExpiry>),
    Persist(Name),
    Rename(Name, Name),
    Copy {
        from: Name,
        to: Name,
        replace: bool,
    },
    FlushDb,
    FlushAll,
}

impl Command {
    /// The name under which an administrator allows it.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Hello(_) => "hello",
            Self::Role => "role",
            Self::Select(_) => "select",
            Self::Track { .. } | Self::Untrack => "client|tracking",
            Self::Multi => "multi",
            Self::Exec => "exec",
            Self::Discard => "discard",
            Self::Get(_) => "get",
            Self::GetRange(..) => "getrange",
            Self::Pttl(_) => "pttl",
            Self::Exists(_) => "exists",
            Self::Touch(_) => "touch",
            Self::Scan { .. } => "scan",
            Self::Set { .. } => "set",
            Self::SetRange(..) => "setrange",
            Self::Push(..) => "rpush",
            Self::Del(_) => "del",
            Self::Unlink(_) => "unlink",
            Self::PExpire(..) => "pexpire",
            Self::Persist(_) => "persist",
            Self::Rename(..) => "rename",
            Self::Copy { .. } => "copy",
            Self::FlushDb => "flushdb",
            Self::FlushAll => "flushall",
        }
    }

    /// The words that are sent to a server.
    pub fn words(&self) -> Vec<Vec<u8>> {
        let mut words: Vec<Vec<u8>> = self.label().split('|').map(|word| word.to_uppercase().into_bytes()).collect();
        let mut add = |more: &[&[u8]]| words.extend(more.iter().map(|word| word.to_vec()));
        let text = |number: &dyn ToString| number.to_string().into_bytes();
        match self {
            Self::Ping | Self::Role | Self::Multi | Self::Exec | Self::Discard | Self::FlushDb | Self::FlushAll => {}
            Self::Hello(version) => add(&[&text(version)]),
            Self::Select(database) => add(&[&text(database)]),
            Self::Track { prefix, noloop } => {
                add(&[b"ON", b"BCAST", b"PREFIX", prefix.as_bytes()]);
                add(if *noloop { &[b"NOLOOP"] } else { &[] });
            }
            Self::Untrack => add(&[b"OFF"]),
            Self::Get(name) | Self::Pttl(name) | Self::Exists(name) | Self::Touch(name) | Self::Persist(name) => {
                add(&[name.as_bytes()]);
            }
            Self::GetRange(name, from, to) => add(&[name.as_bytes(), &text(from), &text(to)]),
            Self::Scan { cursor, prefix, count } => {
                let pattern = format!("{prefix}*");
                add(&[&text(cursor), b"MATCH", pattern.as_bytes(), b"COUNT", &text(count)]);
            }
            Self::Set { name, value, only, expiry } => {
                add(&[name.as_bytes(), value]);
                add(match only {
                    Some(Only::Absent) => &[b"NX"],
                    Some(Only::Present) => &[b"XX"],
                    None => &[],
                });
                match expiry {
                    Expiry::Never => {}
                    Expiry::In(life) => add(&[b"PX", &text(life)]),
                    Expiry::At(moment) => add(&[b"PXAT", &text(moment)]),
                    Expiry::Kept => add(&[b"KEEPTTL"]),
                }
            }
            Self::SetRange(name, at, value) => add(&[name.as_bytes(), &text(at), value]),
            Self::Push(name, value) => add(&[name.as_bytes(), value]),
            Self::Del(names) | Self::Unlink(names) => names.iter().for_each(|name| add(&[name.as_bytes()])),
            Self::PExpire(name, life, only) => {
                add(&[name.as_bytes(), &text(life)]);
                add(match only {
                    Some(OnlyExpiry::Absent) => &[b"NX"],
                    Some(OnlyExpiry::Present) => &[b"XX"],
                    Some(OnlyExpiry::Later) => &[b"GT"],
                    Some(OnlyExpiry::Sooner) => &[b"LT"],
                    None => &[],
                });
            }
            Self::Rename(from, to) => add(&[from.as_bytes(), to.as_bytes()]),
            Self::Copy { from, to, replace } => {
                add(&[from.as_bytes(), to.as_bytes()]);
                add(if *replace { &[b"REPLACE"] } else { &[] });
            }
        }
        words
    }

    /// Whether it counts as a write.
    pub(super) fn writes(&self) -> bool {
        let writes = matches!(self, Self::Set { .. } | Self::SetRange(..) | Self::Push(..));
        let removes = matches!(self, Self::Del(_) | Self::Unlink(_) | Self::FlushDb | Self::FlushAll);
        writes || removes || matches!(self, Self::PExpire(..) | Self::Persist(_) | Self::Rename(..) | Self::Copy { .. })
    }

    /// Whether it may need memory, and is refused by a full server.
    pub(super) fn needs_memory(&self) -> bool {
        matches!(self, Self::Set { .. } | Self::SetRange(..) | Self::Push(..) | Self::Copy { .. })
    }

    pub(super) fn runs_while_loading(&self) -> bool {
        let is_of_the_connection = matches!(self, Self::Hello(_) | Self::Role | Self::Select(_));
        is_of_the_connection
            || matches!(self, Self::Track { .. } | Self::Untrack | Self::Multi | Self::Exec | Self::Discard)
    }

    pub(super) fn runs_beside_a_script(&self) -> bool {
        matches!(self, Self::Hello(_) | Self::Multi | Self::Discard)
    }
}
