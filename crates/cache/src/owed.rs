//! Removals that the operator asked for while Redis could not be reached: kept until they are done there.
//!
//! What is to go is not answered from meanwhile: whoever looks asks [`Owed::holds`] first. Names are bounded in number;
//! with one too many, everything is to go, which costs computations and nothing else. They are this process's: one that
//! ends before Redis is back takes them with it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Names that may be owed.
const NAMES_MAX: usize = 1_024;

/// What is to be removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Debt {
    pub(crate) everything: bool,
    /// None of them if it is everything.
    pub(crate) names: BTreeSet<String>,
}

impl Debt {
    fn is_none(&self) -> bool {
        !self.everything && self.names.is_empty()
    }

    fn holds(&self, name: &str) -> bool {
        self.everything || self.names.contains(name)
    }

    fn add(&mut self, more: Self) {
        self.everything |= more.everything;
        self.names.extend(more.names);
        if self.everything || self.names.len() > NAMES_MAX {
            *self = Self { everything: true, names: BTreeSet::new() };
        }
    }

    fn count(&self) -> u64 {
        self.names.len() as u64 + u64::from(self.everything)
    }
}

/// The debts of one cache.
pub(crate) struct Owed {
    debts: Mutex<Debts>,
    /// There are debts: so that a look pays for one read where there are none.
    is_any: AtomicBool,
    incurred: Notify,
}

#[derive(Default)]
struct Debts {
    waiting: Debt,
    /// Being paid: what is asked for meanwhile is owed anew.
    under_way: Debt,
}

impl Owed {
    pub(crate) fn new() -> Self {
        Self { debts: Mutex::default(), is_any: AtomicBool::new(false), incurred: Notify::new() }
    }

    /// From here on everything that Redis holds is to go.
    pub(crate) fn add_everything(&self) {
        self.add(Debt { everything: true, names: BTreeSet::new() });
    }

    /// From here on what Redis holds under this name is to go.
    pub(crate) fn add_name(&self, name: String) {
        self.add(Debt { everything: false, names: BTreeSet::from([name]) });
    }

    fn add(&self, debt: Debt) {
        let mut debts = self.debts();
        debts.waiting.add(debt);
        self.is_any.store(true, SeqCst);
        drop(debts);
        self.incurred.notify_one();
    }

    /// Whether what stands under this name is to go.
    pub(crate) fn holds(&self, name: impl FnOnce() -> String) -> bool {
        self.is_any.load(SeqCst) && {
            let (name, debts) = (name(), self.debts());
            debts.waiting.holds(&name) || debts.under_way.holds(&name)
        }
    }

    pub(crate) fn count(&self) -> u64 {
        let debts = self.debts();
        debts.waiting.count() + debts.under_way.count()
    }

    /// Waits until there are debts; one task at a time.
    pub(crate) async fn incurred(&self) {
        while self.debts().waiting.is_none() {
            self.incurred.notified().await;
        }
    }

    /// What is owed, to be paid now; it is owed until [`Owed::end`] says how that went.
    pub(crate) fn begin(&self) -> Debt {
        let mut debts = self.debts();
        let debt = std::mem::take(&mut debts.waiting);
        debts.under_way = debt.clone();
        debt
    }

    /// What was begun is done or, where `rest` is not empty, not.
    pub(crate) fn end(&self, rest: Debt) {
        let mut debts = self.debts();
        debts.under_way = Debt::default();
        debts.waiting.add(rest);
        self.is_any.store(!debts.waiting.is_none(), SeqCst);
    }

    // A panic while the lock is held leaves a debt too many at worst.
    fn debts(&self) -> MutexGuard<'_, Debts> {
        self.debts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_names<const N: usize>(names: [&str; N]) -> Debt {
        Debt { everything: false, names: names.map(str::to_owned).into() }
    }

    #[test]
    fn what_is_owed_is_held_until_it_is_done() {
        let owed = Owed::new();
        assert!(!owed.holds(|| "a".to_owned()));
        owed.add_name("a".to_owned());
        assert!(owed.holds(|| "a".to_owned()) && !owed.holds(|| "b".to_owned()));
        assert_eq!(owed.begin(), of_names(["a"]));
        assert!(owed.holds(|| "a".to_owned()), "while it is under way");
        // Asked for again: the removal under way may have been before what this is about.
        owed.add_name("a".to_owned());
        owed.end(Debt::default());
        assert_eq!((owed.holds(|| "a".to_owned()), owed.count()), (true, 1));
        assert_eq!(owed.begin(), of_names(["a"]));
        owed.end(of_names(["a"]));
        assert!(owed.holds(|| "a".to_owned()), "in vain");
        owed.begin();
        owed.end(Debt::default());
        assert_eq!((owed.holds(|| "a".to_owned()), owed.count()), (false, 0));
    }

    #[test]
    fn more_names_than_can_be_kept_are_everything() {
        let owed = Owed::new();
        for n in 0..NAMES_MAX {
            owed.add_name(n.to_string());
        }
        assert!(!owed.holds(|| "other".to_owned()));
        assert_eq!(owed.count(), NAMES_MAX as u64);
        owed.add_name("one more".to_owned());
        assert!(owed.holds(|| "other".to_owned()));
        owed.add_name("another".to_owned());
        assert_eq!(owed.begin(), Debt { everything: true, names: BTreeSet::new() });
    }
}
