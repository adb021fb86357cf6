//! One async function per job: a call of a room below, its answers told as news.

mod brokers;
mod escalate;
mod messages;
mod moving;
mod triage;
mod verdict;

use super::{Out, Rooms};
use crate::app::effect::Job;
use crate::broker::{Broker, Error, ErrorKind};
use crate::model::ConnId;
use crate::triage::report::Wish;
use tokio::sync::watch;

/// Carries out a job. An error is its last word.
pub async fn run(job: Job, rooms: &Rooms, wish: watch::Receiver<Wish>, out: Out) -> Result<(), Error> {
    match job {
        Job::Probe(conn) => brokers::probe(broker(rooms, &conn)?, &out).await,
        Job::List(conn) => brokers::list(broker(rooms, &conn)?, &out).await,
        Job::Readers(conn, want) => brokers::readers(broker(rooms, &conn)?, want, &out).await,
        Job::Describe(at) => brokers::describe(broker(rooms, &at.conn)?, &at, &rooms.ledger, &out).await,
        Job::Peek(want) => messages::peek(broker(rooms, &want.from.conn)?, want, rooms, &out).await,
        Job::Past(rows) => messages::past(&rows, rooms, &out).await,
        Job::Show(seen, hint) => messages::show(&seen, hint, &out).await,
        Job::Causes(at, accept, limit) => triage::causes(broker(rooms, &at.conn)?, at, accept, limit, rooms, &out).await,
        Job::Recount(at, before, since) => triage::recount(broker(rooms, &at.conn)?, at, &before, since, rooms, &out).await,
        Job::Plans => triage::plans(rooms, &out).await,
        Job::Draft(ask, chosen, accept) => {
            let conn = ask.from.at().conn.clone();
            triage::draft(broker(rooms, &conn)?, *ask, chosen, accept, rooms, &out).await
        }
        Job::Rehearse(plan, index, was, accept) => {
            triage::rehearse(broker(rooms, &plan.ask.from.at().conn)?, &plan, index, (was, accept), rooms, &out).await
        }
        Job::Carry(plan) => triage::carry(plan, rooms, wish, &out).await,
        Job::Verdict(plan) => verdict::watch(&plan, rooms, &out).await,
        Job::Entries(want) => triage::entries(*want, rooms, &out).await,
        Job::Doubt(plan) => triage::doubt(&plan, rooms, &out).await,
        Job::Settle { plan, numbers, answer, reason } => triage::settle(&plan, numbers, answer, reason, rooms, &out).await,
        Job::Mark(marks) => triage::mark(marks, rooms, &out).await,
        Job::Incident(at, cause) => escalate::incident(&at, &cause, rooms, &out).await,
        Job::MovePlan(source, per_second) => moving::plan(&source, per_second, rooms, &out).await,
        Job::Move(plan) => moving::carry(&plan, rooms, wish, &out).await,
        Job::Escalate(at, cause) => escalate::escalate(&at, &cause, rooms, &out).await,
    }
}

fn broker<'a>(rooms: &'a Rooms, conn: &ConnId) -> Result<&'a dyn Broker, Error> {
    let found = rooms.brokers.get(conn).map(AsRef::as_ref);
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, "connect", "this context has no such connection").on(conn))
}
