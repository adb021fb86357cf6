//! The guard before the looking side: no look without consent to its price, no call without a deadline.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Call, Pace, consent};
use crate::broker::{
    Broker, Cost, Detail, Done, Flow, Left, ListRequest, Outgoing, PeekRequest, Peeked, Probe, ReadersRequest, Rehearsal, Result, Stop,
};
use crate::model::{Address, ConnId, Destination, Message, Reader};

/// A broker behind its guard.
pub(super) struct GuardedBroker {
    pub inner: Arc<dyn Broker>,
    pub limit: Duration,
    pub pace: Pace,
}

impl GuardedBroker {
    fn call(&self, op: &'static str, at: Option<&Address>) -> Call {
        Call { op, conn: self.inner.id().clone(), at: at.cloned(), limit: self.limit, done: Done::No }
    }
}

/// A flow whose every step has the call's deadline, and which ends at its first error.
fn steps<T: Send + 'static>(flow: Flow<T>, call: Call) -> Flow<T> {
    stream::unfold(Some(flow), move |flow| {
        let call = call.clone();
        async move {
            let mut flow = flow?;
            match call.run(flow.next()).await.transpose()? {
                Ok(Ok(step)) => Some((Ok(step), Some(flow))),
                Ok(Err(e)) | Err(e) => Some((Err(e), None)),
            }
        }
    })
    .boxed()
}

#[async_trait]
impl Broker for GuardedBroker {
    fn id(&self) -> &ConnId {
        self.inner.id()
    }

    async fn probe(&self) -> Result<Probe> {
        self.call("connect", None).run(self.inner.probe()).await?
    }

    fn list(&self, want: ListRequest) -> Flow<Vec<Destination>> {
        steps(self.inner.list(want), self.call("list", None))
    }

    async fn describe(&self, at: &Address) -> Result<Detail> {
        self.call("describe", Some(at)).run(self.inner.describe(at)).await?
    }

    async fn cost(&self, at: &Address) -> Result<Cost> {
        self.call("ask the price of a look", Some(at)).run(self.inner.cost(at)).await?
    }

    fn readers(&self, want: ReadersRequest) -> Flow<Vec<Reader>> {
        steps(self.inner.readers(want), self.call("read groups", None))
    }

    fn peek(&self, want: PeekRequest) -> Flow<Peeked> {
        let (inner, pace, price) = (self.inner.clone(), self.pace.clone(), self.call("ask the price of a look", Some(&want.from)));
        let call = self.call("read", Some(&want.from));
        stream::once(async move {
            let cost = price.run(inner.cost(&want.from)).await??;
            consent(&cost, &want)?;
            let tail = want.stop == Stop::Never;
            let flow = inner.peek(want);
            Ok(pace.keep(if tail { flow } else { steps(flow, call) }))
        })
        .try_flatten()
        .boxed()
    }

    fn rehearse(&self, was: &Message, out: &Outgoing) -> Rehearsal {
        self.inner.rehearse(was, out)
    }

    async fn close(&self) -> Left {
        self.call("close", None).run(self.inner.close()).await.unwrap_or_default()
    }
}
