//! How a server is set, and what it refuses.

use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Primary,
    Replica,
}

/// `maxmemory-policy`. A real server takes a sample; this one takes the best of all keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Eviction {
    /// `noeviction`
    None,
    /// `allkeys-lru`
    LeastUsed,
    /// `volatile-lru`
    LeastUsedThatExpires,
    /// `volatile-ttl`
    FirstToExpire,
}

/// `CLIENT PAUSE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pause {
    Writes,
    All,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    pub role: Role,
    /// `maxmemory` in the bytes of [`super::Entry::cost`]. With 0 the server is full even when it is empty.
    pub bytes_max: Option<u64>,
    pub eviction: Eviction,
    /// The last attempt to save failed: writes are refused with `MISCONF`.
    pub cannot_save: bool,
    /// Too few replicas: writes are refused with `NOREPLICAS`.
    pub lacks_replicas: bool,
    /// The commands that the user must not use, in lower case (`get`, `client|tracking`).
    pub denied: BTreeSet<&'static str>,
    /// The data is being read from disk.
    pub loading: bool,
    /// A script runs.
    pub busy: bool,
    pub paused: Option<Pause>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: Role::Primary,
            bytes_max: None,
            eviction: Eviction::None,
            cannot_save: false,
            lacks_replicas: false,
            denied: BTreeSet::new(),
            loading: false,
            busy: false,
            paused: None,
        }
    }
}
