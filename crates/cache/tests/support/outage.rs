//! The outages of Redis, one after another, with three nodes under load: the rows of the outage matrix. In the tests,
//! every call must get the right answer; the example `outages` measures how quickly.

use std::time::{Duration, Instant};

use super::load::Load;
use super::proxy::Proxy;
use super::server::Server;
use super::{Node, PATIENCE, Setting, eventually, key, name};
use tabuada_cache::{Source, State};

/// Three nodes under load.
pub struct Crowd {
    pub nodes: Vec<Node>,
    pub load: Load,
}

/// The servers of an outage.
pub struct Stage {
    pub server: Server,
    pub proxy: Proxy,
    /// Another server, for outages that need two.
    pub other: Option<Server>,
    crowd: Crowd,
    /// The minimum duration of an outage, which also continues until there were some answers.
    lasts: Duration,
}

impl std::ops::Deref for Stage {
    type Target = Crowd;

    fn deref(&self) -> &Crowd {
        &self.crowd
    }
}

/// The measurements of an outage.
pub struct Report {
    /// The times of the answers, in ascending order.
    pub waits: Vec<Duration>,
    /// From the end of the outage until all nodes were coherent.
    pub coherent: Duration,
    /// From the end of the outage until the other nodes found in Redis a value that one node had computed.
    pub found: Duration,
    /// The kinds of errors that were counted, with their numbers.
    pub troubles: Vec<(&'static str, u64)>,
}

impl Report {
    /// The number of errors of a kind.
    pub fn count(&self, kind: &str) -> u64 {
        self.troubles.iter().find(|trouble| trouble.0 == kind).map_or(0, |trouble| trouble.1)
    }
}

impl Crowd {
    /// Starts the nodes, and waits until all of them are coherent.
    pub async fn before(url: &str) -> Self {
        let mut nodes = Vec::new();
        for always in [false, true, false] {
            let setting = Setting::new().hasty().redis(url);
            nodes.push(if always { setting.always() } else { setting }.coherent().await);
        }
        let load = Load::on(&nodes);
        load.goes_on(200).await;
        Self { nodes, load }
    }

    /// Waits for the end of the outage: all nodes are coherent and use Redis again. `forget` deletes a name.
    pub async fn recovers(self, forget: impl FnOnce(&str)) -> Report {
        let over = Instant::now();
        for node in &self.nodes {
            node.becomes(State::Coherent).await;
        }
        let coherent = over.elapsed();
        let found = loop {
            assert!(over.elapsed() < PATIENCE, "what is computed is not found in Redis");
            let text = format!("after {:?}", over.elapsed());
            self.nodes[0].expensive(&text).await;
            // The answer comes while its write is in progress, so a caller may follow the flight or find the value.
            let mut sources = Vec::new();
            for node in &self.nodes[1..] {
                sources.push(node.expensive(&text).await.source);
            }
            if sources.iter().all(|source| matches!(source, Source::Redis | Source::Collapsed)) {
                break over.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        let waits = self.load.ends().await;
        // An invalidation must reach all nodes.
        let text = "proof";
        while !self.nodes.iter().all(|node| node.is_kept_for_long(text)) {
            assert!(over.elapsed() < 2 * PATIENCE, "it is not remembered");
            for node in &self.nodes {
                node.expensive(text).await;
                node.is_sound().await;
            }
        }
        forget(&name(text));
        eventually("a DEL is told", || self.nodes.iter().all(|node| node.cache.get(&key(text)).is_none())).await;
        let mut troubles = Vec::new();
        for node in &self.nodes {
            node.is_sound().await;
            node.is_balanced();
            assert_eq!(
                node.stats().answers.iter().find(|count| count.label == "failed").map(|count| count.count),
                Some(0)
            );
            for count in node.stats().redis_errors {
                match troubles.iter_mut().find(|(label, _)| *label == count.label) {
                    Some((_, sum)) => *sum += count.count,
                    None => troubles.push((count.label, count.count)),
                }
            }
        }
        troubles.retain(|trouble| trouble.1 > 0);
        Report { waits, coherent, found, troubles }
    }
}

impl Stage {
    pub async fn new(lasts: Duration) -> Self {
        let server = Server::start();
        let proxy = Proxy::before(server.port());
        let crowd = Crowd::before(&proxy.url()).await;
        Self { server, proxy, other: None, crowd, lasts }
    }

    /// Waits until every node has counted the error.
    pub async fn lasts(&self, kind: &str) {
        let begun = Instant::now();
        self.load.goes_on(300).await;
        eventually(kind, || self.nodes.iter().all(|node| node.errors(kind) > 0)).await;
        tokio::time::sleep(self.lasts.saturating_sub(begun.elapsed())).await;
    }

    pub async fn recovers(self) -> Report {
        let Self { server, proxy: _proxy, other: _other, crowd, .. } = self;
        crowd.recovers(|name| server.person().does(&format!("DEL {name}"))).await
    }
}

pub async fn nothing_at_all(stage: &mut Stage) {
    stage.load.goes_on(1_000).await;
}

pub async fn killed_and_back_without_data(stage: &mut Stage) {
    stage.server.stop();
    stage.lasts("connect").await;
    stage.server.restart();
}

pub async fn killed_and_back_with_data(stage: &mut Stage) {
    stage.server.person().does("SAVE");
    stage.server.stop();
    stage.lasts("connect").await;
    stage.server.restart();
}

pub async fn hung(stage: &mut Stage) {
    stage.server.hang();
    stage.lasts("silent").await;
    stage.server.go_on();
}

/// It hangs for less time than the heartbeat timeout.
pub async fn hung_for_a_moment(stage: &mut Stage) {
    stage.server.hang();
    stage.load.goes_on(100).await;
    stage.server.go_on();
}

pub async fn cut_twenty_times(stage: &mut Stage) {
    for _ in 0..20 {
        stage.proxy.cut();
        stage.load.goes_on(50).await;
    }
}

pub async fn cut_in_the_middle_of_a_reply(stage: &mut Stage) {
    for _ in 0..5 {
        stage.proxy.cut_inside();
        eventually("a reply is cut", || !stage.proxy.is_to_cut_inside()).await;
        stage.load.goes_on(50).await;
    }
}

pub async fn connections_refused(stage: &mut Stage) {
    stage.proxy.refuse(true);
    stage.proxy.cut();
    stage.lasts("connect").await;
    stage.proxy.refuse(false);
}

/// A primary that was turned into a replica.
pub async fn read_only(stage: &mut Stage) {
    let primary = Server::start();
    primary.person().does("CONFIG SET repl-diskless-sync-delay 0");
    stage.server.person().does(&format!("REPLICAOF 127.0.0.1 {}", primary.port()));
    stage.other = Some(primary);
    stage.lasts("read-only").await;
    stage.server.person().does("REPLICAOF NO ONE");
}

/// `OOM command not allowed`.
pub async fn full(stage: &mut Stage) {
    stage.server.person().does("CONFIG SET maxmemory 1");
    stage.lasts("full").await;
    stage.server.person().does("CONFIG SET maxmemory 0");
}

/// It restarts and has to load a large file.
pub async fn loading(stage: &mut Stage) {
    let mut person = stage.server.person();
    person.sends(&[b"EVAL", b"for i = 1, 1000 do redis.call('SET', 'somebodys:' .. i, i) end", b"0"]);
    person.does("SAVE");
    stage.server.stop();
    let micros = (stage.lasts.as_micros() as u64 / 1_000).max(2_000).to_string();
    stage.server.set(&["--key-load-delay", &micros, "--loading-process-events-interval-bytes", "1024"]);
    stage.server.restart();
    eventually("it is loaded", || {
        let info = stage.server.person().tries::<String>("INFO persistence");
        info.is_ok_and(|info| info.contains("\nloading:0"))
    })
    .await;
}

/// A script has been running for long.
pub async fn busy(stage: &mut Stage) {
    let mut person = stage.server.person();
    person.does("CONFIG SET busy-reply-threshold 20");
    let script = std::thread::spawn(move || person.tries::<redis::Value>("EVAL while(true)do(type)(1)end 0"));
    stage.lasts("busy").await;
    let mut killer = stage.server.person();
    eventually("it is killed", || killer.tries::<redis::Value>("SCRIPT KILL").is_ok()).await;
    assert!(script.join().expect("no panic").is_err());
}

/// `MISCONF`: it cannot save, and so refuses writes.
pub async fn unable_to_save(stage: &mut Stage) {
    std::fs::create_dir(stage.server.directory().join("dump.rdb")).expect("a directory where the file should be");
    let mut person = stage.server.person();
    person.sends(&[b"CONFIG", b"SET", b"save", b"3600 1"]);
    person.does("BGSAVE");
    eventually("saving fails", || person.says::<String>("INFO persistence").contains("rdb_last_bgsave_status:err"))
        .await;
    stage.lasts("read-only").await;
    person.does("CONFIG SET stop-writes-on-bgsave-error no");
}

/// `NOAUTH`: a password that the nodes do not know.
pub async fn password_set(stage: &mut Stage) {
    let mut person = stage.server.person();
    person.does("CONFIG SET requirepass s3cret");
    person.does("CLIENT KILL TYPE normal SKIPME yes");
    stage.lasts("denied").await;
    person.sends(&[b"CONFIG", b"SET", b"requirepass", b""]);
}

/// `NOPERM` for writes.
pub async fn not_permitted_to_write(stage: &mut Stage) {
    stage.server.person().does("ACL SETUSER default -@write");
    stage.lasts("denied").await;
    stage.server.person().does("ACL SETUSER default +@all");
}

/// `NOPERM` for reads, too.
pub async fn not_permitted_to_read(stage: &mut Stage) {
    stage.server.person().does("ACL SETUSER default -@read");
    stage.lasts("denied").await;
    stage.server.person().does("ACL SETUSER default +@all");
}

/// `NOPERM` for tracking.
pub async fn not_permitted_to_track(stage: &mut Stage) {
    let mut person = stage.server.person();
    person.does("ACL SETUSER default -client|tracking");
    person.does("CLIENT KILL TYPE normal SKIPME yes");
    stage.lasts("denied").await;
    person.does("ACL SETUSER default +@all");
}

/// `WRONGTYPE`: lists under our names.
pub async fn of_a_wrong_type(stage: &mut Stage) {
    let mut person = stage.server.person();
    for round in 0..20 {
        for text in 0..16 {
            let name = name(&format!("{text}"));
            person.does("MULTI");
            person.does(&format!("DEL {name}"));
            person.does(&format!("RPUSH {name} {round}"));
            person.does("EXEC");
        }
        stage.load.goes_on(20).await;
    }
}

/// `max number of clients reached`.
pub async fn too_many_clients(stage: &mut Stage) {
    let mut person = stage.server.person();
    person.does("CONFIG SET maxclients 1");
    person.does("CLIENT KILL TYPE normal SKIPME yes");
    stage.lasts("connect").await;
    person.does("CONFIG SET maxclients 10000");
}

/// The peer vanishes without closing the connection.
pub async fn half_open(stage: &mut Stage) {
    stage.proxy.hang(true);
    stage.lasts("silent").await;
    stage.proxy.cut();
    stage.proxy.hang(false);
}

pub async fn slow_by_two_seconds(stage: &mut Stage) {
    stage.proxy.delay(Duration::from_secs(2));
    stage.lasts("silent").await;
    stage.proxy.delay(Duration::ZERO);
}

pub async fn garbage(stage: &mut Stage) {
    stage.proxy.garble(true);
    stage.lasts("protocol").await;
    stage.proxy.garble(false);
}

/// A proxy drops the pushes.
pub async fn pushes_swallowed(stage: &mut Stage) {
    stage.proxy.swallow_pushes(true);
    stage.proxy.cut();
    stage.lasts("canary").await;
    stage.proxy.swallow_pushes(false);
}
