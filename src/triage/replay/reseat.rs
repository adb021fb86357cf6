//! Putting into its own queue again what giving back would destroy: copied to the ledger, published, confirmed, and only then taken out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use super::Hands;
use super::publish::publish;
use super::run::Runner;
use crate::broker::{Broker, Done, Error, ErrorKind, Held, Hold, Outgoing, Place, Receipt, Settle};
use crate::model::{Address, Message, copy};
use crate::triage::ledger::{LedgerError, Run, TriageLedger};
use crate::triage::plan::{Actor, PlanId, ReplayPlan};
use crate::triage::report::{Level, Outcome, Stage};

/// What came of a publish, by number.
type Answers = Vec<(u32, Result<Receipt, Error>)>;

/// Who gave the word, and what it is done with.
#[derive(Clone)]
pub(super) struct Word {
    pub eyes: Arc<dyn Broker>,
    pub hands: Hands,
    pub ledger: TriageLedger,
    pub by: Actor,
    pub reason: Option<String>,
}

impl Runner<'_> {
    /// Puts what giving back would destroy in again, whether or not it was asked for.
    pub(super) async fn put_again(&mut self, hold: &mut Option<Box<dyn Hold>>, doomed: Vec<Held>) -> Result<(), Error> {
        let at = self.plan.ask.from.at();
        let (Some(hold), Some(eyes)) = (hold.as_mut().filter(|_| !doomed.is_empty()), self.means.brokers.get(&at.conn)) else {
            return Ok(());
        };
        let word = || Word {
            eyes: Arc::clone(eyes),
            hands: self.means.hands.clone(),
            ledger: self.means.ledger.clone(),
            by: self.plan.ask.by.clone(),
            reason: self.plan.ask.reason.clone(),
        };
        let n = doomed.len();
        let reseat = self.reseat.get_or_insert_with(|| Reseat::new(word(), at));
        let put = reseat.held(hold.as_mut(), doomed).await;
        let words = match &put {
            Ok(()) => format!("{n} in hand could not be given back: put in again at the end of the queue (plan {})", reseat.plan()),
            Err(e) => e.to_string(),
        };
        self.tell.line(if put.is_ok() { Level::Watch } else { Level::Bad }, None, words);
        put
    }
}

/// What a look or a visit puts in again, as one plan of the ledger.
pub(super) struct Reseat {
    word: Word,
    at: Address,
    plan: Arc<ReplayPlan>,
    run: Option<Run>,
    /// Not yet in the ledger.
    done: Vec<(u32, Outcome)>,
    /// Messages that are in the queue again.
    pub put: u64,
    /// What they lost by it, in words.
    pub losses: BTreeSet<String>,
}

impl Reseat {
    /// Nothing is in hand yet, and nothing on record.
    pub fn new(word: Word, at: &Address) -> Self {
        let seed = *uuid::Uuid::now_v7().as_bytes();
        let plan = ReplayPlan::reseat(at, word.by.clone(), word.reason.clone(), SystemTime::now(), &seed);
        Self { word, at: at.clone(), plan: Arc::new(plan), run: None, done: Vec::new(), put: 0, losses: BTreeSet::new() }
    }

    /// The plan by which it is gone on with after a crash.
    pub fn plan(&self) -> &PlanId {
        &self.plan.id
    }

    /// Puts these in again and takes them out of the hold. The error says what did not come about, and where its copy is.
    pub async fn held(&mut self, hold: &mut dyn Hold, held: Vec<Held>) -> Result<(), Error> {
        let (ids, messages): (Vec<_>, Vec<_>) = held.into_iter().map(|h| (h.id, h.message)).unzip();
        let (answers, kept) = self.publish(&messages).await;
        let out = ids.iter().zip(&answers).filter(|(_, (_, result))| result.is_ok()).map(|(id, _)| (*id, Settle::Remove)).collect();
        // one that could not be taken out stays in hand: the broker drops it, or it is there twice; nothing is lost by it
        let unsettled = hold.settle(out).await.into_iter().find_map(Result::err);
        self.note(answers, kept).await?;
        unsettled.map_or(Ok(()), Err)
    }

    /// Puts these in again, where nobody can take them out of a hold: they are let go, and the broker drops them.
    pub async fn let_go(&mut self, messages: &[Message]) -> Result<(), Error> {
        let (answers, kept) = self.publish(messages).await;
        self.note(answers, kept).await
    }

    /// Copies first, synced; then publishes each to where it is. Also where they cannot be copied: what is let go is dropped, so better there
    /// without a copy than nowhere.
    async fn publish(&mut self, messages: &[Message]) -> (Answers, Result<(), LedgerError>) {
        let plan = Arc::make_mut(&mut self.plan);
        let before = plan.items.len();
        let numbers: Vec<u32> = messages.iter().map(|m| plan.take_in(m)).collect();
        let copies = messages.iter().map(copy::encode).collect();
        let kept = self.record(copies).await;
        if kept.is_err() {
            Arc::make_mut(&mut self.plan).items.truncate(before);
        }
        let batch = numbers.iter().zip(messages).map(|(n, m)| (*n, self.outgoing(m))).collect();
        let mut answers: Vec<_> = publish(&self.word.hands, batch).await.into_iter().map(|a| (a.n, a.result)).collect();
        answers.sort_by_key(|(n, _)| *n);
        (answers, kept)
    }

    async fn record(&mut self, copies: Vec<bytes::Bytes>) -> Result<(), LedgerError> {
        let lease = match self.run.take() {
            Some(run) => run.lease,
            None => {
                let who = format!("{} ({})", self.word.by.name, std::process::id());
                match self.word.ledger.lease_plan(&self.plan.id, who).await? {
                    Ok(lease) => lease,
                    Err((by, _)) => {
                        let why = format!("plan {} is in the hands of {by}", self.plan.id);
                        return Err(LedgerError::new(&self.word.ledger.path(), "copy what is in hand", why, "look again"));
                    }
                }
            }
        };
        let run = Run { plan: Arc::clone(&self.plan), lease };
        let done = std::mem::take(&mut self.done);
        let kept = self.word.ledger.held(&run, done, copies).await;
        self.run = Some(run);
        kept
    }

    fn outgoing(&mut self, message: &Message) -> Outgoing {
        let out = Outgoing {
            to: self.at.clone(),
            place: Place::Any,
            key: message.key.clone(),
            body: message.body.clone(),
            headers: message.headers.clone(),
            properties: message.properties.clone(),
        };
        let rehearsal = self.word.eyes.rehearse(message, &out);
        self.losses.extend(rehearsal.losses);
        rehearsal.wire
    }

    /// Takes note of what came of them, and writes it at once: what is open once the lease has run out looks like a crash to others.
    async fn note(&mut self, answers: Answers, kept: Result<(), LedgerError>) -> Result<(), Error> {
        if let Err(e) = kept {
            let there = answers.iter().filter(|(_, result)| result.is_ok()).count();
            self.put += there as u64;
            return Err(self.unkept(&e, there, answers.len() - there));
        }
        let mut first = None;
        for (n, result) in answers {
            let outcome = match result {
                Ok(receipt) => {
                    self.put += 1;
                    Outcome::Replayed { receipt }
                }
                Err(e) => {
                    let why = e.to_string();
                    let outcome =
                        if e.done == Done::No { Outcome::Failed { stage: Stage::Publish, why } } else { Outcome::InDoubt { why } };
                    first.get_or_insert(e);
                    outcome
                }
            };
            self.done.push((n, outcome));
        }
        if let Some(run) = &self.run
            && self.word.ledger.step(run, self.done.clone(), Vec::new()).await.is_ok()
        {
            self.done.clear();
        }
        match first {
            None => Ok(()),
            Some(e) => {
                let next = format!("its copy is in the ledger: redrive jobs resume {} puts it in again", self.plan.id);
                Err(e.next(next))
            }
        }
    }

    /// What could not be copied goes into the queue again without, and nothing more is taken in hand.
    fn unkept(&self, e: &LedgerError, there: usize, lost: usize) -> Error {
        let lost = if lost > 0 { format!("; {lost} could not be put in, and the broker drops them") } else { String::new() };
        let cause = format!("what is in hand could not be copied, {there} are in the queue again without a copy{lost}: {e}");
        Error::new(ErrorKind::Unexpected, "copy what is in hand", cause).about(&self.at).next("mend the ledger, then look again")
    }

    /// Writes what came of the last ones and ends the plan's run. What cannot be written is in doubt, and said so by the next start.
    pub async fn end(mut self) {
        let Some(run) = self.run.take() else { return };
        let run = Run { plan: Arc::clone(&self.plan), ..run };
        let _ = self.word.ledger.step(&run, self.done, Vec::new()).await;
        let _ = self.word.ledger.run_mark(&run, false, "finished".into()).await;
        let _ = self.word.ledger.release(run.lease).await;
    }
}
