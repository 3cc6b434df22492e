//! `CLIENT TRACKING ON BCAST`: which client is told of which changes.

use std::collections::{BTreeMap, BTreeSet};

use super::{ClientId, Name};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tracking {
    prefixes: BTreeMap<Name, Prefix>,
    /// The clients that are not told of what they changed last.
    noloop: BTreeSet<ClientId>,
}

/// It ends with its last client, and with it what that client has not been told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Prefix {
    clients: BTreeSet<ClientId>,
    /// What changed in this turn, and the last client to change it.
    changed: BTreeMap<Name, Option<ClientId>>,
}

impl Tracking {
    /// Starts to track a prefix, or gives the prefix of this client that overlaps with it.
    pub(super) fn start(&mut self, id: ClientId, prefix: &Name, noloop: bool) -> Result<(), Name> {
        let overlaps = |(other, it): &(&Name, &Prefix)| {
            it.clients.contains(&id) && (other.starts_with(&**prefix) || prefix.starts_with(&***other))
        };
        if let Some((other, _)) = self.prefixes.iter().find(overlaps) {
            return Err(other.clone());
        }
        self.prefixes.entry(prefix.clone()).or_default().clients.insert(id);
        if noloop {
            self.noloop.insert(id)
        } else {
            self.noloop.remove(&id)
        };
        Ok(())
    }

    pub(super) fn stop(&mut self, id: ClientId) {
        self.noloop.remove(&id);
        self.prefixes.retain(|_, prefix| {
            prefix.clients.remove(&id);
            !prefix.clients.is_empty()
        });
    }

    /// The clients that track anything.
    pub(super) fn clients(&self) -> BTreeSet<ClientId> {
        self.prefixes.values().flat_map(|prefix| &prefix.clients).copied().collect()
    }

    pub(super) fn changed(&mut self, name: &Name, by: Option<ClientId>) {
        for (prefix, it) in &mut self.prefixes {
            if name.starts_with(&**prefix) {
                it.changed.insert(name.clone(), by);
            }
        }
    }

    /// The pushes of this turn: one for each prefix and client.
    pub(super) fn end_turn(&mut self) -> Vec<(ClientId, Vec<Name>)> {
        let mut pushes = Vec::new();
        for prefix in self.prefixes.values_mut() {
            let changed = std::mem::take(&mut prefix.changed);
            for id in prefix.clients.iter().filter(|_| !changed.is_empty()) {
                let own = |by: &Option<ClientId>| *by == Some(*id) && self.noloop.contains(id);
                let names: Vec<Name> =
                    changed.iter().filter(|(_, by)| !own(by)).map(|(name, _)| name.clone()).collect();
                if !names.is_empty() {
                    pushes.push((*id, names));
                }
            }
        }
        pushes
    }
}
