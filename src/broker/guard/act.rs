//! The guard before the acting side: the right to write is asked at each write, and a late answer is in doubt.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::{Call, Rights};
use crate::broker::{
    BulkAsk, BulkState, Done, Error, ErrorKind, Held, HeldId, Hold, Left, Outgoing, Receipt, Result, Selection, Settle, Writer,
};
use crate::model::{Address, ConnId};

/// A writer behind its guard.
pub(super) struct GuardedWriter {
    pub inner: Arc<dyn Writer>,
    pub conn: ConnId,
    pub rights: Rights,
    pub limit: Duration,
}

/// A hold behind its guard.
struct GuardedHold {
    inner: Box<dyn Hold>,
    from: Address,
    rights: Rights,
    limit: Duration,
}

/// `Ok` while writes are on.
fn allowed(rights: &Rights, op: &'static str, conn: &ConnId) -> Result<()> {
    if let Some(why) = rights.never() {
        return Err(Error::new(ErrorKind::ReadOnly, op, why).on(conn));
    }
    if rights.on(SystemTime::now()).is_some() {
        return Ok(());
    }
    let next = "turn them on: W in the screens, --yes and where asked --reason on the command line";
    Err(Error::new(ErrorKind::ReadOnly, op, "writes are off in this context").on(conn).next(next))
}

impl GuardedWriter {
    fn call(&self, op: &'static str, at: Option<&Address>, done: Done) -> Call {
        Call { op, conn: self.conn.clone(), at: at.cloned(), limit: self.limit, done }
    }
}

#[async_trait]
impl Writer for GuardedWriter {
    async fn hold(&self, from: &Address, want: Selection) -> Result<Box<dyn Hold>> {
        allowed(&self.rights, "take in hand", &self.conn)?;
        let inner = self.call("take in hand", Some(from), Done::No).run(self.inner.hold(from, want)).await??;
        Ok(Box::new(GuardedHold { inner, from: from.clone(), rights: self.rights.clone(), limit: self.limit }))
    }

    async fn publish(&self, batch: Vec<Outgoing>) -> Vec<Result<Receipt>> {
        let n = batch.len();
        if let Err(e) = allowed(&self.rights, "publish", &self.conn) {
            return vec![Err(e); n];
        }
        let call = self.call("publish", batch.first().map(|out| &out.to), Done::Perhaps);
        let targets: Vec<Address> = batch.iter().map(|out| out.to.clone()).collect();
        match call.run(self.inner.publish(batch)).await {
            Ok(answers) => answers,
            Err(late) => targets.iter().map(|to| Err(late.clone().about(to))).collect(),
        }
    }

    async fn take_over(&self, plan: &str) -> Result<()> {
        allowed(&self.rights, "take over", &self.conn)?;
        self.call("take over", None, Done::No).run(self.inner.take_over(plan)).await?
    }

    async fn bulk(&self, ask: BulkAsk) -> Result<BulkState> {
        let (BulkAsk::Start { from, .. } | BulkAsk::State { from, .. } | BulkAsk::Cancel { from, .. }) = &ask;
        let (from, asks) = (from.clone(), matches!(ask, BulkAsk::State { .. }));
        // a mover may be stopped and asked after at any time; only starting one is a write
        if matches!(ask, BulkAsk::Start { .. }) {
            allowed(&self.rights, "move all", &self.conn)?;
        }
        self.call("move all", Some(&from), if asks { Done::No } else { Done::Perhaps }).run(self.inner.bulk(ask)).await?
    }

    async fn close(&self) -> Left {
        self.call("close", None, Done::No).run(self.inner.close()).await.unwrap_or_default()
    }
}

impl GuardedHold {
    fn call(&self, op: &'static str, done: Done) -> Call {
        Call { op, conn: self.from.conn.clone(), at: Some(self.from.clone()), limit: self.limit, done }
    }
}

#[async_trait]
impl Hold for GuardedHold {
    async fn next(&mut self, max: usize) -> Result<Vec<Held>> {
        self.call("take in hand", Done::No).run(self.inner.next(max)).await?
    }

    async fn settle(&mut self, batch: Vec<(HeldId, Settle)>) -> Vec<Result<()>> {
        // giving back is always allowed; only taking out is a write
        let removes = batch.iter().any(|(_, how)| *how == Settle::Remove);
        if removes && let Err(e) = allowed(&self.rights, "settle", &self.from.conn) {
            return vec![Err(e.about(&self.from)); batch.len()];
        }
        let n = batch.len();
        let call = self.call("settle", Done::Perhaps);
        match call.run(self.inner.settle(batch)).await {
            Ok(answers) => answers,
            Err(late) => vec![Err(late); n],
        }
    }

    async fn carry(&mut self, batch: Vec<(HeldId, Outgoing)>) -> Vec<Result<Receipt>> {
        let n = batch.len();
        if let Err(e) = allowed(&self.rights, "carry", &self.from.conn) {
            return vec![Err(e.about(&self.from)); n];
        }
        match self.call("carry", Done::Perhaps).run(self.inner.carry(batch)).await {
            Ok(answers) => answers,
            Err(late) => vec![Err(late); n],
        }
    }

    async fn close(self: Box<Self>) -> Result<Left> {
        let call = self.call("give back", Done::No);
        call.run(self.inner.close()).await?
    }
}
