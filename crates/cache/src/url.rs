//! URLs of Redis, for [`Options::redis`](crate::Options::redis).
//!
//! | URL | what it names |
//! |---|---|
//! | `redis://[user:password@]host[:port][/db]` | one server; `valkey://` is the same |
//! | `rediss://…` | the same over TLS; `valkeys://` is the same |
//! | `unix:///path[?db=…&user=…&pass=…]` | the same over a Unix socket |
//! | `redis+sentinel://[user:password@]host[:port],…/name[/db]` | Sentinels, and the name of the primary that they watch |
//! | `redis+cluster://[user:password@]host[:port],…` | nodes of a Cluster, of which one has to answer |
//!
//! `rediss+sentinel://` and `rediss+cluster://` use TLS. IPv6 addresses have brackets. In every part, special characters
//! of URLs are percent-encoded. Schemes may be in any case.
//!
//! `?db=…` names the database in every form, `?protocol=3` is accepted, and `?user=…&pass=…` only for a Unix socket.
//! Every other parameter, and a fragment (`#…`), is an error: no part of a URL is ignored.

/// The hosts and ports in a URL, or the path of its socket, without any part that may contain a login. `?` for other
/// texts.
///
/// ```
/// assert_eq!(tabuada_cache::url::hosts("redis+cluster://user:secret@a:1,b:2"), "a:1,b:2");
/// ```
pub fn hosts(url: &str) -> &str {
    Parts::of(url).map_or("?", |parts| parts.hosts())
}

/// The URL with `***` in place of its password; only `***` if it is not a URL.
///
/// ```
/// assert_eq!(tabuada_cache::url::redacted("redis://user:secret@host/2"), "redis://user:***@host/2");
/// ```
pub fn redacted(url: &str) -> String {
    let Some(Parts { scheme, login, place }) = Parts::of(url) else { return "***".to_owned() };
    let place = without_values(place);
    match login.map(|login| login.split_once(':').map_or((login, ""), |(user, _)| (user, ":***"))) {
        Some((user, password)) => format!("{scheme}://{user}{password}@{place}"),
        None => format!("{scheme}://{place}"),
    }
}

/// Hides the value of each parameter that may be a secret, and the fragment: a password may be under any name.
fn without_values(place: &str) -> String {
    let (place, fragment) = place.split_once('#').map_or((place, ""), |(place, _)| (place, "#***"));
    let Some((place, query)) = place.split_once('?') else { return format!("{place}{fragment}") };
    let shown = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some(("db" | "user" | "protocol", _)) => parameter.to_owned(),
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    });
    format!("{place}?{}{fragment}", shown.collect::<Vec<_>>().join("&"))
}

/// A URL in three parts, whether or not it is valid.
struct Parts<'u> {
    scheme: &'u str,
    login: Option<&'u str>,
    /// Hosts, path, query and fragment.
    place: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        // The URL of a socket has no login: an @ is in its path or its query. In others the login ends at the last @,
        // since a password may contain an @ or / that should have been encoded.
        let (login, place) = match rest.rsplit_once('@').filter(|_| !names_socket(scheme)) {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        Some(Self { scheme, login, place })
    }

    fn hosts(&self) -> &'u str {
        let end = |c: char| c == '?' || c == '#' || c == '/' && !names_socket(self.scheme);
        self.place.split(end).next().unwrap_or_default()
    }
}

fn names_socket(scheme: &str) -> bool {
    scheme.to_ascii_lowercase().contains("unix")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A URL that cannot be used is redacted too, since the error shows it.
    #[test]
    fn hosts_and_redacted_hold_no_password() {
        for (url, named, shown) in [
            ("redis://h:1/2", "h:1", "redis://h:1/2"),
            ("redis://u@h", "h", "redis://u@h"),
            ("rediss://user:secret@h:1/2", "h:1", "rediss://user:***@h:1/2"),
            ("redis://:sec@ret@h:1", "h:1", "redis://:***@h:1"),
            ("redis://:sec/ret?x@h:1/0?a=b", "h:1", "redis://:***@h:1/0?a=***"),
            ("redis://h?password=secret#secret", "h", "redis://h?password=***#***"),
            ("UNIX:///r.sock?PASS=secret@x", "/r.sock", "UNIX:///r.sock?PASS=***"),
            ("redis://u:secret@h?pass=secret", "h", "redis://u:***@h?pass=***"),
            ("redis+sentinel://user:secret@a:1,b:2/name/0", "a:1,b:2", "redis+sentinel://user:***@a:1,b:2/name/0"),
            ("redis+cluster://[::1]:1,b:2", "[::1]:1,b:2", "redis+cluster://[::1]:1,b:2"),
            (
                "unix:///run/redis.sock?db=1&user=u&pass=secret",
                "/run/redis.sock",
                "unix:///run/redis.sock?db=1&user=u&pass=***",
            ),
            ("unix:///run/redis.sock?pass=se@cret&db=1", "/run/redis.sock", "unix:///run/redis.sock?pass=***&db=1"),
            ("unix:///r.sock?pass=secret&db=1&pass=secret", "/r.sock", "unix:///r.sock?pass=***&db=1&pass=***"),
            ("u:secret@h", "?", "***"),
        ] {
            assert_eq!((hosts(url), &*redacted(url)), (named, shown), "{url}");
        }
    }
}
