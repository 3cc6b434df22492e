//! Follows the documents as a newcomer would: runs the `console` blocks of the README files, of `docs/operations.md`,
//! of `docs/http.md` and of `docs/command.md` in order, and compares their output with the text (`support/newcomer.rs`
//! explains how).

use crate::support;

use support::newcomer::{Block, Newcomer, blocks, matches, read, shows};

/// The commands of a document and their output.
fn console(name: &str) -> Vec<Block> {
    blocks(&read(name)).into_iter().filter(|block| block.fence == "console").collect()
}

fn follow(newcomer: &mut Newcomer, name: &str) {
    let blocks = console(name);
    assert!(!blocks.is_empty(), "{name} has no console blocks");
    newcomer.follow(&blocks);
}

#[test]
fn the_readme_is_true() {
    follow(&mut Newcomer::new("readme"), "README.md");
}

#[test]
fn the_portuguese_readme_is_true() {
    follow(&mut Newcomer::new("readme_pt"), "README.pt-BR.md");
}

#[test]
fn the_readme_of_the_crate_is_true() {
    follow(&mut Newcomer::new("readme_crate"), "crates/tabuada/README.md");
}

#[test]
fn the_page_on_operations_is_true() {
    let mut newcomer = Newcomer::new("operations");
    newcomer.follow(&blocks("```console\n$ redis-server --port 6379 --save \"\"\n```"));
    follow(&mut newcomer, "docs/operations.md");
}

#[test]
fn the_page_on_the_api_is_true() {
    follow(&mut Newcomer::new("http"), "docs/http.md");
}

#[test]
fn the_page_on_the_command_is_true() {
    follow(&mut Newcomer::new("command"), "docs/command.md");
}

#[test]
fn the_page_on_observing_is_true() {
    follow(&mut Newcomer::new("observing"), "docs/observing.md");
}

#[test]
fn both_languages_give_the_same_commands() {
    let commands = |name: &str| {
        let steps = console(name).into_iter().flat_map(|block| block.steps("$ "));
        steps.map(|step| step.command).collect::<Vec<_>>()
    };
    for name in ["README.md", "docs/operations.md"] {
        assert_eq!(commands(name), commands(&name.replace(".md", ".pt-BR.md")), "{name}");
    }
}

/// The documentation tests of the crate run the example of the library.
#[test]
fn the_library_of_the_readmes_is_that_of_its_crate() {
    let rust = |name| blocks(&read(name)).into_iter().find(|block| block.fence == "rust").expect("it has an example");
    let of_the_crate = rust("crates/lang/README.md").lines.join("\n");
    for name in ["README.md", "README.pt-BR.md"] {
        let shown = rust(name).lines;
        assert!(shown.len() <= 12 && of_the_crate.starts_with(&shown.join("\n")), "{name}: {shown:#?}");
    }
}

#[test]
fn an_ellipsis_matches_anything_and_nothing_else_does() {
    for (pattern, line) in
        [("a", "a"), ("…", ""), ("…", "x"), ("a…", "a"), ("a…c", "abc"), ("a…c…", "abcd"), ("…b…", "abc")]
    {
        assert!(matches(pattern, line), "{pattern} is {line}");
    }
    for (pattern, line) in [("a", "ab"), ("a…c", "ab"), ("a…c", "abcd"), ("…b", "bc"), ("", "a"), ("a…b…c", "acb")]
    {
        assert!(!matches(pattern, line), "{pattern} is not {line}");
    }
}

#[test]
fn an_ellipsis_alone_matches_any_number_of_lines() {
    let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for (patterns, printed) in
        [("", ""), ("…", ""), ("…", "a b"), ("a …", "a"), ("… b …", "a b c"), ("a … c", "a b b c")]
    {
        assert!(shows(&lines(patterns), &lines(printed)), "{patterns} is {printed}");
    }
    for (patterns, printed) in [("", "a"), ("a", ""), ("a …", "b"), ("… b", "a b c"), ("a b", "a")] {
        assert!(!shows(&lines(patterns), &lines(printed)), "{patterns} is not {printed}");
    }
}
