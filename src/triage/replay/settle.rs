//! After a publish: what came of each message, and taking out of the source what is on record as published.

use std::collections::{HashMap, VecDeque};

use super::pass::stop_wish;
use super::publish::{Answer, is_systemic};
use super::room::{Room, hold, take};
use super::run::{Halt, Runner};
use crate::broker::{Back, Done, Error, ErrorKind, HeldId, Hold, Receipt, Settle};
use crate::model::Seat;
use crate::triage::doubt;
use crate::triage::plan::Source;
use crate::triage::report::{Level, Outcome, Skip, Stage, Wish};

impl Runner<'_> {
    /// Notes what came of a publish or, with nothing `held`, of what was carried: that has left its source already. Gives why to break off, where nothing went through and the next would meet the same.
    pub(super) fn after_publishing(
        &mut self,
        answers: Vec<Answer>,
        held: &HashMap<u32, HeldId>,
        to_settle: &mut Vec<(u32, HeldId, Receipt)>,
    ) -> Option<String> {
        let tried = answers.len();
        let mut bad = None;
        let mut through = 0;
        for Answer { n, result, tries } in answers {
            match result {
                Ok(receipt) => {
                    through += 1;
                    match held.get(&n).filter(|_| self.plan.removes) {
                        Some(id) => {
                            self.note(n, Outcome::Unsettled { receipt: receipt.clone() });
                            to_settle.push((n, *id, receipt));
                        }
                        None => self.note(n, Outcome::Replayed { receipt }),
                    }
                }
                // somebody took it before it could be carried
                Err(e) if e.kind == ErrorKind::Gone && e.done == Done::No => self.note(n, Outcome::Skipped(Skip::Gone)),
                Err(e) => {
                    if is_systemic(&e) {
                        bad = Some(e.to_string());
                    }
                    let why = if tries > 1 { format!("{e} ({tries} tries)") } else { e.to_string() };
                    let outcome =
                        if e.done == Done::No { Outcome::Failed { stage: Stage::Publish, why } } else { Outcome::InDoubt { why } };
                    self.note(n, outcome);
                }
            }
        }
        bad.filter(|_| tried > 0 && through == 0)
            .map(|why| format!("nothing goes through: {why}; the rest is untouched, resume when that is mended"))
    }

    /// Writes what is pending, then takes out of the source what is now on record as published, and writes that.
    pub(super) async fn settle(&mut self, room: &mut Room, to_settle: &mut Vec<(u32, HeldId, Receipt)>) -> Result<(), Halt> {
        self.flush_marks().await?;
        let settled = settle_all(&mut room.hold, std::mem::take(to_settle)).await;
        self.after_settling(settled);
        self.flush_marks().await
    }

    pub(super) fn after_settling(&mut self, settled: Vec<(u32, Receipt, Result<(), Error>)>) {
        for (n, receipt, result) in settled {
            match result {
                Ok(()) => self.note(n, Outcome::Replayed { receipt }),
                // on record as published and not settled: a resume takes it out, nobody publishes it again
                Err(e) => {
                    let about = self.plan.item(n).map(|i| (i.id.clone(), i.seat.clone()));
                    self.tell.line(Level::Watch, about, format!("published, still at its source: {e}"));
                }
            }
        }
    }

    /// Discards: their copies are on disk, so they may leave.
    pub(super) async fn remove(&mut self, room: &mut Room, removals: Vec<(u32, HeldId)>) {
        let Some(hold) = room.hold.as_mut().filter(|_| !removals.is_empty()) else { return };
        let results = hold.settle(removals.iter().map(|(_, id)| (*id, Settle::Remove)).collect()).await;
        let mut results = results.into_iter();
        for (n, _) in removals {
            let result = results.next().unwrap_or_else(|| Err(Error::new(ErrorKind::Unexpected, "settle", "no answer").perhaps()));
            let outcome = match result {
                Ok(()) => Outcome::Marked { removed: true },
                Err(e) if e.done == Done::No => Outcome::Failed { stage: Stage::Settle, why: e.to_string() },
                Err(e) => Outcome::InDoubt { why: e.to_string() },
            };
            self.note(n, outcome);
        }
    }

    /// Takes out of the source what an earlier run published and did not settle; never publishes it again.
    pub async fn settle_earlier(&mut self) -> Result<(), Halt> {
        let mut earlier: HashMap<Seat, VecDeque<(u32, Receipt)>> = HashMap::new();
        for (n, outcome) in &self.outcomes {
            if let (Outcome::Unsettled { receipt }, Some(item)) = (outcome, self.plan.item(*n)) {
                earlier.entry(item.seat.clone()).or_default().push_back((*n, receipt.clone()));
            }
        }
        if earlier.is_empty() || !matches!(self.plan.ask.from, Source::Queue(_)) {
            return Ok(());
        }
        // what somebody has in hand is not shown and not gone: the broken connection of the run before is somebody, until its broker notices
        let from = self.plan.ask.from.at();
        let nobody = match self.means.brokers.get(&from.conn) {
            None => true,
            Some(broker) => tokio::select! {
                quiet = doubt::quiet(broker.as_ref(), from) => quiet,
                () = stop_wish(&mut self.wish) => return Err(Halt::Stopped),
            },
        };
        let seats = earlier.iter().flat_map(|(seat, all)| std::iter::repeat_n(seat.clone(), all.len())).collect();
        let mut source = Some(hold(self, seats).await?);
        loop {
            if *self.wish.borrow() == Wish::Stop {
                return Err(Halt::Stopped);
            }
            let got = match take(&mut source, super::pace::BATCH).await {
                Ok(got) => got,
                // in somebody's hand, so not known to have left
                Err(e) if e.kind == ErrorKind::Busy && e.retry => continue,
                Err(e) => return Err(Halt::Broke(e.to_string())),
            };
            if got.is_empty() {
                break;
            }
            let (mut found, mut doomed) = (Vec::new(), Vec::new());
            for held in got {
                match earlier.get_mut(&held.message.seat).and_then(VecDeque::pop_front) {
                    Some((n, receipt)) => found.push((n, held.id, receipt)),
                    None if held.back == Back::Destroys => doomed.push(held),
                    None => {}
                }
            }
            self.put_again(&mut source, doomed).await.map_err(|e| Halt::Broke(e.to_string()))?;
            let settled = settle_all(&mut source, found).await;
            self.after_settling(settled);
            self.flush_marks().await?;
        }
        let left: Vec<(u32, Receipt)> = earlier.into_values().flatten().collect();
        if nobody {
            // no longer there: somebody took it, and it is at its target
            left.into_iter().for_each(|(n, receipt)| self.note(n, Outcome::Replayed { receipt }));
        } else if !left.is_empty() {
            let words = "published, and not shown at their source, where somebody has messages in hand: resume once those are back";
            self.tell.line(Level::Watch, None, format!("{} {words}", left.len()));
        }
        self.flush_marks().await?;
        if let Some(hold) = source {
            let _ = hold.close().await;
        }
        Ok(())
    }
}

pub(super) async fn settle_all(
    hold: &mut Option<Box<dyn Hold>>,
    batch: Vec<(u32, HeldId, Receipt)>,
) -> Vec<(u32, Receipt, Result<(), Error>)> {
    let Some(hold) = hold.as_mut().filter(|_| !batch.is_empty()) else { return Vec::new() };
    let results = hold.settle(batch.iter().map(|(_, id, _)| (*id, Settle::Remove)).collect()).await;
    let missing = || Err(Error::new(ErrorKind::Unexpected, "settle", "no answer").perhaps());
    let mut results = results.into_iter();
    batch.into_iter().map(|(n, _, receipt)| (n, receipt, results.next().unwrap_or_else(missing))).collect()
}
