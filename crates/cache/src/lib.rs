//! Values under a key, remembered: memory in front, Redis behind, coherent. What they mean is the user's; a broken Redis
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
//! async fn divisors(cache: &Cache<Divisors>, n: u64) -> Result<(u64, Source), Failed<&'static str>> {
//!     // The variant is raised whenever the same text would get another value.
//!     let key = Key::new("1", &n.to_string());
//!     let count = move |n: u64| (1..=n).filter(|d| n % d == 0).count() as u64;
//!     // As much as a look into Redis would cost, here and now; else in full, on another thread.
//!     let trial = async move || (n < 1_000).then(|| count(n));
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
//! - **Once.** However many ask at the same time, on however many nodes, one of them computes, in a task that none can
//!   cancel; the others are answered when it is done. Once more for each purge, death, failure or lost connection in
//!   between, and for each node whose patience (600 to 1,000 ms) ends, which it does at once when Redis is late or refuses
//!   writes. A computation that fails or panics harms nobody else who waited: they compute once more. (Across nodes this
//!   is for what is dear: what the trial was not enough for.)
//! - **Redis trouble is not the caller's.** Absent, slow, hung, cut, read-only, full, of a wrong type, talking nonsense:
//!   every call is answered, by computing if need be. No function gives an error of Redis; [`Stats`] tells of them.
//! - **Bounded.** Memory in bytes, every wait for Redis by a deadline, the queues, and what is read back.
//!
//! # How a question is answered
//!
//! ```text
//!   memory ── hit ──────────────────────────────────────────────────────────────▶ answer
//!     │ miss
//!   trial ── enough: cheap ── keep, offer ──────────────────────────────────────▶ answer
//!     │ not enough: dear                                  (with lookups first, the trial comes after the look)
//!   one flight per key ── somebody leads: wait ─────────────────────────────────▶ answer
//!     │ leads
//!     │
//!     │            ┌────────────── something moves ──────────────┐
//!     ▼            ▼                                             │
//!   ┌────────────────┐  a usable value                           │
//!   │      look      ├──────────────── keep ───────────────────────────────────▶ answer
//!   └─┬────┬───────┬─┘  a lease                      ┌───────────┴──┐
//!     │    │       └────────────────────────────────▶│     wait     │
//!     │    │ nothing                                 └───────┬──────┘
//!     │    ▼                                                 │ patience is over:
//!     │  ┌──────────────┐  something stands there by now     │ to replace that lease
//!     │  │     take     ├──▶ look                            │
//!     │  └───────┬──────┘                                    │
//!     │ unusable │ OK: to replace this lease                 │
//!     ▼          ▼                                           ▼
//!   ┌────────────────────────────────────────────────────────────┐
//!   │                          compute                           ├──────────────▶ answer
//!   └──────┬────────────────────────────────────────────┬────────┘
//!          │ nothing moved                              │ moved
//!          ▼                     it still stands        ▼
//!   ┌──────────────┐◀───────────────────────────┌──────────────┐ a usable value
//!   │     write    │                            │  look again  ├──────────────▶ keep it
//!   └──────┬───────┘                            └───────┬──────┘
//!          └─ OK: keep    nil: nothing                  └─ else: nothing
//! ```
//!
//! What is read decides what is done (`GETRANGE` + `PTTL`: no more than an entry may have ever crosses the wire):
//!
//! | read | cheap | dear |
//! |---|---|---|
//! | nothing | keep, offer `SET k v NX PX` | `SET k lease NX PX 3000`: OK, compute to replace *this lease*; nil, look again |
//! | a usable value | it is the answer; kept no longer than Redis does | the same |
//! | a lease | keep, offer: `NX` lets it stand | wait until something moves, look again; patience over: compute to replace *that lease* |
//! | unusable: malformed, too long, of a wrong type, of another text | to replace *what is unusable* | compute to replace *what is unusable* |
//! | no answer in time, none to be had, no lease taken | keep for 5 s at most, write nothing | the same |
//! | **at the end**, to replace | | answer. Nothing moved: `SET k v XX PX`. Moved: look: still what it replaces: `SET … XX`; a usable value: keep it; else nothing |
//!
//! *Moved* means that since before the command was sent that licensed the computation (or, without one, since it was
//! begun) everything was purged or the key's shard (of 4,096) was changed. If it moved, nothing is kept, offered or
//! written without a second look. Memory gets a dear answer only from what Redis was seen to hold, and `XX` never makes a
//! key appear: so a purge is not undone. Offers are not owed: 200 at once, then 1,000 a second, and the rest are dropped.
//!
//! A lease is the value's own key: `"lease:3f9c0a51d2e87b46.17"`, the seventeenth of that node. Whoever deletes the key
//! ends the lease, and whoever waits for it is woken by the same push that keeps memory coherent; nothing is polled. A
//! computation that fails gives its lease back with `DEL`; a write that is refused or cut off is tried again while the lease
//! may stand, and each time a look says first what stands there now; one whose node dies is waited for until patience is over or the
//! lease runs out. Who does not hear what changes (below), or sees that nothing will be written, does not wait.
//!
//! The protocol is checked by a model of it, in `model/`, which finds the trace where a rule is missing.
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
//! There is one such connection to each primary, and it carries everything: reads, writes and reports. Replicas are never
//! read, for they may not have heard yet of what was reported.
//!
//! | [`Options::redis`] | primaries | another primary |
//! |---|---|---|
//! | one server | it | |
//! | Sentinels | whom the newest configuration of a majority names | asked every second and before each connection; a server that says that it follows another is left |
//! | Cluster | each that holds slots | the layout of the newest epoch, asked for every second, when a primary is lost or sends a call on; `MOVED` and `ASK` are followed |
//!
//! What memory keeps of a key is vouched for by the primary that holds it; the cache is coherent when all of them are.
//! When another primary comes, or slots change hands, everything is forgotten after the new map is followed. A `FLUSHALL`
//! that had not reached the replica when it was promoted comes back with it: no server tells of that either.
//! # Looked after
//!
//! [`Cache::operator`] lists what is remembered, shows it, and removes it on every node: step by step (`SCAN`, `UNLINK`),
//! never `KEYS` or `FLUSHDB`, and nothing but what has the form of our names. What is to be removed while Redis cannot be
//! reached goes from memory at once and from Redis when it is back; meanwhile nothing is answered from it here.
//!
//! # In Redis
//!
//! `ns:variant:text` holds one line of JSON, as [`Contents::encode`] wrote it. Texts over 200 bytes, or with characters
//! that nobody sees, stand under `ns:variant#:digest`, and first in the line, where they are compared. `allkeys-lfu` with
//! a `maxmemory` is recommended: memory serves the reads, so that the server does not see how often a key is used.
//! Redis or Valkey, 7.0 or later.

// Reading order: a module uses only modules declared above it.
mod sync;
mod options;
pub use options::{Deadlines, Lookup, Options, OptionsError, UrlFault};
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
mod breaker;
mod connection;
mod place;
mod redis;
mod primaries;
mod coherence;
mod pushes;
mod keeper;
mod sentinel;
mod cluster;
mod topology;
mod flight;
mod offers;
mod owed;
mod layers;
mod operator;
pub use operator::{Behind, Cursor, Entry, Kind, NotACursor, NotOurs, Operator, Page, Removal, Removed, Seen};
mod cache;
#[doc(hidden)]
pub use cache::Audit;
pub use cache::Cache;
#[cfg(shuttle)]
#[doc(hidden)]
pub mod checked;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzed;

/// The examples of README.md are run with those above.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
