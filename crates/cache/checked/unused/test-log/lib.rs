//! Nothing of this crate is used.
