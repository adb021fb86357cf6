//! A connection that cannot be used, by what the config says or for want of a driver: it answers every call with the reason.

use async_trait::async_trait;
use futures::stream::{self, StreamExt};

use super::{
    Broker, Carriage, Cost, Detail, Error, Flow, Left, ListRequest, Outgoing, PeekRequest, Peeked, Probe, ReadersRequest, Rehearsal, Result,
};
use crate::model::{Address, ConnId, Destination, Message, Reader};

/// Stands where a driver would, so that the connection is listed and its trouble shown, while the others go on.
pub struct Down {
    id: ConnId,
    why: Error,
}

impl Down {
    /// A connection of this name that fails every call with this reason.
    pub fn new(id: ConnId, why: Error) -> Self {
        Self { id, why }
    }

    fn flow<T: Send + 'static>(&self) -> Flow<T> {
        stream::iter([Err(self.why.clone())]).boxed()
    }
}

#[async_trait]
impl Broker for Down {
    fn id(&self) -> &ConnId {
        &self.id
    }

    async fn probe(&self) -> Result<Probe> {
        Err(self.why.clone())
    }

    fn list(&self, _: ListRequest) -> Flow<Vec<Destination>> {
        self.flow()
    }

    async fn describe(&self, _: &Address) -> Result<Detail> {
        Err(self.why.clone())
    }

    async fn cost(&self, _: &Address) -> Result<Cost> {
        Err(self.why.clone())
    }

    fn readers(&self, _: ReadersRequest) -> Flow<Vec<Reader>> {
        self.flow()
    }

    fn peek(&self, _: PeekRequest) -> Flow<Peeked> {
        self.flow()
    }

    fn rehearse(&self, _: &Message, out: &Outgoing) -> Rehearsal {
        Rehearsal { wire: out.clone(), losses: Vec::new(), refused: Some(self.why.to_string()), way: Carriage::Publish }
    }

    async fn close(&self) -> Left {
        Left::default()
    }
}
