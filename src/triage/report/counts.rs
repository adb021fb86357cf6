//! How many messages of a plan came to what, and the exit code that follows.

use serde::{Deserialize, Serialize};

use super::Outcome;

/// Messages by outcome. `left_out` were never to be done; the others sum up to the plan's size without those.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub replayed: u64,
    /// Parked, discarded or restored without a publish.
    pub marked: u64,
    /// Published, still at the source.
    pub unsettled: u64,
    /// Passed over while carrying out.
    pub skipped: u64,
    pub failed: u64,
    pub in_doubt: u64,
    pub untouched: u64,
    /// Left out when the plan was frozen.
    pub left_out: u64,
    /// Of the replayed: evidence says that it went through.
    pub verified: u64,
    /// Of the replayed: it died again.
    pub came_back: u64,
}

impl Counts {
    /// Adds one message's outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        *self.place(outcome) += 1;
    }

    /// Takes one message's outcome away, when another takes its place.
    pub fn take(&mut self, outcome: &Outcome) {
        let place = self.place(outcome);
        *place = place.saturating_sub(1);
    }

    fn place(&mut self, outcome: &Outcome) -> &mut u64 {
        match outcome {
            Outcome::Replayed { .. } => &mut self.replayed,
            Outcome::Unsettled { .. } => &mut self.unsettled,
            Outcome::Marked { .. } => &mut self.marked,
            Outcome::Skipped(_) => &mut self.skipped,
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::InDoubt { .. } => &mut self.in_doubt,
            Outcome::Untouched => &mut self.untouched,
        }
    }

    /// Messages for which the deed is done.
    pub fn done(&self) -> u64 {
        self.replayed + self.marked
    }

    /// Messages that were to be done.
    pub fn total(&self) -> u64 {
        self.done() + self.unsettled + self.skipped + self.failed + self.in_doubt + self.untouched
    }

    /// Replayed without any word yet of what became of them.
    pub fn no_word_yet(&self) -> u64 {
        self.replayed.saturating_sub(self.verified + self.came_back)
    }

    /// Share done with in one way or another, 0 to 1.
    pub fn share(&self) -> f64 {
        let total = self.total();
        if total == 0 { 1.0 } else { (total - self.untouched) as f64 / total as f64 }
    }

    /// The process's exit code: 0 all done, 1 nothing done, 3 partly, 4 something is in doubt.
    pub fn exit_code(&self) -> i32 {
        if self.in_doubt > 0 {
            4
        } else if self.total() > 0 && self.done() == self.total() {
            0
        } else if self.done() + self.unsettled == 0 {
            1
        } else {
            3
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_the_worst() {
        let all = Counts { replayed: 3, left_out: 2, ..Counts::default() };
        assert_eq!(all.exit_code(), 0);
        assert_eq!(Counts { failed: 1, ..all }.exit_code(), 3);
        assert_eq!(Counts { unsettled: 1, ..Counts::default() }.exit_code(), 3);
        assert_eq!(Counts { in_doubt: 1, ..all }.exit_code(), 4);
        assert_eq!(Counts { untouched: 3, ..Counts::default() }.exit_code(), 1);
        assert_eq!(Counts::default().exit_code(), 1);
    }
}
