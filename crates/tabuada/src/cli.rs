//! The commands: one file each, each gives the status to exit with.

mod log;
mod notify;
mod serve;
mod eval;
mod batch;
mod plot;
mod http;
mod cache;
mod health;

pub use batch::batch;
pub use cache::cache;
pub use eval::eval;
pub use health::health;
pub use plot::plot;
pub use serve::serve;
