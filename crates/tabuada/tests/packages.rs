//! What is packaged beside the binary, as far as it follows from the code. `tests/packages/run` makes the packages, and
//! installs and asks what is in them.

// A test tells by panicking; the lint does not see that the functions beside it are its own.
#![allow(clippy::panic)]

use crate::support;

use std::fs;

use support::newcomer::{read, root};
use tabuada::settings::table::ALL;
use tabuada::words::Language;

/// What `/etc/default/tabuada` is made from: each variable, commented, with its help and its default.
fn configuration() -> String {
    let mut text = "# Settings of tabuada.service, read at its start; `tabuada config` shows what holds.\n\
                    # Made from the table of settings; the documentation is in tabuada-serve(1).\n\
                    #\n\
                    # Passwords and tokens are better kept in files:\n\
                    # /usr/share/doc/tabuada/examples/secrets.conf\n"
        .to_owned();
    for setting in ALL {
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

/// The words of a paragraph in lines of 76 characters at most.
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

/// `TABUADA_WRITE=1` writes it.
#[test]
fn the_configuration_of_the_debian_package_names_every_variable() {
    const FILE: &str = "deploy/systemd/tabuada.default";
    if std::env::var_os("TABUADA_WRITE").is_some() {
        fs::write(root().join(FILE), configuration()).expect("it can be written");
    }
    let hint = "settings have changed: TABUADA_WRITE=1 cargo test -p tabuada --test all packages::";
    assert!(read(FILE) == configuration(), "{FILE}: {hint}");
}

/// A secret in a file that everybody can read, or a setting that is in force unasked, would be a trap.
#[test]
fn nothing_in_the_configuration_is_set() {
    let file = read("deploy/systemd/tabuada.default");
    assert!(file.lines().all(|line| line.is_empty() || line.starts_with('#')));
}
