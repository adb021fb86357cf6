//! One visit to a queue: what is in hand are ids and copies. Nothing is taken from the broker before it is carried or removed, so nothing
//! has to be given back.

mod carry;
mod remove;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::ActiveMq;
use super::error::{Fault, Outcome};
use super::known::Known;
use super::look::Look;
use crate::broker::{Back, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Result, Selection, Settle};
use crate::model::{Address, Message, Seat};

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
}

impl Visit {
    pub fn new(mq: Arc<ActiveMq>, known: Arc<Known>, from: Address, want: Selection) -> Self {
        Self { mq, known, from, want, look: None, ended: false, had: BTreeMap::new(), given: 0 }
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
                    self.ended = true;
                    let cut = look.is_cut();
                    let read = look.read;
                    look.close().await;
                    // behind the window they may be there or not: that is not for a hold to guess
                    if let (true, Selection::Seats(left)) = (cut && found.is_empty(), &self.want) {
                        let why =
                            format!("{} of the chosen are not among the first {read}, which is all that the broker shows", left.len());
                        return Err(Fault::new(ErrorKind::Unsupported, why)
                            .next("act on the first ones, then look again; an administrator can raise maxBrowsePageSize"));
                    }
                    self.ended = !cut || matches!(self.want, Selection::First(_));
                    if cut && !self.ended {
                        break;
                    }
                }
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Hold for Visit {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        let (mq, from) = (self.mq.clone(), self.from.clone());
        mq.run("take in hand", Some(&from), self.found(max)).await
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
