//! The commands: one file each, each gives the status to exit with.

mod serve;
mod eval;
mod batch;

pub use batch::batch;
pub use eval::eval;
pub use serve::serve;
