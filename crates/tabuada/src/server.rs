//! HTTP. The caller owns the socket and the stop signal.

mod bounds;
mod body;
mod query;
mod render;
mod negotiation;
mod request_id;
mod http_cache;
mod problems;
mod cors;
mod request_log;
mod metrics;
mod state;
mod course;
mod mathjs;
mod health;
mod version;
mod operator;
mod v1;
mod mcp;
mod openapi;
mod docs;
mod shared_link;
mod page;
mod operations;
mod routes;
mod connections;

pub use bounds::Bounds;
pub use connections::{Listener, serve, serve_apart};
pub use state::{App, Setup};
