//! `tabuada cache`: shows and removes cached answers, through a server's `/v1/cache` or directly in Redis.
//!
//! Both ways give the same JSON. The command prints it as JSON or as a table.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tabuada_cache::{Cursor, NameError, RedisStatus, RemovalStatus, Removed};
use tokio::runtime::Runtime;

use super::connection::{Unconnected, connect};
use super::flags::{OfCache, SettingFlags};
use super::http::{self, Request, address_of, on_this_machine};
use super::output;
use crate::answer::Calculator;
use crate::config::{AdminToken, behind};
use crate::operator_json;
use crate::settings::table::{ADMIN_LISTEN, LISTEN, NAMESPACE, REDIS};
use crate::settings::{SettingError, Settings};
use crate::words::{Language, Words, of_system, said};

/// The time limit for each piece of a response: clearing the cache visits every entry in Redis.
const ANSWER: Duration = Duration::from_secs(600);
/// The maximum of characters shown of a text beside a name that does not contain it.
const TEXT_CHARACTERS: usize = 60;
/// The number of entries in one request.
const PAGE: usize = 500;

/// Arguments of `tabuada cache`.
#[derive(Debug, clap::Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    task: CacheTask,
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    flags: SettingFlags<OfCache>,
    #[arg(long, global = true)]
    json: bool,
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheTask {
    /// Show what the server's cache has done and holds; of a Redis, what it holds.
    Stats,
    /// List the cached entries.
    Keys,
    /// Show the entry of one expression.
    Get {
        /// The expression, or its name in Redis.
        #[arg(allow_hyphen_values = true)]
        key: String,
    },
    /// Remove the entry of one expression.
    Delete {
        /// The expression, or its name in Redis.
        #[arg(allow_hyphen_values = true)]
        key: String,
    },
    /// Remove all entries, or those of one variant.
    Clear {
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
        /// The variant.
        #[arg(long, value_name = "VARIANT")]
        variant: Option<String>,
    },
}

/// Why there is nothing to print.
#[derive(Debug)]
enum Trouble {
    /// There is no such entry: 1.
    Absent(String),
    /// The cache cannot be reached, or the removal failed: 1.
    Failed(String),
    /// The arguments are wrong: 2.
    Misused(String),
    /// The output cannot be written, or the terminal cannot be read.
    Output(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Shows or removes cached answers. Status 0; 1 if there is no such entry or the command failed; 2 if the arguments are
/// wrong.
pub fn cache(args: &CacheArgs, language: Language) -> ExitCode {
    match Door::of(args, language).and_then(|door| run(args, &door)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Trouble::Output(error)) => complain(1, &error.to_string()),
        Err(Trouble::Absent(why) | Trouble::Failed(why)) => complain(1, &why),
        Err(Trouble::Misused(why)) => complain(2, &why),
    }
}

fn complain(status: u8, why: &str) -> ExitCode {
    output::complain(shown(why));
    ExitCode::from(status)
}

fn run(args: &CacheArgs, door: &Door) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match &args.task {
        CacheTask::Stats => {
            let stats = door.stats()?;
            if args.json { writeln!(out, "{stats}")? } else { write_stats(&stats, &mut out)? }
        }
        CacheTask::Keys => {
            let mut page = door.page(None)?;
            if !args.json {
                writeln!(out, "{}", row("TTL", "BYTES", "LAYERS", "KIND", "NAME"))?;
            }
            loop {
                for entry in page["entries"].as_array().into_iter().flatten() {
                    if args.json { writeln!(out, "{entry}")? } else { write_row(entry, &mut out)? }
                }
                if page["redis"] == "unreachable" {
                    output::complain(said::MEMORY_ONLY.say(door.language));
                }
                let Some(next) = page["next"].as_str() else { break };
                page = door.page(Some(next))?;
            }
        }
        CacheTask::Get { key } => {
            let entry = door.entry(key)?;
            if args.json { writeln!(out, "{entry}")? } else { write_entry(&entry, &mut out)? }
        }
        CacheTask::Delete { key } => write_removed(args.json, &door.delete(key)?, door.language, &mut out)?,
        CacheTask::Clear { yes, variant } => {
            let variant = variant.as_deref();
            if !yes {
                confirm(door, variant)?;
            }
            write_removed(args.json, &door.clear(variant)?, door.language, &mut out)?;
        }
    }
    Ok(())
}

/// Asks the user at the terminal to confirm.
fn confirm(door: &Door, variant: Option<&str>) -> Result<(), Trouble> {
    if !io::stdin().is_terminal() {
        return Err(Trouble::Misused(said::CLEAR_NEEDS_YES.say(door.language).to_owned()));
    }
    output::say(match variant {
        None => said::CLEAR_ASKS.with(door.language, &[&door.shown()]),
        Some(variant) => said::CLEAR_ASKS_OF.with(door.language, &[&variant, &door.shown()]),
    });
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let yes: &[&str] = match door.language {
        Language::English => &["y", "yes"],
        Language::Portuguese => &["s", "sim", "y", "yes"],
    };
    if yes.contains(&line.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Trouble::Failed(said::NOTHING_FORGOTTEN.say(door.language).to_owned()))
}

/// Access to the cache.
struct Door {
    place: Place,
    language: Language,
}

/// The server or the Redis to use.
enum Place {
    Server { address: String, token: Option<AdminToken> },
    Redis { runtime: Runtime, calculator: Arc<Calculator>, namespace: String },
}

impl Door {
    fn of(args: &CacheArgs, language: Language) -> Result<Self, Trouble> {
        let misused = |error: SettingError| Trouble::Misused(error.message(language).to_owned());
        let settings = Settings::read(&args.flags.0, |name| std::env::var_os(name)).map_err(misused)?;
        let has_redis = settings.given(&REDIS).is_some_and(|url| !url.text.is_empty());
        let place = match &args.server {
            None if has_redis => {
                let mut options = behind(&settings).map_err(misused)?;
                options.memory_bytes = 0;
                let namespace = settings.need(&NAMESPACE).map_err(misused)?;
                let (runtime, calculator, _) = connect(options).map_err(|why| unconnected(why, language))?;
                Place::Redis { runtime, calculator, namespace }
            }
            server => {
                let address = match server {
                    Some(server) => address_of(server)
                        .ok_or_else(|| Trouble::Misused(said::NOT_A_SERVER.with(language, &[server])))?,
                    None => own_server(&settings).map_err(misused)?,
                };
                let token = AdminToken::configured(&settings).map_err(misused)?;
                Place::Server { address, token }
            }
        };
        Ok(Self { place, language })
    }

    /// For a message: the place that a clear would empty.
    fn shown(&self) -> String {
        match &self.place {
            Place::Server { address, .. } => said::BY_THE_SERVER.with(self.language, &[address]),
            Place::Redis { namespace, .. } => said::IN_THIS_REDIS.with(self.language, &[namespace]),
        }
    }

    fn absent(&self, name: &str) -> Trouble {
        Trouble::Absent(said::NOTHING_UNDER.with(self.language, &[&name]))
    }

    fn failed(&self, words: Words, parts: &[&dyn Display]) -> Trouble {
        Trouble::Failed(words.with(self.language, parts))
    }

    /// The error for a connection that was lost after it was made.
    fn lost(&self) -> Trouble {
        self.failed(said::CONNECTION_LOST, &[])
    }

    fn stats(&self) -> Result<Value, Trouble> {
        if let Place::Server { .. } = self.place {
            return self.ask("GET", "/v1/cache");
        }
        // This process has counted nothing: the entries in Redis are all there is to show.
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
        let (runtime, calculator) = match &self.place {
            Place::Redis { runtime, calculator, .. } => (runtime, calculator),
            Place::Server { .. } => {
                let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={}", encoded(cursor)));
                return self.ask("GET", &format!("/v1/cache/keys?limit={PAGE}{cursor}"));
            }
        };
        // The cursor comes from this command's own last request.
        let cursor = cursor.and_then(|cursor| cursor.parse::<Cursor>().ok());
        let page = runtime.block_on(calculator.cache().operator().list(cursor.as_ref(), PAGE));
        if page.redis == RedisStatus::Reached { Ok(operator_json::page(&page)) } else { Err(self.lost()) }
    }

    fn entry(&self, key: &str) -> Result<Value, Trouble> {
        let (runtime, calculator) = match &self.place {
            Place::Redis { runtime, calculator, .. } => (runtime, calculator),
            Place::Server { .. } => return self.ask("GET", &format!("/v1/cache/entry?key={}", encoded(key))),
        };
        let name = self.name(key)?;
        match runtime.block_on(calculator.cache().operator().entry(&name)) {
            Ok((Some(entry), _)) => Ok(operator_json::entry(&entry, None)),
            Ok((None, RedisStatus::Unreachable)) => Err(self.lost()),
            Ok((None, _)) | Err(NameError) => Err(self.absent(&name)),
        }
    }

    fn delete(&self, key: &str) -> Result<Value, Trouble> {
        let (runtime, calculator) = match &self.place {
            Place::Redis { runtime, calculator, .. } => (runtime, calculator),
            Place::Server { .. } => return self.ask("DELETE", &format!("/v1/cache/entry?key={}", encoded(key))),
        };
        let name = self.name(key)?;
        match runtime.block_on(calculator.cache().operator().delete(&name)) {
            Ok(Removed { count: 0, redis: RemovalStatus::Done, .. }) | Err(NameError) => Err(self.absent(&name)),
            Ok(removed) => self.told(&removed),
        }
    }

    fn clear(&self, variant: Option<&str>) -> Result<Value, Trouble> {
        let (runtime, calculator) = match &self.place {
            Place::Redis { runtime, calculator, .. } => (runtime, calculator),
            Place::Server { .. } => {
                let parameter = variant.map_or(String::new(), |variant| format!("?variant={}", encoded(variant)));
                return self.ask("DELETE", &format!("/v1/cache{parameter}"));
            }
        };
        let operator = calculator.cache().operator();
        let removed = match variant {
            None => runtime.block_on(operator.clear()),
            Some(variant) => runtime
                .block_on(operator.clear_variant(variant))
                .map_err(|_| Trouble::Misused(said::NOT_A_VARIANT.say(self.language).to_owned()))?,
        };
        self.told(&removed)
    }

    /// The cache's name for the key in the arguments.
    fn name(&self, key: &str) -> Result<String, Trouble> {
        match &self.place {
            Place::Redis { runtime, calculator, .. } => runtime
                .block_on(calculator.name_in_cache(key))
                .map_err(|nameless| Trouble::Misused(format!("{key}: {}", nameless.message()))),
            Place::Server { .. } => Ok(key.to_owned()),
        }
    }

    /// The server's response.
    fn ask(&self, method: &str, target: &str) -> Result<Value, Trouble> {
        let Place::Server { address, token } = &self.place else { return Err(self.lost()) };
        let (token, language) = (token.as_ref().map(AdminToken::reveal), self.language);
        let answer = http::ask(Request { address, method, target, token, patience: ANSWER, language });
        let answer = answer.map_err(Trouble::Failed)?;
        let body = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
        let detail = body["detail"].as_str().unwrap_or(said::NOT_OURS.say(language)).to_owned();
        match (answer.status, body["code"].as_str()) {
            (200 | 202, _) if body.is_object() => Ok(body),
            (404, Some("not-remembered")) => Err(Trouble::Absent(detail)),
            (400, Some("malformed")) => Err(Trouble::Misused(detail)),
            (404, _) => Err(self.failed(said::NO_ROUTE, &[address, &target.split('?').next().unwrap_or_default()])),
            (status, _) => Err(self.failed(said::ANSWERS, &[address, &status, &detail])),
        }
    }

    /// Gives an error if the removal is incomplete, because this process ends and cannot finish it later.
    fn told(&self, removed: &Removed) -> Result<Value, Trouble> {
        match removed.redis {
            RemovalStatus::Done => Ok(operator_json::removed(removed)),
            RemovalStatus::Pending => Err(self.failed(said::NOT_ALL_REMOVED, &[])),
            RemovalStatus::Refused => Err(self.failed(said::REMOVAL_REFUSED, &[])),
        }
    }
}

/// The operator's address of the server with these settings.
fn own_server(settings: &Settings) -> Result<String, SettingError> {
    match settings.optional(&ADMIN_LISTEN)? {
        Some(endpoint) => Ok(on_this_machine(&endpoint)),
        None => settings.need(&LISTEN).map(|endpoint| on_this_machine(&endpoint)),
    }
}

fn unconnected(why: Unconnected, language: Language) -> Trouble {
    match why {
        Unconnected::Options(error) => Trouble::Misused(error.to_string()),
        Unconnected::Io(error) => Trouble::Output(error),
        Unconnected::Unreachable(why) => {
            Trouble::Failed(said::NO_CONNECTION.with(language, &[&of_system(why, language)]))
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn write_removed(in_json: bool, removed: &Value, language: Language, out: &mut impl Write) -> io::Result<()> {
    if in_json {
        return writeln!(out, "{removed}");
    }
    let count = removed["removed"].as_u64().unwrap_or(0);
    let later = if removed["pending"] == true { said::REST_LATER.say(language) } else { "" };
    writeln!(out, "{}", said::REMOVED.with(language, &[&count, &later]))
}

fn row(ttl: &str, bytes: &str, layers: &str, kind: &str, name: &str) -> String {
    format!("{ttl:<17} {bytes:>8}  {layers:<12}  {kind:<8}  {name}")
}

fn write_row(entry: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = |member: &str| entry[member].as_str().unwrap_or_default();
    let mut name = shown(text("name"));
    // A name that is only a digest does not show its expression.
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

/// One line for each hop, with the counters that are not 0.
fn write_stats(stats: &Value, out: &mut impl Write) -> io::Result<()> {
    for hop in [
        "state",
        "reads",
        "writes",
        "asked",
        "answers",
        "open",
        "fuel_saved",
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

/// A text without control characters: anyone may have written it to Redis, and it must not move the terminal's cursor.
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
}
