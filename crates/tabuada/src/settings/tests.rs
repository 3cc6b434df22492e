//! The origins of values, and the errors for wrong values.

use super::file::File;
use super::table::{ADMIN_TOKEN, HIDE_MEMORY, LISTEN, REDIS, TRUSTED_PROXIES, TTL};
use super::*;

fn settings(flags: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Settings {
    let flags = flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    let variable = |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, text)| text.into());
    Settings::without_file(&flags, variable).unwrap()
}

#[test]
fn names_and_variables_are_each_a_settings_own() {
    for (at, setting) in ALL.iter().enumerate() {
        assert!(setting.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", setting.name);
        assert!(ALL[..at].iter().all(|other| other.name != setting.name), "{} twice", setting.name);
    }
    assert_eq!(TRUSTED_PROXIES.variable(), "TABUADA_TRUSTED_PROXIES");
}

#[test]
fn a_flag_precedes_a_variable_and_a_variable_the_default() {
    let origin = |flags: &[(&'static str, &str)], variables: &[(&str, &str)]| {
        let given = settings(flags, variables).given(&TTL).cloned().unwrap();
        (given.text, given.origin.to_string())
    };
    let of = |text: &str, origin: &str| (text.to_owned(), origin.to_owned());
    assert_eq!(origin(&[], &[]), of("1d", "default"));
    assert_eq!(origin(&[], &[("TABUADA_TTL", "2d")]), of("2d", "TABUADA_TTL"));
    assert_eq!(origin(&[], &[("TABUADA_TTL", "")]), of("1d", "default"));
    assert_eq!(origin(&[("ttl", "3d")], &[("TABUADA_TTL", "2d")]), of("3d", "--ttl"));
    // An empty secret does not count as unset.
    assert!(settings(&[], &[("TABUADA_ADMIN_TOKEN", "")]).given(&ADMIN_TOKEN).is_some());
    assert!(settings(&[], &[("TABUADA_REDIS", "")]).given(&REDIS).is_none());
}

#[test]
fn a_switch_is_one_of_eight_words() {
    let switch = |text: &str| settings(&[("hide-memory", text)], &[]).switch(&HIDE_MEMORY).ok();
    for yes in ["1", "true", "yes", "on"] {
        assert_eq!(switch(yes), Some(true), "{yes}");
    }
    for no in ["0", "false", "no", "off"] {
        assert_eq!(switch(no), Some(false), "{no}");
    }
    for wrong in ["maybe", "TRUE", "y", "2", "sim", " yes"] {
        assert_eq!(switch(wrong), None, "{wrong}");
    }
}

#[test]
fn an_error_names_the_origin_and_the_value_unless_secret() {
    let settings = settings(
        &[("hide-memory", "maybe")],
        &[("TABUADA_LISTEN", "foo"), ("TABUADA_ADMIN_TOKEN", "geheim"), ("TABUADA_REDIS", "redis://u:geheim@h/x")],
    );
    let said = [&HIDE_MEMORY, &LISTEN, &ADMIN_TOKEN, &REDIS].map(|setting| settings.wrong(setting));
    let english = said.each_ref().map(|error| error.message(Language::English));
    assert!(english[0].starts_with("--hide-memory: expected ") && english[0].ends_with("; got 'maybe'"), "{english:?}");
    assert!(english[1].starts_with("TABUADA_LISTEN: expected HOST:PORT"), "{english:?}");
    assert!(english[2].starts_with("TABUADA_ADMIN_TOKEN: expected a token"), "{english:?}");
    assert!(english[3].ends_with("; got 'redis://u:***@h/x'"), "{english:?}");
    let portuguese = said.each_ref().map(|error| error.message(Language::Portuguese));
    assert!(portuguese[0].starts_with("--hide-memory: era esperado "), "{portuguese:?}");
    let debug = format!("{settings:?}");
    assert!(english.iter().chain(&portuguese).chain([&&*debug]).all(|text| !text.contains("geheim")), "{debug}");
}

#[test]
fn a_url_is_shown_without_its_password() {
    for (url, shown) in [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://u@h", "redis://u@h"),
        ("redis://u:geheim@h", "redis://u:***@h"),
        ("redis://:gehe@im@h", "redis://:***@h"),
        ("redis+sentinel://:geheim@a:1,b:2/name", "redis+sentinel://:***@a:1,b:2/name"),
        ("unix:///a.sock?db=1&pass=geheim", "unix:///a.sock?db=1&pass=***"),
        ("unix:///a.sock?pass=geheim&db=1", "unix:///a.sock?pass=***&db=1"),
        ("u:geheim@h", "***"),
    ] {
        assert_eq!(REDIS.shown(url), shown);
    }
}

fn file(text: &str) -> Result<BTreeMap<&'static str, Given>, String> {
    File::parse("f.toml", text).map(|file| file.0).map_err(|error| error.message(Language::English).to_owned())
}

#[test]
fn a_file_holds_texts_numbers_truths_and_lists() {
    let text = "\u{feff}# ours\nttl = \"9m\"\nthreads = 4\nhide-memory = true\n\
                trusted-proxies = [\"10.0.0.0/8\", \"unix\"]\n";
    let values = file(text).unwrap();
    for (name, text, line) in
        [("ttl", "9m", 2), ("threads", "4", 3), ("hide-memory", "true", 4), ("trusted-proxies", "10.0.0.0/8,unix", 5)]
    {
        let given = Given { text: text.to_owned(), origin: Origin::File("f.toml".to_owned(), line) };
        assert_eq!(values.get(name), Some(&given), "{name}");
    }
    assert_eq!(values.len(), 4);
    assert_eq!(file(""), Ok(BTreeMap::new()));
}

#[test]
fn a_file_says_in_which_line_it_is_wrong() {
    for (text, said) in [
        ("ttl = \"9m\"\ntll = 1\n", "f.toml:2: unknown key 'tll'; the nearest is 'ttl'"),
        ("\nredis_ca = \"a\"\n", "f.toml:2: unknown key 'redis_ca'; the nearest is 'redis-ca'"),
        ("TTL = \"9m\"\n", "f.toml:1: unknown key 'TTL'; the nearest is 'ttl'"),
        ("[serve]\nttl = \"9m\"\n", "f.toml:1: unknown key 'serve'; the nearest is "),
        ("admin-token = \"x\"\n", "f.toml:1: unknown key 'admin-token'; the nearest is 'admin-token-file'"),
        ("config = \"x\"\n", "f.toml:1: unknown key 'config'; the nearest is "),
        ("a = 1\n\nttl = 1.5\n", "f.toml:1: unknown key 'a'"),
        ("\n\nttl = 1.5\n", "f.toml:3: ttl is a text, a whole number, true or false, or a list of texts"),
        ("ttl = { a = 1 }\n", "f.toml:1: ttl is a text"),
        ("ttl = [1]\n", "f.toml:1: ttl is a text"),
        ("# x\nttl = \n", "f.toml:2: not TOML: "),
        ("ttl = \"1d\"\nttl = \"2d\"\n", "f.toml:2: not TOML: "),
    ] {
        let error = file(text).unwrap_err();
        assert!(error.starts_with(said), "{text:?}: {error}");
    }
}

#[test]
fn variables_of_kubernetes_services_are_recognised() {
    let unknown = |name: &str, value: &str| unknown_variables([(name.into(), value.into())]).pop();
    for (name, value) in [
        ("TABUADA_SERVICE_HOST", "10.96.0.7"),
        ("TABUADA_SERVICE_PORT", "8000"),
        ("TABUADA_SERVICE_PORT_HTTP", "8000"),
        ("TABUADA_PORT", "tcp://10.96.0.7:8000"),
        ("TABUADA_PORT_8000_TCP", "tcp://10.96.0.7:8000"),
        ("TABUADA_PORT_8000_TCP_PROTO", "tcp"),
        ("TABUADA_PORT_8000_TCP_PORT", "8000"),
        ("TABUADA_PORT_8000_TCP_ADDR", "10.96.0.7"),
        ("TABUADA_REDIS_SERVICE_HOST", "10.96.0.8"),
        ("TABUADA_REDIS_PORT_6379_TCP", "tcp://10.96.0.8:6379"),
        ("TABUADA_TTL", "1d"),
        ("TABUADA_CONFIG", ""),
        ("TABUADA_ADMIN_TOKEN", "x"),
        ("PATH", "/bin"),
    ] {
        assert_eq!(unknown(name, value), None, "{name}");
    }
    for (name, value, nearest) in [
        ("TABUADA_TTLS", "1d", "TABUADA_TTL"),
        ("TABUADA_REDIS_PASSWORD_FIEL", "x", "TABUADA_REDIS_PASSWORD_FILE"),
        ("TABUADA_METRIC_HOST", "x", "TABUADA_METRICS_HOST"),
        ("TABUADA_HIDE_MEMORIES", "x", "TABUADA_HIDE_MEMORY"),
    ] {
        assert_eq!(unknown(name, value), Some((name.to_owned(), nearest.to_owned())));
    }
    // `TABUADA_PORT=9000` was meant as a setting, since Kubernetes would set a URL.
    assert!(unknown("TABUADA_PORT", "9000").is_some());
    assert!(unknown("TABUADA_PORT_8000", "x").is_some());
}
