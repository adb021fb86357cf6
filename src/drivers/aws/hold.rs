//! Messages in hand: a task of the keeper owns the receipt handles, extends them while the hold lasts, and gives back what is left.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::taken::{Taken, id_of};
use super::{Aws, BATCH};
use crate::broker::{Back, Error, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Result, Selection, Settle};
use crate::model::{Address, Message, Seat};

/// Longest that one hand-over is filled up before what there is is handed over.
const FILL: Duration = Duration::from_secs(20);
/// How often the holds are looked after.
const BEAT: Duration = Duration::from_secs(1);
/// Longest wait for what somebody else has in hand, however long that may stay hidden.
const LONGEST: Duration = Duration::from_secs(120);

/// What a hold asks of its task.
enum Ask {
    Next(usize, oneshot::Sender<Result<Vec<Held>>>),
    Settle(Vec<(HeldId, Settle)>, oneshot::Sender<Vec<Result<()>>>),
    Close(oneshot::Sender<Left>),
}

/// What it means that a queue gave nothing.
enum Shown {
    All,
    /// It was not asked for long enough to say.
    NotYet,
    Withheld(Error),
}

/// One visit to a queue. Dropping it closes the channel, and the task gives back what it has.
pub struct Visit {
    at: Address,
    ask: mpsc::Sender<Ask>,
}

impl Visit {
    /// Opens a visit. Refused where a receive could dead-letter.
    pub async fn open(aws: Arc<Aws>, from: &Address, want: Selection) -> Result<Self> {
        let queue = aws.queue("take in hand", from).await?;
        if let Some(why) = aws.price(&queue).refused {
            let e = Error::new(ErrorKind::Unsafe, "take in hand", why).about(from);
            return Err(e.next("take its redrive policy off meanwhile, or work on its dead-letter queue"));
        }
        let (left, first) = match want {
            Selection::First(n) => (HashSet::new(), Some(n)),
            // seats of another kind are not in any queue of SQS
            Selection::Seats(seats) => (seats.iter().filter_map(id_of).map(str::to_owned).collect(), None),
        };
        let taken = Taken::new(aws.clone(), from, &queue);
        let (ask, asked) = mpsc::channel(1);
        let task = Task { aws: aws.clone(), taken, left, first, ready: VecDeque::new(), held: HashMap::new(), next_id: 0, dry: None };
        aws.keeper.spawn(move |stop| task.run(asked, stop));
        Ok(Self { at: from.clone(), ask })
    }

    fn ended(&self) -> Error {
        Error::new(ErrorKind::Gone, "take in hand", "the hold ended with its connection").about(&self.at).next("begin the visit anew")
    }

    async fn answer<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T> {
        let (say, heard) = oneshot::channel();
        self.ask.send(ask(say)).await.map_err(|_| self.ended())?;
        heard.await.map_err(|_| self.ended())
    }
}

#[async_trait]
impl Hold for Visit {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        self.answer(|say| Ask::Next(max, say)).await?
    }

    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        let n = batch.len();
        match self.answer(|say| Ask::Settle(batch, say)).await {
            Ok(answers) => answers,
            Err(e) => vec![Err(e); n],
        }
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        let why = || Error::new(ErrorKind::Unsupported, "carry", "SQS cannot send and take out as one act");
        batch.into_iter().map(|(_, out)| Err(why().about(&out.to))).collect()
    }

    async fn close(self: Box<Self>) -> Result<Left> {
        self.answer(Ask::Close).await
    }
}

struct Task {
    aws: Arc<Aws>,
    taken: Taken,
    /// Wanted ids that were not met yet.
    left: HashSet<String>,
    /// Messages wanted if no seats are named.
    first: Option<usize>,
    /// Met and not yet handed over.
    ready: VecDeque<Message>,
    held: HashMap<HeldId, String>,
    next_id: u64,
    /// Since when the queue gives nothing, though something wanted is missing.
    dry: Option<Instant>,
}

impl Task {
    async fn run(mut self, mut asked: mpsc::Receiver<Ask>, stop: CancellationToken) {
        // not a pause between asks: settling one by one, slowly, must not keep it from beating
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ask = tokio::select! {
                () = stop.cancelled() => None,
                ask = asked.recv() => ask,
                _ = beat.tick() => {
                    self.taken.extend().await;
                    continue;
                }
            };
            match ask {
                Some(Ask::Next(max, say)) => {
                    let _ = say.send(self.next(max, &stop).await);
                }
                Some(Ask::Settle(batch, say)) => {
                    let _ = say.send(self.settle(batch).await);
                }
                Some(Ask::Close(say)) => {
                    let kept = self.taken.give_back().await;
                    let at = self.taken.at.clone();
                    let _ = say.send(Left(kept.into_iter().map(|(n, until)| (at.clone(), n, Some(until))).collect()));
                    return;
                }
                None => {
                    self.taken.give_back().await;
                    return;
                }
            }
        }
    }

    /// Hands over what is wanted; what was passed over stays in hand till the end, else it would be received and counted again.
    async fn next(&mut self, max: usize, stop: &CancellationToken) -> Result<Vec<Held>> {
        let max = max.min(BATCH);
        let began = Instant::now();
        let mut quiet = Duration::ZERO;
        while self.ready.len() < max && !self.done() && !stop.is_cancelled() {
            if began.elapsed() > FILL && !self.ready.is_empty() {
                break;
            }
            self.taken.extend().await;
            let asked = Instant::now();
            let got = self.taken.receive(self.first.map_or(BATCH, |n| n.min(BATCH))).await?;
            if got.is_empty() {
                // what there is need not wait for the rest, which may be behind it
                if !self.ready.is_empty() {
                    break;
                }
                quiet += asked.elapsed().max(Duration::from_millis(100));
                match self.shown_all(quiet).await? {
                    Shown::NotYet => continue,
                    Shown::Withheld(why) => return Err(why),
                    Shown::All => break,
                }
            }
            (quiet, self.dry) = (Duration::ZERO, None);
            for m in got {
                let wanted = match &mut self.first {
                    Some(0) => false,
                    Some(n) => {
                        *n -= 1;
                        true
                    }
                    None => matches!(&m.seat, Seat::Id(id) if self.left.remove(id)),
                };
                if wanted {
                    self.ready.push_back(m);
                }
            }
        }
        let n = max.min(self.ready.len());
        let ready: Vec<Message> = self.ready.drain(..n).collect();
        Ok(ready.into_iter().map(|message| self.hand_over(message)).collect())
    }

    fn hand_over(&mut self, message: Message) -> Held {
        self.next_id += 1;
        let id = HeldId(self.next_id);
        if let Some(name) = id_of(&message.seat) {
            self.held.insert(id, name.to_owned());
        }
        // the receive has counted already; giving back makes nothing worse
        Held { id, message, back: Back::Counts }
    }

    fn done(&self) -> bool {
        self.first.map_or(self.left.is_empty(), |n| n == 0)
    }

    /// Whether a queue that gave nothing has shown all that it has. What is in other hands, or behind ours in a message group, is not gone.
    async fn shown_all(&mut self, quiet: Duration) -> Result<Shown> {
        let queue = self.aws.queue("take in hand", &self.taken.at).await?;
        let others = queue.in_flight().unwrap_or(0).saturating_sub(self.taken.len() as u64);
        let more = queue.visible().unwrap_or(0);
        if more == 0 && others == 0 {
            return Ok(Shown::All);
        }
        let behind_ours = self.taken.fifo() && more > 0 && others == 0;
        // a group whose messages are handed over shows no more of them however long it is asked
        let locked = behind_ours && !self.held.is_empty() && self.first.is_none();
        if quiet < self.aws.patience() && !locked {
            return Ok(Shown::NotYet);
        }
        if self.first.is_some() {
            return Ok(Shown::All);
        }
        let hides = self.aws.hides();
        let dry = self.dry.get_or_insert_with(Instant::now).elapsed();
        let mut why = format!("{} of those wanted are not shown", self.left.len());
        if others > 0 {
            why += &format!(
                "; about {others} are in somebody's hand (a run or a look that was cut off has them for {} s more)",
                hides.as_secs()
            );
        }
        if behind_ours {
            why +=
                &format!("; about {more} wait behind what is in hand: of a message group SQS gives 10 at most until those are taken out");
        } else if more > 0 {
            why += &format!("; about {more} are there and were not given");
        }
        let mut e = Error::new(ErrorKind::Busy, "take in hand", why).about(&self.taken.at).next("wait for it to come back, then go on");
        // behind what was passed over nothing comes by waiting; behind what is handed over it comes once that is settled
        e.retry = dry < (hides + BEAT * 5).min(LONGEST) && !(behind_ours && self.held.is_empty());
        Ok(Shown::Withheld(e))
    }

    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        let mut answers: Vec<Result<()>> = Vec::with_capacity(batch.len());
        let (mut removes, mut returns) = (Vec::new(), Vec::new());
        for (i, (id, how)) in batch.iter().enumerate() {
            match (self.held.get(id), how) {
                (None, _) => {
                    let e = Error::new(ErrorKind::Invalid, "settle", "not in hand, or settled before").about(&self.taken.at);
                    answers.push(Err(e));
                    continue;
                }
                (Some(name), Settle::Remove) => removes.push((i, name.clone())),
                (Some(name), Settle::Return) => returns.push((i, name.clone())),
            }
            answers.push(Ok(()));
        }
        let names = |of: &[(usize, String)]| of.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        let removed = self.taken.delete(&names(&removes)).await;
        let returned = self.taken.give_back_some(&names(&returns)).await;
        for ((i, _), answer) in removes.iter().zip(removed).chain(returns.iter().zip(returned)) {
            if let Some(slot) = answers.get_mut(*i) {
                *slot = answer;
            }
        }
        for ((id, _), answer) in batch.iter().zip(&answers) {
            if answer.is_ok() {
                self.held.remove(id);
            }
        }
        answers
    }
}
