//! The running version, and what the build script knows about the build.

/// As in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The beginning of the hash of the commit that this was built from, or `unknown`.
pub const COMMIT: &str = env!("TABUADA_BUILD_COMMIT");

/// The version of the compiler.
pub const RUSTC: &str = env!("TABUADA_BUILD_RUSTC");

/// What `tabuada --version` prints after the name.
pub const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("TABUADA_BUILD_COMMIT"),
    "\nrustc ",
    env!("TABUADA_BUILD_RUSTC")
);

/// The enabled features of the crate, sorted by name.
pub fn features() -> impl Iterator<Item = &'static str> {
    env!("TABUADA_BUILD_FEATURES").split(',').filter(|name| !name.is_empty())
}
