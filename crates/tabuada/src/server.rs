//! HTTP. Whoever runs it owns the socket and the signal to stop: [`app`] is the routes, [`serve`] the connections.

mod body;
mod render;
mod metrics;
mod state;
mod evaluate;
mod docs;
mod routes;
mod connection;

pub use connection::serve;
pub use routes::app;
pub use state::App;
