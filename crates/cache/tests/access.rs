//! How the cache reaches Redis: logins, certificates, URLs, and what it sends there.

use crate::support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use support::constellation::{Cluster, Watched};
use support::fake::Fake;
use support::server::Server;
use support::tls::Tls;
use support::*;
use tabuada_cache::{Credentials, Login, RedisStatus, RemovalStatus, Source, State};

/// The server is silent until it has received as many writes as may be in flight, and then replies to all of them. So
/// a write that waited for the reply to the one before it would wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_behind_do_not_wait_for_each_others_replies() {
    let received = AtomicUsize::new(0);
    let fake = Fake::start(move |words| {
        is_write(words).then(|| match (received.fetch_add(1, SeqCst) + 1) % IN_FLIGHT_MAX {
            0 => b"+OK\r\n".repeat(IN_FLIGHT_MAX),
            _ => vec![],
        })
    });
    let node = quiet(&fake).await;
    for n in 0..2 * IN_FLIGHT_MAX {
        node.cheap(&n.to_string()).await;
    }
    node.is_sound().await;
    assert_eq!(node.writes_behind("stored"), 2 * IN_FLIGHT_MAX as u64);
    // Without a reply, no more are sent.
    let sent = Arc::new(AtomicUsize::new(0));
    let received = sent.clone();
    let unanswered = Fake::start(move |words| {
        is_write(words).then(|| {
            received.fetch_add(1, SeqCst);
            vec![]
        })
    });
    let node = quiet(&unanswered).await;
    for n in 0..2 * IN_FLIGHT_MAX {
        node.cheap(&n.to_string()).await;
    }
    eventually("as many as may be are sent", || sent.load(SeqCst) == IN_FLIGHT_MAX).await;
    assert_eq!(node.stats().write_behind_open, 2 * IN_FLIGHT_MAX as u64);
    // A shutdown waits a moment for them, and drops what has no reply.
    node.cache.shutdown().await;
    node.is_sound().await;
    assert_eq!(sent.load(SeqCst), IN_FLIGHT_MAX);
}

/// A Sentinel as a script: it names the server at this port.
fn sentinel(port: u16, delay: Duration) -> Fake {
    Fake::start(move |words| {
        (words[0] == "SENTINEL").then(|| {
            std::thread::sleep(delay);
            let fields = [("name", "main"), ("ip", "127.0.0.1"), ("port", &port.to_string()), ("config-epoch", "1")];
            let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
            let pairs = fields.map(|(name, value)| bulk(name) + &bulk(value)).concat();
            format!("%{}\r\n{pairs}", fields.len()).into_bytes()
        })
    })
}

/// The majority answers before the slowest Sentinel, which keeps its connection all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_sentinel_is_asked_over_one_connection() {
    let primary = Server::start();
    let delays = [Duration::ZERO, Duration::ZERO, Duration::from_millis(30)];
    let sentinels = delays.map(|delay| sentinel(primary.port(), delay));
    let hosts = sentinels.each_ref().map(|it| it.url().trim_start_matches("redis://").to_owned()).join(",");
    let mut setting = Setting::new().redis(format!("redis+sentinel://{hosts}/main"));
    setting.deadlines.topology = Duration::from_millis(1);
    let node = setting.coherent().await;
    let slow = &sentinels[2];
    let (asked, connections) = (slow.received("SENTINEL"), slow.received("HELLO"));
    eventually("it is asked again and again", || slow.received("SENTINEL") >= asked + 5).await;
    assert!(sentinels[0].received("SENTINEL") > slow.received("SENTINEL"), "the others answer more often");
    assert!(connections <= 2 && slow.received("HELLO") <= 2, "one connection says HELLO twice");
    assert_eq!(node.state(), State::Coherent);
}

const PAGES: [&str; 2] =
    [include_str!("../../../docs/operations.md"), include_str!("../../../docs/operations.pt-BR.md")];

/// The commands that create a user of the servers and one of the Sentinels, as the pages give them.
fn documented_users() -> [&'static str; 2] {
    let [english, portuguese] = PAGES.map(|page| {
        let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("ACL SETUSER tabuada")).collect();
        <[&str; 2]>::try_from(lines).expect("two users")
    });
    assert_eq!(english, portuguese);
    english
}

/// What the server refused to the user `tabuada`. The eviction policy is read only if `INFO` is permitted.
fn refused(server: &Server) -> Vec<String> {
    let log: Vec<Vec<redis::Value>> = server.person().says("ACL LOG");
    let texts = log.iter().map(|entry| entry.iter().filter_map(|value| redis::from_redis_value_ref(value).ok()));
    let objects = texts.filter_map(|texts| {
        let texts: Vec<String> = texts.collect();
        let field = |name: &str| texts.iter().skip_while(|text| *text != name).nth(1).cloned();
        field("object").filter(|_| field("username").as_deref() == Some("tabuada"))
    });
    objects.filter(|object| !["info", "config|get"].contains(&object.as_str())).collect()
}

/// Everything that a cache and its operator do is possible, and nothing was refused.
async fn suffices(url: &str, servers: &[Server]) {
    let setting = || Setting::new().redis(url);
    let (a, b) = (setting().coherent().await, setting().coherent().await);
    for text in ["2+2", "3+3", "4+4"] {
        assert_eq!(a.expensive(text).await.source, COMPUTED, "{url}");
    }
    a.cheap("5+5").await;
    let _ = a.ask("6+6", async |_| Err("it releases its lease")).await;
    a.is_sound().await;
    assert_eq!(b.expensive("2+2").await.source, Source::Redis, "{url}");
    let operator = b.cache.operator();
    let (mut listed, mut from) = (0, None);
    loop {
        let page = operator.list(from.as_ref(), 100).await;
        assert_eq!(page.redis, RedisStatus::Reached, "{url}");
        listed += page.entries.len();
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(listed, 4, "{url}");
    let (entry, reached) = operator.entry(&name("3+3")).await.expect("a name");
    assert!(entry.is_some() && reached == RedisStatus::Reached, "{url}");
    let removed = operator.delete(&name("2+2")).await.expect("a name");
    assert_eq!((removed.count, removed.redis), (1, RemovalStatus::Done), "{url}");
    let removed = operator.clear().await;
    assert_eq!((removed.count, removed.redis), (3, RemovalStatus::Done), "{url}");
    assert_eq!((a.errors("denied"), b.errors("denied")), (0, 0), "{url}");
    for server in servers {
        assert_eq!(refused(server), Vec::<String>::new(), "{url}");
    }
}

fn with_login(url: &str) -> String {
    url.replace("://", "://tabuada:password@")
}

/// The documented permissions, with nothing more, are enough with every form of URL that the page documents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_user_has_all_permissions_that_are_needed() {
    let [of_servers, of_sentinels] = documented_users();
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("redis.sock");
    let server = Server::with(&["--unixsocket", socket.to_str().expect("a path")]);
    server.person().does(of_servers);
    let servers = std::slice::from_ref(&server);
    suffices(&with_login(&server.url()), servers).await;
    suffices(&format!("{}/3", with_login(&server.url())), servers).await;
    suffices(&format!("{}?db=4", with_login(&server.url())), servers).await;
    suffices(&format!("unix://{}?db=5&user=tabuada&pass=password", socket.display()), servers).await;
    let watched = Watched::start().await;
    watched.servers.iter().for_each(|server| server.person().does(of_servers));
    suffices(&with_login(&watched.url()), &watched.servers).await;
    suffices(&format!("{}/3", with_login(&watched.url())), &watched.servers).await;
    for sentinel in &watched.sentinels {
        sentinel.person().does(of_sentinels);
        // The login of the servers was refused until now.
        sentinel.person().does("ACL LOG RESET");
    }
    suffices(&with_login(&watched.url()), &watched.sentinels).await;
    let cluster = Cluster::start(2, false).await;
    cluster.servers.iter().for_each(|server| server.person().does(of_servers));
    suffices(&with_login(&cluster.url()), &cluster.servers).await;
}

/// A refusal of the database is one of permissions, although the client library tells it differently.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_the_user_may_not_select_is_denied() {
    let server = Server::start();
    server.person().does(&documented_users()[0].replace("+select ", ""));
    let node = Setting::new().redis(format!("{}/3", with_login(&server.url()))).start();
    eventually("it is told of", || node.errors("denied") > 0).await;
    assert!(node.cache.last_failure().is_some_and(|why| why.contains("select") && !why.contains("password")));
}

/// The parts of a secret are in no text that is made of the options or of the cache.
fn hides(node: &Node, secrets: &[&str]) {
    let shown = format!("{:?} {:?} {:?}", node.cache, node.cache.last_failure(), node.stats());
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_that_is_renewed() {
    let tls = Tls::start("yes");
    let (certificate, key) = tls.client("ana");
    let setting = || {
        let mut setting = Setting::new().redis(format!("rediss://127.0.0.1:{}", tls.port()));
        setting.options.redis_ca = Some(tls.ca.clone());
        setting
    };
    let without = setting().start();
    eventually("it is told of", || without.errors("connect") + without.errors("lost") > 0).await;
    assert_eq!(without.expensive("2+2").await.source, COMPUTED);
    let mut with = setting();
    with.options.redis_cert = Some(certificate.clone());
    with.options.redis_key = Some(key.clone());
    let again = with.again();
    let node = with.coherent().await;
    assert_eq!(node.expensive("3+3").await.source, COMPUTED);
    node.is_sound().await;
    assert!(tls.server.person().gets(&name("3+3")).is_some());
    // The next connection reads the files again.
    let own = std::fs::read_to_string(&key).expect("a key");
    std::fs::write(&certificate, "nonsense").expect("a file");
    let broken = again.start();
    eventually("it is told of", || broken.errors("denied") > 0).await;
    let why = broken.cache.last_failure().expect("a reason");
    assert!(why.contains("no client certificate in PEM"), "{why}");
    hides(&broken, &own.lines().collect::<Vec<_>>()[1..2]);
    assert_eq!(tls.client("ana"), (certificate, key), "the files are written anew");
    let state = broken.cache.wait_until_ready(PATIENCE).await;
    assert_eq!(state, State::Coherent, "{:?}", broken.cache.last_failure());
    assert_eq!(broken.expensive("3+3").await.source, Source::Redis);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_with_a_login_of_their_own() {
    let primary = Server::start();
    primary.person().does(documented_users()[0]);
    let sentinel = Server::sentinel(&format!("sentinel monitor main 127.0.0.1 {} 1", primary.port()));
    sentinel.person().does("ACL SETUSER guarda on >s3cret-of-sentinels -@all +hello +sentinel|master");
    let mut person = sentinel.person();
    person.does("ACL SETUSER default off");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("password");
    std::fs::write(&file, "s3cret-of-sentinels\n").expect("a file");
    let setting =
        || Setting::new().redis(format!("redis+sentinel://tabuada:password@127.0.0.1:{}/main", sentinel.port()));
    let without = setting().start();
    eventually("it is told of", || without.errors("denied") > 0).await;
    assert_eq!(without.state(), State::Detached);
    let mut with = setting();
    with.options.sentinel_user = Some("guarda".to_owned());
    with.options.sentinel_password_file = Some(file.clone());
    let again = with.again();
    let node = with.coherent().await;
    assert_eq!(node.expensive("2+2").await.source, COMPUTED);
    // Where the own login is refused, no other one is tried.
    person.does("ACL SETUSER default on nopass +@all");
    std::fs::write(&file, "s3cret-but-wrong").expect("a file");
    let wrong = again.start();
    eventually("it is told of", || wrong.errors("denied") > 1).await;
    assert_eq!(wrong.state(), State::Detached);
    for node in [node, without, wrong] {
        hides(&node, &["s3cret", "password@", ":password"]);
    }
}

/// A token that is valid for one connection: the function is called for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_change() {
    let server = Arc::new(Server::start());
    let issued = Arc::new(Mutex::new(Vec::new()));
    let (issuer, tokens) = (server.clone(), issued.clone());
    let mut setting = Setting::new().redis(server.url());
    setting.options.redis_credentials = Some(Credentials::new(move || {
        let mut tokens = tokens.lock().expect("no panic");
        let token = format!("t0ken-{}", tokens.len());
        issuer.person().does(&format!("ACL SETUSER ana on resetpass >{token} ~* +@all"));
        tokens.push(token.clone());
        async move { Ok(Login::new(Some("ana".to_owned()), token)) }
    }));
    let node = setting.coherent().await;
    let before = issued.lock().expect("no panic").len();
    let purged = node.invalidations("attached");
    server.person().does("CLIENT KILL USER ana");
    eventually("it connects again", || node.invalidations("attached") >= purged + 2).await;
    node.becomes(State::Coherent).await;
    let issued = issued.lock().expect("no panic").clone();
    assert!(issued.len() >= before + 2, "one for each connection, and each canary has its own");
    hides(&node, &["t0ken"]);
}

/// What a command is in the table of the pages: its name, with the subcommand, or what a `SET` is for.
fn kind_of(words: &[String]) -> String {
    let has = |word: &str| words.iter().skip(3).any(|given| given == word);
    match (&*words[0], words.get(1), words.get(2)) {
        ("SET", Some(name), _) if name.contains("::") => "SET of a canary".to_owned(),
        ("SET", _, Some(value)) if value.starts_with("\"lease:") && has("NX") => "SET of a lease".to_owned(),
        ("SET", ..) => format!("SET {}", ["NX", "XX"].into_iter().find(|word| has(word)).expect("a condition")),
        ("CLIENT" | "CLUSTER" | "CONFIG" | "SENTINEL", Some(sub), _) => format!("{} {sub}", words[0]),
        (name, ..) => name.to_owned(),
    }
}

/// The commands in the table of a page.
fn documented(page: &str) -> BTreeSet<String> {
    let rows =
        page.lines().skip_while(|line| !line.starts_with("| `HELLO 3` |")).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split(" | ").next().expect("a cell"));
    let commands = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    commands.map(|command| kind_of(&command.split(' ').map(str::to_owned).collect::<Vec<_>>())).collect()
}

/// Uses an answer until it was touched and prolonged, and another one if it expires before that.
async fn keeps_in_use(server: &Fake) {
    let mut setting = Setting::new().redis(server.url()).ttl(Some(Duration::from_secs(1)));
    setting.deadlines.touch = Duration::from_millis(1);
    let node = setting.coherent().await;
    let (start, mut texts) = (Instant::now(), 0);
    while server.received("TOUCH") == 0 || server.received("PEXPIRE") == 0 {
        assert!(start.elapsed() < PATIENCE, "{:?}", node.stats().touches);
        if !node.remembers(&format!("used {texts}")) {
            texts += 1;
            node.expensive(&format!("used {texts}")).await;
            node.is_sound().await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A server for each form of URL as a script, which gives each command of the table an occasion.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_lists_every_command_that_redis_receives() {
    let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
    let (listed, port, is_moving) = (bulk(&name("2+2")), Arc::new(OnceLock::new()), AtomicBool::new(true));
    let own_port = port.clone();
    let server = Fake::start(move |words| {
        let (info, port) = (bulk("cluster_current_epoch:1\r\n"), own_port.get().copied().unwrap_or_default());
        match (&*words[0], words.get(1).map(String::as_str)) {
            ("TOUCH" | "PEXPIRE", _) => Some(b":1\r\n".to_vec()),
            ("INFO" | "CONFIG", _) => Some(b"-NOPERM no permissions\r\n".to_vec()),
            ("SCAN", _) => Some(format!("*2\r\n$1\r\n0\r\n*1\r\n{listed}").into_bytes()),
            ("CLUSTER", Some("INFO")) => Some(info.into_bytes()),
            ("CLUSTER", _) => {
                let node = format!("*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{port}\r\n");
                Some(format!("*1\r\n{node}").into_bytes())
            }
            ("GETRANGE", Some(moving)) if moving == name("moving") && is_moving.swap(false, SeqCst) => {
                Some(format!("-ASK 1 127.0.0.1:{port}\r\n").into_bytes())
            }
            _ => None,
        }
    });
    port.set(server.port()).expect("once");
    let sentinel = sentinel(server.port(), Duration::ZERO);
    let urls = [
        format!("{}/3", server.url()),
        format!("redis+sentinel://127.0.0.1:{}/main", sentinel.port()),
        format!("redis+cluster://127.0.0.1:{}", server.port()),
    ];
    for (n, url) in urls.iter().enumerate() {
        let mut setting = Setting::new().redis(url);
        setting.deadlines.topology = Duration::from_millis(10);
        let node = setting.coherent().await;
        node.expensive(&format!("{n}+1")).await;
        node.cheap(&format!("{n}+2")).await;
        let _ = node.ask(&format!("{n}+3"), async |_| Err("it releases its lease")).await;
        if n == 2 {
            node.expensive("moving").await;
        }
        let operator = node.cache.operator();
        operator.list(None, 10).await;
        let _ = operator.delete(&name("2+2")).await;
        operator.clear().await;
        let beats = server.received("SETRANGE");
        eventually("the heart beats", || server.received("SETRANGE") > beats).await;
        node.is_sound().await;
    }
    keeps_in_use(&server).await;
    let received = server.commands().into_iter().chain(sentinel.commands());
    let received: BTreeSet<String> = received.map(|words| kind_of(&words)).collect();
    for page in PAGES {
        assert_eq!(documented(page), received);
    }
}
