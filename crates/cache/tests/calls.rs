//! The forms of a call: with and without a trial, each with its own policy and its own failure; and what callers put
//! and remove.

use std::fmt;
use std::sync::Arc;

use tabuada_cache::{Cache, Call, ComputeError, Json, Key, Lookup, Options, RemovalStatus, Source};

use crate::support::server::{Person, Server};
use crate::support::{COMPUTED, Fact, PATIENCE, Setting, answer, eventually, key, name};

/// A failure that can neither be cloned nor shared between threads.
#[derive(Debug)]
struct NoPlan {
    why: std::cell::Cell<&'static str>,
}

impl fmt::Display for NoPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no plan: {}", self.why.get())
    }
}

impl std::error::Error for NoPlan {}

fn value(text: &str) -> Fact {
    Fact::Text(answer(text))
}

#[tokio::test]
async fn each_call_fails_in_its_own_way() -> Result<(), Box<dyn std::error::Error>> {
    let cache: Cache<Json<u32>> = Cache::new(Json::new(), Options::default())?;
    let key = Key::new("1", "Lisboa to Porto");
    let plan = || async { Err(NoPlan { why: "fog".into() }) };
    let failed = cache.get_or_compute(&key, plan).await.unwrap_err();
    assert_eq!((&failed as &dyn std::error::Error).to_string(), "no plan: fog");
    let failed = cache.get_or_compute(Call::new(&key).no_store(), plan).await.unwrap_err();
    assert!(matches!(failed, ComputeError::Computation(NoPlan { .. })));
    let failed = cache.get_or_compute(&key, || async { Err(7) }).await.unwrap_err();
    assert_eq!(failed, ComputeError::Computation(7));
    let panics = || async { panic!("on purpose") };
    assert_eq!(cache.get_or_compute::<(), _, _>(&key, panics).await.unwrap_err(), ComputeError::Panicked);
    // `?` works.
    let found = cache.get_or_compute(&key, || async { Ok::<_, NoPlan>(313) }).await?;
    assert_eq!(*found.value, 313);
    Ok(())
}

#[tokio::test]
async fn a_value_of_any_type_is_one_readable_line() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Route {
        from: String,
        km: f64,
    }
    let server = Server::start();
    let start = async || -> Result<_, Box<dyn std::error::Error>> {
        let cache: Cache<Json<Route>> = Cache::new(Json::new(), Options::with_redis(server.url()))?;
        cache.wait_until_ready(PATIENCE).await;
        Ok(cache)
    };
    let (one, other) = (start().await?, start().await?);
    let key = Key::new("1", "Lisboa to Porto");
    let route = || async { Ok::<_, fmt::Error>(Route { from: "Lisboa".to_owned(), km: 313.5 }) };
    assert_eq!(one.get_or_compute(&key, route).await?.source, COMPUTED);
    let mut person = server.person();
    let line = r#"{"value":{"from":"Lisboa","km":313.5}}"#;
    eventually("it is written", || person.gets("cache:1:Lisboa to Porto").as_deref() == Some(line)).await;
    let found = other.get_or_compute(&key, route).await?;
    assert_eq!((found.source, &*found.value), (Source::Redis, &Route { from: "Lisboa".to_owned(), km: 313.5 }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_uses_memory_only_sends_nothing() {
    let server = Server::start();
    let node = Setting::new().redis(server.url()).always().coherent().await;
    let mut person = server.person();
    // What is computed before this push arrives is not kept.
    node.receives_after(|| person.sets(&name("fib(90)"), r#"{"resultado":"<fib(90)>"}"#)).await;
    let calls = |person: &mut Person| ["set", "getrange"].map(|verb| person.calls(verb));
    let before = calls(&mut person);
    for (text, is_expensive) in [("2+2", false), ("fib(90)", true)] {
        let key = key(text);
        let call = Call::new(&key).memory_only();
        let trial = async move || (!is_expensive).then(|| value("2+2"));
        let compute = || async { Ok::<_, ()>(value("fib(90)")) };
        let found = node.cache.get_or_try_then_compute(call.no_store(), trial, compute).await.unwrap();
        assert_eq!((found.source, found.asked_redis), (Source::Computed { stored: false }, false));
        let found = node.cache.get_or_try_then_compute(call, trial, compute).await.unwrap();
        assert_eq!((found.source, found.asked_redis), (COMPUTED, false), "{text}");
        assert_eq!(node.cache.get_or_compute(call, compute).await.unwrap().source, Source::Memory);
    }
    node.is_sound().await;
    assert_eq!(calls(&mut person), before);
    // Changes in Redis still reach what memory keeps.
    person.says::<i64>("DEL tabuada:1:fib(90)");
    eventually("it is forgotten", || !node.remembers("fib(90)")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_has_its_own_lookup() {
    let server = Server::start();
    for (setting, lookup, source) in [
        (Setting::new(), Lookup::Always, Source::Redis),
        (Setting::new().always(), Lookup::Adaptive, Source::Computed { stored: false }),
    ] {
        let node = setting.redis(server.url()).memory(0).coherent().await;
        server.person().sets(&name("2+2"), r#"{"resultado":"<2+2>"}"#);
        let key = key("2+2");
        let call = Call::new(&key).lookup(lookup);
        let trial = async || Some(value("2+2"));
        let found = node.cache.get_or_try_then_compute(call, trial, || async { Err("expensive") }).await.unwrap();
        assert_eq!(found.source, source);
        // The other calls are answered as before.
        let usual = if source == Source::Redis { Source::Computed { stored: false } } else { Source::Redis };
        assert_eq!(node.cheap("2+2").await.source, usual);
    }
}

/// A value that a caller inserts is stored like a cheap one: memory keeps it, and Redis gets it if the key is missing
/// there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inserted_value_is_found_by_every_node() {
    let server = Server::start();
    let [one, other] = [(); 2].map(|()| Setting::new().redis(server.url()));
    let (one, other) = (one.coherent().await, other.coherent().await);
    let found = one.cache.insert(&key("7**77"), value("7**77"));
    assert_eq!((found.source, &*found.value), (COMPUTED, &value("7**77")));
    one.is_sound().await;
    assert!(one.remembers("7**77"));
    assert_eq!(other.expensive("7**77").await.source, Source::Redis);
    // A key that is present in Redis is left as it is.
    let mut person = server.person();
    person.sets(&name("2+2"), "a person's text");
    one.cache.insert(&key("2+2"), value("2+2"));
    one.is_sound().await;
    assert_eq!(person.gets(&name("2+2")).as_deref(), Some("a person's text"));
    // Without an answer, nothing was counted.
    assert_eq!(one.answers("computed"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalidated_answer_is_removed_on_every_node() {
    let server = Server::start();
    let [one, other] = [(); 2].map(|()| Setting::new().redis(server.url()));
    let (one, other) = (one.coherent().await, other.coherent().await);
    let long = "1+".repeat(150);
    for text in ["7**77", &long] {
        one.expensive(text).await;
        one.is_sound().await;
        other.expensive(text).await;
        assert!(one.remembers(text) && other.remembers(text));
        let removed = one.cache.invalidate(&key(text)).await;
        assert_eq!((removed.count, removed.redis), (1, RemovalStatus::Done));
        assert!(!one.remembers(text));
        eventually("the other node forgets", || !other.remembers(text)).await;
    }
    assert_eq!(server.person().keys(), [""; 0]);
    let alone = Setting::new().start();
    alone.expensive("7**77").await;
    assert_eq!(alone.cache.invalidate(&key("7**77")).await.count, 1);
    assert!(!alone.remembers("7**77"));
}

#[tokio::test]
async fn a_shared_key_is_a_call_too() {
    let node = Setting::new().start();
    let key = Arc::new(key("2+2"));
    let found = node.cache.get_or_compute(&key, || async { Ok::<_, ()>(value("2+2")) }).await.unwrap();
    assert_eq!(found.source, COMPUTED);
}
