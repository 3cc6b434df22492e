//! Removal by variant: the answers of an earlier version after a deploy.

use tabuada_cache::{Key, RemovalStatus, Removed, Source, State};

use crate::operator::is_not_undone;
use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::{COMPUTED, Fact, Node, Setting, answer, eventually, key};

async fn clears(node: &Node, variant: &str) -> (u64, RemovalStatus) {
    let Removed { count, redis, .. } = node.cache.operator().clear_variant(variant).await.expect("a variant");
    (count, redis)
}

/// Keeps an expensive answer under the key, in memory and in Redis.
async fn learns(node: &Node, key: &Key) -> Source {
    let fact = Fact::Text(answer(key.text()));
    let found = node.cache.get_or_compute(key, || async { Ok::<_, ()>(fact) }).await;
    node.is_sound().await;
    found.expect("an answer").source
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clearing_a_variant_removes_it_everywhere_and_no_other() {
    let server = Server::start();
    let node = || Setting::new().redis(server.url()).coherent();
    let (one, other) = (node().await, node().await);
    let long = "1+".repeat(150);
    // Characters with a meaning in patterns, and variants of which one is the beginning of another.
    let all = ["1", "10", "1@exact", "*", "?", "[1]", "^\\"];
    let keys: Vec<Key> =
        all.iter().flat_map(|variant| [Key::new(*variant, "2+2"), Key::new(*variant, &long)]).collect();
    let mut person = server.person();
    for foreign in ["tabuada2:1:2+2", "tabuada", "1:2+2"] {
        person.sets(foreign, "a stranger's");
    }
    for variant in all {
        for key in &keys {
            if learns(&one, key).await == COMPUTED {
                assert_eq!(learns(&other, key).await, Source::Redis);
            }
            // The push of the first node's write may arrive during the lookup, which is then not kept.
            while other.cache.get(key).is_none() {
                learns(&other, key).await;
            }
        }
        let names = person.keys().len();
        assert_eq!(clears(&one, variant).await, (2, RemovalStatus::Done), "{variant}");
        assert_eq!(person.keys().len(), names - 2, "{variant}");
        for key in &keys {
            let is_gone = key.variant() == variant;
            assert_eq!(one.cache.get(key).is_none(), is_gone, "{key:?}");
            if is_gone {
                eventually("the other node forgets", || other.cache.get(key).is_none()).await;
            } else {
                assert!(other.cache.get(key).is_some(), "{key:?}");
            }
        }
        assert_eq!(clears(&one, variant).await, (0, RemovalStatus::Done), "{variant}");
    }
    assert_eq!(person.keys().len(), keys.len() - 2 + 3, "the others were learned again");
    for command in ["keys", "flushdb", "flushall"] {
        let by_the_test = if command == "keys" { 2 * all.len() as u64 + 1 } else { 0 };
        assert_eq!(person.calls(command), by_the_test, "{command}");
    }
}

#[tokio::test]
async fn a_text_that_is_no_variant_is_refused() {
    let node = Setting::new().start();
    for text in ["", "1:", "1#", "a b"] {
        let error = node.cache.operator().clear_variant(text).await.unwrap_err();
        assert_eq!(Key::try_new(text.to_owned(), "2+2").unwrap_err(), error);
    }
    // Without a Redis, memory is all there is.
    learns(&node, &key("2+2")).await;
    assert_eq!(
        (clears(&node, "2").await, clears(&node, "1").await),
        ((0, RemovalStatus::Done), (1, RemovalStatus::Done))
    );
    assert!(!node.remembers("2+2"));
}

/// What is computed meanwhile is answered, but not stored: its lease was removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clearing_a_variant_is_not_undone_by_computations_in_progress() {
    is_not_undone(async |node| clears(node, "1").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clearing_a_variant_during_an_outage_is_executed_when_redis_is_back() {
    let server = Server::start();
    let proxy = Proxy::before(server.port());
    let node = Setting::new().redis(proxy.url()).coherent().await;
    let keys = [Key::new("1", "2+2"), Key::new("2", "2+2")];
    for key in &keys {
        learns(&node, key).await;
    }
    proxy.refuse(true);
    proxy.cut();
    node.becomes(State::Detached).await;
    learns(&node, &keys[0]).await;
    assert_eq!(clears(&node, "1").await, (1, RemovalStatus::Pending));
    assert!(node.cache.get(&keys[0]).is_none());
    assert_eq!(node.stats().removals_pending, 1);
    proxy.refuse(false);
    eventually("it is executed", || node.stats().removals_pending == 0).await;
    assert_eq!(server.person().keys(), ["tabuada:2:2+2"]);
    node.becomes(State::Coherent).await;
    assert_eq!(learns(&node, &keys[0]).await, COMPUTED);
}
