//! Bytes under a key, remembered: memory in front, Redis behind, coherent. No expressions, no HTTP; a broken Redis
//! costs time, never an answer.
//!
//! The law the crate stands on: **the key fully determines the value**. Whoever computes it, whenever, gets the same. So
//! nothing is ever refreshed, two values under one key are never compared, and computing again is always right; what
//! remains to be done well is to compute once, to find again, and to forget when told.
//!
//! ```
//! use std::time::Duration;
//! use tabuada_cache::{Cache, Contents, Failed, Key, Options, Source};
//!
//! /// The number of divisors of a number.
//! struct Divisors;
//!
//! impl Contents for Divisors {
//!     type Value = u64;
//!     type Failure = &'static str;
//!
//!     fn encode(&self, divisors: &u64) -> String {
//!         format!("{{\"divisors\":{divisors}}}")
//!     }
//!     fn decode(&self, line: &str) -> Option<u64> {
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
//! async fn divisors(cache: &Cache<Divisors>, n: u64) -> Result<(u64, Source), Failed<&'static str>> {
//!     // The variant is raised whenever the same text would get another value.
//!     let key = Key::new("1", &n.to_string());
//!     let count = move |n: u64| (1..=n).filter(|d| n % d == 0).count() as u64;
//!     // As much as a look into Redis would cost, here and now; else in full, on another thread.
//!     let trial = move || (n < 1_000).then(|| count(n));
//!     let compute = move || async move {
//!         tokio::task::spawn_blocking(move || count(n)).await.map_err(|_| "no thread")
//!     };
//!     let found = cache.get_or_compute(&key, trial, compute).await?;
//!     Ok((*found.value, found.source))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // With `redis: Some("redis://localhost".to_owned())`, all processes that say so are one cache.
//! let cache = Cache::new(Divisors, Options { redis: None, ..Options::default() }).expect("usable options");
//! assert_eq!(divisors(&cache, 5_040).await, Ok((60, Source::Computed { stored: true })));
//! assert_eq!(divisors(&cache, 5_040).await, Ok((60, Source::Memory)));
//! # }
//! ```
//!
//! # What is promised
//!
//! - **Forgotten means forgotten.** `DEL`, `EXPIRE`, expiry, eviction, `FLUSHDB` or `FLUSHALL`, by anyone with any client:
//!   memory is silent some microseconds after the server's word arrives, and nothing that was under way then is kept or
//!   written. Not covered: `SWAPDB`, of which no server tells; and the `DEL` of a key that is not in Redis, of which it
//!   tells nobody either.
//! - **Once.** However many ask at the same time, one of them computes, in a task that none can cancel. A computation
//!   that fails or panics harms nobody else who waited: they compute once more.
//! - **Redis trouble is not the caller's.** Absent, slow, hung, cut, read-only, full, of a wrong type, talking nonsense:
//!   every call is answered, by computing if need be. No function gives an error of Redis; [`Stats`] tells of them.
//! - **Bounded.** Memory in bytes, every wait for Redis by a deadline, the queues, and what is read back.
//!
//! # How a question is answered
//!
//! ```text
//!   memory ── hit ────────────────────────────────────────────────▶ answer
//!     │ miss
//!   trial (adaptive) ── enough ── keep, offer ────────────────────▶ answer
//!     │ not enough
//!   one flight per key ── somebody leads: wait ───────────────────▶ answer
//!     │ leads
//!   look into Redis ── usable ── keep ────────────────────────────▶ answer
//!     │ otherwise
//!   compute ── keep, offer ───────────────────────────────────────▶ answer
//! ```
//!
//! What is read decides what is done (`GETRANGE` + `PTTL`: no more than an entry may have ever crosses the wire):
//!
//! | read | then | at the end |
//! |---|---|---|
//! | nothing | compute | nothing moved: keep in memory, offer `SET … NX PX` |
//! | a usable value | it is the answer | nothing moved: keep in memory, no longer than Redis does |
//! | a lease (of a later version: another node is computing) | compute | as for nothing; `NX` lets it stand |
//! | unusable: malformed, too long, of a wrong type, of another text | compute | answer, then `SET … XX PX` if it is still so; keep on its OK |
//! | no answer in time, or none to be had | compute | keep for 5 s at most, write nothing |
//!
//! *Moved* means that since before the command was sent, or the computation begun, everything was purged or the key's
//! shard (of 4,096) was changed. Offers are not owed: 200 at once, then 1,000 a second, and the rest are dropped.
//!
//! # When memory may be trusted
//!
//! ```text
//!              connect, HELLO 3, CLIENT TRACKING ON BCAST NOLOOP PREFIX ns:
//!   detached ─────────────────────────────────────────────────────────────▶ catching-up
//!      ▲  ▲                          (forget all)                                │
//!      │  │                                                                      │ a change made over another
//!      │  └──────── connection lost, silent or not understood ───────────────────┤ connection is reported back
//!      │                             (forget all)                                │ (forget all)
//!      └──────────────────────────────────────────────────────────────────── coherent
//! ```
//!
//! While not coherent, memory is a local cache whose entries live for 5 s at most. A server or a proxy that swallows the
//! reports never becomes coherent, and is of use as a shared layer all the same.
//!
//! # In Redis
//!
//! `ns:variant:text` holds one line of JSON, as [`Contents::encode`] wrote it. Texts over 200 bytes, or with characters
//! that nobody sees, stand under `ns:variant#:digest`, and first in the line, where they are compared. `allkeys-lfu` with
//! a `maxmemory` is recommended: memory serves the reads, so that the server does not see how often a key is used.
//! Today a single server (Redis or Valkey, 7.0 or later) over TCP.

// Reading order: a module uses only modules declared above it.
mod options;
pub use options::{Deadlines, Lookup, Options, OptionsError};
mod key;
pub use key::Key;
mod entry;
pub use entry::Contents;
mod found;
pub use found::{Failed, Found, Source};
mod stats;
pub use stats::{Count, Histogram, State, Stats};
mod policy;
mod memory;
mod redis;
mod coherence;
mod flight;
mod offers;
mod layers;
mod cache;
#[doc(hidden)]
pub use cache::Audit;
pub use cache::Cache;
