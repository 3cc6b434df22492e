//! Tells the sources that they are part of this build. A flag for all crates (`RUSTFLAGS`) would rebuild everything.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    println!("cargo::rustc-check-cfg=cfg(shuttle)");
    println!("cargo::rustc-cfg=shuttle");
}
