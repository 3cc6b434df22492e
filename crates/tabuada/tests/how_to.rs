//! Follows the pages of `docs/how-to` in both languages: runs the commands against real servers and the programs with
//! the system's Python and Node. Parts of configuration must be parts of files that other tests run.

// Clippy allows panics in tests, but not in their helper functions.
#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::path::Path;

use support::newcomer::{Block, Newcomer, blocks, read, root};

const FOLDER: &str = "docs/how-to";

/// The pages in English; their translations have `.pt-BR` in their names.
fn pages() -> Vec<String> {
    let listed = fs::read_dir(root().join(FOLDER)).expect("the folder is there");
    let names = listed.map(|entry| entry.expect("it is read").file_name().to_string_lossy().into_owned());
    let mut pages: Vec<String> = names.filter(|name| name.ends_with(".md") && !name.ends_with(".pt-BR.md")).collect();
    pages.sort();
    pages
}

fn translation(page: &str) -> String {
    page.replace(".md", ".pt-BR.md")
}

fn blocks_of(page: &str) -> Vec<Block> {
    blocks(&read(&format!("{FOLDER}/{page}")))
}

fn follow(page: &str) {
    let name = format!("how_to_{}", page.replace('.', "_"));
    let run = |block: &&Block| ["console", "python", "js"].contains(&block.fence.as_str());
    let all = blocks_of(page);
    Newcomer::new(&name).follow(all.iter().filter(run));
}

#[test]
fn the_how_to_pages_are_true() {
    pages().iter().for_each(|page| follow(page));
}

#[test]
fn the_portuguese_how_to_pages_are_true() {
    pages().iter().for_each(|page| follow(&translation(page)));
}

/// Each line of a block that is not a command must occur in the file linked before it, possibly in a comment.
#[test]
fn parts_of_configuration_are_parts_of_files_of_the_tree() {
    let mut parts = 0;
    for page in pages().iter().flat_map(|page| [page.clone(), translation(page)]) {
        for block in blocks_of(&page) {
            if ["console", "python", "js"].contains(&block.fence.as_str()) {
                continue;
            }
            let linked = block.before.rsplit_once("](").and_then(|(_, rest)| rest.split(')').next());
            let linked = linked.unwrap_or_else(|| panic!("{page}, line {}: no file is linked before it", block.line));
            let file = read(&format!("{FOLDER}/{linked}"));
            let bare = |line: &'_ str| line.trim_start_matches([' ', '#']).trim().to_owned();
            let known: Vec<String> = file.lines().map(bare).collect();
            for line in block.lines.iter().map(|line| bare(line)) {
                assert!(known.contains(&line), "{page}, line {}: this is no line of {linked}: {line}", block.line);
            }
            parts += 1;
        }
    }
    assert!(parts >= 8, "only {parts} parts were found");
}

#[test]
fn both_languages_have_the_same_blocks_and_links() {
    let skeleton = |page: &str| {
        let shown = blocks_of(page).into_iter().map(|block| format!("{}: {}", block.fence, block.lines.join("\n")));
        let text = read(&format!("{FOLDER}/{page}"));
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        // The links are the same except for the language, and each page links to its translation at the beginning.
        let links: Vec<String> = links.skip(1).map(|link| link.replace(".pt-BR", "")).collect();
        (shown.collect::<Vec<_>>(), links)
    };
    for page in pages() {
        assert!(Path::new(&root()).join(FOLDER).join(translation(&page)).exists(), "{page} has no translation");
        assert_eq!(skeleton(&page), skeleton(&translation(&page)), "{page}");
    }
}
