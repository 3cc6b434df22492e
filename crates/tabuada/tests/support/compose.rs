//! The services of a compose file, read by a YAML parser, and the arguments of `docker compose`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode, Yaml};

use super::image::Image;

/// A compose file. The services are in the order in which they start.
pub(crate) struct Compose {
    pub(crate) services: Vec<Service>,
}

pub(crate) struct Service {
    pub(crate) name: String,
    /// The program and its arguments. Of an image that is not ours, only what the file says.
    arguments: Vec<String>,
    /// The variables of the image and of the file.
    pub(crate) environment: Vec<(String, String)>,
    /// The command of its health check.
    health: Vec<String>,
    /// The ports of the machine that are mapped to it.
    pub(crate) ports: Vec<String>,
}

impl Compose {
    /// Reads the file, with `variables` for its `${NAME:-default}`.
    pub(crate) fn read(path: &Path, variables: &BTreeMap<String, String>) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&interpolated(&text, variables))
    }

    pub(crate) fn parse(text: &str) -> Self {
        let document = parse(text);
        let described = document.as_mapping_get("services").and_then(Yaml::as_mapping).expect("it has services");
        let mut services: Vec<Service> = Vec::new();
        for (name, described) in described {
            let service = Service::read(name.as_str().expect("a name"), described);
            for other in names(described.as_mapping_get("depends_on")) {
                let is_there = services.iter().any(|one| one.name == other);
                assert!(is_there, "{} stands before {other}, on which it depends", service.name);
            }
            services.push(service);
        }
        Self { services }
    }
}

impl Service {
    fn read(name: &str, described: &Yaml<'_>) -> Self {
        let is_ours = described.as_mapping_get("build").is_some();
        let image = if is_ours { Image::read() } else { Image::default() };
        let command = described.as_mapping_get("command").map_or(image.command, words);
        let given = described.as_mapping_get("environment").and_then(Yaml::as_mapping);
        let variable = |(name, value): (&Yaml<'_>, &Yaml<'_>)| {
            (name.as_str().expect("a name").to_owned(), value.as_str().expect("a text").to_owned())
        };
        let check = described.as_mapping_get("healthcheck").and_then(|check| check.as_mapping_get("test"));
        Self {
            name: name.to_owned(),
            arguments: image.entrypoint.into_iter().chain(command).collect(),
            environment: image.environment.into_iter().chain(given.into_iter().flatten().map(variable)).collect(),
            health: check.map_or(image.health, |test| words(test)[1..].to_vec()),
            ports: described.as_mapping_get("ports").map_or(Vec::new(), words),
        }
    }

    /// The command of its container, for a shell, with the ports of the document.
    pub(crate) fn command(&self) -> String {
        let command = self.arguments.iter().map(quoted).collect::<Vec<_>>().join(" ");
        match self.name.as_str() {
            // The default command of the Redis image.
            "redis" if command.is_empty() => "redis-server --port 6379 --bind 127.0.0.1".to_owned(),
            "redis" => format!("{command} --port 6379 --bind 127.0.0.1"),
            _ => command.replace("/tabuada", "tabuada"),
        }
    }

    /// The command of its health check, for a shell.
    pub(crate) fn health(&self) -> String {
        let health = self.health.iter().map(quoted).collect::<Vec<_>>().join(" ");
        health.replace("/tabuada health", "tabuada health 127.0.0.1:8000")
    }
}

fn quoted(word: impl AsRef<str>) -> String {
    if word.as_ref().is_empty() { "''".to_owned() } else { word.as_ref().to_owned() }
}

fn names(list: Option<&Yaml<'_>>) -> Vec<String> {
    let keys = list.and_then(Yaml::as_mapping).into_iter().flat_map(|mapping| mapping.keys());
    let members = list.and_then(Yaml::as_sequence).into_iter().flatten();
    keys.chain(members).map(|name| name.as_str().expect("a name").to_owned()).collect()
}

/// The single document in a YAML text.
pub(crate) fn parse(text: &str) -> Yaml<'_> {
    let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    documents.into_iter().next().expect("it is not empty")
}

fn words(list: &Yaml<'_>) -> Vec<String> {
    let words = list.as_sequence().expect("a list").iter();
    words.map(|word| word.as_str().expect("a text").to_owned()).collect()
}

fn interpolated(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, rest) = part.split_once('}').expect("it ends");
        let (name, default) = inside.split_once(":-").expect("it has a default");
        whole.push_str(variables.get(name).map_or(default, String::as_str));
        whole.push_str(rest);
    }
    whole
}

/// The variables (before it, or after `-e`), the verb and the services of a `docker compose` command, if it is one.
pub(crate) fn read(command: &str) -> Option<(BTreeMap<String, String>, String, Vec<String>)> {
    let (before, after) = command.split_once("docker compose ")?;
    let given = after.split(" -e ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    let variables = before.split_whitespace().chain(given).map(|word| word.split_once('='));
    let variables = variables.map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut words = after.split_whitespace();
    let verb = words.next()?.to_owned();
    let names = words.filter(|word| ["redis", "backend"].contains(word)).map(str::to_owned).collect();
    Some((variables.collect::<Option<_>>()?, verb, names))
}
