//! What must hold, and the truth that no node sees: what was begun when, and which purges were executed.

use std::fmt;

use crate::people::KeyId;
use crate::redis::{Command, Only, Value};
use crate::world::{MILLIS, SECOND, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// S1: an answer is the key's value.
    Right,
    /// S2: nothing from before a purge answers from memory or from an announced flight, once this node was told.
    ForgottenWhenTold,
    /// S3: nothing from before a purge answers from memory later than 300 ms after it (5 s if it is kept briefly).
    ForgottenAnyway,
    /// S4: no expensive write turns absent into present; nothing begun before a purge is sent once this node was told.
    NotBroughtBack,
    /// S5: a key is computed once, and once more for each event that makes it necessary.
    Once,
    /// S6: every question has exactly one answer in time; without a failure no timer is needed.
    Answered,
    /// S7: questions lead to a usable value.
    NoDeadEnd,
    /// S8: two seconds after the last fault all is well.
    WellAgain,
    /// S9: each edge is told once.
    Told,
    /// S10: everything that is held is bounded.
    Bounded,
}

impl Law {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Right => "S1 right",
            Self::ForgottenWhenTold => "S2 forgotten when told",
            Self::ForgottenAnyway => "S3 forgotten anyway",
            Self::NotBroughtBack => "S4 not brought back",
            Self::Once => "S5 once",
            Self::Answered => "S6 answered",
            Self::NoDeadEnd => "S7 no dead end",
            Self::WellAgain => "S8 well again",
            Self::Told => "S9 told",
            Self::Bounded => "S10 bounded",
        }
    }
}

/// A law that was broken, when, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub law: Law,
    pub at: Time,
    pub how: String,
}

/// Who has changed a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// It has expired, was evicted, or was lost.
    Time,
    Person,
    /// An operator, through a node.
    Operator,
    /// A flight's lease, write, or release.
    Flight,
    /// A cheap value.
    WriteBehind,
    /// The connection itself.
    Link,
    /// A replica has become the primary, and holds what was there before.
    Promotion,
}

/// A value, and from when it is: the number of purges of all keys that were executed before it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ghost {
    pub(crate) key: KeyId,
    pub(crate) purges: usize,
    /// The same for when Redis last began to hold it: what was written after a purge is not from before it.
    written: usize,
    is_cheap: bool,
    /// It only tells that a node refuses to compute it.
    pub(crate) is_refusal: bool,
}

#[derive(Default)]
pub(crate) struct Truth {
    held: Vec<Option<Value>>,
    /// When what each key holds last changed.
    pub(crate) changed: Vec<Time>,
    /// When what is held expires.
    expires: Vec<Option<Time>>,
    /// Keys that will expire, and when, for the queue of events.
    pub(crate) expiring: Vec<(KeyId, Time)>,
    /// The purges that were executed when a cheap value of each key was last written.
    written_cheaply: Vec<usize>,
    /// The number of purges of all keys.
    pub(crate) purges: usize,
    /// Those of each key: its number among all, and when it was executed.
    purged: Vec<Vec<(usize, Time)>>,
    /// Every computed value.
    pub(crate) ghosts: Vec<Ghost>,
    /// The command that runs now.
    pub(crate) command: Option<Command>,
    pub(crate) broken: Option<Broken>,
    /// Computations of each key, without those of a single caller.
    pub(crate) computations: Vec<usize>,
    /// Events of each key after which it may be computed once more.
    pub(crate) excuses: Vec<usize>,
}

/// From where a node has an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Memory {
        is_brief: bool,
        /// When it was kept.
        kept: Time,
    },
    /// A flight that had announced it when the question came.
    Announced,
    /// A flight, or the caller's own computation.
    Begun,
}

/// An answer, as the laws see it.
pub(crate) struct Given {
    pub(crate) key: KeyId,
    pub(crate) value: usize,
    pub(crate) origin: Origin,
    /// The purges that were executed when the read or the computation began that it stems from.
    pub(crate) since: usize,
    /// Whether a refusal is an answer for this node.
    pub(crate) is_weak: bool,
    /// The purges that the node had been told of when the question began.
    pub(crate) told: usize,
}

const FORGOTTEN_ANYWAY: Time = 300 * MILLIS;
const FORGOTTEN_BRIEF: Time = 5 * SECOND;
/// The clock of a server counts in milliseconds, and clocks drift.
const SLACK: Time = 3 * MILLIS;

impl Truth {
    pub(crate) fn new(keys: usize) -> Self {
        let none = vec![None; keys];
        Self {
            held: none,
            changed: vec![0; keys],
            expires: vec![None; keys],
            purged: vec![Vec::new(); keys],
            written_cheaply: vec![0; keys],
            computations: vec![0; keys],
            excuses: vec![0; keys],
            ..Self::default()
        }
    }

    pub(crate) fn keys(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn breaks(&mut self, law: Law, at: Time, how: impl Into<String>) {
        if self.broken.is_none() {
            self.broken = Some(Broken { law, at, how: how.into() });
        }
    }

    /// What a key holds now. A change by anybody but a flight is a purge of what was there.
    pub(crate) fn observe(&mut self, key: KeyId, held: Option<&Value>, author: Author, now: Time) {
        if self.held[key].as_ref() == held {
            return;
        }
        let before = std::mem::replace(&mut self.held[key], held.cloned());
        self.changed[key] = now;
        if let Some(Value::Bytes(bytes)) = &self.held[key]
            && let Some(ghost) = Self::value_in(bytes).and_then(|value| self.ghosts.get_mut(value))
        {
            ghost.written = self.purges;
            if ghost.is_cheap {
                self.written_cheaply[key] = self.purges;
            }
        }
        let holds_no_lease = |value: &Value| !matches!(value, Value::Bytes(bytes) if bytes.starts_with(b"lease:"));
        if author == Author::Flight && held.is_none() && before.as_ref().is_some_and(holds_no_lease) {
            // A value that Redis cannot hold is kept when its lease is deleted, which stands for its write. In one turn with
            // a person's write over the lease, the node that deletes it is not told of that.
            if let Some(ghost) = self.ghosts.iter_mut().rfind(|ghost| ghost.key == key) {
                ghost.written = self.purges;
            }
        }
        let is_by_a_node = matches!(author, Author::Flight | Author::WriteBehind);
        if before.is_some() && !is_by_a_node && author != Author::Promotion {
            self.purged[key].push((self.purges, now));
            self.purges += 1;
        }
        self.excuses[key] += usize::from(!is_by_a_node);
        let creates = |command: &Command| !matches!(command, Command::Set { only: Some(Only::Absent), .. });
        if author == Author::Flight && before.is_none() && self.command.as_ref().is_some_and(creates) {
            self.breaks(Law::NotBroughtBack, now, format!("k{key} was absent, and a final write created it"));
        }
    }

    /// A replica becomes the primary, which had been told of so many purges. What it holds of a key that was purged
    /// since is back: nobody can know that it ever was purged.
    pub(crate) fn is_back(&mut self, key: KeyId, held: &Value, purges: usize, now: Time) {
        if self.held[key].as_ref() != Some(held) {
            self.purged[key].retain(|(number, _)| *number < purges);
            self.observe(key, Some(held), Author::Promotion, now);
        }
    }

    /// When what a key holds expires.
    pub(crate) fn expires(&mut self, key: KeyId, at: Option<Time>) {
        if self.expires[key] != at {
            self.expires[key] = at;
            self.expiring.extend(at.map(|at| (key, at)));
        }
    }

    /// A computation begins.
    pub(crate) fn began(&mut self, key: KeyId, is_cheap: bool, is_refusal: bool) -> usize {
        self.ghosts.push(Ghost { key, purges: self.purges, written: 0, is_cheap, is_refusal });
        self.ghosts.len() - 1
    }

    fn purge_between(&self, key: KeyId, since: usize, until: usize) -> Option<Time> {
        let purges = &self.purged[key];
        let first = purges.partition_point(|(number, _)| *number < since);
        purges.get(first).filter(|(number, _)| *number < until).map(|(_, at)| *at)
    }

    pub(crate) fn answered(&mut self, given: &Given, now: Time) {
        let Given { key, value, origin, since, is_weak, told } = *given;
        if self.ghosts[value].key != key {
            self.breaks(Law::Right, now, format!("k{key} is answered with the value of k{}", self.ghosts[value].key));
        }
        let ghost = self.ghosts[value];
        if ghost.is_refusal && !is_weak {
            self.breaks(Law::Right, now, format!("k{key} is answered with the refusal of a node with lower limits"));
        }
        // A cheap value that was on its way may be written after a purge, and its node is then not told of the purge.
        let written = if ghost.is_cheap { self.written_cheaply[key] } else { ghost.written };
        let since = since.max(written);
        let is_old = origin != Origin::Begun;
        if is_old && self.purge_between(key, since, told).is_some() {
            let what = if origin == Origin::Announced { "an announced flight" } else { "memory" };
            self.breaks(Law::ForgottenWhenTold, now, format!("k{key} is answered from {what} with what was purged"));
        }
        if let Origin::Memory { is_brief, kept } = origin
            && let Some(at) = self.purge_between(key, since, self.purges)
        {
            // What was computed while Redis was away may be kept after a purge of which its node cannot know.
            let until = if is_brief { at.max(kept) + FORGOTTEN_BRIEF } else { at + FORGOTTEN_ANYWAY };
            if now > until + SLACK {
                let late = (now - at) / MILLIS;
                self.breaks(
                    Law::ForgottenAnyway,
                    now,
                    format!("k{key} is answered from memory {late} ms after its purge"),
                );
            }
        }
    }

    /// A value is sent to Redis by a node that was told of these purges.
    pub(crate) fn sent(&mut self, key: KeyId, value: usize, told: usize, now: Time) {
        if self.purge_between(key, self.ghosts[value].purges, told).is_some() {
            self.breaks(
                Law::NotBroughtBack,
                now,
                format!("a value of k{key} from before a purge is sent after the push"),
            );
        }
    }

    /// The value that a key held when it was read, by its number.
    pub(crate) fn value_in(bytes: &[u8]) -> Option<usize> {
        std::str::from_utf8(bytes).ok()?.strip_prefix("value:")?.trim_end().parse().ok()
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, at, how } = self;
        write!(f, "law {}, at {}.{:06} s: {how}", law.label(), at / SECOND, at % SECOND / 1_000)
    }
}
