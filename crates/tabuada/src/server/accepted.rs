//! What a client accepts, and how much it likes it: the lists of `Accept`, `Accept-Encoding` and `Accept-Language`
//! (RFC 9110, section 12.4).

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// What a request says under a name, line by line. It has few headers, and mostly not this one: to look at each is less
/// work than to look it up.
pub(super) fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &HeaderValue> {
    headers.iter().filter(move |(given, _)| **given == name).map(|(_, line)| line)
}

/// The members of a list, of all its lines.
pub(super) fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    lines(headers, name).filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','))
}

/// A member that has no other parameter than its weight, from it: `gzip;q=0.5`. A weight that cannot be read is 0.
pub(super) fn weighted(member: &str) -> (&str, f32) {
    let (name, weight) = member.split_once(';').map_or((member, 1.0), |(name, weight)| (name, quality(weight)));
    (name.trim(), weight)
}

/// How much a kind of body is liked (RFC 9110, section 12.5.1): what the most precise of the ranges that it is in says.
pub(super) fn liking(headers: &HeaderMap, kind: &str) -> f32 {
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
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
        if precision > best.0 {
            best = (precision, weight);
        }
    }
    best.1
}

/// `q=0.5`; what cannot be read counts for nothing.
fn quality(parameter: &str) -> f32 {
    let value = parameter.trim().strip_prefix("q=").or_else(|| parameter.trim().strip_prefix("Q="));
    value.and_then(|value| value.trim().parse().ok()).filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)
}
