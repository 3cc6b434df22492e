//! `Options::on_event`: what is told, that no lock is held meanwhile, and that a panic goes no further.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use tabuada_cache::{Cache, Event, State};

use crate::support::server::Server;
use crate::support::{COMPUTED, Fact, Facts, Node, PATIENCE, Setting, answer, eventually, key};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn to(&self, mut setting: Setting) -> Setting {
        let told = self.clone();
        setting.options.on_event = Some(Arc::new(move |event| told.0.lock().unwrap().push(event.clone())));
        setting
    }

    fn has(&self, is_it: impl Fn(&Event) -> bool) -> bool {
        self.0.lock().unwrap().iter().any(is_it)
    }

    /// Whether the labels of all counters of a family are told as often as they are counted.
    fn agrees(&self, counts: &[tabuada_cache::Count], label_of: impl Fn(&Event) -> Option<&'static str>) -> bool {
        let events = self.0.lock().unwrap();
        counts.iter().all(|count| {
            let told = events.iter().filter(|event| label_of(event) == Some(count.label)).count() as u64;
            told == count.count || matches!(count.label, "joined" | "aside")
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_told_as_often_as_it_is_counted() {
    let mut server = Server::start();
    let told = Told::default();
    let node = told.to(Setting::new().redis(server.url())).coherent().await;
    node.expensive("7**77").await;
    node.is_sound().await;
    node.receives_after(|| server.person().does("DEL tabuada:1:7**77")).await;
    node.holds("1/0").await.fails().await;
    node.holds("1/1").await.panics().await;
    node.expensive("2+2").await;
    node.is_sound().await;
    node.receives_after(|| server.person().does("FLUSHALL")).await;
    server.stop();
    node.becomes(State::Detached).await;
    eventually("the last events are told", || {
        let stats = node.stats();
        let flights = told.agrees(&stats.flights, |event| match event {
            Event::FlightEnded { result, .. } => Some(*result),
            _ => None,
        });
        let lookups = told.agrees(&stats.redis_lookups, |event| match event {
            Event::LookedUp { result, .. } => Some(*result),
            _ => None,
        });
        let invalidations = told.agrees(&stats.invalidations, |event| match event {
            Event::Invalidated { cause, .. } => Some(*cause),
            _ => None,
        });
        // Each purge too, the last of which follows the change of the state.
        let purges = ["flush", "attached", "detached"]
            .iter()
            .all(|cause| told.has(|event| *event == Event::Invalidated { cause, everything: true }));
        flights && lookups && invalidations && purges
    })
    .await;
    assert!(told.has(|event| *event == Event::Invalidated { cause: "key", everything: false }));
    let (detached, up) = (State::Detached, State::CatchingUp);
    for (from, to) in [(detached, up), (up, State::Coherent)] {
        assert!(told.has(|event| *event == Event::StateChanged { from, to, reason: None }), "{from:?} to {to:?}");
    }
    let address = server.url().replace("redis://", "");
    assert!(told.has(|event| {
        let Event::StateChanged { from: State::Coherent, to: State::Detached, reason: Some(reason) } = event else {
            return false;
        };
        reason.starts_with(&address)
    }));
    assert_eq!(node.stats().hook_panics, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_panics_fails_no_call_and_is_counted() {
    let server = Server::start();
    let mut setting = Setting::new().redis(server.url());
    setting.options.on_event = Some(Arc::new(|event| panic!("on purpose: {event:?}")));
    let node = setting.coherent().await;
    assert_eq!(node.expensive("7**77").await.source, COMPUTED);
    node.is_sound().await;
    assert!(node.remembers("7**77"));
    node.receives_after(|| server.person().does("DEL tabuada:1:7**77")).await;
    assert!(!node.remembers("7**77"));
    node.holds("1/0").await.panics().await;
    node.is_sound().await;
    assert!(node.stats().hook_panics >= 5, "two states, a purge, a lookup, a flight");
}

/// The hook uses everything of the cache that has a lock inside. If one were held, it would wait for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_lock_is_held_while_the_hook_is_called() {
    let server = Server::start();
    let cache: Arc<OnceLock<Weak<Cache<Facts>>>> = Arc::default();
    let (inside, mut setting) = (cache.clone(), Setting::new().redis(server.url()));
    let calls = Arc::new(Mutex::new(0));
    let count = calls.clone();
    setting.options.on_event = Some(Arc::new(move |_| {
        let Some(cache) = inside.get().and_then(Weak::upgrade) else { return };
        for text in ["7**77", "2+2"] {
            let _ = cache.get(&key(text));
        }
        cache.insert(&key("inserted"), Fact::Text(answer("inserted")));
        let _ = (cache.state(), cache.stats(), cache.last_failure());
        *count.lock().unwrap() += 1;
    }));
    let node: Node = setting.start();
    cache.set(Arc::downgrade(&node.cache)).expect("once");
    node.cache.wait_until_ready(PATIENCE).await;
    for text in ["7**77", "2+2", "inserted"] {
        node.expensive(text).await;
        node.receives_after(|| server.person().does("FLUSHALL")).await;
    }
    node.cache.shutdown().await;
    assert_eq!(node.state(), State::Detached);
    assert!(*calls.lock().unwrap() > 5);
}
