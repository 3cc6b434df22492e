//! How far memory may be trusted.

/// Whether memory is coherent with Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// No Redis is configured.
    Memory,
    /// Every change in Redis reaches memory at once. This was proven for the connection and is checked by heartbeats.
    Coherent,
    /// Connected, but not yet proven that changes arrive: memory keeps entries for 5 s at most.
    CatchingUp,
    /// Not connected: memory keeps entries for 5 s at most.
    Detached,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Coherent, Self::CatchingUp, Self::Detached];

    /// `memory`, `coherent`, `catching-up`, `detached`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Coherent => "coherent",
            Self::CatchingUp => "catching-up",
            Self::Detached => "detached",
        }
    }
}
