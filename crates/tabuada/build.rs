//! Tells the crate its commit, its compiler and its features, which are the same for every build of one commit.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The number of digits of a commit's hash: enough to be unique.
const COMMIT_DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-env-changed=TABUADA_COMMIT");
    let commit = given().or_else(published).or_else(checked_out).unwrap_or_else(|| "unknown".to_owned());
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = said(Command::new(rustc).arg("--version")).unwrap_or_default();
    let rustc = rustc.split(' ').nth(1).unwrap_or("unknown");
    println!("cargo::rustc-env=TABUADA_BUILD_COMMIT={}", commit.get(..COMMIT_DIGITS).unwrap_or(&commit));
    println!("cargo::rustc-env=TABUADA_BUILD_RUSTC={rustc}");
    println!("cargo::rustc-env=TABUADA_BUILD_FEATURES={}", features().join(","));
}

/// The commit in the builder's environment.
fn given() -> Option<String> {
    env::var("TABUADA_COMMIT").ok().filter(|commit| !commit.is_empty())
}

/// Cargo has written it into the published package.
fn published() -> Option<String> {
    let file = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, commit) = file.split_once("\"sha1\": \"")?;
    commit.split('"').next().map(str::to_owned)
}

/// The commit according to git, if git tracks this file. Not in a debug build, since each commit would rebuild it.
fn checked_out() -> Option<String> {
    if env::var("PROFILE").as_deref() != Ok("release") {
        return None;
    }
    said(Command::new("git").args(["ls-files", "--error-unmatch", "build.rs"]))?;
    // git writes to this log whenever another commit is checked out.
    let log = said(Command::new("git").args(["rev-parse", "--git-path", "logs/HEAD"]))?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    said(Command::new("git").args(["rev-parse", "HEAD"]))
}

/// The enabled features, except for the list of them.
fn features() -> Vec<String> {
    let names = env::vars().filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_ascii_lowercase));
    let mut names: Vec<String> = names.filter(|name| name != "default").map(|name| name.replace('_', "-")).collect();
    names.sort();
    names
}

/// The output of a command that succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
