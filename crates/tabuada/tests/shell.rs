//! Completions, as the shells themselves read them, and manual pages, as roff reads them.
//!
//! A test skips programs that are not installed, and says so.

#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Output};

use support::{clean, tabuada};

/// Every manual page, by the arguments that print it.
const PAGES: [&[&str]; 16] = [
    &[],
    &["serve"],
    &["eval"],
    &["repl"],
    &["batch"],
    &["plot"],
    &["cache"],
    &["cache", "stats"],
    &["cache", "keys"],
    &["cache", "get"],
    &["cache", "delete"],
    &["cache", "clear"],
    &["config"],
    &["health"],
    &["completions"],
    &["man"],
];

fn printed(arguments: &[&str]) -> String {
    let output = tabuada(arguments).output().expect("the binary starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("it speaks UTF-8")
}

/// An empty folder for this test only.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}

/// The output of a program; `None` if it is not installed.
fn said(program: &str, arguments: &[&str]) -> Option<Output> {
    match clean(Command::new(program)).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("{program} is not installed: left out");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn completion_scripts_work_in_their_shells() {
    let folder = folder("completions");
    let script = |shell: &str, name: &str| {
        let path = folder.join(name);
        fs::write(&path, printed(&["completions", shell])).expect("it can be written");
        path.to_string_lossy().into_owned()
    };
    let bash = script("bash", "tabuada.bash");
    let ask = format!(
        "source {bash}; COMP_WORDS=(tabuada eval --mo); COMP_CWORD=2; _tabuada tabuada --mo eval; echo \"${{COMPREPLY[@]}}\""
    );
    let fish = format!("source {}; complete -C 'tabuada heal'", script("fish", "tabuada.fish"));
    script("zsh", "_tabuada");
    let zsh = format!(
        "fpath=({} $fpath); autoload -U compinit; compinit -D -u; print $_comps[tabuada]; autoload +X _tabuada",
        folder.display()
    );
    for (program, arguments, expected) in [
        ("bash", ["--norc", "-c", ask.as_str()], "--mode"),
        ("fish", ["--no-config", "-c", &fish], "health\t"),
        ("zsh", ["-f", "-c", &zsh], "_tabuada"),
    ] {
        let Some(output) = said(program, &arguments) else { continue };
        let (printed, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints}");
        assert!(printed.starts_with(expected), "{program}: {printed}");
    }
    for shell in ["powershell", "elvish"] {
        assert!(printed(&["completions", shell]).contains("'tabuada;eval'"), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page_that_roff_reads() {
    let folder = folder("man");
    let sections = [
        ("C", ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"]),
        ("pt_BR.UTF-8", ["NOME", "SINOPSE", "DESCRIÇÃO", "OPÇÕES", "CÓDIGO DE SAÍDA"]),
    ];
    for (words, (locale, sections)) in PAGES.into_iter().flat_map(|words| sections.map(|sections| (words, sections))) {
        let output = tabuada(&[&["man"][..], words].concat()).env("LC_ALL", locale).output().expect("it starts");
        assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {output:?}");
        let page = String::from_utf8(output.stdout).expect("it speaks UTF-8");
        let name = [&["tabuada"][..], words].concat().join("-");
        assert!(page.contains(&format!(".TH {name} 1 ")), "{name}: {page}");
        for section in sections {
            assert!(
                page.contains(&format!(".SH {section}\n")) || page.contains(&format!(".SH \"{section}\"\n")),
                "{name}: {section}"
            );
        }
        let path = folder.join(format!("{name}.{locale}.1"));
        fs::write(&path, &page).expect("it can be written");
        let path = path.to_string_lossy().into_owned();
        for (program, arguments) in [
            ("mandoc", vec!["-T", "lint", "-W", "error", &path]),
            ("groff", vec!["-man", "-K", "utf8", "-T", "utf8", "-ww", "-z", &path]),
        ] {
            let Some(output) = said(program, &arguments) else { continue };
            assert!(output.status.success(), "{name}: {program}: {output:?}");
            assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{name}: {program}: {output:?}");
        }
    }
    let output = tabuada(&["man", "cache", "nothing"]).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("keys"), "{output:?}");
}

/// The commands that a page lists, as a reader would copy them.
fn examples(page: &str) -> Vec<String> {
    let plain = page.replace("\\*(Aq", "'").replace("\\-", "-").replace("\\\\", "\\").replace("\\.", ".");
    let mut lines = plain.lines();
    let mut found = Vec::new();
    while lines.any(|line| line == ".nf") {
        found.extend(lines.next().map(|line| line.replace("\\&", "")));
    }
    found
}

#[test]
fn the_examples_of_the_manual_work() {
    let folder = folder("examples");
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_tabuada"));
    let path = format!("{}:{}", binary.parent().expect("it has one").display(), std::env::var("PATH").unwrap());
    let mut done = 0;
    for words in [&[][..], &["eval"], &["repl"], &["batch"], &["plot"], &["completions"], &["man"]] {
        let page = printed(&[&["man"][..], words].concat());
        for example in examples(&page).iter().filter(|example| !example.contains("serve")) {
            let mut bash = clean(Command::new("bash"));
            let output = bash.args(["-c", example]).current_dir(&folder).env("PATH", &path).output();
            let output = output.expect("bash starts");
            // This example fails on purpose.
            let fails = example.contains("1/0");
            assert_eq!(output.status.code(), Some(i32::from(fails)), "{example}: {output:?}");
            done += 1;
        }
    }
    assert!(done >= 10, "{done}");
    assert!(folder.join("curves.svg").exists() && folder.join("tabuada.bash").exists());
}
