//! One async function per job: a call of a room below, its answers told as news.

mod brokers;
mod messages;

use super::{Out, Rooms};
use crate::app::effect::Job;
use crate::broker::{Broker, Error, ErrorKind};
use crate::model::ConnId;

/// Carries out a job. An error is its last word.
pub async fn run(job: Job, rooms: &Rooms, out: Out) -> Result<(), Error> {
    match job {
        Job::Probe(conn) => brokers::probe(broker(rooms, &conn)?, &out).await,
        Job::List(conn) => brokers::list(broker(rooms, &conn)?, &out).await,
        Job::Readers(conn, want) => brokers::readers(broker(rooms, &conn)?, want, &out).await,
        Job::Describe(at) => brokers::describe(broker(rooms, &at.conn)?, &at, &out).await,
        Job::Peek(want) => messages::peek(broker(rooms, &want.from.conn)?, want, rooms, &out).await,
        Job::Show(seen, hint) => messages::show(&seen, hint, &out).await,
    }
}

fn broker<'a>(rooms: &'a Rooms, conn: &ConnId) -> Result<&'a dyn Broker, Error> {
    let found = rooms.brokers.get(conn).map(AsRef::as_ref);
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, "connect", "this context has no such connection").on(conn))
}
