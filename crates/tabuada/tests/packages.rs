//! The files of the packages besides the binary, as far as the code determines them. `tests/packages/run` builds the
//! packages, installs them and tests what they install.

// Clippy allows panics in tests, but not in their helper functions.
#![allow(clippy::panic)]

use crate::support;

use std::fs;

use support::newcomer::{read, root};
use tabuada::settings::table::OF_SERVE;
use tabuada::words::Language;

/// The expected `/etc/default/tabuada`: each variable, commented out, with its help and its default.
fn configuration() -> String {
    let mut text = "# Settings of tabuada.service, read at its start; `tabuada config` shows what holds.\n\
                    # Made from the table of settings; the documentation is in tabuada-serve(1).\n\
                    #\n\
                    # Passwords and tokens are better kept in files:\n\
                    # /usr/share/doc/tabuada/examples/secrets.conf\n"
        .to_owned();
    for setting in OF_SERVE {
        text.push('\n');
        let help = setting.help.say(Language::English);
        for paragraph in help.lines().filter(|line| !line.trim().is_empty()) {
            for line in wrapped(paragraph) {
                text.push_str(&format!("# {line}\n"));
            }
        }
        text.push_str(&format!("#{}={}\n", setting.variable(), setting.default.unwrap_or_default()));
    }
    text
}

/// A paragraph in lines of at most 76 characters.
fn wrapped(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let line = lines.last_mut().expect("there is one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > 76 {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// `TABUADA_WRITE=1` writes the file.
#[test]
fn the_configuration_of_the_debian_package_names_every_variable() {
    const FILE: &str = "deploy/systemd/tabuada.default";
    if std::env::var_os("TABUADA_WRITE").is_some() {
        fs::write(root().join(FILE), configuration()).expect("it can be written");
    }
    let hint = "settings have changed: TABUADA_WRITE=1 cargo test -p tabuada --test all packages::";
    assert!(read(FILE) == configuration(), "{FILE}: {hint}");
}

/// The file is world-readable and in force by default, so it must contain neither a secret nor an active setting.
#[test]
fn every_line_of_the_configuration_is_a_comment() {
    let file = read("deploy/systemd/tabuada.default");
    assert!(file.lines().all(|line| line.is_empty() || line.starts_with('#')));
}

/// `deploy/package` makes the others first, in target/package. `tests/packages/run` tests those of its command `files`.
#[test]
fn the_debian_package_has_files_that_are_there() {
    let manifest = read("crates/tabuada/Cargo.toml");
    let assets = manifest.lines().skip_while(|line| *line != "assets = [").skip(1).take_while(|line| *line != "]");
    let sources: Vec<&str> = assets.filter_map(|asset| asset.split('"').nth(1)).collect();
    let (made, kept): (Vec<&str>, Vec<&str>) =
        sources.into_iter().partition(|source| source.starts_with("../../target/package/files/"));
    assert!(!made.is_empty() && !kept.is_empty());
    for source in kept {
        assert!(root().join("crates/tabuada").join(source).is_file(), "{source}");
    }
}
