//! The image, as the last stage of the Dockerfile describes it.

use std::collections::BTreeMap;

use super::newcomer::read;

#[derive(Debug, Default)]
pub(crate) struct Image {
    pub(crate) base: String,
    /// The source of each of its files in the earlier stage, and its destination.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) user: String,
    pub(crate) entrypoint: Vec<String>,
    /// The default arguments (`CMD`).
    pub(crate) command: Vec<String>,
    pub(crate) health: Vec<String>,
}

impl Image {
    pub(crate) fn read() -> Self {
        let text = read("Dockerfile").replace("\\\n", " ");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut image = Self::default();
        let mut arguments: Vec<(String, String)> = Vec::new();
        for line in lines {
            let (instruction, rest) = line.split_once(' ').expect("an instruction has arguments");
            match instruction {
                // A new stage starts from its base alone.
                "FROM" => image = Self { base: rest.to_owned(), ..Self::default() },
                "ARG" => arguments.extend(pairs(rest)),
                "ENV" => image.environment.extend(pairs(rest)),
                "LABEL" => image.labels.extend(pairs(rest).into_iter().map(|(name, value)| {
                    let given = arguments.iter().rev().find(|(argument, _)| value == format!("${argument}"));
                    (name, given.map_or(value.clone(), |(_, default)| default.clone()))
                })),
                "COPY" => {
                    let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                    image.files.push((words[0].to_owned(), words[1].to_owned()));
                }
                "USER" => image.user = rest.to_owned(),
                "ENTRYPOINT" => image.entrypoint = list(rest),
                "CMD" => image.command = list(rest),
                "HEALTHCHECK" => image.health = list(rest.split_once("CMD ").expect("it has a command").1),
                "RUN" | "WORKDIR" | "EXPOSE" => {}
                other => panic!("{other}: not known to the test"),
            }
        }
        image
    }
}

/// `NAME=value NAME="more words"`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, others) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("the quotation ends"),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        pairs.push((name.trim().to_owned(), value.to_owned()));
        rest = others.trim();
    }
    pairs
}

/// `["a", "b"]`.
fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
