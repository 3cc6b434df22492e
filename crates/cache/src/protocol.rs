//! The protocol of the cache as state machines without I/O: an event in, a step out. Nothing here awaits, reads a
//! clock, draws a random number or knows Redis: the driver ([`Layers::lead`](crate::layers::Layers::lead)) does what a
//! step names and reports the result as the next event; the package `simulation` runs these very files for whole fleets.
//!
//! A file here imports only from `core`, `std` and its siblings, so that it compiles in both places.

pub(crate) mod version;
pub(crate) mod flight;
pub(crate) mod hit;
pub(crate) mod link;
