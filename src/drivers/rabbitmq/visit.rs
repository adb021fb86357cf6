//! One visit to a queue, as a look or a hold has it: messages are taken and settled, and the rest is given back however the visit ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Rabbit;
use super::amqp::Lane;
use super::cost::Price;
use super::room::Room;
use crate::broker::{Back, Error, ErrorKind, Result, Settle};
use crate::model::{Address, Message};

/// A message in hand.
pub struct Taken {
    /// The delivery tag.
    pub tag: u64,
    pub message: Message,
    pub back: Back,
    /// Messages that waited behind it then.
    pub behind: u64,
}

/// What a visit left when it ended.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    /// What was given back and is there again.
    pub given_back: u64,
    /// What nobody took out and the broker dropped or moved on when it was let go.
    pub dropped: u64,
}

/// What is asked of the task that has the messages in hand.
pub enum Ask {
    Take { most: usize, bytes: usize, floor: Option<u64>, to: oneshot::Sender<Result<Vec<Taken>>> },
    Settle { batch: Vec<(u64, Settle)>, to: oneshot::Sender<Vec<Result<()>>> },
    Order { to: oneshot::Sender<Vec<Taken>> },
    End { to: oneshot::Sender<Ended> },
}

/// The handle of a visit; dropping it gives back what is in hand.
pub struct Visit {
    asks: mpsc::Sender<Ask>,
    at: Address,
}

impl Visit {
    /// Opens a channel of the lane; `longest` is how long anything is held.
    pub async fn begin(
        rabbit: &Arc<Rabbit>,
        lane: Lanes,
        op: &'static str,
        at: &Address,
        price: &Price,
        longest: Duration,
    ) -> Result<Self> {
        let room = Room::open(rabbit, lane, op, at, price, longest).await?;
        let (asks, heard) = mpsc::channel(4);
        rabbit.keeper.spawn(|stop| async move {
            let mut room = room;
            let hurry = tokio::select! {
                () = room.serve(heard) => false,
                () = stop.cancelled() => true,
            };
            room.end(hurry).await;
        });
        Ok(Self { asks, at: at.clone() })
    }

    async fn ask<T>(&self, op: &'static str, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T> {
        let (to, answer) = oneshot::channel();
        let over = || {
            Error::new(ErrorKind::Gone, op, "they were held as long as may be, and given back")
                .about(&self.at)
                .next("begin again; fewer at a time")
        };
        self.asks.send(ask(to)).await.map_err(|_| over())?;
        answer.await.map_err(|_| over())
    }

    /// The next messages in the queue's order, at most so many and about so many bytes; empty: there are no more. One that giving back would
    /// destroy comes at once, as the last of them. With `floor`, a message that has no more give-backs left than that ends the visit as unsafe.
    pub async fn take(&self, op: &'static str, most: usize, bytes: usize, floor: Option<u64>) -> Result<Vec<Taken>> {
        self.ask(op, |to| Ask::Take { most, bytes, floor, to }).await?
    }

    /// One answer each.
    pub async fn settle(&self, batch: Vec<(u64, Settle)>) -> Vec<Result<()>> {
        let n = batch.len();
        match self.ask("settle", |to| Ask::Settle { batch, to }).await {
            Ok(answers) => answers,
            Err(e) => vec![Err(e); n],
        }
    }

    /// Takes more in hand where giving back a part alone would change the order, as long as none of it would be destroyed by being given back: then
    /// it stops and hands that one out.
    pub async fn order(&self, op: &'static str) -> Result<Vec<Taken>> {
        self.ask(op, |to| Ask::Order { to }).await
    }

    /// Gives back the rest and waits until the broker has it.
    pub async fn end(self) -> Result<Ended> {
        self.ask("give back", |to| Ask::End { to }).await
    }
}

/// Which of the connections a visit is on.
#[derive(Clone, Copy)]
pub enum Lanes {
    Looking,
    Holding,
}

impl Lanes {
    pub fn of(self, rabbit: &Rabbit) -> &Lane {
        match self {
            Lanes::Looking => &rabbit.looking,
            Lanes::Holding => &rabbit.holding,
        }
    }
}
