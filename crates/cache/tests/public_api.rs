//! The public API must be the one in `public_api.txt`, which `TABUADA_WRITE=1 cargo test -p tabuada-cache public_api`
//! writes again. A compatible change only adds lines.
//!
//! The lint `unreachable_pub` is on for this crate, so every `pub` in its sources is a part of the API.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Modules that are only for tests.
const NOT_API: [&str; 3] = ["audit", "checked", "fuzzed"];

#[test]
fn the_public_api_is_the_one_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let api = declarations(&root.join("src")).join("\n") + "\n";
    let list = root.join("tests/public_api.txt");
    if std::env::var_os("TABUADA_WRITE").is_some() {
        fs::write(&list, &api).expect("the list is written");
    }
    assert_eq!(api, fs::read_to_string(&list).expect("the list"), "TABUADA_WRITE=1 writes the list anew");
}

#[test]
fn every_public_type_has_debug_and_every_error_is_one() {
    let api = declarations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let implements = |name: &str, what: &str| {
        let implementation = format!("{what} for {name}");
        api.iter().any(|line| line.split('<').any(|part| part.ends_with(&implementation)))
    };
    for (line, name) in api.iter().filter_map(|line| Some((line, type_name(line)?))) {
        let derives_debug = line.contains("Debug");
        assert!(derives_debug || implements(name, "fmt::Debug"), "{line}");
        if name.ends_with("Error") || name.ends_with("Fault") {
            assert!(implements(name, "fmt::Display") && implements(name, "Error"), "{line}");
        }
    }
}

/// The name of a declared struct or enum.
fn type_name(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("pub struct ").or_else(|| line.split_once("pub enum "))?;
    rest.split(|c: char| !c.is_alphanumeric()).next()
}

/// The public declarations of all sources, one on each line, with derives and trait implementations, sorted by file.
fn declarations(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(folder).expect("sources").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let is_api = |path: &&std::path::PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "rs") && !NOT_API.contains(&stem)
    };
    let texts: Vec<String> =
        files.iter().filter(is_api).map(|path| fs::read_to_string(path).expect("a source")).collect();
    let declared: Vec<String> = texts.iter().flat_map(|text| of_file(text)).collect();
    let public: BTreeSet<&str> = declared.iter().filter_map(|line| type_name(line)).collect();
    // Implementations for private types are not part of the API.
    let is_public = |line: &&String| match line.split_once(" for ") {
        Some((implementation, name)) if implementation.starts_with("impl") => {
            public.contains(name.split('<').next().unwrap_or_default())
        }
        _ => true,
    };
    declared.iter().filter(is_public).cloned().collect()
}

/// The declarations of one file, in rustfmt's layout: a function ends with `{` or `;`, other declarations also with `,`
/// or `}`; the members of a public enum or trait are indented.
fn of_file(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let (mut declarations, mut attributes) = (Vec::new(), String::new());
    let (mut has_members, mut is_conditional) = (false, false);
    while let Some(line) = lines.next() {
        if line.starts_with("#[derive") || line.starts_with("#[non_exhaustive]") {
            attributes += &format!("{line} ");
            continue;
        }
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let is_member = has_members && indent >= 4 && !trimmed.starts_with(['#', '}']);
        // A declaration with a condition (`#[cfg]`) is for tests.
        let is_declared = trimmed.starts_with("pub ") && !trimmed.starts_with("pub use") && !is_conditional;
        let is_implementation = indent == 0 && trimmed.starts_with("impl") && trimmed.contains(" for ");
        if is_member || is_declared || is_implementation {
            let mut whole = trimmed.to_owned();
            let is_function = trimmed.contains("fn ");
            while !whole.ends_with(['{', ';']) && (is_function || !whole.ends_with([',', '}'])) {
                whole += &format!(" {}", lines.next().unwrap_or("}").trim());
            }
            let end = [" {", ";", ",", " {}"].into_iter().find_map(|end| whole.strip_suffix(end)).unwrap_or(&whole);
            declarations.push(format!("{}{attributes}{end}", " ".repeat(indent)));
            has_members |= is_declared && (trimmed.starts_with("pub enum") || trimmed.starts_with("pub trait"));
        }
        has_members &= line != "}";
        if !trimmed.starts_with("#[") {
            attributes.clear();
        }
        is_conditional = trimmed.starts_with("#[cfg") || is_conditional && trimmed.starts_with("#[");
    }
    declarations
}
