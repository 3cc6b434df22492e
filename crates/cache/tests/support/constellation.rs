//! Several real servers that belong together: a primary with a replica under three Sentinels, and a Cluster.

use super::server::{Person, Server, free_port};
use super::{PATIENCE, eventually};

/// A primary, a replica, and three Sentinels in whose configuration the primary is called `main`.
pub struct Watched {
    /// At the beginning, the first one is the primary.
    pub servers: [Server; 2],
    pub sentinels: Vec<Server>,
}

impl Watched {
    pub async fn start() -> Self {
        let primary = Server::with(&["--repl-diskless-sync-delay", "0"]);
        let replica =
            Server::with(&["--repl-diskless-sync-delay", "0", "--replicaof", &format!("127.0.0.1 {}", primary.port())]);
        eventually("the replica follows", || info(&replica, "replication", "master_link_status") == "up").await;
        // A server counts as dead after a second; the rest of a failover is the time that the Sentinels need.
        let file = format!(
            "sentinel monitor main 127.0.0.1 {} 2\nsentinel down-after-milliseconds main 1000\n\
             sentinel failover-timeout main 5000",
            primary.port()
        );
        let sentinels: Vec<Server> = (0..3).map(|_| Server::sentinel(&file)).collect();
        let watched = Self { servers: [primary, replica], sentinels };
        watched.knows_itself().await;
        watched
    }

    /// Waits until every Sentinel knows the others, and the replica.
    pub async fn knows_itself(&self) {
        let knows = |sentinel: &Server| {
            let fields: Vec<String> = sentinel.person().says("SENTINEL MASTER main");
            let field = |name: &str| fields.iter().skip_while(|field| *field != name).nth(1).cloned();
            field("num-other-sentinels").as_deref() == Some("2") && field("num-slaves").as_deref() == Some("1")
        };
        eventually("the Sentinels know each other", || self.sentinels.iter().all(knows)).await;
    }

    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|it| format!("127.0.0.1:{}", it.port())).collect();
        format!("redis+sentinel://{}/main", hosts.join(","))
    }
}

/// A Cluster of primaries, each with a replica.
pub struct Cluster {
    /// The primaries first, then their replicas in the same order.
    pub servers: Vec<Server>,
}

/// The silence after which a node counts as dead, in milliseconds.
const NODE_TIMEOUT_MS: &str = "1500";

impl Cluster {
    /// Starts so many primaries, each with a replica if wanted.
    pub async fn start(primaries: usize, with_replicas: bool) -> Self {
        let count = if with_replicas { 2 * primaries } else { primaries };
        let cluster = Self { servers: (0..count).map(|_| Self::node()).collect() };
        let mut first = cluster.servers[0].person();
        for (n, server) in cluster.servers.iter().enumerate() {
            server.person().does(&format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1));
            if n < primaries {
                let slots = (16_384 * n / primaries, 16_384 * (n + 1) / primaries - 1);
                server.person().does(&format!("CLUSTER ADDSLOTSRANGE {} {}", slots.0, slots.1));
            }
            if n > 0 {
                first.does(&meet(server));
            }
        }
        cluster.agrees().await;
        for (n, server) in cluster.servers.iter().enumerate().skip(primaries) {
            let primary = id(&cluster.servers[n - primaries]);
            eventually("the replica knows whom to follow", || {
                server.person().tries::<redis::Value>(&format!("CLUSTER REPLICATE {primary}")).is_ok()
            })
            .await;
            eventually("the replica follows", || info(server, "replication", "master_link_status") == "up").await;
        }
        cluster.agrees().await;
        // Every node knows all others.
        eventually("everybody knows the replicas", || {
            let replicas = count - primaries;
            cluster.servers.iter().all(|server| {
                let nodes: String = server.person().says("CLUSTER NODES");
                nodes.matches("slave").count() == replicas
            })
        })
        .await;
        cluster
    }

    /// A node that is not in any Cluster yet.
    pub fn node() -> Server {
        let bus = free_port().to_string();
        Server::with(&[
            "--cluster-enabled",
            "yes",
            "--cluster-port",
            &bus,
            "--cluster-node-timeout",
            NODE_TIMEOUT_MS,
            "--cluster-replica-validity-factor",
            "0",
            "--repl-diskless-sync-delay",
            "0",
        ])
    }

    /// Waits until every running node knows all others, and sees every slot served.
    pub async fn agrees(&self) {
        let count = self.servers.len().to_string();
        let agrees = |server: &Server| {
            let told: String = server.person().says("CLUSTER INFO");
            told.contains("cluster_state:ok") && told.contains(&format!("cluster_known_nodes:{count}\r"))
        };
        eventually("the Cluster agrees", || self.servers.iter().all(agrees)).await;
    }

    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.servers.iter().map(|it| format!("127.0.0.1:{}", it.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// A person at the primary that holds a name, according to the first node that answers.
    pub fn person_for(&self, name: &str) -> Person {
        self.holder_of(name).person()
    }

    pub fn holder_of(&self, name: &str) -> &Server {
        for server in self.servers.iter().filter(|server| server.runs()) {
            // A node that does not hold the name redirects to the one that does.
            match redis::cmd("EXISTS").arg(name).query::<i64>(server.person().connection()) {
                Ok(_) if info(server, "replication", "role") == "master" => return server,
                Ok(_) => {}
                Err(error) => {
                    let port = error.redirect_node().and_then(|(address, _)| address.rsplit_once(':')?.1.parse().ok());
                    if let Some(found) = self.servers.iter().find(|server| Some(server.port()) == port) {
                        return found;
                    }
                }
            }
        }
        panic!("nobody holds {name}")
    }

    /// Begins to move a slot with its keys, as `redis-cli --cluster reshard` does. Until [`Cluster::ends_move`], the
    /// old node redirects calls for keys that it does not have, and the new one answers only after ASKING.
    pub fn begins_move(slot: u16, from: &Server, to: &Server) {
        to.person().does(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", id(from)));
        from.person().does(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", id(to)));
        let mut keys = redis::cmd("CLUSTER");
        keys.arg("GETKEYSINSLOT").arg(slot).arg(1_000);
        let keys: Vec<String> = keys.query(from.person().connection()).expect("keys");
        for key in keys {
            let mut migrate = redis::cmd("MIGRATE");
            migrate.arg("127.0.0.1").arg(to.port()).arg(key).arg(0).arg(PATIENCE.as_millis() as u64);
            migrate.exec(from.person().connection()).expect("MIGRATE");
        }
    }

    pub fn ends_move(slot: u16, from: &Server, to: &Server) {
        for server in [to, from] {
            server.person().does(&format!("CLUSTER SETSLOT {slot} NODE {}", id(to)));
        }
    }
}

/// The slot of a name, according to a node.
pub fn slot(server: &Server, name: &str) -> u16 {
    redis::cmd("CLUSTER").arg("KEYSLOT").arg(name).query(server.person().connection()).expect("a slot")
}

/// The command that makes a node meet a server.
pub fn meet(server: &Server) -> String {
    let bus: Vec<String> = server.person().says("CONFIG GET cluster-port");
    format!("CLUSTER MEET 127.0.0.1 {} {}", server.port(), bus[1])
}

pub fn id(server: &Server) -> String {
    server.person().says("CLUSTER MYID")
}

/// A field of `INFO`; empty if the server closes the connection.
pub fn info(server: &Server, section: &str, field: &str) -> String {
    let told: String = server.person().tries(&format!("INFO {section}")).unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.map(str::trim).unwrap_or_default().to_owned()
}
