//! The cache's protocol without I/O: what may answer, and what follows an event. Time and randomness are handed in; a
//! driver does what is asked for. So the same code runs in the service, in its tests and in a simulator.

pub(crate) mod hit;
pub(crate) mod link;
