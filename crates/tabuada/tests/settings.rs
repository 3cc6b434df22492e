//! Settings from flags, variables and `tabuada.toml`: their precedence, and the errors for wrong ones.

#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Node, Redis, free_port, tabuada, wait_for};
use tabuada::settings::table::{ALL, OF_SERVE};
use tabuada::settings::{Kind, Setting};

/// An empty folder for this test only.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("settings-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder of ours");
    folder
}

/// The output of a command, its error output and its exit status.
fn outcome(command: &mut Command) -> (String, String, Option<i32>) {
    let output = command.output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// Everything that a server logs, from its start to its end.
fn whole_log(command: &mut Command) -> Vec<String> {
    let mut process =
        command.env("TABUADA_LISTEN", "127.0.0.1:0").stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut lines = Vec::new();
    for line in BufReader::new(process.stderr.take().expect("it is piped")).lines().map_while(Result::ok) {
        if line.contains("listening on http://") {
            let stopped = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
            assert!(stopped.expect("kill is there").success());
        }
        lines.push(line);
    }
    assert!(process.wait().expect("it ends").success(), "{lines:?}");
    lines
}

fn config(arguments: &[&str]) -> Command {
    tabuada(&[&["config", "--json"], arguments].concat())
}

fn setting(printed: &str, name: &str) -> (Value, String) {
    let all: Value = serde_json::from_str(printed).expect("an object");
    let origin = all[name]["origin"].as_str().unwrap_or_else(|| panic!("{name}: {printed}")).to_owned();
    (all[name]["value"].clone(), origin)
}

fn is_path(setting: &Setting) -> bool {
    setting.value_name == "FILE"
}

#[test]
fn an_empty_variable_is_unset_except_the_token() {
    let (unset, _, _) = outcome(&mut config(&[]));
    for setting in ALL.iter().filter(|setting| !matches!(setting.kind, Kind::Secret)) {
        let (printed, said, status) = outcome(config(&[]).env(setting.variable(), ""));
        assert_eq!((&printed, said.as_str(), status), (&unset, "", Some(0)), "{}", setting.name);
    }
    let (_, said, status) = outcome(tabuada(&["serve"]).env("TABUADA_ADMIN_TOKEN", ""));
    assert!(status == Some(2) && said.contains("TABUADA_ADMIN_TOKEN: expected") && said.contains("unset"), "{said}");
}

#[test]
fn an_error_in_a_value_names_its_origin() {
    let folder = folder("wrong");
    for setting in OF_SERVE {
        // Any text is valid for these.
        if is_path(setting) || ["metrics-host", "redis-user", "sentinel-user"].contains(&setting.name) {
            continue;
        }
        let wrong = "not good";
        let (_, said, status) = outcome(tabuada(&["serve"]).env(setting.variable(), wrong));
        let begins = format!("tabuada: {}: ", setting.variable());
        assert!(status == Some(2) && said.starts_with(&begins), "{}: {said}", setting.name);
        let is_shown = said.contains(wrong);
        assert_eq!(is_shown, !matches!(setting.kind, Kind::Secret | Kind::Url), "{}: {said}", setting.name);
        if matches!(setting.kind, Kind::Secret) {
            continue;
        }
        let (_, said, status) = outcome(&mut tabuada(&["serve", &format!("--{}={wrong}", setting.name)]));
        assert!(status == Some(2) && said.starts_with(&format!("tabuada: --{}: ", setting.name)), "{said}");
        fs::write(folder.join("tabuada.toml"), format!("# ours\n{} = \"{wrong}\"\n", setting.name)).expect("ours");
        let (_, said, status) = outcome(tabuada(&["serve"]).current_dir(&folder));
        assert!(status == Some(2) && said.starts_with("tabuada: tabuada.toml:2: "), "{said}");
    }
}

#[test]
fn flags_precede_variables_the_file_and_defaults() {
    let folder = folder("order");
    let file = folder.join("tabuada.toml");
    fs::write(&file, "ttl = \"9m\"\nmemory = 1048576\nlookup = \"always\"\n").expect("ours");
    let mut command = config(&["--lookup", "adaptive"]);
    let (printed, said, status) = outcome(command.env("TABUADA_MEMORY", "2MiB").current_dir(&folder));
    assert_eq!((said.as_str(), status), ("", Some(0)));
    for (name, value, origin) in [
        ("lookup", "adaptive", "flag"),
        ("memory", "2MiB", "variable"),
        ("ttl", "9m", "file"),
        ("namespace", "tabuada", "default"),
    ] {
        assert_eq!(setting(&printed, name), (value.into(), origin.to_owned()), "{printed}");
    }
    assert_eq!(setting(&printed, "redis"), (Value::Null, "default".to_owned()));
    let all: Value = serde_json::from_str(&printed).expect("an object");
    assert_eq!((&all["ttl"]["file"], &all["ttl"]["line"]), (&"tabuada.toml".into(), &1.into()));
    // The named file takes precedence over the file in the working directory.
    let other = folder.join("other.toml");
    fs::write(&other, "ttl = \"8m\"\n").expect("ours");
    let other = other.to_str().expect("UTF-8");
    for command in [&mut config(&["--config", other]), config(&[]).env("TABUADA_CONFIG", other)] {
        let (printed, _, _) = outcome(command.current_dir(&folder));
        assert_eq!(setting(&printed, "ttl").0, "8m");
        assert_eq!(setting(&printed, "memory").0, "64MiB");
    }
}

/// The notation of a person who set it once: a flag precedes the variable, and the variable the file.
#[test]
fn the_notation_is_a_setting() {
    let folder = folder("notation");
    fs::write(folder.join("tabuada.toml"), "notation = \"school\"\ndecimal = \"comma\"\n").expect("ours");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        outcome(tabuada(arguments).envs(variables.iter().copied()).current_dir(&folder))
    };
    let answer = |arguments: &[&str], variables: &[(&str, &str)]| {
        let (printed, said, status) = run(arguments, variables);
        assert_eq!((said.as_str(), status), ("", Some(0)), "{arguments:?}");
        printed
    };
    assert_eq!(answer(&["eval", "2^10 + 0,5"], &[]), "1024,5\n");
    assert_eq!(answer(&["eval", "2^10 + 0.5"], &[("TABUADA_DECIMAL", "point")]), "1024.5\n");
    assert_eq!(answer(&["eval", "2**3/3", "--digits", "2"], &[("TABUADA_NOTATION", "python")]), "2,7\n");
    assert_eq!(answer(&["eval", "2**3", "--notation", "python"], &[]), "8\n");
    let printed = answer(&["config", "--json"], &[("TABUADA_DECIMAL", "point")]);
    assert_eq!(setting(&printed, "notation"), ("school".into(), "file".to_owned()));
    assert_eq!(setting(&printed, "decimal"), ("point".into(), "variable".to_owned()));
    for command in ["eval", "batch", "plot", "repl", "config"] {
        let (_, said, status) = run(
            &[&[command][..], &["x"][..usize::from(["eval", "plot"].contains(&command))]].concat(),
            &[("TABUADA_NOTATION", "roman")],
        );
        assert_eq!(status, Some(2), "{command}");
        assert_eq!(said, "tabuada: TABUADA_NOTATION: expected python or school; got 'roman'\n", "{command}");
    }
}

#[test]
fn config_prints_a_table() {
    let (printed, _, status) = outcome(tabuada(&["config", "--ttl", "9m"]).env("TABUADA_THREADS", "3"));
    assert_eq!(status, Some(0));
    let row = |name: &str| {
        let row = printed.lines().find(|line| line.split_whitespace().next() == Some(name));
        row.unwrap_or_else(|| panic!("{name}: {printed}")).split_whitespace().skip(1).collect::<Vec<_>>()
    };
    assert_eq!(row("ttl"), ["9m", "--ttl"]);
    assert_eq!(row("threads"), ["3", "TABUADA_THREADS"]);
    assert_eq!(row("redis"), ["-", "default"]);
    assert_eq!(printed.lines().count(), ALL.len());
}

#[test]
fn no_secret_is_shown() {
    let token = "geheim-geheim-geheim";
    for arguments in [&["config"][..], &["config", "--json"]] {
        let mut command = tabuada(arguments);
        command.env("TABUADA_ADMIN_TOKEN", token).env("TABUADA_REDIS", "redis://ana:geheim@h:1/0");
        let (printed, said, status) = outcome(&mut command);
        assert_eq!((said.as_str(), status), ("", Some(0)));
        assert!(printed.contains("***") && printed.contains("redis://ana:***@h:1/0"), "{printed}");
        assert!(!printed.contains("geheim"), "{printed}");
    }
    for (variable, value) in [("TABUADA_REDIS", "redis://ana:geheim@h/x"), ("TABUADA_ADMIN_TOKEN", "geheim")] {
        let (printed, said, status) = outcome(tabuada(&["serve"]).env(variable, value));
        assert!(status == Some(2) && !said.contains("geheim") && printed.is_empty(), "{said}");
    }
    // A server that runs with it does not show it either.
    let node = Node::start_with(&[("TABUADA_REDIS", "redis://ana:geheim@127.0.0.1:1/0")], &["--log-requests=all"]);
    node.evaluate("2+2");
    node.signal("TERM");
    assert!(node.whole_log().iter().all(|line| !line.contains("geheim")));
}

#[test]
fn missing_and_empty_files_of_secrets_are_refused() {
    let folder = folder("secrets");
    let empty = folder.join("empty");
    fs::write(&empty, "\n").expect("ours");
    let short = folder.join("short");
    fs::write(&short, "geheim\n").expect("ours");
    for (flag, file, said_of) in [
        ("--admin-token-file", &folder.join("none"), "none"),
        ("--admin-token-file", &empty, "empty"),
        ("--admin-token-file", &short, "short"),
        ("--redis-password-file", &folder.join("none"), "none"),
        ("--redis-password-file", &empty, "empty"),
        ("--redis-ca", &folder.join("none"), "none"),
        ("--redis-cert", &folder.join("none"), "none"),
        ("--redis-key", &empty, "empty"),
        ("--sentinel-password-file", &folder.join("none"), "none"),
        ("--sentinel-password-file", &empty, "empty"),
    ] {
        let (_, said, status) = outcome(tabuada(&["serve", flag]).arg(file));
        assert!(status == Some(2) && said.contains(flag) && said.contains(said_of), "{said}");
        assert!(!said.contains("geheim"), "{said}");
    }
    // The password itself is not shown, nor what may be a part of it.
    for url in ["redis://ana:geheim?geheim=1@h", "redis://ana:geheim@h?timeout=5s", "redis://ana:geheim@h#geheim"] {
        let (_, said, status) = outcome(&mut tabuada(&["serve", "--redis", url]));
        assert!(status == Some(2) && said.contains("--redis") && !said.contains("geheim"), "{said}");
    }
    let (_, said, _) = outcome(&mut tabuada(&["serve", "--redis", "redis://h?timeout=5s"]));
    assert!(said.contains("'timeout'"), "{said}");
    for (flag, wrong) in [("--redis-heartbeat", ["49ms", "11s"]), ("--redis-deadline", ["4ms", "1001ms"])] {
        for wrong in wrong {
            let (_, said, status) = outcome(&mut tabuada(&["serve", flag, wrong]));
            assert!(status == Some(2) && said.contains(flag) && said.contains(wrong), "{said}");
        }
    }
    let mut both = tabuada(&["serve", "--redis", "redis://:geheim@h", "--redis-password-file"]);
    let (_, said, status) = outcome(both.arg(&short));
    assert!(status == Some(2) && said.contains("--redis") && !said.contains("geheim"), "{said}");
}

#[test]
fn a_password_that_changes_needs_no_restart() {
    let redis = Redis::start();
    redis.cli(&["config", "set", "requirepass", "first"]);
    let file = folder("rotated").join("password");
    fs::write(&file, "first\n").expect("ours");
    let file = file.to_str().expect("UTF-8");
    let node = Node::start(&["--redis", &redis.url(), "--redis-password-file", file]);
    wait_for("the node to be coherent", || node.cache_state() == "coherent");
    fs::write(file, "sec@nd:/%\n").expect("ours");
    let as_first = |command: &[&str]| redis.cli(&[&["--no-auth-warning", "-a", "first"], command].concat());
    assert_eq!(as_first(&["config", "set", "requirepass", "sec@nd:/%"]), "OK");
    // Open connections stay; a new connection needs the new password.
    let as_second = |command: &[&str]| redis.cli(&[&["--no-auth-warning", "-a", "sec@nd:/%"], command].concat());
    as_second(&["client", "kill", "type", "normal", "skipme", "yes"]);
    wait_for("the connection to be lost", || node.log().iter().any(|line| line.contains("is lost")));
    wait_for("the node to be coherent again", || node.cache_state() == "coherent");
}

#[test]
fn a_user_may_be_set_outside_the_url() {
    let redis = Redis::start();
    redis.cli(&["acl", "setuser", "ana", "on", ">s3cret", "~*", "&*", "+@all"]);
    redis.cli(&["acl", "setuser", "default", "off"]);
    let file = folder("user").join("password");
    fs::write(&file, "s3cret").expect("ours");
    let file = file.to_str().expect("UTF-8");
    let variables = [("TABUADA_REDIS_USER", "ana"), ("TABUADA_REDIS_PASSWORD_FILE", file)];
    let node = Node::start_with(&variables, &["--redis", &redis.url()]);
    wait_for("the node to be coherent", || node.cache_state() == "coherent");
    let (_, said, status) = outcome(tabuada(&["cache", "stats", "--redis", &redis.url()]).envs(variables));
    assert_eq!((said.as_str(), status), ("", Some(0)));
}

/// The user of docs/operations.md has the permissions of every command, with another database as well.
#[test]
fn the_documented_user_suffices_for_the_cache_commands() {
    let page = include_str!("../../../docs/operations.md");
    let user = page.lines().find(|line| line.starts_with("ACL SETUSER tabuada")).expect("it is documented");
    let redis = Redis::start();
    redis.cli(&user.split(' ').collect::<Vec<_>>());
    for database in ["", "/3"] {
        let url = redis.url().replace("://", "://tabuada:password@") + database;
        let node = Node::start(&["--redis", &url]);
        wait_for("the node to be coherent", || node.cache_state() == "coherent");
        node.evaluate("2+2");
        let cache = |arguments: &[&str]| {
            let (printed, said, status) = outcome(tabuada(&["cache"]).args(arguments).args(["--redis", &url]));
            assert_eq!((said.as_str(), status), ("", Some(0)), "{arguments:?}");
            printed
        };
        wait_for("it is in Redis", || cache(&["keys"]).contains("tabuada:2:2+2"));
        assert!(cache(&["get", "2+2"]).contains("answer"));
        cache(&["stats"]);
        assert_eq!(cache(&["delete", "2+2"]), "1 removed\n");
        assert_eq!(cache(&["clear", "--yes"]), "0 removed\n");
    }
}

#[test]
fn an_unknown_variable_is_warned_of_once() {
    let variables = [
        ("TABUADA_TLL", "9m"),
        ("TABUADA_SERVICE_HOST", "10.96.0.7"),
        ("TABUADA_PORT", "tcp://10.96.0.7:8000"),
        ("TABUADA_PORT_8000_TCP_ADDR", "10.96.0.7"),
    ];
    let node = whole_log(tabuada(&["serve", "--memory", "64"]).envs(variables));
    let warnings = |of: &str| node.iter().filter(|line| line.contains("WARN") && line.contains(of)).count();
    assert_eq!(warnings("TABUADA_TLL"), 1, "{node:?}");
    assert_eq!(warnings("nearest=\"TABUADA_TTL\""), 1, "{node:?}");
    assert_eq!(warnings("TABUADA_SERVICE") + warnings("TABUADA_PORT"), 0, "{node:?}");
    assert_eq!(warnings("--memory"), 1, "{node:?}");
}

#[test]
fn check_reports_errors_without_serving() {
    let (printed, said, status) = outcome(&mut tabuada(&["serve", "--check"]));
    assert_eq!((said.as_str(), status), ("", Some(0)));
    assert_eq!(printed, "configuration: good\nRedis: none, answers are kept in memory only\n");
    let redis = Redis::start();
    let (printed, _, status) = outcome(&mut tabuada(&["serve", "--check", "--redis", &redis.url()]));
    assert_eq!(status, Some(0));
    assert!(printed.ends_with("Redis: connected, and it reports every change\n"), "{printed}");
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let (printed, _, status) = outcome(&mut tabuada(&["serve", "--check", "--redis", &nobody]));
    assert_eq!(status, Some(1));
    assert!(printed.contains("Connection refused"), "{printed}");
    let (printed, said, status) = outcome(&mut tabuada(&["serve", "--check", "--ttl", "soon"]));
    assert_eq!((printed.as_str(), status), ("", Some(2)));
    assert!(said.contains("--ttl"), "{said}");
}

/// The reason why Redis cannot be reached, as `serve` logs it.
#[test]
fn cache_reports_why_redis_cannot_be_reached() {
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let (_, said, status) = outcome(&mut tabuada(&["cache", "keys", "--redis", &nobody]));
    assert_eq!(status, Some(1));
    assert!(said.starts_with("tabuada: no connection to Redis: 127.0.0.1:") && said.contains("refused"), "{said}");
    let redis = Redis::start();
    redis.cli(&["config", "set", "requirepass", "other"]);
    let (_, said, _) = outcome(&mut tabuada(&["cache", "keys", "--redis", &redis.url()]));
    assert!(said.contains("NOAUTH") || said.to_lowercase().contains("auth"), "{said}");
}

#[test]
fn cache_and_health_use_the_configured_server() {
    let node = Node::start(&[]);
    node.evaluate("2+2");
    let port = node.address.port();
    for listen in [format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}"), format!(":{port}")] {
        let (printed, said, status) = outcome(tabuada(&["health"]).env("TABUADA_LISTEN", &listen));
        assert_eq!((said.as_str(), status), ("", Some(0)), "{listen}");
        assert!(printed.contains("\"status\":\"ok\""), "{printed}");
        let (_, said, status) = outcome(tabuada(&["cache", "get", "2+2"]).env("TABUADA_LISTEN", &listen));
        assert_eq!((said.as_str(), status), ("", Some(0)), "{listen}");
    }
    let folder = folder("health");
    fs::write(folder.join("tabuada.toml"), format!("listen = \"127.0.0.1:{port}\"\n")).expect("ours");
    assert_eq!(outcome(tabuada(&["health"]).current_dir(&folder)).2, Some(0));
    let url = format!("http://127.0.0.1:{port}");
    assert_eq!(outcome(&mut tabuada(&["health", &url])).2, Some(0));
}

#[test]
fn every_line_is_json_if_configured() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| panic!("{text}"));
    let lines = whole_log(&mut tabuada(&["serve", "--log-format=json"]));
    let is_ready = |line: &String| json(line)["message"].to_string().starts_with("\"listening on http://127.0.0.1:");
    assert!(lines.iter().any(is_ready), "{lines:?}");
    assert!(lines.iter().all(|line| json(line).is_object()));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = taken.local_addr().expect("an address").to_string();
    let (_, said, status) = outcome(&mut tabuada(&["serve", "--log-format=json", "--listen", &listen]));
    assert_eq!((status, &json(&said)["level"]), (Some(1), &"ERROR".into()));
    assert!(json(&said)["message"].to_string().contains(&listen), "{said}");
    // An error in a setting is JSON too, wherever the format was chosen and whatever the language.
    let folder = folder("json");
    fs::write(folder.join("tabuada.toml"), "log-format = \"json\"\nttl = \"soon\"\n").expect("ours");
    let mut command = tabuada(&["serve"]);
    let (_, said, status) = outcome(command.current_dir(&folder).env("LC_ALL", "pt_BR.UTF-8"));
    assert_eq!(status, Some(2));
    assert!(json(&said)["message"].to_string().contains("tabuada.toml:2: expected"), "{said}");
}
