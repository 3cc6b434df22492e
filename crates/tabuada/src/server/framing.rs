//! What HTTP/1.1 says of a head (RFC 9112) and the library leaves to us. Where two readers of one head could understand two
//! requests, nobody answers either: a proxy in front may be the other reader.

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};

/// Why a request with this head is not answered: 400 if it has another number of hosts than one, or none that is a host, or
/// is packed in chunks twice; 501 if it is packed in another way before.
pub(super) fn refusal(version: Version, headers: &HeaderMap) -> Option<StatusCode> {
    let mut hosts = 0;
    let mut chunked = 0;
    for (name, value) in headers {
        if *name == HOST {
            hosts += 1;
            if !is_host(value) {
                return Some(StatusCode::BAD_REQUEST);
            }
        } else if *name == TRANSFER_ENCODING {
            for coding in value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                match coding {
                    b"" => {}
                    coding if coding.eq_ignore_ascii_case(b"chunked") => chunked += 1,
                    _ => return Some(StatusCode::NOT_IMPLEMENTED),
                }
            }
        }
    }
    let has_its_host = hosts == 1 || hosts == 0 && version < Version::HTTP_11;
    (!has_its_host || chunked > 1).then_some(StatusCode::BAD_REQUEST)
}

/// Whether a value can be a host and a port; an empty one is that of a request that has none.
fn is_host(value: &HeaderValue) -> bool {
    value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=:[]".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_in_one_way_or_not_at_all() {
        let (bad, unknown) = (Some(StatusCode::BAD_REQUEST), Some(StatusCode::NOT_IMPLEMENTED));
        let tried = |version, pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_str(value).unwrap());
            }
            refusal(version, &headers)
        };
        for (version, without) in [(Version::HTTP_11, bad), (Version::HTTP_10, None)] {
            assert_eq!(tried(version, &[]), without);
            for host in ["a", "a:1", "[::1]:8000", "x_y.example", ""] {
                assert_eq!(tried(version, &[("host", host)]), None, "{host}");
                assert_eq!(tried(version, &[("host", host), ("host", host)]), bad, "{host} twice");
            }
            for host in ["a b", "a/b", "a@b", "a,b", "http://a", "a?b", "a#b", "a\tb", "\"a\""] {
                assert_eq!(tried(version, &[("host", host)]), bad, "{host}");
            }
        }
        for (coding, refusal) in [
            ("chunked", None),
            ("Chunked", None),
            (", chunked ,", None),
            ("chunked, chunked", bad),
            ("gzip, chunked", unknown),
            ("identity, chunked", unknown),
            ("chunked;q=1", unknown),
        ] {
            assert_eq!(tried(Version::HTTP_11, &[("host", "a"), ("transfer-encoding", coding)]), refusal, "{coding}");
        }
        let twice = [("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")];
        assert_eq!(tried(Version::HTTP_11, &twice), bad);
    }
}
