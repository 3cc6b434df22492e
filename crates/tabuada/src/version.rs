//! What is running: the version, and what the build script knows of the build.

/// As in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The beginning of the name of the commit that this was built of, or `unknown`.
pub const COMMIT: &str = env!("TABUADA_BUILD_COMMIT");

/// The version of the compiler.
pub const RUSTC: &str = env!("TABUADA_BUILD_RUSTC");

/// What `tabuada --version` prints behind the name.
pub const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("TABUADA_BUILD_COMMIT"),
    "\nrustc ",
    env!("TABUADA_BUILD_RUSTC")
);

/// The features of the crate that are on, in the order of their names.
pub fn features() -> impl Iterator<Item = &'static str> {
    env!("TABUADA_BUILD_FEATURES").split(',').filter(|name| !name.is_empty())
}
