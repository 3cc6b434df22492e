//! How one call is answered: its key, and what the call may use.

use std::sync::Arc;

use crate::key::Key;
use crate::options::Lookup;

/// A key, and how one call for it is answered. A `&Key` alone is answered as the cache's [`Options`](crate::Options) say.
///
/// ```
/// use tabuada_cache::{Cache, Call, Json, Key, Options, Source};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache: Cache<Json<u64>> = Cache::new(Json::new(), Options::default())?;
/// let key = Key::new("1", "the number of stars");
/// let count = || async { Ok::<_, std::fmt::Error>(7) };
/// let found = cache.get_or_compute(Call::new(&key).no_store(), count).await?;
/// assert_eq!((*found.value, found.source), (7, Source::Computed { stored: false }));
/// assert!(cache.get(&key).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Call<'k> {
    pub(crate) key: &'k Key,
    pub(crate) lookup: Option<Lookup>,
    pub(crate) uses_redis: bool,
    pub(crate) stores: bool,
}

impl<'k> Call<'k> {
    /// A call that is answered as the options of the cache say.
    pub fn new(key: &'k Key) -> Self {
        Self { key, lookup: None, uses_redis: true, stores: true }
    }

    /// When this call looks Redis up, in place of [`Options::lookup`](crate::Options::lookup).
    #[must_use]
    pub fn lookup(self, lookup: Lookup) -> Self {
        Self { lookup: Some(lookup), ..self }
    }

    /// Uses memory only: sends nothing to Redis. The value is computed at most once at a time in this process, and not
    /// once in the fleet; it is kept in this process's memory. (A call that finds a computation of another caller in
    /// progress waits for it, and that computation may use Redis.)
    #[must_use]
    pub fn memory_only(self) -> Self {
        Self { uses_redis: false, ..self }
    }

    /// Stores nothing: the call is answered from memory and Redis, but a value that it computes is not kept. It computes
    /// only for this caller, without a lease and without a flight, and ends when the caller is cancelled. Redis is
    /// looked up if there is no trial, or if the trial is not enough.
    #[must_use]
    pub fn no_store(self) -> Self {
        Self { stores: false, ..self }
    }
}

impl<'k> From<&'k Key> for Call<'k> {
    fn from(key: &'k Key) -> Self {
        Self::new(key)
    }
}

impl<'k> From<&'k Arc<Key>> for Call<'k> {
    fn from(key: &'k Arc<Key>) -> Self {
        Self::new(key)
    }
}
