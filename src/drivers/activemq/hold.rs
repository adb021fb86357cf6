//! One visit to a queue: what is in hand are ids and copies. Nothing is taken from the broker before it is carried or removed, so nothing
//! has to be given back.

mod carry;
mod missing;
mod remove;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::ActiveMq;
use super::error::{Fault, Outcome};
use super::known::Known;
use super::look::Look;
use crate::broker::{Back, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Result, Selection, Settle};
use crate::model::{Address, Message, Seat};

/// Longest wait for what somebody else has in hand: Artemis gives a client that is not heard of any more a minute.
const LONGEST: Duration = Duration::from_secs(120);
/// How long it is left alone before it is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Visit {
    mq: Arc<ActiveMq>,
    known: Arc<Known>,
    from: Address,
    want: Selection,
    look: Option<Look>,
    ended: bool,
    /// In hand: handed out, and neither carried nor settled.
    had: BTreeMap<HeldId, Message>,
    given: u64,
    /// Since when nothing comes, though something wanted may be in somebody's hand.
    dry: Option<Instant>,
}

impl Visit {
    pub fn new(mq: Arc<ActiveMq>, known: Arc<Known>, from: Address, want: Selection) -> Self {
        Self { mq, known, from, want, look: None, ended: false, had: BTreeMap::new(), given: 0, dry: None }
    }

    fn done(&self) -> bool {
        match &self.want {
            Selection::First(n) => self.given >= *n as u64,
            Selection::Seats(seats) => seats.is_empty(),
        }
    }

    /// Whether this message is wanted; a wanted seat is taken off the list (of twins, one for each time it is named).
    fn wants(&mut self, seat: &Seat) -> bool {
        match &mut self.want {
            Selection::First(n) => self.given < *n as u64,
            Selection::Seats(seats) => match seats.iter().position(|s| s == seat) {
                Some(i) => {
                    seats.swap_remove(i);
                    true
                }
                None => false,
            },
        }
    }

    async fn found(&mut self, max: usize) -> Outcome<Vec<Held>> {
        let mut found = Vec::new();
        while found.len() < max && !self.done() && !self.ended {
            let mut look = match self.look.take() {
                Some(look) => look,
                None => Look::begin(&self.mq, &self.known, &self.from, true).await?,
            };
            match look.next().await? {
                Some(message) => {
                    self.look = Some(look);
                    if self.wants(&message.seat) {
                        self.given += 1;
                        let id = HeldId(self.given);
                        self.had.insert(id, message.clone());
                        found.push(Held { id, message, back: Back::Free });
                    }
                }
                None => {
                    let (cut, full, read) = (look.is_cut(), look.is_full(), look.read);
                    look.close().await;
                    match &self.want {
                        Selection::Seats(left) if cut && found.is_empty() => return Err(self.not_shown(left.len(), full, read).await),
                        Selection::Seats(_) if cut => break,
                        _ => self.ended = true,
                    }
                }
            }
        }
        if !found.is_empty() {
            self.dry = None;
        }
        Ok(found)
    }

    /// Why some of the chosen are missing, of which it is not known whether they are gone.
    async fn not_shown(&mut self, left: usize, full: bool, read: u64) -> Fault {
        if full {
            let why = format!("{left} of the chosen are not among the first {read}, which is all that the broker shows");
            return Fault::new(ErrorKind::Unsupported, why)
                .next("act on the first ones, then look again; an administrator can raise maxBrowsePageSize");
        }
        self.dry.get_or_insert_with(Instant::now);
        tokio::time::sleep(AGAIN).await;
        in_other_hands(&format!("{left} of the chosen are not shown"))
    }
}

/// What the broker does not give because somebody has it: not gone.
fn in_other_hands(what: &str) -> Fault {
    let why = format!("{what}: somebody has messages of this queue in hand (a run that was cut off keeps them until the broker notices)");
    Fault::new(ErrorKind::Busy, why).next("wait until they are back, then go on; the broker's console shows who has them")
}

#[async_trait]
impl Hold for Visit {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        let (mq, from) = (self.mq.clone(), self.from.clone());
        let found = mq.run("take in hand", Some(&from), self.found(max)).await;
        found.map_err(|mut e| {
            e.retry |= e.kind == ErrorKind::Busy && self.dry.is_none_or(|since| since.elapsed() < LONGEST);
            e
        })
    }

    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        let mut remove: Vec<(HeldId, Message)> = Vec::new();
        let mut answers: BTreeMap<HeldId, Outcome<()>> = BTreeMap::new();
        for (id, how) in &batch {
            match (self.had.remove(id), how) {
                (None, _) => drop(answers.insert(*id, Err(Fault::new(ErrorKind::Invalid, "not in hand, or settled before")))),
                (Some(_), Settle::Return) => drop(answers.insert(*id, Ok(()))),
                (Some(message), Settle::Remove) => remove.push((*id, message)),
            }
        }
        answers.extend(self.remove(remove).await);
        let missing = || Err(Fault::new(ErrorKind::Unexpected, "no answer").perhaps());
        let answer = |(id, _): &(HeldId, Settle)| {
            answers.remove(id).unwrap_or_else(missing).map_err(|f| f.error("settle", &self.mq.id, Some(&self.from)))
        };
        batch.iter().map(answer).collect()
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        let ids: Vec<(HeldId, Address)> = batch.iter().map(|(id, out)| (*id, out.to.clone())).collect();
        let mut answers = self.carry_all(batch).await;
        let missing = || Err(Fault::new(ErrorKind::Unexpected, "no answer").perhaps());
        let answer = |(id, to): (HeldId, Address)| match answers.remove(&id).unwrap_or_else(missing) {
            Ok(()) => Ok(Receipt { to, seat: None }),
            Err(f) => Err(f.error("carry", &self.mq.id, Some(&to))),
        };
        ids.into_iter().map(answer).collect()
    }

    async fn close(self: Box<Self>) -> Result<Left> {
        if let Some(look) = self.look {
            look.close().await;
        }
        Ok(Left::default())
    }
}
