//! Ready contents for every type that serde can write and read.

use std::fmt;
use std::io;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::entry::Contents;

type Weight<V> = dyn Fn(&V) -> usize + Send + Sync;
type Cost<V> = dyn Fn(&V) -> u64 + Send + Sync;
type Lifetime<V> = dyn Fn(&V) -> Option<Duration> + Send + Sync;

/// Values of any type that serde can write and read, in Redis as one line of JSON: `{"value":…}`.
///
/// The type must read back what it writes: a value whose line cannot be read (a float that is not a number, since JSON
/// has none) stays in memory, as does one whose line is longer than 256 KiB. When the type changes, change the variant of
/// the keys, since the same text then has another value.
///
/// ```
/// use std::time::Duration;
/// use serde::{Deserialize, Serialize};
/// use tabuada_cache::{Cache, Json, Options};
///
/// #[derive(Serialize, Deserialize)]
/// struct Route {
///     stops: Vec<u32>,
///     is_closed: bool,
/// }
///
/// let contents = Json::new()
///     .weighing(|route: &Route| size_of::<Route>() + 4 * route.stops.len())
///     .lasting(|route| route.is_closed.then_some(Duration::from_secs(600)));
/// let cache: Cache<Json<Route>> = Cache::new(contents, Options::default())?;
/// # Ok::<(), tabuada_cache::OptionsError>(())
/// ```
pub struct Json<V> {
    weight: Box<Weight<V>>,
    cost: Box<Cost<V>>,
    lifetime: Box<Lifetime<V>>,
}

/// A line in Redis. It is always an object, whatever the value is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<V> {
    value: V,
}

impl<V: Serialize + 'static> Json<V> {
    /// Weighs a value by the length of its JSON, and leaves its lifetime to [`Options::ttl`](crate::Options::ttl).
    pub fn new() -> Self {
        Self { weight: Box::new(json_bytes), cost: Box::new(|_| 1), lifetime: Box::new(|_| None) }
    }
}

impl<V> Json<V> {
    /// Weighs values by `weight`, in bytes of memory: quicker than writing their JSON, and closer to what memory holds.
    #[must_use]
    pub fn weighing(self, weight: impl Fn(&V) -> usize + Send + Sync + 'static) -> Self {
        Self { weight: Box::new(weight), ..self }
    }

    /// What computing a value again would cost, in any unit. A full memory keeps the values that save the most for their
    /// bytes; otherwise all cost the same.
    #[must_use]
    pub fn costing(self, cost: impl Fn(&V) -> u64 + Send + Sync + 'static) -> Self {
        Self { cost: Box::new(cost), ..self }
    }

    /// Limits the lifetime of single values: with `None`, a value lives as long as the options say.
    #[must_use]
    pub fn lasting(self, lifetime: impl Fn(&V) -> Option<Duration> + Send + Sync + 'static) -> Self {
        Self { lifetime: Box::new(lifetime), ..self }
    }
}

impl<V: Serialize + 'static> Default for Json<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> fmt::Debug for Json<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json").finish_non_exhaustive()
    }
}

impl<V: Serialize + DeserializeOwned + Send + Sync + 'static> Contents for Json<V> {
    type Value = V;

    fn encode(&self, value: &V) -> Option<String> {
        let line = serde_json::to_string(&Line { value }).ok()?;
        // Every node would find a line that cannot be read, and replace it by the same.
        read::<V>(&line).map(|_| line)
    }

    async fn decode(&self, line: &str) -> Option<V> {
        read(line)
    }

    fn weight(&self, value: &V) -> usize {
        (self.weight)(value)
    }

    fn cost(&self, value: &V) -> u64 {
        (self.cost)(value)
    }

    fn lifetime(&self, value: &V) -> Option<Duration> {
        (self.lifetime)(value)
    }
}

fn read<V: DeserializeOwned>(line: &str) -> Option<V> {
    serde_json::from_str(line).ok().map(|Line { value }| value)
}

/// The length of a value's JSON, without the text itself. A value that has no JSON is too large for any memory.
fn json_bytes<V: Serialize>(value: &V) -> usize {
    let mut count = JsonLength(0);
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

struct JsonLength(usize);

impl io::Write for JsonLength {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn encoded<V: Serialize + DeserializeOwned + Send + Sync + 'static>(value: &V) -> Option<String> {
        Json::new().encode(value)
    }

    #[tokio::test]
    async fn every_value_is_an_object_in_one_line_and_read_back() {
        let contents = Json::<serde_json::Value>::new();
        // Among them, values that look like a line.
        for (value, line) in [
            (json!(4), r#"{"value":4}"#),
            (json!({ "value": 4 }), r#"{"value":{"value":4}}"#),
            (json!(["a\nb", null, 0.1]), r#"{"value":["a\nb",null,0.1]}"#),
        ] {
            assert_eq!(contents.encode(&value).as_deref(), Some(line));
            assert_eq!(contents.decode(line).await, Some(value));
        }
    }

    #[tokio::test]
    async fn anything_else_is_unusable() {
        let contents = Json::<u8>::new();
        for line in ["", "4", "{}", r#"{"value":256}"#, r#"{"value":4,"other":1}"#, r#"{"value":4}{}"#, r#"{"value":""#]
        {
            assert_eq!(contents.decode(line).await, None, "{line}");
        }
        let deep = format!("{{\"value\":{}", "[".repeat(100_000));
        assert_eq!(Json::<serde_json::Value>::new().decode(&deep).await, None);
    }

    #[test]
    fn a_value_that_cannot_be_read_back_is_not_written() {
        assert_eq!(encoded(&0.5), Some(r#"{"value":0.5}"#.to_owned()));
        assert_eq!(encoded(&f64::NAN), None);
        // JSON has no keys but texts.
        let no_json = BTreeMap::from([(vec![1], 2)]);
        assert_eq!((encoded(&no_json), Json::new().weight(&no_json)), (None, usize::MAX));
    }

    #[test]
    fn a_value_weighs_its_json_until_told_otherwise() {
        let text = "a\"b".to_owned();
        assert_eq!(Json::new().weight(&text), r#""a\"b""#.len());
        assert_eq!(Json::new().weighing(String::len).weight(&text), 3);
        assert_eq!(Json::new().lifetime(&text), None);
        let brief = Some(Duration::from_secs(1));
        assert_eq!(Json::new().lasting(move |_| brief).lifetime(&text), brief);
    }
}
