//! What goes wrong with a server.

use crate::protocol::link::Fault;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
    Connect,
    Lost,
    Silent,
    Late,
    Canary,
    Demoted,
    ReadOnly,
    Full,
    Loading,
    Other,
}

impl Fault for Trouble {
    fn late() -> Self {
        Self::Late
    }

    fn demoted() -> Self {
        Self::Demoted
    }

    fn is_read_only(&self) -> bool {
        *self == Self::ReadOnly
    }
}
