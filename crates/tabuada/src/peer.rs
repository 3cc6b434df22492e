//! Peers, which are clients as the unit of fair shares; the size of a share; and the trusted proxies.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A single IPv4 address, or a /64 of IPv6, which is the smallest network that a provider assigns. All clients without
/// an address are one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Peer {
    /// Clients without an address.
    #[default]
    Nameless,
    /// An IPv4 address, possibly mapped into IPv6.
    V4([u8; 4]),
    /// The first half of an IPv6 address.
    V6([u8; 8]),
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// `None` becomes [`Peer::Nameless`].
impl From<Option<IpAddr>> for Peer {
    fn from(address: Option<IpAddr>) -> Self {
        address.map_or(Self::Nameless, Self::from)
    }
}

/// How much of something each peer holds. A peer that holds nothing has no entry.
#[derive(Debug, Default)]
pub(crate) struct Holdings(HashMap<Peer, usize>);

impl Holdings {
    pub(crate) fn of(&self, peer: Peer) -> usize {
        self.0.get(&peer).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, peer: Peer, amount: usize) {
        *self.0.entry(peer).or_default() += amount;
    }

    /// Subtracts an amount that was added before.
    pub(crate) fn take_away(&mut self, peer: Peer, amount: usize) {
        if let Some(held) = self.0.get_mut(&peer) {
            *held -= amount;
            if *held == 0 {
                self.0.remove(&peer);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The part of something that one peer may hold: a percentage from 1 to 100, by default 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u8);

impl Share {
    /// No limit per peer.
    pub const ALL: Self = Self(100);

    /// The share of `all` things, rounded down, but at least one.
    pub fn of(self, all: usize) -> usize {
        (all.saturating_mul(self.0.into()) / 100).max(1)
    }
}

impl Default for Share {
    fn default() -> Self {
        Self(50)
    }
}

/// The error for a text that is not a [`Share`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareError;

impl std::fmt::Display for ShareError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected a percentage from 1% to 100%")
    }
}

impl std::error::Error for ShareError {}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let percent = text.strip_suffix('%').and_then(|percent| percent.parse().ok());
        percent.filter(|percent| (1..=100).contains(percent)).map(Self).ok_or(ShareError)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// The proxies whose `Forwarded` headers are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<IpNet>,
    /// Whether clients that connect over a Unix socket are trusted proxies.
    on_unix_sockets: bool,
}

/// The error for a text that is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyError(String);

impl std::fmt::Display for ProxyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} is no address of a proxy: expected one such as 10.0.0.1, 10.0.0.0/8 or fd00::/8, or unix",
            self.0
        )
    }
}

impl std::error::Error for ProxyError {}

impl Proxies {
    /// Reads addresses, networks and `unix`, which means every client of a Unix socket. Empty members are ignored.
    ///
    /// # Errors
    ///
    /// If a member has another form.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, ProxyError> {
        let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
        let network = |text: &str| {
            let address = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            text.parse().or_else(|_| address()).map_err(|_| ProxyError(text.to_owned()))
        };
        let (unix, networks): (Vec<&str>, Vec<&str>) = texts.partition(|text| *text == "unix");
        let networks = networks.into_iter().map(network).collect::<Result<_, _>>()?;
        Ok(Self { networks, on_unix_sockets: !unix.is_empty() })
    }

    /// Whether this is the address of a trusted proxy.
    pub fn have(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether clients of a Unix socket are trusted proxies.
    pub fn connect_over_unix_sockets(&self) -> bool {
        self.on_unix_sockets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::from(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn a_peer_is_an_address_or_a_network_of_64_bits() {
        assert_eq!(peer("2001:db8:0:1::1"), peer("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(peer("2001:db8:0:1::1"), peer("2001:db8:0:2::1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_ne!(peer("::"), peer("0.0.0.0"));
    }

    #[test]
    fn a_share_is_a_percentage_and_one_at_least() {
        for (text, of_8192, of_2, of_1) in [("50%", 4_096, 1, 1), ("100%", 8_192, 2, 1), ("1%", 81, 1, 1)] {
            let share: Share = text.parse().unwrap();
            assert_eq!((share.of(8_192), share.of(2), share.of(1)), (of_8192, of_2, of_1), "{text}");
            assert_eq!(share.to_string(), text);
        }
        for wrong in ["", "%", "0%", "101%", "-1%", "50", "0.5", "256%", "half"] {
            assert_eq!(wrong.parse::<Share>(), Err(ShareError), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_in_a_network() {
        let proxies = Proxies::read(["10.0.0.0/8", "", " 192.0.2.1", "fd00::/8", "::ffff:192.0.2.7"]).unwrap();
        for (address, is_one) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("192.0.2.7", true),
            ("fd12::1", true),
            ("fe80::1", false),
        ] {
            assert_eq!(proxies.have(address.parse().unwrap()), is_one, "{address}");
        }
        assert!(!Proxies::default().have([127, 0, 0, 1].into()));
        for (texts, over_unix_sockets) in [(&[][..], false), (&["10.0.0.1"], false), (&["10.0.0.1", " unix"], true)] {
            let proxies = Proxies::read(texts.iter().copied()).unwrap();
            assert_eq!(proxies.connect_over_unix_sockets(), over_unix_sockets, "{texts:?}");
        }
        for wrong in ["10.0.0.0/33", "10.0.0", "nginx", "*", "[::1]", "unix:"] {
            assert_eq!(Proxies::read([wrong]), Err(ProxyError(wrong.to_owned())));
        }
    }
}
