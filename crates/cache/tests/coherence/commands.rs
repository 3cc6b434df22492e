//! One test for each command that changes a key. Two nodes have the keys in memory; after the command, memory no longer
//! has the keys that it changed, still serves the others, and the next call finds the value in Redis or computes it.

use crate::support::server::{Person, Server};
use crate::support::*;
use tabuada_cache::Source;

/// The keys that are in memory before each command.
const TEXTS: [&str; 3] = ["2+2", "3+3", "4+4"];

/// The state of a text after a command.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// Memory still serves it.
    Kept,
    /// Memory dropped it, and Redis still has the answer.
    InRedis,
    /// Memory dropped it, and Redis has this answer.
    Says(&'static str),
    /// Memory dropped it, and Redis has no usable value.
    Gone,
}
use Then::{Gone, InRedis, Kept, Says};

/// Two nodes, one for each lookup mode, with [`TEXTS`] and a mark in memory. Only the first node has computed them.
async fn warm(server: &Server) -> [Node; 2] {
    let nodes = [
        Setting::new().redis(server.url()).coherent().await,
        Setting::new().redis(server.url()).always().coherent().await,
    ];
    for text in TEXTS.into_iter().chain(["mark"]) {
        nodes[0].expensive(text).await;
    }
    nodes[0].is_sound().await;
    // The second node has applied the pushes of all of these: for each, a lease and an answer.
    nodes[1].has_received(8).await;
    for text in TEXTS.into_iter().chain(["mark"]) {
        assert_eq!(nodes[1].expensive(text).await.source, Source::Redis);
        assert!(nodes.iter().all(|node| node.remembers(text)), "{text}");
    }
    nodes
}

/// Runs commands; a command that begins with `!` must be refused.
async fn after(command: &[&str], then: [Then; 3]) {
    let server = Server::start();
    after_doing(&server, then, |person| {
        for &command in command {
            match command.strip_prefix('!') {
                Some(refused) => assert!(person.tries::<redis::Value>(refused).is_err(), "{refused}"),
                None => person.does(command),
            }
        }
    })
    .await;
}

async fn after_doing(server: &Server, then: [Then; 3], command: impl FnOnce(&mut Person)) {
    let nodes = warm(server).await;
    command(&mut server.person());
    for (text, then) in TEXTS.into_iter().zip(then) {
        if then != Kept {
            eventually(text, || nodes.iter().all(|node| !node.remembers(text))).await;
        }
    }
    // The push of the mark shows that every push before it was applied.
    server.person().does("SET tabuada:1:mark x");
    eventually("memory drops the mark", || nodes.iter().all(|node| !node.remembers("mark"))).await;

    for (text, then) in TEXTS.into_iter().zip(then) {
        let computed = nodes.each_ref().map(Node::computed);
        for node in &nodes {
            assert_eq!(node.remembers(text), then == Kept, "{text}");
        }
        // The second node asks first, so that the first finds what the second has computed.
        for (n, node) in nodes.iter().enumerate().rev() {
            let found = node.ask(text, async |value| Ok(value)).await.expect("an answer");
            let source = match then {
                Kept => Source::Memory,
                Gone if n == 1 => COMPUTED,
                InRedis | Says(_) | Gone => Source::Redis,
            };
            let said = if let Says(said) = then { said.to_owned() } else { answer(text) };
            assert_eq!((&*found.value, found.source), (&Fact::Text(said), source), "{text}");
            node.is_sound().await;
        }
        let computes = nodes[0].computed() + nodes[1].computed() - computed[0] - computed[1];
        assert_eq!(computes, u64::from(then == Gone), "{text}");
    }
    for node in &nodes {
        node.is_balanced();
    }
}

macro_rules! commands {
    ($($name:ident: $command:expr => $then:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            after(&$command, $then).await;
        }
    )*};
}

commands! {
    flushall: ["FLUSHALL"] => [Gone; 3];
    flushall_async: ["FLUSHALL ASYNC"] => [Gone; 3];
    flushall_from_another_database: ["SELECT 3", "FLUSHALL"] => [Gone; 3];
    flushdb: ["FLUSHDB"] => [Gone; 3];
    flushdb_async: ["FLUSHDB ASYNC"] => [Gone; 3];
    // The push does not name the database, so more is purged than necessary.
    flushdb_of_another_database: ["SELECT 3", "FLUSHDB"] => [InRedis; 3];

    del: ["DEL tabuada:1:2+2"] => [Gone, Kept, Kept];
    del_of_several_keys: ["DEL tabuada:1:2+2 nosuch tabuada:1:3+3"] => [Gone, Gone, Kept];
    del_of_somebody_elses_key: ["SET tabuada:other x", "DEL tabuada:other"] => [Kept; 3];
    del_in_another_database: ["SELECT 3", "SET somebodys x", "DEL somebodys"] => [Kept; 3];
    unlink: ["UNLINK tabuada:1:2+2"] => [Gone, Kept, Kept];
    unlink_of_several_keys: ["UNLINK tabuada:1:2+2 tabuada:1:3+3"] => [Gone, Gone, Kept];
    getdel: ["GETDEL tabuada:1:2+2"] => [Gone, Kept, Kept];

    expire: ["EXPIRE tabuada:1:2+2 100"] => [InRedis, Kept, Kept];
    expire_at_once: ["EXPIRE tabuada:1:2+2 0"] => [Gone, Kept, Kept];
    expire_at_a_moment_that_is_past: ["EXPIREAT tabuada:1:2+2 1"] => [Gone, Kept, Kept];
    expire_that_does_nothing: ["EXPIRE tabuada:1:2+2 100 NX"] => [Kept; 3];
    getex_with_a_ttl: ["GETEX tabuada:1:2+2 EX 100"] => [InRedis, Kept, Kept];
    getex_persist: ["GETEX tabuada:1:2+2 PERSIST"] => [InRedis, Kept, Kept];
    persist: ["PERSIST tabuada:1:2+2"] => [InRedis, Kept, Kept];

    rename_of_a_key: ["RENAME tabuada:1:2+2 elsewhere"] => [Gone, Kept, Kept];
    // A short text is only in the name, so a renamed value is the answer of the new name.
    rename_onto_a_key: ["RENAME tabuada:1:3+3 tabuada:1:2+2"] => [Says("<3+3>"), Gone, Kept];
    rename_there_and_back: ["RENAME tabuada:1:2+2 elsewhere", "RENAME elsewhere tabuada:1:2+2"]
        => [InRedis, Kept, Kept];
    renamenx_onto_a_key_that_is_there: ["RENAMENX tabuada:1:3+3 tabuada:1:2+2"] => [Kept; 3];
    copy_onto_a_key: ["COPY tabuada:1:3+3 tabuada:1:2+2 REPLACE"] => [Says("<3+3>"), Kept, Kept];
    copy_of_a_key: ["COPY tabuada:1:2+2 elsewhere"] => [Kept; 3];
    move_to_another_database: ["MOVE tabuada:1:2+2 3"] => [Gone, Kept, Kept];
    move_there_and_back: ["MOVE tabuada:1:2+2 3", "SELECT 3", "MOVE tabuada:1:2+2 0"] => [InRedis, Kept, Kept];

    append: ["APPEND tabuada:1:2+2 x"] => [Gone, Kept, Kept];
    setrange: ["SETRANGE tabuada:1:2+2 1 lixo"] => [Gone, Kept, Kept];
    setbit: ["SETBIT tabuada:1:2+2 0 1"] => [Gone, Kept, Kept];
    bitop: ["BITOP NOT tabuada:1:2+2 tabuada:1:3+3"] => [Gone, Kept, Kept];
    sort_store_of_nothing: ["SORT nosuch STORE tabuada:1:2+2"] => [Gone, Kept, Kept];

    set_to_another_value: [r#"SET tabuada:1:2+2 {"resultado":"five"}"#] => [Says("five"), Kept, Kept];
    set_to_garbage: ["SET tabuada:1:2+2 lixo"] => [Gone, Kept, Kept];
    bitop_of_nothing: ["BITOP XOR tabuada:1:2+2 nosuch"] => [Gone, Kept, Kept];
    set_if_absent: ["SET tabuada:1:2+2 lixo NX"] => [Kept; 3];
    set_if_present: ["SET tabuada:1:2+2 lixo XX KEEPTTL"] => [Gone, Kept, Kept];
    mset: ["MSET tabuada:1:2+2 lixo tabuada:1:3+3 lixo"] => [Gone, Gone, Kept];
    psetex: [r#"PSETEX tabuada:1:2+2 100000 {"resultado":"five"}"#] => [Says("five"), Kept, Kept];
    set_to_another_type: ["DEL tabuada:1:2+2", "RPUSH tabuada:1:2+2 a"] => [Gone, Kept, Kept];
    store_of_another_type: ["SADD set a", "SUNIONSTORE tabuada:1:2+2 set"] => [Gone, Kept, Kept];
    writes_that_are_refused: ["!LPUSH tabuada:1:2+2 a", "!INCR tabuada:1:2+2", "!SET tabuada:1:2+2"] => [Kept; 3];

    eval: ["EVAL return(redis.call('DEL',KEYS[1])) 1 tabuada:1:2+2"] => [Gone, Kept, Kept];
    eval_of_several_writes:
        ["EVAL redis.call('SET',KEYS[1],'x')redis.call('APPEND',KEYS[2],'x') 2 tabuada:1:2+2 tabuada:1:3+3"]
        => [Gone, Gone, Kept];
    // A script may write keys that it does not declare.
    eval_without_keys: ["EVAL return(redis.call('SET','tabuada:1:2+2','x')) 0"] => [Gone, Kept, Kept];
    eval_flushall: ["EVAL return(redis.call('FLUSHALL')) 0"] => [Gone; 3];
    eval_that_fails_halfway:
        ["!EVAL redis.call('DEL',KEYS[1])redis.call('INCR',KEYS[2]) 2 tabuada:1:2+2 tabuada:1:3+3"]
        => [Gone, Kept, Kept];
    eval_that_only_reads: ["EVAL return(redis.call('GET',KEYS[1])) 1 tabuada:1:2+2"] => [Kept; 3];
    multi_exec: ["MULTI", "DEL tabuada:1:2+2", "SET tabuada:1:3+3 lixo", "EXEC"] => [Gone, Gone, Kept];
    multi_exec_there_and_back:
        ["MULTI", "RENAME tabuada:1:2+2 elsewhere", "RENAME elsewhere tabuada:1:2+2", "EXEC"] => [InRedis, Kept, Kept];
    multi_discard: ["MULTI", "DEL tabuada:1:2+2", "DISCARD"] => [Kept; 3];
    multi_flushall: ["MULTI", "FLUSHALL", "EXEC"] => [Gone; 3];

    reading: [
        "GET tabuada:1:2+2", "TTL tabuada:1:2+2", "TYPE tabuada:1:2+2", "EXISTS tabuada:1:2+2", "GETEX tabuada:1:2+2",
        "TOUCH tabuada:1:2+2", "DUMP tabuada:1:2+2", "SCAN 0", "KEYS *", "OBJECT IDLETIME tabuada:1:2+2",
    ] => [Kept; 3];
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_to_the_same_value() {
    let server = Server::start();
    after_doing(&server, [InRedis, Kept, Kept], |person| {
        let line = person.gets("tabuada:1:2+2").expect("an answer");
        person.sets("tabuada:1:2+2", line);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore() {
    let server = Server::start();
    after_doing(&server, [Says("<3+3>"), Kept, Gone], |person| {
        person.does("RPUSH list a");
        for (from, to) in [("tabuada:1:3+3", "tabuada:1:2+2"), ("list", "tabuada:1:4+4")] {
            let redis::Value::BulkString(dump) = person.says(&format!("DUMP {from}")) else {
                panic!("no dump of {from}")
            };
            person.sends(&[b"RESTORE", to.as_bytes(), b"0", &dump, b"REPLACE"]);
        }
    })
    .await;
}

/// `EXPIRE` and the expiry are two changes. A value that is read again between them is kept no longer than Redis keeps
/// it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_expiry_itself() {
    let server = Server::start();
    let nodes = warm(&server).await;
    let mut person = server.person();
    person.does("PEXPIRE tabuada:1:2+2 300");
    eventually("2+2", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
    let computed = || nodes[0].computed() + nodes[1].computed();
    for node in &nodes {
        let found = node.expensive("2+2").await;
        // On a slow machine, the key may have expired already.
        let kept_for = found.ttl.filter(|_| computed() == 4);
        assert!(kept_for.is_none_or(|ttl| ttl.as_millis() <= 300), "{found:?}");
    }
    if computed() == 4 {
        eventually("it runs out", || nodes.iter().all(|node| !node.remembers("2+2"))).await;
        eventually("it is gone", || person.gets("tabuada:1:2+2").is_none()).await;
        nodes[0].expensive("2+2").await;
    }
    assert_eq!(computed(), 5, "once, after it ran out");
    for node in &nodes {
        node.is_sound().await;
        assert!(node.remembers("3+3"));
    }
}

/// `SWAPDB` sends no push, so memory still serves its entries, as documented. If a server begins to push it, this test
/// fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapdb_is_not_pushed_and_the_documentation_says_so() {
    after(&["SWAPDB 0 3"], [Kept; 3]).await;
    let sentences = [
        (include_str!("../../src/lib.rs"), "Not covered: `SWAPDB`, of which no server sends a push"),
        (include_str!("../../../../docs/operations.md"), "`SWAPDB` sends no invalidation and is not supported"),
    ];
    for (page, sentence) in sentences {
        assert!(page.contains(sentence), "{sentence}");
    }
}
