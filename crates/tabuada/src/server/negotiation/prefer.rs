//! `Prefer: handling=lenient` (RFC 7240): a problem is sent with the status 200.
//!
//! Browsers report every other status as an error of the page, which cannot prevent it. For a page where somebody is
//! still typing, a problem is an answer like any other.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::qvalues::members;
use crate::server::render::{PROBLEM_JSON, vary};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Whether the client prefers lenient handling.
pub(in crate::server) fn is_preferred(headers: &HeaderMap) -> bool {
    let is_lenient = |preference: &str| {
        let (name, value) = preference.split(';').next().unwrap_or_default().split_once('=').unwrap_or_default();
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("handling") && value.eq_ignore_ascii_case("lenient")
    };
    members(headers, PREFER).any(is_lenient)
}

/// Applies the preference to a response. The body of a problem still has its status.
pub(in crate::server) fn told(mut response: Response<Body>, is_lenient: bool) -> Response<Body> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    if response.headers().get(CONTENT_TYPE) != Some(&PROBLEM_JSON) {
        return response;
    }
    // Caches may store problems, and requests may differ in `Prefer`.
    vary(response.headers_mut(), "Prefer");
    if is_lenient {
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static("handling=lenient"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_read_as_others_write_it() {
        for (preferred, is_lenient) in [
            ("handling=lenient", true),
            ("Handling=LENIENT", true),
            ("handling=\"lenient\"", true),
            ("respond-async, wait=10, handling=lenient; x=1", true),
            ("handling = lenient", true),
            ("handling=strict", false),
            ("handling", false),
            ("lenient", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(PREFER, preferred.parse().unwrap());
            assert_eq!(is_preferred(&headers), is_lenient, "{preferred}");
        }
        assert!(!is_preferred(&HeaderMap::new()));
    }
}
