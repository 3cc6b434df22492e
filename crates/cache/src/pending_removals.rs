//! Removals that the operator requested while Redis was unreachable; they are kept until Redis has executed them.
//!
//! Meanwhile, this node does not answer from the entries to be removed: every lookup first asks
//! [`PendingRemovals::contains`]. The number of names is limited; beyond it, the list becomes "remove everything",
//! which costs computations and nothing else. The list belongs to this process and is lost when it ends.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The maximum number of names and variants that wait for their removal.
const NAMES_MAX: usize = 1_024;

/// What is to be removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removals {
    pub(crate) everything: bool,
    /// Empty if `everything` is set.
    pub(crate) names: BTreeSet<String>,
    /// Variants of which every name is to be removed; the same.
    pub(crate) variants: BTreeSet<String>,
}

impl Removals {
    fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn contains(&self, variant: &str, name: &str) -> bool {
        self.everything || self.names.contains(name) || self.variants.contains(variant)
    }

    fn add(&mut self, more: Self) {
        self.everything |= more.everything;
        self.names.extend(more.names);
        self.variants.extend(more.variants);
        if self.everything || self.names.len() + self.variants.len() > NAMES_MAX {
            *self = Self::everything();
        }
    }

    fn count(&self) -> u64 {
        (self.names.len() + self.variants.len()) as u64 + u64::from(self.everything)
    }
}

pub(crate) struct PendingRemovals {
    queue: Mutex<Queue>,
    /// Whether there are any. Usually there are none, and a lookup then costs one atomic read.
    is_any: AtomicBool,
    added: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: Removals,
    /// Removals that are being executed. One that is requested again meanwhile waits again.
    in_progress: Removals,
}

impl PendingRemovals {
    pub(crate) fn new() -> Self {
        Self { queue: Mutex::default(), is_any: AtomicBool::new(false), added: Notify::new() }
    }

    /// Everything that Redis holds at this time is to be removed.
    pub(crate) fn add_everything(&self) {
        self.add(Removals::everything());
    }

    /// The value that Redis holds under this name at this time is to be removed.
    pub(crate) fn add_name(&self, name: String) {
        self.add(Removals { names: BTreeSet::from([name]), ..Removals::default() });
    }

    /// The same for every name of this variant.
    pub(crate) fn add_variant(&self, variant: String) {
        self.add(Removals { variants: BTreeSet::from([variant]), ..Removals::default() });
    }

    fn add(&self, removals: Removals) {
        let mut queue = self.queue();
        queue.waiting.add(removals);
        self.is_any.store(true, SeqCst);
        drop(queue);
        self.added.notify_one();
    }

    /// Whether the value under this name, of a key with this variant, is to be removed.
    pub(crate) fn contains(&self, variant: &str, name: impl FnOnce() -> String) -> bool {
        self.is_any.load(SeqCst) && {
            let name = &name();
            let queue = self.queue();
            queue.waiting.contains(variant, name) || queue.in_progress.contains(variant, name)
        }
    }

    pub(crate) fn count(&self) -> u64 {
        let queue = self.queue();
        queue.waiting.count() + queue.in_progress.count()
    }

    /// Waits until there are removals to execute. Only one task may call it.
    pub(crate) async fn wait_for_any(&self) {
        while self.queue().waiting.is_empty() {
            self.added.notified().await;
        }
    }

    /// Takes the removals to execute now. They stay pending until [`PendingRemovals::end`].
    pub(crate) fn begin(&self) -> Removals {
        let mut queue = self.queue();
        let removals = std::mem::take(&mut queue.waiting);
        queue.in_progress = removals.clone();
        removals
    }

    /// Ends the removals from [`PendingRemovals::begin`]; those in `rest` have failed and wait again.
    pub(crate) fn end(&self, rest: Removals) {
        let mut queue = self.queue();
        queue.in_progress = Removals::default();
        queue.waiting.add(rest);
        self.is_any.store(!queue.waiting.is_empty(), SeqCst);
    }

    // A panic under this lock leaves, at worst, one removal too many.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> Removals {
        Removals { names: names.map(str::to_owned).into(), ..Removals::default() }
    }

    fn is_pending(removals: &PendingRemovals, name: &str) -> bool {
        removals.contains("1", || name.to_owned())
    }

    #[test]
    fn a_variant_is_pending_with_all_its_names() {
        let removals = PendingRemovals::new();
        removals.add_variant("1".to_owned());
        assert!(is_pending(&removals, "a") && is_pending(&removals, "b"));
        assert!(!removals.contains("2", || "a".to_owned()));
        assert_eq!((removals.count(), removals.begin().variants), (1, BTreeSet::from(["1".to_owned()])));
        assert!(is_pending(&removals, "a"), "while it is in progress");
        removals.end(Removals::default());
        assert_eq!((removals.count(), is_pending(&removals, "a")), (0, false));
    }

    #[test]
    fn a_removal_is_pending_until_it_is_executed() {
        let removals = PendingRemovals::new();
        assert!(!is_pending(&removals, "a"));
        removals.add_name("a".to_owned());
        assert!(is_pending(&removals, "a") && !is_pending(&removals, "b"));
        assert_eq!(removals.begin(), names(["a"]));
        assert!(is_pending(&removals, "a"), "while it is in progress");
        // Requested again: the removal in progress may have been executed before the value was written.
        removals.add_name("a".to_owned());
        removals.end(Removals::default());
        assert_eq!((is_pending(&removals, "a"), removals.count()), (true, 1));
        assert_eq!(removals.begin(), names(["a"]));
        removals.end(names(["a"]));
        assert!(is_pending(&removals, "a"), "it failed");
        removals.begin();
        removals.end(Removals::default());
        assert_eq!((is_pending(&removals, "a"), removals.count()), (false, 0));
    }

    #[test]
    fn one_name_too_many_removes_everything() {
        let removals = PendingRemovals::new();
        for n in 0..NAMES_MAX {
            removals.add_name(n.to_string());
        }
        assert!(!is_pending(&removals, "other"));
        assert_eq!(removals.count(), NAMES_MAX as u64);
        removals.add_name("one more".to_owned());
        assert!(is_pending(&removals, "other"));
        removals.add_name("another".to_owned());
        assert_eq!(removals.begin(), Removals::everything());
    }
}
