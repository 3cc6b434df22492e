//! HTTP. Whoever runs it owns the socket and the signal to stop.

mod bounds;
mod body;
mod query;
mod render;
mod accepted;
mod language;
mod catalogue;
mod coding;
mod freshness;
mod fault;
mod problem;
mod leniency;
mod described;
mod admission;
mod metrics;
mod request_id;
mod request_log;
mod cors;
mod sent;
mod head_clock;
mod steady;
mod places;
mod state;
mod streamed;
mod evaluate;
mod health;
mod operator;
mod v1;
mod description;
mod docs;
mod page;
mod routes;
mod connection;

pub use bounds::Bounds;
pub use connection::{serve, serve_apart};
pub use state::{App, Setup};
