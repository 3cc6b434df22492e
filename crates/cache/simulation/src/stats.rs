//! Stands in for the module of this name of the cache: what the protocol needs of it.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Coherent,
    CatchingUp,
    Detached,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    Attached,
    Detached,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
    Connect,
    Lost,
    Silent,
    Timeout,
    Canary,
    Demoted,
    ReadOnly,
    Full,
    Loading,
    Other,
}
