//! The files of the cache's protocol, compiled here as they are. They import only from `core`, `std` and each other.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/protocol/flight.rs"]
pub(crate) mod flight;
#[path = "../../src/protocol/hit.rs"]
pub(crate) mod hit;
#[path = "../../src/protocol/link.rs"]
pub(crate) mod link;
#[path = "../../src/protocol/version.rs"]
pub(crate) mod version;
