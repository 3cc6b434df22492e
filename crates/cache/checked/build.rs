//! Says to the sources which build they are part of. A flag for the whole tree (`RUSTFLAGS`) would build everything anew.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    println!("cargo::rustc-check-cfg=cfg(shuttle)");
    println!("cargo::rustc-cfg=shuttle");
}
