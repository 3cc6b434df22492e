//! `docs/language.md`: its examples are run, and its lists are compared with the table of functions.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use crate::reference;

use std::fmt::Write as _;

use tabuada_lang::{FunctionKind, Limits, Section, functions, parse};

const BEGIN: &str = "<!-- functions: begin -->\n";
const END: &str = "<!-- functions: end -->";

fn path() -> String {
    format!("{}/../../../docs/language.md", env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// The claim of an example.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Claim {
    Answer,
    Canonical,
    Error,
}

/// The examples: text, kind of claim, and claim.
fn examples(page: &str) -> Vec<(String, Claim, String)> {
    let mut examples = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```tabuada";
            continue;
        }
        if !inside {
            continue;
        }
        let marks = [(" → ", Claim::Answer), (" ≡ ", Claim::Canonical), (" ✗ ", Claim::Error)];
        let found = marks.iter().find_map(|(mark, claim)| line.rsplit_once(mark).map(|(a, b)| (a, *claim, b)));
        let (text, claim, right) = found.unwrap_or_else(|| panic!("an example without a claim: {line}"));
        examples.push((text.trim_end().to_owned(), claim, right.to_owned()));
    }
    examples
}

#[test]
fn examples_are_true() {
    let limits = Limits::default();
    let mut wrong = Vec::new();
    let examples = examples(&page());
    assert!(examples.len() > 150, "{}", examples.len());
    for (text, claim, right) in examples {
        let answer = || {
            let program = parse(&text, &limits).map_err(|error| error.kind)?;
            let answer = program.evaluate(&limits).map_err(|failure| failure.kind)?;
            Ok::<_, tabuada_lang::ErrorKind>(answer.text().to_owned())
        };
        let got = match claim {
            Claim::Canonical => parse(&text, &limits).map_err(|error| error.kind).map(|program| program.canonical()),
            Claim::Answer | Claim::Error => answer(),
        };
        let got = match (claim, got) {
            (Claim::Error, Err(kind)) => kind.code().to_owned(),
            (_, Ok(text)) => text,
            (_, Err(kind)) => format!("{kind:?}"),
        };
        if got != right {
            wrong.push(format!("{text}: {claim:?} is {got}, not {right}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Examples that Python can read have the same result in Python.
#[test]
fn examples_that_python_reads_are_answered_alike() {
    let examples = examples(&page());
    let texts = examples.iter().map(|(text, ..)| text.clone());
    // Texts that a limit refuses are not given to Python, which would take forever.
    let asked: Vec<String> = texts.filter(|text| !text.starts_with("9 ** 9")).collect();
    let Some(answers) = reference::answers(&asked) else { return };
    let mut agreed = 0;
    for (text, (kind, python)) in asked.iter().zip(&answers) {
        let (_, claim, right) = examples.iter().find(|(example, ..)| example == text).unwrap();
        let error = (kind == "syntax" || kind.ends_with("Error")).then_some(kind.as_str());
        match (claim, error) {
            // `{}` is the empty set here, but a dictionary in Python.
            (Claim::Answer, None) if *text == "{}" => {}
            (Claim::Answer, None) => {
                assert!(python == right || reference::near(python, right), "{text}: {python}");
                agreed += 1;
            }
            (Claim::Error, Some(error)) => {
                let ours = match right.as_str() {
                    "type-error" => "TypeError",
                    "value-error" => "ValueError",
                    "division-by-zero" => "ZeroDivisionError",
                    "overflow" => "OverflowError",
                    "unknown-name" => "NameError",
                    _ => continue,
                };
                // Python cannot read statements in an expression, and has no integrals.
                let is_ours = error == "NameError" && text.starts_with("integral(");
                assert!(error == ours || error == "syntax" || is_ours, "{text}: {error}");
            }
            _ => {}
        }
    }
    assert!(agreed > 60, "{agreed}");
}

/// The lists of functions as the page must show them.
fn lists() -> String {
    let mut text = String::new();
    for section in Section::ALL {
        write!(text, "\n### {}\n\n", section.title()).unwrap();
        for entry in functions().filter(|entry| entry.section == section) {
            let prefix = if entry.needs_prefix { "math." } else { "" };
            let call = match entry.kind {
                FunctionKind::Constant => entry.name.to_owned(),
                _ => format!("{prefix}{}({})", entry.name, entry.signature),
            };
            writeln!(text, "- `{call}`: {}", entry.doc).unwrap();
        }
    }
    text.push('\n');
    text
}

/// With `UPDATE_DOCS=1` in the environment, the lists of the page are written instead.
#[test]
fn lists_of_functions_are_those_of_the_table() {
    let page = page();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    let lists = lists();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path(), format!("{before}{BEGIN}{lists}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(listed, lists, "the page is out of date: run this test with UPDATE_DOCS=1");
}
