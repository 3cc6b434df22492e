//! How a body is compressed: with brotli, with gzip, or not at all (RFC 9110, section 12.5.3).

use std::io::Write as _;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::qvalues::{members, weighted};

/// Bodies below this size fit a packet or two: compression would save nothing noticeable.
pub(in crate::server) const PACKED_FROM_BYTES: usize = 1 << 10;

/// From 0 to 11. Higher, a few per cent of size cost several times the work.
const BROTLI_QUALITY: u32 = 5;
/// A window of 1 MiB, longer than any body here.
const BROTLI_WINDOW_BITS: u32 = 20;
const BROTLI_BUFFER_BYTES: usize = 4 << 10;

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Coding {
    Brotli,
    Gzip,
    /// No compression.
    Identity,
}

impl Coding {
    /// Best first, for a client that accepts all alike.
    pub(in crate::server) const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// The value of `Content-Encoding`.
    pub(in crate::server) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The compressed body; `None` if it would not be shorter.
    pub(in crate::server) fn pack(self, body: &[u8]) -> Option<Vec<u8>> {
        let mut packed = Vec::with_capacity(body.len());
        // Writing into memory does not fail.
        match self {
            Self::Brotli => {
                let (quality, window) = (BROTLI_QUALITY, BROTLI_WINDOW_BITS);
                let mut writer = brotli::CompressorWriter::new(&mut packed, BROTLI_BUFFER_BYTES, quality, window);
                writer.write_all(body).ok()?;
            }
            Self::Gzip => {
                let mut writer = GzEncoder::new(&mut packed, Compression::default());
                writer.write_all(body).ok()?;
                writer.finish().ok()?;
            }
            Self::Identity => return None,
        }
        (packed.len() < body.len()).then_some(packed)
    }
}

/// The weight that a client gives each encoding; 0: not acceptable.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Accepted {
    weights: [f32; 3],
}

impl Accepted {
    /// From `Accept-Encoding`; without it, nothing is compressed.
    pub(in crate::server) fn by(headers: &HeaderMap) -> Self {
        let mut given = [None; 3];
        let mut others = None;
        for (name, weight) in members(headers, ACCEPT_ENCODING).map(weighted) {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("*") {
                others = Some(weight);
            } else if is("br") {
                given[0] = Some(weight);
            } else if is("gzip") || is("x-gzip") {
                given[1] = Some(weight);
            } else if is("identity") {
                given[2] = Some(weight);
            }
        }
        let [brotli, gzip, identity] = given;
        let unpacked = identity.or(others);
        // A client that accepts encodings and does not mention `identity` accepts it, with a lower preference.
        Self { weights: [brotli.or(others).unwrap_or(0.0), gzip.or(others).unwrap_or(0.0), unpacked.unwrap_or(0.001)] }
    }

    /// Whether the client accepts it. An uncompressed body is acceptable to all: the only other answer would be none.
    pub(in crate::server) fn takes(self, coding: Coding) -> bool {
        coding == Coding::Identity || self.weights[coding as usize] > 0.0
    }

    /// What the client prefers; of equal weights, the best compression.
    pub(in crate::server) fn best(self) -> Coding {
        let weight = |coding: Coding| self.weights[coding as usize];
        let better = |best, coding| if weight(coding) > weight(best) { coding } else { best };
        let best = Coding::ALL.into_iter().reduce(better).unwrap_or(Coding::Identity);
        if weight(best) > 0.0 { best } else { Coding::Identity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_liked_best_is_sent() {
        for (accepted, best) in [
            ("", None),
            ("gzip", Some("gzip")),
            ("x-gzip", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip;q=1.0, br;q=0.9", Some("gzip")),
            ("br;q=0, gzip;q=0.1", Some("gzip")),
            ("br;q=0", None),
            ("deflate", None),
            ("*", Some("br")),
            ("*, br;q=0", Some("gzip")),
            ("*;q=0", None),
            ("identity", None),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0, gzip;q=0.5", Some("gzip")),
            ("identity;q=0", None),
            ("br;q=x", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(Accepted::by(&headers).best().name(), best, "{accepted}");
        }
        let silent = Accepted::by(&HeaderMap::new());
        assert_eq!(silent.best(), Coding::Identity);
        assert!(silent.takes(Coding::Identity) && !silent.takes(Coding::Gzip) && !silent.takes(Coding::Brotli));
    }

    #[test]
    fn what_does_not_become_shorter_is_not_packed() {
        for coding in [Coding::Brotli, Coding::Gzip] {
            assert!(coding.pack(&b"0123456789".repeat(200)).is_some_and(|packed| packed.len() < 200), "{coding:?}");
            assert_eq!(coding.pack(b"2+2"), None, "{coding:?}");
        }
        assert_eq!(Coding::Identity.pack(&[0; 2_000]), None);
    }
}
