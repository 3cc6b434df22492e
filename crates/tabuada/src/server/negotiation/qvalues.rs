//! What a client accepts, and with which weight (q-value): the lists of `Accept`, `Accept-Encoding` and
//! `Accept-Language` (RFC 9110, section 12.4).

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The lines of a header. Requests have few headers, and mostly not this one: a linear search is less work than a hash
/// lookup.
pub(in crate::server) fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &HeaderValue> {
    headers.iter().filter(move |(given, _)| **given == name).map(|(_, line)| line)
}

/// The members of a list header, from all its lines.
pub(in crate::server) fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    lines(headers, name).filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','))
}

/// Splits a member without other parameters from its weight: `gzip;q=0.5`. An invalid weight is 0.
pub(in crate::server) fn weighted(member: &str) -> (&str, f32) {
    let (name, weight) = member.split_once(';').map_or((member, 1.0), |(name, weight)| (name, quality(weight)));
    (name.trim(), weight)
}

/// The weight of a media type (RFC 9110, section 12.5.1): that of the most specific range that includes it.
pub(in crate::server) fn liking(headers: &HeaderMap, kind: &str) -> f32 {
    let family = kind.split('/').next().unwrap_or_default();
    let mut best = (0, 0.0);
    for range in members(headers, ACCEPT) {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let precision = match range.split_once('/') {
            Some(("*", "*")) => 1,
            Some((given, "*")) if given.eq_ignore_ascii_case(family) => 2,
            _ if range.eq_ignore_ascii_case(kind) => 3,
            _ => continue,
        };
        let weight = parts.find(|part| part.starts_with("q=") || part.starts_with("Q=")).map_or(1.0, quality);
        if precision > best.0 {
            best = (precision, weight);
        }
    }
    best.1
}

/// `q=0.5`; an invalid one is 0.
fn quality(parameter: &str) -> f32 {
    let value = parameter.trim().strip_prefix("q=").or_else(|| parameter.trim().strip_prefix("Q="));
    value.and_then(|value| value.trim().parse().ok()).filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_from_0_to_1_or_counts_for_nothing() {
        for (weight, liked) in [
            ("", 1.0),
            (";q=1", 1.0),
            (";q=1.000", 1.0),
            ("; Q=0.5", 0.5),
            (";level=1;q=0.25", 0.25),
            (";q=0", 0.0),
            (";q=2", 0.0),
            (";q=1.001", 0.0),
            (";q=-1", 0.0),
            (";q=inf", 0.0),
            (";q=nan", 0.0),
            (";q=", 0.0),
            (";q=a", 0.0),
        ] {
            let accept = HeaderValue::try_from(format!("image/png{weight}")).unwrap();
            let headers = HeaderMap::from_iter([(ACCEPT, accept)]);
            assert!((liking(&headers, "image/png") - liked).abs() < f32::EPSILON, "{weight}");
        }
        assert_eq!(["gzip;q=inf", "gzip;q=2", "gzip;q=-0.1"].map(|member| weighted(member).1), [0.0; 3]);
    }
}
