//! Checks on the source text: imports point down, the crates are independent, no file names the machine on which it was
//! written, the documents' links lead to existing files, and texts use the words of the field.

// Clippy allows panics in tests, but not in their helper functions.
#![allow(clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace stands above the crate")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every text file of ours below `folder`, except the records of the corpora.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of ours can be read") {
            let path = entry.expect("and its entries").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                    folders.push(path);
                }
            } else if extensions.iter().any(|extension| name == *extension || name.ends_with(&format!(".{extension}")))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A source without comments and without its unit tests, to find the module's own dependencies.
fn code_of(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The modules that a file declares, in order.
fn declared(code: &str) -> Vec<String> {
    code.lines()
        .filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) ")).unwrap_or(line);
            Some(line.strip_prefix("mod ")?.strip_suffix(';')?.trim().to_string())
        })
        .collect()
}

/// The first name of every path after `prefix` (`crate::`, `super::`); for a group, that of each part.
fn first_names(code: &str, prefix: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        // `super::super::x` is not `super::x`, and `$crate::` belongs to a macro.
        if code[..at].ends_with([':', '$', '_']) || code[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(name(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && !c.is_whitespace() => {
                    begins = false;
                    names.push(name(&group[at..]));
                }
                _ => {}
            }
        }
    }
    names
}

/// The names that a file imports (`use parser::{parse, Program};`), each with its module.
fn brought_in(code: &str, modules: &[String]) -> BTreeMap<String, String> {
    let mut from = BTreeMap::new();
    for statement in code.split(';') {
        let Some((_, path)) = statement.rsplit_once("use ") else { continue };
        let path = path.trim().trim_start_matches("self::").trim_start_matches("crate::");
        let Some(module) = modules.iter().find(|module| path.starts_with(&format!("{module}::"))) else { continue };
        let names = path[module.len() + 2..].split(|c: char| !(c.is_alphanumeric() || c == '_'));
        from.extend(names.filter(|name| !name.is_empty()).map(|name| (name.to_string(), module.clone())));
    }
    from
}

/// The violations among the modules that `parent` declares: each may use only those declared above it.
///
/// `children` is the folder of their files, `path` the parent's own path in the crate (`crate::`, `crate::server::`).
fn upward_uses(parent: &Path, children: &Path, path: &str) -> Vec<String> {
    let code = code_of(&read(parent));
    let modules = declared(&code);
    let reexported = brought_in(&code, &modules);
    let mut wrong = Vec::new();
    for (order, module) in modules.iter().enumerate() {
        let file = children.join(format!("{module}.rs"));
        let folder = children.join(module);
        let mut sources = vec![(file.clone(), true)];
        if folder.is_dir() {
            let not_tests = files(&folder, &["rs"]).into_iter().filter(|file| !file.ends_with("tests.rs"));
            sources.extend(not_tests.map(|file| (file, false)));
            wrong.extend(upward_uses(&file, &folder, &format!("{path}{module}::")));
        }
        for (source, direct) in sources {
            let code = code_of(&read(&source));
            let mut names = first_names(&code, path);
            if direct {
                names.extend(first_names(&code, "super::"));
            }
            for name in names {
                let used = reexported.get(&name).unwrap_or(&name);
                if let Some(below) = modules.iter().position(|other| other == used).filter(|at| *at > order) {
                    wrong.push(format!(
                        "{}: {path}{module} uses {path}{}, declared below it",
                        source.display(),
                        modules[below]
                    ));
                }
            }
        }
    }
    wrong
}

#[test]
fn modules_use_only_modules_declared_above_them() {
    for name in ["lang", "cache", "tabuada"] {
        let source = root().join("crates").join(name).join("src");
        let wrong = upward_uses(&source.join("lib.rs"), &source, "crate::");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn an_upward_use_is_found_in_every_way_of_writing_it() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("upward_uses");
    fs::create_dir_all(folder.join("middle")).expect("a folder of the test's own");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file in it");
    write(
        "lib.rs",
        "mod first;\npub mod middle;\nmod last;\n\npub use last::{Last, last_of};\npub use first::First;\n",
    );
    write("middle/above.rs", "");
    write("middle/below.rs", "use super::above;\n");
    write("last.rs", "use crate::{first, middle};\n");
    let found = |first: &str, middle: &str, above: &str| {
        write("first.rs", first);
        write("middle.rs", &format!("mod above;\nmod below;\n{middle}"));
        write("middle/above.rs", above);
        upward_uses(&folder.join("lib.rs"), &folder, "crate::").len()
    };

    assert_eq!(found("", "use crate::First;\nuse crate::first::Other;", "use crate::first;"), 0);
    assert_eq!(found("use crate::last;", "", ""), 1);
    assert_eq!(found("use super::last::Thing;", "", ""), 1);
    assert_eq!(found("use crate::{First, Last};", "", ""), 1);
    assert_eq!(found("fn f() { crate::last_of() }", "", ""), 1);
    assert_eq!(found("use crate::{middle::{self, Last}, last::{a, b}};", "", ""), 2);
    assert_eq!(found("", "", "use crate::last;"), 1);
    assert_eq!(found("", "", "use super::below;"), 1);
    assert_eq!(found("", "", "use crate::middle::below::Thing;"), 1);
    assert_eq!(found("// As crate::last says.\n", "#[cfg(test)]\nmod tests { use crate::last; }", ""), 0);
}

/// A path that climbs far breaks when its file moves; one from the crate's root says where it leads.
#[test]
fn no_path_climbs_two_modules() {
    for name in ["lang", "cache", "tabuada"] {
        for file in files(&root().join("crates").join(name).join("src"), &["rs"]) {
            assert!(!read(&file).contains("super::super"), "{}", file.display());
        }
    }
}

#[test]
fn the_language_and_the_cache_know_nothing_of_each_other() {
    let crates = root().join("crates");
    for (name, strangers) in [("lang", ["tabuada-cache", "tabuada_cache"]), ("cache", ["tabuada-lang", "tabuada_lang"])]
    {
        for file in files(&crates.join(name), &["rs", "toml"]) {
            let text = read(&file);
            assert!(
                !strangers.iter().any(|stranger| text.contains(stranger)),
                "{} knows {}",
                file.display(),
                strangers[0]
            );
        }
    }
}

/// The crates of a tree that `cargo tree` draws, each with its features.
fn features(of: &[&str]) -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}|{f}"]).args(of);
    let output = tree.current_dir(root()).output().expect("cargo is there where tests are compiled");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let lines = text.lines().filter_map(|line| line.split_once('|'));
    let words = |(package, features): (&str, &str)| {
        let name = package.split(' ').take(2).collect::<Vec<_>>().join(" ");
        (name, features.trim_end_matches(" (*)").split(',').map(str::to_owned).collect())
    };
    lines.map(words).collect()
}

/// `./test` compiles everything with the features that the tests need. What they add to a crate of the shipped binary must
/// not be needed there, since only `--deep` compiles it without.
#[test]
fn the_tests_add_few_features_to_what_is_shipped() {
    let shipped = features(&["--package", "tabuada", "--edges", "normal,build"]);
    let tested = features(&["--workspace", "--exclude", "tabuada-bench"]);
    assert!(shipped.len() > 100, "{shipped:?}");
    let mut added = Vec::new();
    for (package, features) in &shipped {
        let name = package.split(' ').next().unwrap_or_default();
        let missing = tested[package].iter().filter(|feature| !features.contains(feature) && !feature.is_empty());
        added.extend(missing.map(|feature| format!("{name}/{feature}")));
    }
    // Only the big integers use num-traits.
    assert_eq!(added, ["num-traits/std", "tabuada-cache/audit", "tokio/test-util"]);
    // The cache is compiled without its feature, too.
    for file in files(&root().join("crates/tabuada/src"), &["rs"]) {
        assert!(!code_of(&read(&file)).contains("audit"), "{}", file.display());
    }
}

/// `./test` compiles with the feature of tokio that has these; the shipped binary is without it.
#[test]
fn the_clock_of_tests_is_for_tests() {
    for name in ["cache", "tabuada"] {
        for file in files(&root().join("crates").join(name).join("src"), &["rs"]) {
            let code = code_of(&read(&file));
            for name in ["start_paused", "time::pause", "time::resume", "time::advance"] {
                assert!(!code.contains(name), "{}: {name}", file.display());
            }
        }
    }
}

#[test]
fn only_answer_rs_joins_the_two() {
    for file in files(&root().join("crates/tabuada/src"), &["rs"]) {
        let code = code_of(&read(&file));
        let joins = code.contains("tabuada_lang") && code.contains("tabuada_cache");
        assert_eq!(joins, file.ends_with("answer.rs"), "{}", file.display());
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry_host() {
    // In pieces, so that this file does not contain them.
    let unwanted = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["crates", ".io/"],
        ["pypi", ".org"],
        ["npmjs", ".org"],
        ["deb.debian", ".org"],
    ]
    .map(|[start, end]| format!("{start}{end}"));
    let all = files(&root(), &["rs", "toml", "md", "yml", "py", "lua", "test", "run", "Dockerfile"]);
    assert!(all.iter().any(|file| file.ends_with("tidy.rs")) && all.iter().any(|file| file.ends_with("README.md")));
    for file in all {
        let text = read(&file);
        for unwanted in &unwanted {
            assert!(!text.contains(unwanted), "{} holds {unwanted}", file.display());
        }
    }
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut links = 0;
    for document in files(&root(), &["md"]) {
        let text = read(&document);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(['`', ' ', '\n']) {
                continue;
            }
            let path = document.parent().unwrap_or(&document).join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", document.display());
            links += 1;
        }
    }
    assert!(links > 0, "no link was found to check");
}

/// Each test that a document names exists. Its name is text in backquotes with an underscore and no capital letters.
#[test]
fn every_test_that_a_document_names_is_there() {
    let is_test = |name: &&str| {
        name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let sources: Vec<String> = files(&root().join("crates"), &["rs"]).iter().map(|file| read(file)).collect();
    for (document, least) in [
        ("SECURITY.md", 20),
        ("README.md", 7),
        ("README.pt-BR.md", 7),
        ("docs/comparison.md", 14),
        ("docs/how-to/nginx.md", 1),
        ("docs/how-to/nginx.pt-BR.md", 1),
    ] {
        let text = read(&root().join(document));
        let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_test).collect();
        assert!(named.len() >= least, "{document}: {named:?}");
        for name in named {
            let test = format!("fn {name}(");
            assert!(sources.iter().any(|source| source.contains(&test)), "{document} names {name}, which is no test");
        }
    }
}

/// Words that are not used here, each with the field's own word, so that a newcomer can search for it.
const WORDS: [(&str, &str); 20] = [
    ("dear", "expensive"),
    ("dearer", "more expensive"),
    ("asker", "client, caller"),
    ("askers", "clients, callers"),
    ("lest", "so that … not"),
    ("whoever", "the client, caller or reader that"),
    ("whomever", "the client, caller or reader that"),
    ("passenger", "follower, waiter"),
    ("passengers", "followers, waiters"),
    ("worked out", "computed, calculated"),
    ("works out", "computes, calculates"),
    ("work out", "compute, calculate"),
    ("working out", "computing, calculating"),
    ("if nothing is said", "by default"),
    ("if nobody says", "by default"),
    ("where nobody says", "by default"),
    ("of chance", "random"),
    ("vouches", "CA certificate"),
    ("look-up", "lookup"),
    ("look-ups", "lookups"),
];

/// The words of a text in lowercase, each between blanks: without comment signs, punctuation and line breaks.
fn words_of(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |text, word| text + word + " ")
}

#[test]
fn texts_use_the_words_of_the_field() {
    let root = root();
    let mut found = Vec::new();
    for file in files(&root, &["rs", "md", "js", "css", "py"]) {
        let name = file.strip_prefix(&root).expect("it is below the root").to_string_lossy().into_owned();
        // This file lists the words.
        if name.ends_with("tidy.rs") {
            continue;
        }
        let text = words_of(&read(&file));
        let unwanted = WORDS.iter().filter(|(word, _)| text.contains(&format!(" {word} ")));
        found.extend(unwanted.map(|(word, instead)| format!("{name}: '{word}', better: {instead}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn words_are_found_across_lines_and_in_names() {
    assert_eq!(words_of("/// It is worked\n/// out (DEAR_ONE)."), " it is worked out dear one ");
}

/// Cargo is told not to look for tests: a file that `all.rs` forgets would be compiled by nobody.
#[test]
fn every_file_of_tests_is_part_of_the_one_binary() {
    for name in ["cache", "lang", "tabuada"] {
        let folder = root().join("crates").join(name).join("tests");
        let named = declared(&read(&folder.join("all.rs")));
        for entry in fs::read_dir(&folder).expect("a folder of ours can be read") {
            let path = entry.expect("and its entries").path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_test = path.extension().is_some_and(|extension| extension == "rs") && stem != "all";
            assert!(!is_test || named.contains(&stem), "{} is no module of all.rs", path.display());
        }
    }
}
