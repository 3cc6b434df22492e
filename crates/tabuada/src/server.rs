//! HTTP. Whoever runs it owns the socket and the signal to stop.

mod body;
mod render;
mod metrics;
mod state;
mod evaluate;
mod docs;
mod routes;
mod connection;

pub use connection::serve;
pub use state::App;
