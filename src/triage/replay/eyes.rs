//! Eyes that keep what a look would destroy: where the user gave the word, a look is a visit, and what cannot be given back is put in again.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc;

use super::Hands;
use super::reseat::{Reseat, Word};
use crate::broker::{
    Back, Broker, Brokers, Cost, Detail, Error, ErrorKind, Flow, Hold, Keeper, Left, Link, ListRequest, Outgoing, PeekRequest, Peeked,
    Probe, ReadersRequest, Rehearsal, Result, Selection, Start, Stop, Trace, Why, consent,
};
use crate::model::{Address, ConnId, Count, Destination, Message, Reader};
use crate::triage::ledger::TriageLedger;
use crate::triage::plan::Actor;

/// Messages of one step of a look.
const BATCH: usize = 256;

/// Puts these eyes before the guarded links of a context. `reason`: why the user gave the word, if it was given at the start.
pub fn eyes(links: &[Link], ledger: &TriageLedger, by: &Actor, reason: Option<&str>) -> Brokers {
    let hands = Hands(links.iter().filter_map(|l| Some((l.eyes.id().clone(), l.hand.clone()?))).collect());
    let one = |link: &Link| {
        let word = Word {
            eyes: Arc::clone(&link.eyes),
            hands: hands.clone(),
            ledger: ledger.clone(),
            by: by.clone(),
            reason: reason.map(str::to_owned),
        };
        (link.eyes.id().clone(), Arc::new(Eyes { word, keeper: Arc::default() }) as Arc<dyn Broker>)
    };
    Brokers(links.iter().map(one).collect())
}

struct Eyes {
    word: Word,
    /// A look that has something in hand ends in good order also when nobody listens to it any more.
    keeper: Arc<Keeper>,
}

#[async_trait]
impl Broker for Eyes {
    fn id(&self) -> &ConnId {
        self.word.eyes.id()
    }

    async fn probe(&self) -> Result<Probe> {
        self.word.eyes.probe().await
    }

    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>> {
        self.word.eyes.list(want)
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        self.word.eyes.describe(at).await
    }

    async fn cost(&self, at: &Address) -> Result<Cost> {
        self.word.eyes.cost(at).await
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        self.word.eyes.readers(want)
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        if want.accept.contains(&Trace::Reseats) {
            visit(self.word.clone(), Arc::clone(&self.keeper), want)
        } else {
            watched(self.word.clone(), want)
        }
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        self.word.eyes.rehearse(was, out)
    }

    async fn close(&self) -> Left {
        self.keeper.close().await;
        self.word.eyes.close().await
    }
}

/// A look as any, but what turns out to be doomed is copied and, where writes are on, put in again before it is let go.
fn watched(word: Word, want: PeekRequest) -> Flow<Peeked> {
    let at = want.from.clone();
    let flow = word.eyes.peek(want);
    stream::unfold((flow, word, String::new()), move |(mut flow, word, mut said)| {
        let at = at.clone();
        async move {
            loop {
                match flow.next().await? {
                    Ok(Peeked::Doomed(messages)) => {
                        let mut reseat = Reseat::new(word.clone(), &at);
                        let n = messages.len();
                        said = match reseat.let_go(&messages).await {
                            Ok(()) => format!("; {n} in hand put in again, at the end of the queue"),
                            Err(e) => format!("; the broker drops {n} in hand: {e}"),
                        };
                        reseat.end().await;
                    }
                    Err(e) => {
                        let cause = format!("{}{said}", e.cause);
                        return Some((Err(Error { cause, ..e }), (flow, word, said)));
                    }
                    Ok(step) => return Some((Ok(step), (flow, word, said))),
                }
            }
        }
    })
    .boxed()
}

/// A look that takes all in hand by a hold, which asks the right to write.
fn visit(word: Word, keeper: Arc<Keeper>, want: PeekRequest) -> Flow<Peeked> {
    let (say, heard) = mpsc::channel(1);
    let begin = async move {
        keeper.spawn(|stop| async move {
            let look = Look { word, want, say: say.clone(), read: 0, given: 0 };
            let ended = look.run(stop.cancelled()).await;
            // nobody may listen any more
            let _ = say.send(ended).await;
        });
        stream::unfold(heard, |mut heard| async move { Some((heard.recv().await?, heard)) })
    };
    stream::once(begin).flatten().boxed()
}

struct Look {
    word: Word,
    want: PeekRequest,
    say: mpsc::Sender<Result<Peeked>>,
    read: u64,
    given: usize,
}

impl Look {
    async fn run(mut self, stop: impl Future<Output = ()>) -> Result<Peeked> {
        let at = self.want.from.clone();
        let cost = self.word.eyes.cost(&at).await?;
        consent(&cost, &self.want)?;
        let cannot = |what: &str| {
            let error = Error::new(ErrorKind::Unsupported, "read", format!("a queue cannot {what}")).about(&at);
            error.next("look from the oldest message on")
        };
        if self.want.stop == Stop::Never {
            return Err(cannot("be followed live without taking messages from its consumers"));
        }
        if !matches!(self.want.start, Start::Oldest | Start::Seat(_)) {
            return Err(cannot("be looked into but from its oldest message on"));
        }
        let safer = |e: Error| match &cost.safer {
            Some(safer) => {
                let next = format!("{}; or make looking safe: {safer}", e.next);
                e.next(next)
            }
            None => e,
        };
        let hand = self.word.hands.0.get(&at.conn);
        let none = || {
            Error::new(ErrorKind::ReadOnly, "read", "a look here may have to put messages in again, which this role or connection may not")
        };
        let hand = hand.ok_or_else(|| safer(none().about(&at).next("ask somebody who may write")))?;
        let mut hold = hand.hold(&at, Selection::First(usize::MAX)).await.map_err(safer)?;
        let mut reseat = Reseat::new(self.word.clone(), &at);
        tokio::pin!(stop);
        let why = loop {
            match self.step(hold.as_mut(), &mut reseat).await {
                Ok(None) => {}
                other => break other,
            }
            if futures::poll!(&mut stop).is_ready() || self.say.is_closed() {
                break Ok(Some(Why::Limit));
            }
        };
        let put = reseat.put;
        let mut notes: Vec<String> = Vec::new();
        if put > 0 {
            notes.push(format!("{put} put in again at the end of {}: plan {} has their copies", at.name, reseat.plan()));
        }
        notes.extend(reseat.losses.iter().cloned());
        reseat.end().await;
        let closed = hold.close().await;
        let why = why?.unwrap_or(Why::Complete);
        closed?;
        let left = |t: &Trace| if *t == Trace::Reseats { put } else { self.read };
        let left = cost.leaves.iter().map(|t| (*t, left(t))).filter(|(_, n)| *n > 0).collect();
        Ok(Peeked::End { why, read: self.read, left, more: None, notes })
    }

    /// The next messages; why the look ends, if it does.
    async fn step(&mut self, hold: &mut dyn Hold, reseat: &mut Reseat) -> Result<Option<Why>> {
        let passes = |m: &Message| matches!(&self.want.start, Start::Seat(seat) if *seat != m.seat);
        let most = self.want.limit.saturating_sub(self.given).min(BATCH);
        let got = hold.next(if self.given == 0 && self.want.start != Start::Oldest { BATCH } else { most }).await?;
        if got.is_empty() {
            return Ok(Some(Why::Complete));
        }
        self.read += got.len() as u64;
        let mut batch: Vec<Message> = got.iter().map(|h| h.message.clone()).collect();
        // before anybody sees them: what is seen is safe
        let doomed: Vec<_> = got.into_iter().filter(|h| h.back == Back::Destroys).collect();
        if !doomed.is_empty() {
            reseat.held(hold, doomed).await?;
        }
        if self.given == 0 {
            let first = batch.iter().position(|m| !passes(m)).unwrap_or(batch.len());
            batch.drain(..first);
        }
        batch.truncate(self.want.limit.saturating_sub(self.given));
        let late = match self.want.stop {
            Stop::Time(until) => batch.iter().position(|m| m.sent.is_some_and(|sent| sent > until)),
            Stop::Now | Stop::Never => None,
        };
        batch.truncate(late.unwrap_or(usize::MAX));
        self.given += batch.len();
        if !batch.is_empty() {
            let _ = self.say.send(Ok(Peeked::Batch(batch))).await;
        }
        let _ = self.say.send(Ok(Peeked::Progress { read: self.read, of: Count::Unknown })).await;
        Ok(match () {
            () if late.is_some() => Some(Why::TimeReached),
            () if self.given >= self.want.limit => Some(Why::Limit),
            () => None,
        })
    }
}
