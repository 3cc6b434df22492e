//! Connections: each direction in order, with drawn delays. A partition is silent (messages arrive when it ends, as TCP
//! repeats them) or resets connections.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::world::{MICROS, MILLIS, Time};

/// For how long a server holds more than its limit.
const OVER_LIMIT: Time = 50 * MILLIS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToNode,
}

pub(crate) struct Connection {
    pub(crate) node: usize,
    pub(crate) server: usize,
    /// When the last message of each direction arrives.
    last: [Time; 2],
    /// Messages that the node has not read, and since when there are more than the server holds for it.
    unread: usize,
    over_since: Option<Time>,
    pub(crate) is_open_at_node: bool,
    pub(crate) is_open_at_server: bool,
}

/// The way between one node and the server.
#[derive(Clone, Default)]
struct Way {
    silent_until: [Time; 2],
    cut_until: Time,
    slow_until: Time,
}

pub(crate) struct Network {
    chance: Chance,
    ways: Vec<Way>,
    connections: BTreeMap<ConnectionId, Connection>,
    next: u32,
    delay: Time,
}

impl Network {
    pub(crate) fn new(nodes: usize, delay: Time, chance: Chance) -> Self {
        Self { chance, ways: vec![Way::default(); nodes], connections: BTreeMap::new(), next: 0, delay }
    }

    /// A connection that the node has begun to open.
    pub(crate) fn open(&mut self, node: usize, server: usize) -> ConnectionId {
        let id = ConnectionId(self.next);
        self.next += 1;
        let connection = Connection {
            node,
            server,
            last: [0; 2],
            unread: 0,
            over_since: None,
            is_open_at_node: true,
            is_open_at_server: false,
        };
        self.connections.insert(id, connection);
        id
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    /// Forgets connections that both ends have closed.
    pub(crate) fn sweep(&mut self) {
        self.connections.retain(|_, it| it.is_open_at_node || it.is_open_at_server);
    }

    pub(crate) fn of_node(&self, node: usize) -> Vec<ConnectionId> {
        let of_node = self.connections.iter().filter(|(_, it)| it.node == node);
        of_node.map(|(id, _)| *id).collect()
    }

    pub(crate) fn of_server(&self, server: usize) -> Vec<ConnectionId> {
        let of_server = self.connections.iter().filter(|(_, it)| it.server == server);
        of_server.map(|(id, _)| *id).collect()
    }

    /// The server has one more message for the node. Whether it holds more than `limit` of them for too long, and so is to
    /// close the connection: `client-output-buffer-limit` with a soft limit.
    pub(crate) fn overflows(&mut self, id: ConnectionId, limit: Option<usize>, now: Time) -> bool {
        let (Some(connection), Some(limit)) = (self.connections.get_mut(&id), limit) else { return false };
        connection.unread += 1;
        if connection.unread <= limit {
            connection.over_since = None;
        }
        let is_over = connection.unread > limit;
        is_over && now - *connection.over_since.get_or_insert(now) >= OVER_LIMIT
    }

    pub(crate) fn has_read(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.unread = connection.unread.saturating_sub(1);
        }
    }

    /// When a message that is sent now arrives; `None` if it is lost.
    pub(crate) fn arrival(&mut self, id: ConnectionId, direction: Direction, now: Time) -> Option<Time> {
        let connection = self.connections.get_mut(&id)?;
        let way = &self.ways[connection.node];
        if now < way.cut_until {
            return None;
        }
        let mut delay = self.delay + self.chance.below(self.delay);
        if now < way.slow_until {
            delay += self.chance.below(80 * MILLIS);
        } else if self.chance.once_in(50) {
            delay += self.chance.below(5 * MILLIS);
        }
        let last = &mut connection.last[direction as usize];
        *last = (now + delay).max(way.silent_until[direction as usize] + 200 * MICROS).max(*last + 1);
        Some(*last)
    }

    pub(crate) fn is_cut(&self, node: usize, now: Time) -> bool {
        now < self.ways[node].cut_until
    }

    pub(crate) fn cut(&mut self, node: usize, until: Time) {
        self.ways[node].cut_until = until;
    }

    pub(crate) fn silence(&mut self, node: usize, directions: &[Direction], until: Time) {
        for direction in directions {
            self.ways[node].silent_until[*direction as usize] = until;
        }
    }

    pub(crate) fn slow(&mut self, node: usize, until: Time) {
        self.ways[node].slow_until = until;
    }
}
