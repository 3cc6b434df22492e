//! A deterministic simulation of the cache: nodes, their network, a model of Redis, people and faults.
//!
//! Nothing here reads a clock, starts a thread or draws from a global generator: the moment is an argument, and all
//! maps are ordered. So one seed is one history.
//!
//! | file | holds |
//! |---|---|
//! | `people` | what is drawn before a history: who asks, who changes what, which faults |
//! | `load` | questions without end, for long histories |
//! | `world` | the queue of events, and the step |
//! | `node` | a node: the machines of the protocol, with a driver whose order is drawn |
//! | `network` | connections: two ordered directions with delays, silence, resets |
//! | `server` | the event loop around the model of Redis |
//! | `laws` | what must hold, and the history of the truth that no node sees |
//! | `story` | a history as text, and its minimisation |
//! | `scaling`, `traffic` | what a fleet costs Redis |
//! | `exhaustive` | every history of one key within small budgets, breadth first |

#![allow(missing_docs, reason = "not published; commands and settings are those of Redis")]

pub mod redis;

mod chance;
pub mod exhaustive;
mod laws;
mod load;
mod network;
mod node;
mod people;
mod protocol;
mod server;
pub mod scaling;
mod story;
mod traffic;
mod trouble;
mod world;

pub use laws::{Broken, Law};
pub use load::Questions;
pub use node::Plant;
pub use people::{Plan, Workload};
pub use story::minimised;
pub use traffic::Traffic;
pub use world::{Outcome, run, told, told_since};
