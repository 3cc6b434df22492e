//! A deterministic simulation of the cache: nodes, their network, and a model of Redis.
//!
//! Nothing here reads a clock, starts a thread or draws from a global generator: the moment is an argument, and all
//! maps are ordered. So one seed is one history, and a state can be compared and hashed.

pub mod redis;
