//! A layered cache: memory in front, Redis behind, coherent. A broken Redis costs time, never an answer.
//!
//! The crate relies on one law: **the key fully determines the value**. Every computation of a key, on any node at any
//! time, gives the same value. So no value is ever refreshed, two values of one key are never compared, and computing again
//! is always right. What remains is to compute once, to store, and to invalidate.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tabuada_cache::{Cache, Json, Key, Options, Source};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Route {
//!     from: String,
//!     km: f64,
//! }
//!
//! # async fn plan(from: &str, _to: &str) -> Result<Route, std::io::Error> {
//! #     Ok(Route { from: from.to_owned(), km: 313.0 })
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // With `Options::with_redis("redis://localhost")`, all processes that do so share one cache.
//! let cache: Cache<Json<Route>> = Cache::new(Json::new(), Options::default())?;
//! // Change the variant, the first part, whenever the same text would get another value.
//! let key = Key::new("1", "Lisboa to Porto");
//! for source in [Source::Computed { stored: true }, Source::Memory] {
//!     let found = cache.get_or_compute(&key, || async { plan("Lisboa", "Porto").await }).await?;
//!     assert_eq!((found.value.km, found.source), (313.0, source));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Json`] writes and reads values of any type with serde. [`Contents`] is for other formats, and for checks of what is
//! read:
//!
//! ```
//! use std::time::Duration;
//! use tabuada_cache::{Cache, ComputeError, Contents, Key, Options, Source};
//!
//! /// The number of divisors of a number.
//! struct Divisors;
//!
//! impl Contents for Divisors {
//!     type Value = u64;
//!
//!     fn encode(&self, divisors: &u64) -> Option<String> {
//!         Some(format!("{{\"divisors\":{divisors}}}"))
//!     }
//!     async fn decode(&self, line: &str) -> Option<u64> {
//!         serde_json::from_str::<serde_json::Value>(line).ok()?["divisors"].as_u64()
//!     }
//!     fn weight(&self, _: &u64) -> usize {
//!         8
//!     }
//!     fn lifetime(&self, _: &u64) -> Option<Duration> {
//!         None
//!     }
//! }
//!
//! async fn divisors(cache: &Cache<Divisors>, n: u64) -> Result<(u64, Source), ComputeError<&'static str>> {
//!     let key = Key::new("1", &n.to_string());
//!     let count = move |n: u64| (1..=n).filter(|d| n % d == 0).count() as u64;
//!     // For as long as a lookup in Redis takes, here and now; otherwise in full, on another thread.
//!     let trial = async move || (n < 1_000).then(|| count(n));
//!     let compute = move || async move {
//!         tokio::task::spawn_blocking(move || count(n)).await.map_err(|_| "no thread")
//!     };
//!     let found = cache.get_or_try_then_compute(&key, trial, compute).await?;
//!     Ok((*found.value, found.source))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let cache = Cache::new(Divisors, Options::default()).expect("usable options");
//! assert_eq!(divisors(&cache, 5_040).await, Ok((60, Source::Computed { stored: true })));
//! assert_eq!(divisors(&cache, 5_040).await, Ok((60, Source::Memory)));
//! # }
//! ```
//!
//! # Calls
//!
//! | | |
//! |---|---|
//! | [`Cache::get_or_compute`] | the answer, from memory, from Redis or computed |
//! | [`Cache::get_or_try_then_compute`] | the same with a trial: what it is enough for needs no lookup in Redis |
//! | [`Cache::get_or_compute_many`] | many keys, with one pipeline of lookups for each primary |
//! | [`Call`] | in place of a key: a call that stores nothing, uses memory only or has its own [`Lookup`] |
//! | [`Cache::get`], [`Cache::get_if`], [`Cache::get_or_try`] | only what nothing has to be awaited for |
//! | [`Cache::insert`], [`Cache::invalidate`] | a value that the caller has; the removal of one, on every node |
//!
//! # Promises
//!
//! - **Invalidation is complete.** After `DEL`, `EXPIRE`, expiry, eviction, `FLUSHDB` or `FLUSHALL`, by any client, memory stops
//!   serving the value some microseconds after the push of the server arrives, and no computation or lookup in progress
//!   then is kept or written. If the push does not arrive, memory stops within 300 ms. Not covered: `SWAPDB`, of which no server sends a push; and the `DEL` of a key that is not in
//!   Redis, for which it sends none either.
//! - **Single flight.** However many callers ask for a key at the same time, on however many nodes, one node computes it, in
//!   a task that no caller can cancel; the others get the answer when it is done. It is computed once more for each purge,
//!   death, failure or lost connection in between, and on each node whose patience (600 to 1,000 ms) ends, which it does
//!   at once when Redis is late or refuses writes. A computation that fails or panics does not fail its followers: they
//!   compute once more. (Across nodes this holds for expensive values: those that take longer than the trial.)
//! - **Redis never fails a call.** Absent, slow, hung, cut off, read-only, full, of a wrong type or with malformed replies:
//!   every call is answered, by computing if necessary. No function returns an error of Redis; [`Stats`] counts them.
//! - **Everything is bounded.** Memory in bytes, every wait for Redis by a deadline, the queues, and the bytes read back.
//!
//! # How a call is answered
//!
//! ```text
//!   memory ── hit ──────────────────────────────────────────────────────────────▶ answer
//!     │ miss
//!   trial ── enough: cheap ── keep, write behind ───────────────────────────────▶ answer
//!     │ not enough: expensive                            (Lookup::Always: lookup first, then trial)
//!   one flight per key ── it has a leader: follow ──────────────────────────────▶ answer
//!     │ lead
//!     │
//!     │            ┌─────────────────── a change ────────────────┐
//!     ▼            ▼                                             │
//!   ┌────────────────┐  a usable value                           │
//!   │     lookup     ├──────────────── keep ───────────────────────────────────▶ answer
//!   └─┬────┬───────┬─┘  a lease                      ┌───────────┴──┐
//!     │    │       └────────────────────────────────▶│     wait     │
//!     │    │ missing                                 └───────┬──────┘
//!     │    ▼                                                 │ patience is over:
//!     │  ┌──────────────┐  the key is present by now         │ to replace that lease
//!     │  │  take lease  ├──▶ lookup                          │
//!     │  └───────┬──────┘                                    │
//!     │ unusable │ OK: to replace this lease                 │
//!     ▼          ▼                                           ▼
//!   ┌────────────────────────────────────────────────────────────┐
//!   │                          compute                           ├──────────────▶ answer
//!   └──────┬────────────────────────────────────────────┬────────┘
//!          │ nothing changed                            │ changed
//!          ▼                  the expected value        ▼
//!   ┌──────────────┐◀───────────────────────────┌──────────────┐ a usable value
//!   │  final write │                            │ second lookup├──────────────▶ keep it
//!   └──────┬───────┘                            └───────┬──────┘
//!          └─ OK: keep    nil: nothing                  └─ otherwise: nothing
//! ```
//!
//! The result of a lookup decides (`GETRANGE` + `PTTL`: a lookup transfers no more bytes than an entry may have):
//!
//! | result | cheap | expensive |
//! |---|---|---|
//! | missing | keep, write behind with `SET k v NX PX` | `SET k lease NX PX 3000`: OK, compute to replace *this lease*; nil, look up again |
//! | a usable value | it is the answer; kept no longer than Redis keeps it | the same |
//! | a lease | keep, write behind: `NX` leaves the lease | wait for a change, look up again; when patience ends: compute to replace *that lease* |
//! | unusable: malformed, too long, of a wrong type, of another text | to replace *the unusable value* | compute to replace *the unusable value* |
//! | no reply in time, no connection, no lease taken | keep for 5 s at most, write nothing | the same |
//! | **at the end**, to replace | | answer. Nothing changed: `SET k v XX PX`. Changed: second lookup: the expected value is still there: `SET … XX`; a usable value: keep it; otherwise nothing |
//!
//! *Changed* means that everything was purged, or a key of the same shard (of 16,384) was invalidated, since before the command
//! that permitted the computation was sent (or, without one, since it began). Then nothing is kept or written without a
//! second lookup. Memory gets an expensive value only after Redis confirmed it, and `XX` never creates a key: so a purge is
//! not undone. The write-behind is best effort: 200 writes at once, then 1,000 a second; the rest are dropped. Up to 64
//! writes are in flight, so that the round trip does not limit them up to 64 ms.
//!
//! A lease is a value of the key itself: `"lease:3f9c0a51d2e87b46.17"`, the seventeenth of that node. Deleting the key ends the
//! lease, and the push that keeps memory coherent also notifies the waiting nodes; nothing polls. A computation that fails
//! deletes its lease; a final write that is refused or cut off is repeated during the lease's lifetime, each time after a
//! lookup of the current value; the lease of a node that dies is awaited until patience ends or it expires. A node that is
//! not told of changes (below), or sees that nothing can be written, does not wait.
//!
//! A flight whose callers have their answer stays open until its value is written: it answers who else asks, unless the
//! key has changed since; who asks after a change computes for itself, beside it.
//!
//! `protocol/flight.rs` is this table as a state machine without I/O, and `driver.rs` carries its steps out.
//!
//! # When memory may be trusted
//!
//! ```text
//!              connect, HELLO 3, CLIENT TRACKING ON BCAST NOLOOP PREFIX ns:
//!   detached ─────────────────────────────────────────────────────────────▶ catching-up
//!      ▲  ▲                           (purge)                                    │
//!      │  │                                                                      │ a change made over another
//!      │  └──────── connection lost, silent or malformed ────────────────────────┤ connection is reported
//!      │                              (purge)                                    │ (purge)
//!      └──────────────────────────────────────────────────────────────────── coherent
//! ```
//!
//! Memory is *believed* until three heartbeats (at least 300 ms) after the last moment at which a
//! command was sent that Redis has answered. The answer passes through the queue of the invalidations, so that it counts
//! only when those that arrived before it are applied. After that time, nothing is forgotten, and nothing is served but
//! what is kept briefly. So a value is never served later than that after its deletion, plus one turn of the server's event
//! loop, whatever the network and the scheduler do. (The monotonic clock of Linux stands still while a machine is
//! suspended.) With several primaries, the one that was heard from the longest ago counts.
//!
//! A server that refuses writes is asked for its role with each heartbeat, and left if it is a replica for a second. If its
//! address leads to a replica again, it is used for reads, and memory keeps nothing of what it holds: a replica may still
//! hold what its primary has reported as deleted. The canary waits for a sign that the server is a primary.
//!
//! While it is not coherent, memory is a local cache whose entries live for 5 s at most. A server or a proxy that swallows
//! pushes never becomes coherent, and still serves as a shared layer.
//!
//! Each primary has one such connection, which carries everything: reads, writes and pushes. With Sentinels and in
//! a Cluster, replicas are never read, since they may lag behind a change that was pushed.
//!
//! | [`Options::redis`] | primaries | a change of primaries |
//! |---|---|---|
//! | one server | the server | the address is resolved again when its server has become a replica |
//! | Sentinels | the one named with the newest configuration by a majority | asked every second and before each connection; a server that has become a replica is left |
//! | Cluster | all that hold slots | the layout with the newest epoch, asked every second, and when a primary is lost or redirects a call; `MOVED` and `ASK` are followed |
//!
//! The state of a key in memory is that of the primary that holds it; the cache is coherent when all of them are. When
//! primaries or their slots change, everything is purged after the new map is published. A `FLUSHALL` that had not reached
//! the replica before its promotion is lost: the entries are there again, and no server reports that.
//!
//! # For operators
//!
//! [`Cache::operator`] lists, shows and removes entries, on every node, also those of an earlier variant: step by step
//! (`SCAN`, `UNLINK`), never with `KEYS` or `FLUSHDB`. The namespace belongs to the cache: everything that begins with
//! `ns:` is listed and cleared. A removal while Redis is unreachable leaves memory at once, and Redis
//! when it is back; until then this node does not answer from the entry.
//!
//! # Access
//!
//! The login is in the URL ([`Options::redis`]), in a file ([`Options::redis_password_file`]), or comes from a function
//! ([`Options::redis_credentials`]). Files and functions are read and called for each connection, so that a rotated
//! secret needs no restart; so are the files of a client certificate ([`Options::redis_cert`], [`Options::redis_key`]).
//! Sentinels may have a login of their own. No secret is in a `Debug` form, a log line, a counter or an error.
//!
//! # In Redis
//!
//! `ns:variant:text` holds one line of JSON, as [`Contents::encode`] wrote it. Texts over 200 bytes, or with invisible
//! characters, are stored under `ns:variant#:digest`; the text comes first in the line and is compared. `allkeys-lfu` with a
//! `maxmemory` is recommended. Memory serves the reads, so the first hit of an expensive value in a minute is told to Redis
//! (`TOUCH`), which then does not evict it as unused. When half of its lifetime is over, it gets its whole lifetime anew
//! (`PEXPIRE … GT`), unless a person gave it another one: [`Options::ttl`] is how long a value stays that nobody uses.
//! Redis or Valkey, 7.0 or later.
//!
//! # Events
//!
//! [`Options::on_event`] is called for each change of state, invalidation, flight and lookup: metrics, traces and logs of
//! an embedding program are built on it. [`Cache::stats`] has all counters.
//!
//! # Features
//!
//! - `json` (default): [`Json`], over serde.
//! - `tls` (default): `rediss://` and the other URLs with TLS, over rustls with ring.
//! - `audit`: `Cache::audit`, for the tests of this crate.

// In reading order: a module uses only modules declared above it.
mod sync;
mod audit;
#[cfg(feature = "audit")]
pub use audit::Audit;
mod hex;
pub mod url;
mod state;
pub use state::State;
mod events;
pub use events::{Event, EventHook};
mod access;
pub use access::{Credentials, Login};
mod options;
pub use options::{Deadlines, Lookup, Options, OptionsError, UrlFault};
mod key;
pub use key::{Key, VariantError};
mod call;
pub use call::Call;
mod entry;
pub use entry::Contents;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
pub use json::Json;
mod outcome;
pub use outcome::{ComputeError, Found, Source};
mod stats;
pub use stats::{Count, Histogram, Stats};
mod protocol;
mod failure;
mod policy;
mod clock;
mod memory;
mod breaker;
mod connection;
mod redis_url;
mod link;
mod primaries;
mod coherence;
mod invalidation;
mod supervisor;
mod sentinel;
mod cluster;
mod topology;
mod flight;
mod touch;
mod write_behind;
mod pending_removals;
mod layers;
mod driver;
mod operator;
pub use operator::{
    Cursor, CursorError, EntryDetail, EntryInfo, EntryKind, NameError, Operator, Page, RedisStatus, RemovalStatus,
    Removed,
};
mod cache;
pub use cache::Cache;
mod many;
#[cfg(shuttle)]
#[doc(hidden)]
pub mod checked;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzed;

/// Runs the examples of README.md with those above.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
