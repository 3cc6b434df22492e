//! Versions: what guards everything that takes time.

use std::time::Duration;

/// A moment on the monotonic clock of a node: the time since a fixed moment of this node.
pub(crate) type Moment = Duration;

/// A snapshot of the purge generation and of the generation of a key's shard. If either differs now, something has
/// changed since: work that began under the stamp is neither kept nor written without a second lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct VersionStamp {
    pub(crate) purge: u64,
    pub(crate) shard: usize,
    pub(crate) changes: u64,
}
