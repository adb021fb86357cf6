//! Which messages may go next: at most one of an ordering key under way, and none after a failed one; pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::triage::plan::{OrderKey, Planned};
use crate::triage::report::Outcome;

/// What is still to be done of a plan, by number, in the plan's order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// May go now.
    ready: BTreeSet<u32>,
    /// Later ones of a key that is ready or under way.
    behind: HashMap<OrderKey, BTreeSet<u32>>,
    keys: BTreeMap<u32, OrderKey>,
    /// Keys whose later ones must not go.
    stopped: HashSet<OrderKey>,
}

impl Queue {
    /// From the messages to do; `stopped` keys have one in doubt or failed that is not to be done now.
    pub fn new<'a>(todo: impl IntoIterator<Item = &'a Planned>, stopped: HashSet<OrderKey>) -> Self {
        let mut queue = Self { stopped, ..Self::default() };
        let mut busy = HashSet::new();
        for item in todo {
            match item.order {
                Some(key) => {
                    queue.keys.insert(item.n, key);
                    if busy.insert(key) && !queue.stopped.contains(&key) {
                        queue.ready.insert(item.n);
                    } else {
                        queue.behind.entry(key).or_default().insert(item.n);
                    }
                }
                None => drop(queue.ready.insert(item.n)),
            }
        }
        queue
    }

    /// Numbers that can never go because their key was stopped before this began; they leave the queue.
    pub fn blocked(&mut self) -> Vec<u32> {
        let mut all = Vec::new();
        for key in self.stopped.clone() {
            all.extend(self.behind.remove(&key).unwrap_or_default());
        }
        all.sort_unstable();
        all
    }

    /// Whether this one may go now.
    pub fn is_ready(&self, n: u32) -> bool {
        self.ready.contains(&n)
    }

    /// It is under way: nobody else takes it, and those behind it wait.
    pub fn take(&mut self, n: u32) -> bool {
        self.ready.remove(&n)
    }

    /// It was not begun after all.
    pub fn give_back(&mut self, n: u32) {
        self.ready.insert(n);
    }

    /// Its outcome is known. Gives the numbers behind it that must not go any more.
    pub fn done(&mut self, n: u32, outcome: &Outcome) -> Vec<u32> {
        self.ready.remove(&n);
        let Some(key) = self.keys.get(&n).copied() else { return Vec::new() };
        if outcome.stops_its_key() {
            self.stopped.insert(key);
            return self.behind.remove(&key).unwrap_or_default().into_iter().collect();
        }
        if let Some(behind) = self.behind.get_mut(&key) {
            // one that waited and turns out to be gone moves nobody up: the one before it is still under way
            if !behind.remove(&n)
                && let Some(next) = behind.pop_first()
            {
                self.ready.insert(next);
            }
            if behind.is_empty() {
                self.behind.remove(&key);
            }
        }
        Vec::new()
    }

    /// The first numbers that may go now.
    pub fn heads(&self, most: usize) -> Vec<u32> {
        self.ready.iter().take(most).copied().collect()
    }

    /// Everything that is neither done nor under way, in order, at most so many.
    pub fn first(&self, most: usize) -> Vec<u32> {
        let mut all: Vec<u32> = self.ready.iter().copied().chain(self.behind.values().flatten().copied()).collect();
        all.sort_unstable();
        all.truncate(most);
        all
    }

    /// Whether this one is still to be done.
    pub fn waits(&self, n: u32) -> bool {
        self.ready.contains(&n) || self.keys.get(&n).and_then(|key| self.behind.get(key)).is_some_and(|behind| behind.contains(&n))
    }

    /// Whether nothing is left that could go or wait.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.behind.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageId, Seat};
    use crate::triage::plan::{Way, Where};
    use crate::triage::report::{Skip, Stage};

    fn item(n: u32, key: Option<u8>) -> Planned {
        Planned {
            n,
            id: MessageId(n.to_string()),
            seat: Seat::Offset { partition: 0, offset: n.into() },
            digest: None,
            order: key.map(|k| OrderKey([k; 8])),
            to: Some(0),
            place: Where::ByKey,
            owned: 0,
            before: 0,
            size: 1,
            way: Way::Publish,
        }
    }

    fn ok() -> Outcome {
        Outcome::Marked { removed: false }
    }

    #[test]
    fn one_of_a_key_at_a_time_in_order() {
        let items = [item(1, Some(1)), item(2, Some(2)), item(3, Some(1)), item(4, None), item(5, Some(1))];
        let mut queue = Queue::new(&items, HashSet::new());
        assert_eq!(queue.heads(9), [1, 2, 4]);
        assert!(queue.take(1));
        assert_eq!(queue.heads(9), [2, 4]);
        assert!(queue.done(1, &ok()).is_empty());
        assert_eq!(queue.heads(9), [2, 3, 4]);
        assert_eq!(queue.first(3), [2, 3, 4]);
    }

    #[test]
    fn a_failure_stops_its_key_and_no_other() {
        let items = [item(1, Some(1)), item(2, Some(1)), item(3, Some(2)), item(4, Some(1))];
        let mut queue = Queue::new(&items, HashSet::new());
        queue.take(1);
        let failed = Outcome::Failed { stage: Stage::Publish, why: String::new() };
        assert_eq!(queue.done(1, &failed), [2, 4]);
        assert_eq!(queue.heads(9), [3]);
        queue.take(3);
        // gone from the source is no failure: there is nothing left to be in order with
        queue.done(3, &Outcome::Skipped(Skip::Gone));
        assert!(queue.is_empty());
    }

    #[test]
    fn a_key_in_doubt_from_before_is_blocked() {
        let items = [item(1, Some(1)), item(2, Some(2))];
        let mut queue = Queue::new(&items, [OrderKey([1; 8])].into());
        assert_eq!(queue.heads(9), [2]);
        assert_eq!(queue.blocked(), [1]);
    }
}
