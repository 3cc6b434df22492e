//! Lookups of many keys: pipelines to all primaries at once, so that they take one round trip.

use std::sync::Arc;

use futures_util::future::join_all;
use redis::Cmd;

use super::{CallKind, Primaries, RawLookup, lookup_commands, read_lookup};
use crate::key::Key;
use crate::link::{CallError, CallReply, Link};
use crate::stats::Trouble;

/// Lookups in one call. A call has one deadline and fails as a whole, and its replies are read together.
const KEYS_PER_CALL: usize = 256;

impl Primaries {
    /// Looks many keys up; the results are in the order of the keys.
    pub(crate) async fn lookup_many(&self, keys: &[&Key]) -> Vec<Result<RawLookup, CallError>> {
        let mut found: Vec<_> = keys.iter().map(|_| Err(CallError::NotSent)).collect();
        let groups = self.by_primary(keys);
        let calls = groups.iter().flat_map(|(link, places)| {
            places.chunks(KEYS_PER_CALL).map(async move |places| {
                let keys: Vec<&Key> = places.iter().map(|place| keys[*place]).collect();
                (places, self.lookup_at(link, &keys).await)
            })
        });
        for (places, results) in join_all(calls).await {
            for (place, result) in places.iter().zip(results) {
                found[*place] = result;
            }
        }
        found
    }

    /// The places of the keys that each primary holds. Keys that no primary holds are left out.
    fn by_primary(&self, keys: &[&Key]) -> Vec<(Arc<Link>, Vec<usize>)> {
        let map = self.map();
        let mut groups: Vec<(Arc<Link>, Vec<usize>)> = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            let Some(holder) = map.holder(|| self.namespace.name(key)) else { continue };
            match groups.iter_mut().find(|(link, _)| Arc::ptr_eq(link, holder)) {
                Some((_, places)) => places.push(place),
                None => groups.push((holder.clone(), vec![place])),
            }
        }
        groups
    }

    async fn lookup_at(&self, link: &Link, keys: &[&Key]) -> Vec<Result<RawLookup, CallError>> {
        let commands: Vec<Cmd> = keys.iter().flat_map(|key| lookup_commands(&self.namespace.name(key))).collect();
        let called = link.call(self.request(&commands, CallKind::Read), |replies| {
            let pairs = replies.chunks_exact(2).zip(keys);
            let found: Vec<_> =
                pairs.map(|(pair, key)| read_lookup(key, &pair[0], &pair[1])).collect::<Result<_, _>>()?;
            if found.len() == keys.len() { Ok(found) } else { Err(Trouble::Protocol) }
        });
        match called.await {
            Ok(CallReply::Here(found)) => found.into_iter().map(Ok).collect(),
            // Some of the slots have moved, so each key finds its own way.
            Ok(CallReply::Elsewhere(_)) => {
                self.doubt();
                join_all(keys.iter().map(|key| self.lookup(key))).await
            }
            Err(error) => keys.iter().map(|_| Err(error)).collect(),
        }
    }
}
