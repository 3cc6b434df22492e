//! Follows the tutorial as a student would, in both languages. Every block runs against real servers: a `redis-server`,
//! this service, and the course's application in its own versions of FastAPI and redis-py. `support/newcomer.rs`
//! explains how.

// Clippy allows panics in tests, but not in their helper functions.
#![allow(clippy::panic)]

use crate::support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::newcomer::{Block, Newcomer, REDIS_PROMPT, blocks, read, root};

const PORTUGUESE: &str = "docs/tutorial.pt-BR.md";
const ENGLISH: &str = "docs/tutorial.md";

/// The number of blocks that are not run: the six lines of cache-aside.
const NOT_RUN: usize = 1;

/// The maximum of lines, for a lesson of about 75 minutes.
const LINES: usize = 1_450;

/// The course's Python; `None` if its packages are not available.
fn python() -> Option<PathBuf> {
    let fetch = root().join("crates/tabuada/tests/tools/course/fetch");
    let output = Command::new(fetch).output().expect("bash is there");
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then(|| PathBuf::from(folder))
}

fn follow(document: &str, name: &str, language: &'static str) {
    let mut student = Newcomer::student(name, language, python());
    student.follow(blocks(&read(document)).iter().filter(|block| !block.needs_wheel()));
    let left_out = student.left_out();
    if !left_out.is_empty() {
        println!("{document}: left out for want of Python packages: the blocks at lines {left_out:?}");
        assert!(std::env::var_os("CI").is_none(), "nothing is left out on CI");
    }
}

#[test]
fn the_portuguese_tutorial_is_true() {
    follow(PORTUGUESE, "tutorial_pt", "pt_BR.UTF-8");
}

#[test]
fn the_english_tutorial_is_true() {
    follow(ENGLISH, "tutorial_en", "en_US.UTF-8");
}

/// Follows the part that needs the wheel of the Python package, which `./test` builds first and names in `TABUADA_WHEEL`.
/// Neither a service nor Redis runs.
fn follow_without_a_service(document: &str, name: &str, language: &'static str) {
    let (Some(wheel), Some(python)) = (std::env::var_os("TABUADA_WHEEL"), python()) else {
        println!("{document}: left out, since TABUADA_WHEEL names no wheel: the page without a service");
        return;
    };
    let mut student = Newcomer::student(name, language, Some(python));
    student.gets(Path::new(&wheel));
    let blocks = blocks(&read(document));
    let commands: Vec<String> = blocks
        .iter()
        .filter(|block| block.fence == "console")
        .flat_map(|block| block.steps("$ "))
        .map(|step| step.command)
        .collect();
    for beginning in ["python3 -m venv .venv", "printf '%s\\n' 'curl -s "] {
        let command =
            commands.iter().find(|command| command.starts_with(beginning)).expect("an earlier section has it");
        assert!(student.run(command).is_success, "{command}");
    }
    let is_route = |block: &Block| block.lines.first().is_some_and(|line| line == "# main.py");
    student.follow(blocks.iter().filter(|block| is_route(block) || block.needs_wheel()));
}

#[test]
fn the_portuguese_page_without_a_service_is_true() {
    follow_without_a_service(PORTUGUESE, "tutorial_wheel_pt", "pt_BR.UTF-8");
}

#[test]
fn the_english_page_without_a_service_is_true() {
    follow_without_a_service(ENGLISH, "tutorial_wheel_en", "en_US.UTF-8");
}

/// The parts that must be the same in both languages: the numbers of the headings, the commands, the files without
/// their comments, the files quoted in part, and the links.
fn skeleton(document: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for block in blocks(document) {
        parts.push(format!("{}:", block.fence));
        match block.fence.as_str() {
            "console" => parts.extend(block.steps("$ ").into_iter().map(|step| step.command)),
            "redis" => parts.extend(block.lines.iter().filter(|line| line.starts_with(REDIS_PROMPT)).cloned()),
            "text" => {}
            _ => parts.extend(block.lines.iter().filter_map(|line| uncommented(line))),
        }
    }
    let outside = |line: &&str| line.starts_with('#') && line.contains(". ");
    let number = |line: &str| line.split(". ").next().unwrap_or_default().to_owned();
    parts.extend(prose(document).iter().copied().filter(outside).map(number));
    parts.extend(
        links(document).into_iter().map(|link| link.split('#').next().unwrap_or_default().replace(".pt-BR", "")),
    );
    parts
}

/// A line of a file without its comment. `None` if it is only a comment.
fn uncommented(line: &str) -> Option<String> {
    let code = line.split("# ").next().unwrap_or_default().trim_end();
    let is_comment = code.is_empty() && !line.ends_with(".py");
    (!is_comment).then(|| code.to_owned())
}

/// The lines outside blocks.
fn prose(document: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in document.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push(line);
        }
    }
    lines
}

fn links(document: &str) -> Vec<String> {
    let targets = |line: &str| {
        let parts = line.split("](").skip(1);
        parts.filter_map(|part| part.split(')').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    prose(document).into_iter().flat_map(targets).collect()
}

fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn both_languages_take_the_same_steps() {
    let (portuguese, english) = (skeleton(&read(PORTUGUESE)), skeleton(&read(ENGLISH)));
    for (one, other) in portuguese.iter().zip(&english) {
        assert_eq!(one, other);
    }
    assert_eq!(portuguese.len(), english.len());
}

#[test]
fn links_and_length_of_the_tutorial_are_right() {
    for name in [PORTUGUESE, ENGLISH] {
        let document = read(name);
        assert!(!document.replace("(TODO", "").contains("TODO:"), "{name} is not finished");
        assert!(document.lines().count() <= LINES, "{name} is too long for one sitting");
        let blocks = blocks(&document);
        let known = ["console", "redis", "python", "yaml", "dockerfile", "text"];
        assert!(blocks.iter().all(|block| known.contains(&block.fence.as_str())), "{name} has a fence of its own");
        assert_eq!(
            blocks.iter().filter(|block| block.fence == "text").count(),
            NOT_RUN,
            "{name}: blocks that nobody runs"
        );
        let sections: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(sections.len(), 9, "{sections:?}");
        for section in sections {
            assert!(blocks.iter().any(|block| block.section == section), "{name}: nothing to do in {section}");
        }
        for link in links(&document).iter().filter(|link| !link.contains("://")) {
            leads_somewhere(name, &document, link);
        }
    }
}

fn leads_somewhere(name: &str, document: &str, link: &str) {
    let (file, place) = link.split_once('#').unwrap_or((link, ""));
    let path = root().join("docs").join(file);
    assert!(path.exists(), "{name} links to {link}");
    if !place.is_empty() {
        let text = if file.is_empty() { document.to_owned() } else { read(&format!("docs/{file}")) };
        let mut headings = text.lines().filter(|line| line.starts_with('#'));
        let is_it = |line: &str| anchor(line.trim_start_matches('#').trim_start()) == place;
        assert!(headings.any(is_it), "{name} links to {link}");
    }
}

/// The section that the course's page left open contains everything a beginner needs.
#[test]
fn the_section_on_the_command_line_shows_every_command() {
    const COMMANDS: &str = "PING SET GET EXISTS DEL TTL PERSIST SETEX INCR TYPE STRLEN DBSIZE KEYS SCAN INFO MEMORY \
                            MONITOR FLUSHDB FLUSHALL EXPIRE";
    for name in [PORTUGUESE, ENGLISH] {
        let blocks = blocks(&read(name));
        let typed = |block: &Block| block.steps(REDIS_PROMPT).into_iter().map(|step| step.command).collect::<Vec<_>>();
        let section = blocks.iter().filter(|block| block.section.starts_with("3. ") && block.fence == "redis");
        let prompted = section.filter(|block| block.lines.first().is_some_and(|line| line.starts_with(REDIS_PROMPT)));
        let typed: Vec<String> = prompted.flat_map(typed).collect();
        for command in COMMANDS.split_whitespace() {
            assert!(typed.iter().any(|line| line.split(' ').next() == Some(command)), "{name} does not show {command}");
        }
    }
}
