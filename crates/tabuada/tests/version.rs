//! The version of the running build, and how the build script finds the commit.
#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{Client, Server};
use tabuada::version::{COMMIT, RUSTC};

#[test]
fn a_server_reports_its_build() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let version = client.get("/version");
    let said: Value = serde_json::from_slice(&version.body).expect("it is JSON");
    let expected =
        json!({"version": env!("CARGO_PKG_VERSION"), "commit": COMMIT, "rustc": RUSTC, "features": Vec::<&str>::new()});
    assert_eq!((version.status, said), (200, expected));
    // The compiler of the tests has also built the binary.
    assert!(RUSTC.starts_with("1."), "{RUSTC}");
    let [health, ready] = ["/health", "/health/ready"].map(|path| client.get(path));
    assert_eq!((health.status, &health.body), (200, &ready.body));
}

/// A folder with the compiled build script, and with the repositories of a test.
struct Build {
    folder: PathBuf,
    script: PathBuf,
}

impl Build {
    fn new(name: &str) -> Self {
        // Outside this repository, which git would find.
        let folder = std::env::temp_dir().join(format!("tabuada-build-{name}-{}", std::process::id()));
        let package = folder.join("crate");
        fs::create_dir_all(&package).expect("a folder of the test's own");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs");
        fs::copy(&source, package.join("build.rs")).expect("it is there");
        let script = folder.join("script");
        let compiled = Command::new("rustc").args(["--edition", "2024", "-o"]).args([&script, &source]).status();
        assert!(compiled.expect("rustc is there").success());
        Self { folder, script }
    }

    /// The commit that the build script finds.
    fn commit(&self, profile: &str, given: Option<&str>) -> String {
        let mut command = Command::new(&self.script);
        command.current_dir(self.folder.join("crate")).env("PROFILE", profile).env_remove("TABUADA_COMMIT");
        let output = command.envs(given.map(|commit| ("TABUADA_COMMIT", commit))).output().expect("it runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let commit = said.lines().find_map(|line| line.strip_prefix("cargo::rustc-env=TABUADA_BUILD_COMMIT="));
        commit.unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(&self.folder).args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]);
        let output = command.args(arguments).output().expect("git is installed");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_build_finds_its_commit() {
    let build = Build::new("commit");
    assert_eq!(build.commit("release", None), "unknown", "an archive");
    assert_eq!(build.commit("release", Some("0123456789abcdef")), "0123456789ab");
    assert_eq!(build.commit("release", Some("")), "unknown");
    // A repository that merely contains the folder is not the repository of this source.
    build.git(&["init", "--quiet"]);
    build.git(&["commit", "--quiet", "--allow-empty", "--message", "another's"]);
    assert_eq!(build.commit("release", None), "unknown");
    build.git(&["add", "crate/build.rs"]);
    build.git(&["commit", "--quiet", "--message", "ours"]);
    let commit = build.git(&["rev-parse", "HEAD"])[..12].to_owned();
    assert_eq!(build.commit("release", None), commit);
    assert_eq!(build.commit("debug", None), "unknown");
    assert_eq!(build.commit("debug", Some("of-the-test")), "of-the-test");
    // Cargo writes this file into a published package.
    let published = "{\n  \"git\": {\n    \"sha1\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n  },\n  \"path_in_vcs\": \"crates/tabuada\"\n}";
    fs::write(build.folder.join("crate/.cargo_vcs_info.json"), published).expect("it can be written");
    assert_eq!(build.commit("release", None), "a".repeat(12));
}
