//! `tabuada cache`: what is remembered, over a server's `/v1/cache` or over Redis itself.
//!
//! Both ways give the same JSON, which is printed as it is or as a table.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tabuada_cache::{Behind, Cursor, Deadlines, NotOurs, Options, Removal, Removed, State};
use tokio::runtime::Runtime;

use super::http::{self, Question};
use crate::answer::Calculator;
use crate::args::{CacheArgs, CacheTask, named};
use crate::config::{AdminToken, with_password};
use crate::counters::Counters;
use crate::view;

/// Where a server listens if nothing else is said.
const SERVER: &str = "http://127.0.0.1:8000";
/// How long a server may take for each piece of an answer: a clear goes through everything in Redis.
const ANSWER: Duration = Duration::from_secs(600);
/// How long Redis may take to be there, and for each call: a person waits, and no request.
const READY: Duration = Duration::from_secs(3);
const CALL: Duration = Duration::from_secs(5);
/// The most of a text that is shown beside a name without it.
const TEXT_CHARACTERS: usize = 60;
/// Entries asked for at once.
const PAGE: usize = 500;

/// Why there is nothing to print, for people.
#[derive(Debug)]
enum Trouble {
    /// Nothing is remembered there: 1.
    Absent(String),
    /// It cannot be had, or was not done: 1.
    Failed(String),
    /// The command is of no use: 2.
    Misused(String),
    /// Whoever read our output has gone, or the terminal has.
    Output(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Looks into the cache, or removes from it: 0; 1 if it is not there or was not done; 2 if the command is of no use.
pub fn cache(args: &CacheArgs) -> ExitCode {
    match Place::of(args).and_then(|place| run(args, &place)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Trouble::Output(error)) => complain(1, &error.to_string()),
        Err(Trouble::Absent(why) | Trouble::Failed(why)) => complain(1, &why),
        Err(Trouble::Misused(why)) => complain(2, &why),
    }
}

fn complain(status: u8, why: &str) -> ExitCode {
    eprintln!("tabuada: {}", shown(why));
    ExitCode::from(status)
}

fn run(args: &CacheArgs, place: &Place) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match &args.task {
        CacheTask::Stats => {
            let stats = place.stats()?;
            if args.json { writeln!(out, "{stats}")? } else { write_stats(&stats, &mut out)? }
        }
        CacheTask::Keys => {
            let mut page = place.page(None)?;
            if !args.json {
                writeln!(out, "{}", row("TTL", "BYTES", "LAYERS", "KIND", "NAME"))?;
            }
            loop {
                for entry in page["entries"].as_array().into_iter().flatten() {
                    if args.json { writeln!(out, "{entry}")? } else { write_row(entry, &mut out)? }
                }
                if page["redis"] == "unreachable" {
                    eprintln!("tabuada: Redis cannot be reached: this is what the server's memory holds");
                }
                let Some(next) = page["next"].as_str() else { break };
                page = place.page(Some(next))?;
            }
        }
        CacheTask::Get { key } => {
            let entry = place.entry(key)?;
            if args.json { writeln!(out, "{entry}")? } else { write_entry(&entry, &mut out)? }
        }
        CacheTask::Delete { key } => write_removed(args, &place.delete(key)?, &mut out)?,
        CacheTask::Clear { yes } => {
            if !yes {
                confirm(place)?;
            }
            write_removed(args, &place.clear()?, &mut out)?;
        }
    }
    Ok(())
}

/// Asks whoever sits at the terminal.
fn confirm(place: &Place) -> Result<(), Trouble> {
    if !io::stdin().is_terminal() {
        return Err(Trouble::Misused("clear forgets everything: say --yes where there is nobody to ask".to_owned()));
    }
    eprint!("Forget everything that is remembered {}? [y/N] ", place.shown());
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    if matches!(line.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Trouble::Failed("nothing was forgotten".to_owned()))
}

/// Who is asked.
enum Place {
    Server { address: String, token: Option<AdminToken> },
    Redis { runtime: Runtime, calculator: Calculator, namespace: String },
}

impl Place {
    fn of(args: &CacheArgs) -> Result<Self, Trouble> {
        let redis = args.redis.as_ref().filter(|url| !url.is_empty() && args.server.is_none());
        match redis {
            Some(url) => Self::redis(url, args),
            None => Self::server(args.server.as_deref().unwrap_or(SERVER), named(args.admin_token_file.as_deref())),
        }
    }

    fn server(url: &str, token_file: Option<&Path>) -> Result<Self, Trouble> {
        let token = AdminToken::configured(token_file).map_err(|error| Trouble::Misused(error.to_string()))?;
        if url.starts_with("unix:") {
            return Ok(Self::Server { address: url.to_owned(), token });
        }
        let host = match url.split_once("://") {
            None => url,
            Some(("http", rest)) => rest,
            Some((scheme, _)) => {
                return Err(Trouble::Misused(format!("{scheme}:// is not spoken here, expected http://host:port")));
            }
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.is_empty() || host.contains(['/', '?', '#', '@']) || host.contains(char::is_whitespace) {
            return Err(Trouble::Misused("expected the server as http://host:port or unix:/path".to_owned()));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { host.to_owned() } else { format!("{host}:80") };
        Ok(Self::Server { address, token })
    }

    fn redis(url: &str, args: &CacheArgs) -> Result<Self, Trouble> {
        let namespace = args.namespace.as_str();
        let url = with_password(url.to_owned(), named(args.redis_password_file.as_deref()));
        let url = url.map_err(|error| Trouble::Misused(error.to_string()))?;
        let ca = args.redis_ca.as_deref().filter(|file| !file.as_os_str().is_empty());
        let redis_ca = match ca.map(std::fs::read).transpose() {
            Ok(redis_ca) => redis_ca,
            Err(error) => return Err(Trouble::Misused(format!("--redis-ca: {error}"))),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let options = Options {
            namespace: namespace.to_owned(),
            memory_bytes: 0,
            redis: Some(url),
            redis_ca,
            ..Options::default()
        };
        let deadlines = Deadlines { call: CALL, ..Deadlines::default() };
        let entered = runtime.enter();
        let calculator = Calculator::with_deadlines(options, deadlines, 1, Counters::default());
        drop(entered);
        let calculator = calculator.map_err(|error| Trouble::Misused(error.to_string()))?;
        if runtime.block_on(calculator.cache().wait_until_ready(READY)) == State::Detached {
            return Err(unreachable());
        }
        Ok(Self::Redis { runtime, calculator, namespace: namespace.to_owned() })
    }

    /// For a sentence: where everything is that a clear would remove.
    fn shown(&self) -> String {
        match self {
            Self::Server { address, .. } => format!("by the server at {address}, and in its Redis"),
            Self::Redis { namespace, .. } => format!("in this Redis under {namespace}:"),
        }
    }

    fn stats(&self) -> Result<Value, Trouble> {
        if let Self::Server { .. } = self {
            return self.ask("GET", "/v1/cache");
        }
        // This process did nothing that could be counted: what there is stands in Redis.
        let (mut kinds, mut bytes, mut next) = (Map::new(), 0, Value::Null);
        for kind in ["answer", "lease", "unusable"] {
            kinds.insert(kind.to_owned(), Value::from(0));
        }
        loop {
            let page = self.page(next.as_str())?;
            for entry in page["entries"].as_array().into_iter().flatten() {
                bytes += entry["bytes"].as_u64().unwrap_or(0);
                if let Some(count) = entry["kind"].as_str().and_then(|kind| kinds.get_mut(kind)) {
                    *count = Value::from(count.as_u64().unwrap_or(0) + 1);
                }
            }
            next = page["next"].clone();
            if next.is_null() {
                return Ok(json!({ "redis": kinds, "bytes": bytes }));
            }
        }
    }

    fn page(&self, cursor: Option<&str>) -> Result<Value, Trouble> {
        let (runtime, calculator) = match self {
            Self::Redis { runtime, calculator, .. } => (runtime, calculator),
            Self::Server { .. } => {
                let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={}", encoded(cursor)));
                return self.ask("GET", &format!("/v1/cache/keys?limit={PAGE}{cursor}"));
            }
        };
        // It is our own.
        let cursor = cursor.and_then(|cursor| cursor.parse::<Cursor>().ok());
        let page = runtime.block_on(calculator.cache().operator().list(cursor.as_ref(), PAGE));
        if page.redis == Behind::Reached { Ok(view::page(&page)) } else { Err(unreachable()) }
    }

    fn entry(&self, key: &str) -> Result<Value, Trouble> {
        let (runtime, calculator) = match self {
            Self::Redis { runtime, calculator, .. } => (runtime, calculator),
            Self::Server { .. } => return self.ask("GET", &format!("/v1/cache/entry?key={}", encoded(key))),
        };
        let name = self.name(key)?;
        match runtime.block_on(calculator.cache().operator().entry(&name)) {
            Ok((Some(entry), _)) => Ok(view::entry(&entry, None)),
            Ok((None, Behind::Unreachable)) => Err(unreachable()),
            Ok((None, _)) | Err(NotOurs) => Err(absent(&name)),
        }
    }

    fn delete(&self, key: &str) -> Result<Value, Trouble> {
        let (runtime, calculator) = match self {
            Self::Redis { runtime, calculator, .. } => (runtime, calculator),
            Self::Server { .. } => return self.ask("DELETE", &format!("/v1/cache/entry?key={}", encoded(key))),
        };
        let name = self.name(key)?;
        match runtime.block_on(calculator.cache().operator().delete(&name)) {
            Ok(Removed { count: 0, redis: Removal::Done }) | Err(NotOurs) => Err(absent(&name)),
            Ok(removed) => told(&removed),
        }
    }

    fn clear(&self) -> Result<Value, Trouble> {
        match self {
            Self::Redis { runtime, calculator, .. } => told(&runtime.block_on(calculator.cache().operator().clear())),
            Self::Server { .. } => self.ask("DELETE", "/v1/cache"),
        }
    }

    /// The name that a key given is about.
    fn name(&self, key: &str) -> Result<String, Trouble> {
        match self {
            Self::Redis { runtime, calculator, .. } => runtime
                .block_on(calculator.name_in_cache(key))
                .map_err(|nameless| Trouble::Misused(format!("{key}: {}", nameless.message()))),
            Self::Server { .. } => Ok(key.to_owned()),
        }
    }

    /// What a server says.
    fn ask(&self, method: &str, target: &str) -> Result<Value, Trouble> {
        let Self::Server { address, token } = self else { return Err(unreachable()) };
        let token = token.as_ref().map(AdminToken::reveal);
        let answer = http::ask(Question { address, method, target, token, patience: ANSWER })
            .map_err(|error| Trouble::Failed(format!("no answer from {address}: {error}")))?;
        let said = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
        let detail = said["detail"].as_str().unwrap_or("it is no server of ours").to_owned();
        match (answer.status, said["code"].as_str()) {
            (200 | 202, _) if said.is_object() => Ok(said),
            (404, Some("not-remembered")) => Err(Trouble::Absent(detail)),
            (400, Some("malformed")) => Err(Trouble::Misused(detail)),
            (404, _) => Err(Trouble::Failed(format!(
                "{address} has no {}: has it an --admin-listen of its own?",
                target.split('?').next().unwrap_or_default()
            ))),
            (status, _) => Err(Trouble::Failed(format!("{address} answers {status}: {detail}"))),
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn unreachable() -> Trouble {
    Trouble::Failed("Redis cannot be reached".to_owned())
}

fn absent(name: &str) -> Trouble {
    Trouble::Absent(format!("nothing is remembered under {name}"))
}

/// This process ends: what it has not done, nobody will.
fn told(removed: &Removed) -> Result<Value, Trouble> {
    match removed.redis {
        Removal::Done => Ok(view::removed(removed)),
        Removal::Pending => Err(Trouble::Failed("Redis cannot be reached any more: not all was removed".to_owned())),
        Removal::Refused => Err(Trouble::Failed("Redis does not let us remove it".to_owned())),
    }
}

fn write_removed(args: &CacheArgs, removed: &Value, out: &mut impl Write) -> io::Result<()> {
    if args.json {
        return writeln!(out, "{removed}");
    }
    let count = removed["removed"].as_u64().unwrap_or(0);
    let later = if removed["pending"] == true { "; the rest goes when Redis is back" } else { "" };
    writeln!(out, "{count} removed{later}")
}

fn row(ttl: &str, bytes: &str, layers: &str, kind: &str, name: &str) -> String {
    format!("{ttl:<17} {bytes:>8}  {layers:<12}  {kind:<8}  {name}")
}

fn write_row(entry: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = |member: &str| entry[member].as_str().unwrap_or_default();
    let mut name = shown(text("name"));
    // A name that has only a digest tells nobody what it is of.
    if !text("name").ends_with(text("text")) {
        let beginning: String = text("text").chars().take(TEXT_CHARACTERS).collect();
        let rest = if beginning.len() < text("text").len() { "…" } else { "" };
        name = format!("{name}  {}{rest}", shown(&beginning));
    }
    writeln!(out, "{}", row(&ttl(entry), &entry["bytes"].to_string(), &layers(entry), text("kind"), &name))
}

fn write_entry(entry: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = |member: &str| shown(entry[member].as_str().unwrap_or("-"));
    for (label, value) in [
        ("name", text("name")),
        ("text", text("text")),
        ("kind", text("kind")),
        ("layers", layers(entry)),
        ("ttl", ttl(entry)),
        ("bytes", entry["bytes"].to_string()),
        ("line", text("line")),
    ] {
        writeln!(out, "{label:<7} {value}")?;
    }
    Ok(())
}

/// A line for each hop, with what is not 0.
fn write_stats(stats: &Value, out: &mut impl Write) -> io::Result<()> {
    for hop in [
        "state",
        "asked",
        "answers",
        "open",
        "memory",
        "redis",
        "bytes",
        "flights",
        "offers",
        "forgotten",
        "redis_errors",
        "removals_pending",
    ] {
        let value = match &stats[hop] {
            Value::Null => continue,
            Value::String(text) => shown(text),
            Value::Object(counts) => {
                let counts = counts.iter().filter(|(_, count)| **count != 0);
                let counts: Vec<String> = counts.map(|(label, count)| format!("{label} {count}")).collect();
                if counts.is_empty() { "-".to_owned() } else { counts.join(", ") }
            }
            other => other.to_string(),
        };
        writeln!(out, "{hop:<17} {value}")?;
    }
    Ok(())
}

fn layers(entry: &Value) -> String {
    let layers = entry["layers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    layers.collect::<Vec<_>>().join("+")
}

fn ttl(entry: &Value) -> String {
    let left = entry["ttl"].as_u64().map(Duration::from_secs);
    left.map_or("none".to_owned(), |left| humantime::format_duration(left).to_string())
}

/// A text that anybody may have put into Redis, with nothing in it that moves a terminal's cursor.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let escaped = c.escape_debug();
        if matches!(c, ' '..='~') || escaped.len() == 1 { shown.push(c) } else { shown.extend(escaped) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_moves_the_cursor() {
        assert_eq!(shown("tabuada:2:'π' + \"a\"\\"), "tabuada:2:'π' + \"a\"\\");
        assert_eq!(shown("\u{1b}[2J\n\u{202e}\u{9b}"), "\\u{1b}[2J\\n\\u{202e}\\u{9b}");
    }

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for (url, address) in [
            ("http://127.0.0.1:8000", Some("127.0.0.1:8000")),
            ("http://localhost:8000/", Some("localhost:8000")),
            ("localhost:1", Some("localhost:1")),
            ("http://[::1]:8000", Some("[::1]:8000")),
            ("http://example.org", Some("example.org:80")),
            ("http://[::1]", Some("[::1]:80")),
            ("https://localhost", None),
            ("http://localhost/v1", None),
            ("http://a@b", None),
            ("http://", None),
            ("", None),
        ] {
            let place = Place::server(url, None).ok();
            let found = place.map(|place| match place {
                Place::Server { address, .. } => address,
                Place::Redis { .. } => String::new(),
            });
            assert_eq!(found.as_deref(), address, "{url}");
        }
    }
}
