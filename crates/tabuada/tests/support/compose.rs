//! What a compose file says of its services, read by a YAML parser, and what `docker compose` is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode, Yaml};

/// A compose file; what is started first stands first.
pub(crate) struct Compose {
    pub(crate) services: Vec<Service>,
}

pub(crate) struct Service {
    pub(crate) name: String,
    arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// The command of its health check.
    pub(crate) health: String,
}

impl Compose {
    /// Reads it, with `variables` for the `${NAME:-default}` in it.
    pub(crate) fn read(path: &Path, variables: &BTreeMap<String, String>) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let text = interpolated(&text, variables);
        let document = parse(&text);
        let described = document.as_mapping_get("services").and_then(Yaml::as_mapping).expect("it has services");
        let mut services: Vec<Service> = Vec::new();
        for (name, described) in described {
            let name = name.as_str().expect("a name").to_owned();
            let waits_for = described.as_mapping_get("depends_on").and_then(Yaml::as_mapping);
            let is_ready = |other: &Yaml<'_>| services.iter().any(|one| Some(one.name.as_str()) == other.as_str());
            assert!(
                waits_for.is_none_or(|others| others.keys().all(is_ready)),
                "{name} stands before what it depends on"
            );
            let environment = described.as_mapping_get("environment").and_then(Yaml::as_mapping);
            let variable = |(name, value): (&Yaml<'_>, &Yaml<'_>)| {
                (name.as_str().expect("a name").to_owned(), value.as_str().expect("a text").to_owned())
            };
            services.push(Service {
                environment: environment.into_iter().flatten().map(variable).collect(),
                arguments: words(described.as_mapping_get("command").expect("it has a command")),
                health: words(&described["healthcheck"]["test"])[1..]
                    .join(" ")
                    .replace("/tabuada health", "tabuada health 127.0.0.1:8000"),
                name,
            });
            let ports = words(&described["ports"]);
            assert!(ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{ports:?}: on loopback only");
        }
        Self { services }
    }
}

impl Service {
    /// The command that its container runs, for a shell; the ports are those of the document.
    pub(crate) fn command(&self) -> String {
        let quoted = |word: &String| if word.is_empty() { "''".to_owned() } else { word.clone() };
        let arguments = self.arguments.iter().map(quoted).collect::<Vec<_>>().join(" ");
        if self.name == "redis" {
            format!("{arguments} --port 6379 --bind 127.0.0.1")
        } else {
            format!("tabuada {arguments}")
        }
    }
}

/// The one document in a text of YAML.
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
