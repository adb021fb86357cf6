//! Through an Artemis queue by AMQP, but for what a look by AMQP would change.
//!
//! Measured on 2.56.0: a JMS stream message with bytes in it cannot be converted (AMQ111005); each browse that meets it puts a copy into the
//! dead-letter address and counts the queue one down; and an object message gets a property that others see. So management is asked for the kinds
//! first, those messages are kept away from the link by a selector, and are shown as management shows them: cut views, which the broker's own retry
//! moves all the same.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::ActiveMq;
use super::amqp::browse::Browse;
use super::amqp::message::message;
use super::error::{Fault, Outcome};
use super::jolokia::artemis::{self, row_message};
use super::known::Known;
use super::place::Place;
use super::selector;
use crate::broker::ErrorKind;
use crate::model::{Address, Message};

/// Messages whose kinds are asked for at a time.
const PAGE: usize = 5_000;

pub(super) struct Walk {
    mq: Arc<ActiveMq>,
    known: Arc<Known>,
    at: Address,
    place: Place,
    browse: Browse,
    /// How far from the head the kinds are known: no further is looked.
    checked: u64,
    /// What AMQP cannot show, by its place from the head; its ids, so that the link does not meet it.
    unfit: VecDeque<(u64, Message)>,
    ids: Vec<String>,
    /// Messages given.
    passed: u64,
    /// Since when the link gives nothing, though something is owed.
    silent: Option<Instant>,
}

impl Walk {
    /// Begins. Without management the kinds are not known: `Trace::Moves` says so before.
    pub async fn begin(mq: &Arc<ActiveMq>, known: &Arc<Known>, place: Place, at: &Address) -> Outcome<Self> {
        let (mut unfit, mut ids, mut checked) = (VecDeque::new(), Vec::new(), u64::MAX);
        if known.jolokia.is_some() {
            checked = check(known, &place, at, 0, &mut unfit, &mut ids).await?;
        }
        let browse = Browse::begin(mq.amqp(known).await?, &place, selector::without(&ids).as_deref()).await?;
        let (mq, known, at) = (mq.clone(), known.clone(), at.clone());
        let mut walk = Self { mq, known, at, place, browse, checked, unfit, ids, passed: 0, silent: None };
        walk.limit();
        Ok(walk)
    }

    /// The link gives what was checked and is not kept away from it.
    fn limit(&mut self) {
        self.browse.there = self.place.browsable().min(self.checked).saturating_sub(self.ids.len() as u64);
    }

    /// The next message; `None`: as many came as were there, or no more come.
    pub async fn next(&mut self) -> Outcome<Option<Message>> {
        if self.passed >= self.checked && self.checked < self.place.browsable() {
            self.further().await?;
        }
        if self.unfit.front().is_some_and(|(place, _)| *place <= self.passed) {
            self.passed += 1;
            return Ok(self.unfit.pop_front().map(|(_, message)| message));
        }
        let next = loop {
            match self.browse.next().await? {
                Some(wire) => break Some(message(&self.at, wire)),
                None if self.is_owed().await? => {}
                // fewer came than were counted: what is left of the others comes all the same
                None => break self.unfit.pop_front().map(|(_, message)| message),
            }
        };
        self.silent = None;
        self.passed += u64::from(next.is_some());
        Ok(next)
    }

    /// Whether the link has still to give something: silence alone may be that of a busy broker, so management is asked what is there now.
    async fn is_owed(&mut self) -> Outcome<bool> {
        let silent = self.silent.get_or_insert_with(Instant::now).elapsed();
        if self.browse.is_done() || silent > self.mq.limit() {
            return Ok(false);
        }
        match self.mq.place(&self.known, &self.at).await {
            Err(f) if f.kind == ErrorKind::NotFound => Ok(false),
            now => Ok(now?.is_some_and(|now| now.browsable() > self.passed + self.unfit.len() as u64)),
        }
    }

    /// Asks for more kinds; where there is something more to be kept away, the link is made anew and what it gave before is passed over.
    async fn further(&mut self) -> Outcome<()> {
        let before = self.ids.len();
        self.checked = check(&self.known, &self.place, &self.at, self.checked, &mut self.unfit, &mut self.ids).await?;
        if self.ids.len() > before {
            let read = self.browse.read;
            let anew = Browse::begin(self.mq.amqp(&self.known).await?, &self.place, selector::without(&self.ids).as_deref()).await?;
            std::mem::replace(&mut self.browse, anew).close().await;
            self.limit();
            for _ in 0..read {
                self.browse.next().await?;
            }
        }
        self.limit();
        Ok(())
    }

    pub async fn close(self) {
        self.browse.close().await;
    }
}

/// Asks for the kinds of one page more; gives how far they are known now.
async fn check(
    known: &Known,
    place: &Place,
    at: &Address,
    checked: u64,
    unfit: &mut VecDeque<(u64, Message)>,
    ids: &mut Vec<String>,
) -> Outcome<u64> {
    let Some(jolokia) = &known.jolokia else { return Ok(u64::MAX) };
    let page = usize::try_from(checked).unwrap_or(usize::MAX) / PAGE + 1;
    let found = artemis::unfit(jolokia, place, page, PAGE).await.map_err(|f| super::allow(known.product, f, &["browse*"]))?;
    for (offset, row) in found {
        let message = row_message(at, &row);
        let id = artemis::user_id(&row).ok_or_else(|| {
            let why = "an object or stream message without an id is in it: a look by AMQP could make the broker move that away";
            Fault::new(ErrorKind::Unsafe, why).next("look at it in the broker's own console")
        })?;
        ids.push(id);
        unfit.push_back((checked + offset as u64, message));
    }
    Ok(checked.saturating_add(PAGE as u64))
}
