//! The public API as a list, so that a change of it shows in `public_api.txt`.

use std::fs;
use std::path::{Path, PathBuf};

use tabuada_lang::{Error, ErrorKind, Failure, Language, Limits, parse};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if !entry.ends_with("tests.rs") {
            found.push(entry);
        }
    }
}

/// The public items of a source, each after its type. Every `pub` item is reachable, since the lint `unreachable_pub`
/// refuses others. Attributes that decide what a minor release may change are included.
fn items(source: &str) -> Vec<String> {
    let (mut items, mut is_enum) = (Vec::new(), false);
    let (mut of, mut variant, mut attributes) = (String::new(), String::new(), String::new());
    let mut lines = source.split("#[cfg(test)]").next().unwrap().lines().peekable();
    while let Some(line) = lines.next() {
        let (text, indent) = (line.trim(), line.len() - line.trim_start().len());
        if ["#[non_exhaustive]", "#[derive("].iter().any(|start| text.starts_with(start)) {
            attributes.push_str(text);
            attributes.push(' ');
            continue;
        }
        let is_variant = is_enum && indent == 4 && text.starts_with(char::is_uppercase);
        let is_field = is_enum && indent == 8 && text.starts_with(char::is_lowercase);
        let is_implementation = indent == 0 && text.starts_with("impl ") && text.contains(" for ");
        if text.starts_with("pub ") || is_variant || is_field || is_implementation {
            let mut item = text.to_owned();
            while text.contains("fn ") && !item.ends_with(['{', ';', '}']) {
                item = format!("{item} {}", lines.next().unwrap().trim());
            }
            if is_variant {
                variant = text.trim_end_matches([',', '{', ' ']).to_owned();
            }
            let of = if is_field { format!("{of}::{variant}") } else { of.clone() };
            let item = item.trim_end_matches(['{', ',', ';']).trim_end().replace("( ", "(").replace(", )", ")");
            items.push(if indent == 0 { format!("{attributes}{item}") } else { format!("    {of}: {item}") });
        }
        if indent == 0 && !text.is_empty() && !text.starts_with('}') {
            is_enum = text.starts_with("pub enum ");
            let kept = text.starts_with("pub ") || text.starts_with("impl");
            of = if kept { text.trim_end_matches('{').trim_end().to_owned() } else { String::new() };
            of = of.replace("pub enum ", "").replace("pub struct ", "").replace("impl ", "");
        }
        if !text.starts_with("#[") && !text.starts_with("///") {
            attributes.clear();
        }
    }
    items
}

#[test]
fn the_public_api_is_the_one_on_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("../src"), &mut files);
    files.sort();
    let list: Vec<String> = files.iter().flat_map(|file| items(&fs::read_to_string(file).unwrap())).collect();
    // An implementation for a private type is private.
    let is_public = |name: &str| {
        list.iter().any(|item| item.contains(&format!("enum {name}")) || item.contains(&format!("struct {name}")))
    };
    let type_of = |item: &str| item.rsplit(" for ").next().unwrap().split(['<', ' ', '{']).next().unwrap().to_owned();
    let list: Vec<&str> = list
        .iter()
        .map(String::as_str)
        .filter(|item| !item.starts_with("impl ") || is_public(&type_of(item)))
        .collect();
    let (path, list) = (root.join("public_api.txt"), list.join("\n") + "\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, list).unwrap();
        return;
    }
    assert_eq!(fs::read_to_string(path).unwrap(), list, "the public API changed: run this test with UPDATE_DOCS=1");
}

#[test]
fn errors_are_errors_of_the_standard_library() {
    fn said(error: &(dyn std::error::Error + Send + Sync)) -> String {
        error.to_string()
    }
    let limits = Limits::default();
    let error: Error = parse("2 + )", &limits).unwrap_err();
    let failure: Failure = parse("1/0", &limits).unwrap().evaluate(&limits).unwrap_err();
    let kind: ErrorKind = failure.kind.clone();
    assert_eq!(said(&error), error.kind.message(Language::English));
    assert_eq!(said(&failure), kind.message(Language::English));
    assert_eq!(said(&kind), kind.message(Language::English));
}

/// Powers of two by hand: 2^65 has only bit 65, which is the second bit of the ninth byte.
#[test]
fn an_answer_gives_what_it_holds() {
    let limits = Limits::default();
    let answer = |text: &str| parse(text, &limits).unwrap().evaluate(&limits).unwrap();
    assert_eq!(answer("-2**65").as_integer_bytes(), Some((true, [0, 0, 0, 0, 0, 0, 0, 0, 2].into())));
    assert_eq!(answer("258").as_integer_bytes(), Some((false, [2, 1].into())));
    assert_eq!(answer("1.0").as_integer_bytes(), None);
    assert_eq!(answer("1-2j").as_complex(), Some((1.0, -2.0)));
    assert_eq!(answer("'it\\'s'").as_str(), Some("it's"));
    let inner: Vec<_> = answer("(1, [2.5, True])").elements().unwrap().collect();
    assert_eq!((inner.len(), inner[0].as_i64(), inner[1].text()), (2, Some(1), "[2.5, True]"));
    assert!(answer("1").elements().is_none());
}
