//! What the app asks of the shell around it, and the news that comes back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::slots::JobId;
use crate::broker::{Cost, Cursor, Detail, Error, PeekRequest, Probe, ReadersRequest, Rehearsal, Trace, Why};
use crate::decode::{Decoded, Hint};
use crate::model::{Address, ConnId, Count, Destination, Message, MessageId, Reader, Seat};
use crate::schema::Seen;
use crate::triage::group::Cause;
use crate::triage::plan::{Changes, MovePlan, PlanId, ReplayPlan, ReplayRequest};
use crate::triage::report::{Answer, Entry, EntryQuery, Mark, PlanRow, Progress, ReplayReport, Wish};
use crate::triage::verdict::Look;

/// One call of a room below, carried out by the runtime.
#[derive(Clone, Debug)]
pub enum Job {
    Probe(ConnId),
    List(ConnId),
    Readers(ConnId, ReadersRequest),
    Describe(Address),
    Peek(PeekRequest),
    /// The same messages with what the ledger knows of them by now.
    Past(Vec<Arc<Seen>>),
    /// Decodes a body for the viewer.
    Show(Arc<Seen>, Hint),
    /// Reads the dead letters of a queue and groups them, all or so many; the traces consented to.
    Causes(Address, Vec<Trace>, Option<usize>),
    /// Groups what was read and kept at a time anew, by what the ledger knows of it now: nobody looks.
    Recount(Address, Arc<CausesRead>, SystemTime),
    /// What the ledger has of plans.
    Plans,
    /// Looks and freezes a plan; nothing is written to a broker. The traces consented to.
    Draft(Box<ReplayRequest>, Chosen, Vec<Trace>),
    /// The message of this place in the plan, as it will be: the one that was read for it, else read again with the traces consented to.
    Rehearse(Arc<ReplayPlan>, usize, Option<Arc<Seen>>, Vec<Trace>),
    /// Carries a plan out, or goes on with it.
    Carry(PlanId),
    /// Looks again and again at what became of a replayed plan, until all is known or its window is over.
    Verdict(PlanId),
    Entries(Box<EntryQuery>),
    /// What is in doubt in a plan, and what a look at the target says of it.
    Doubt(PlanId),
    /// A person's word on what is in doubt.
    Settle {
        plan: PlanId,
        numbers: Vec<u32>,
        answer: Answer,
        reason: String,
    },
    /// Writes marks: a category, a claim, a note on one thing or on several.
    Mark(Vec<Mark>),
    /// What an escalation of a cause would tell, and whom.
    Incident(Address, Box<Cause>),
    /// Opens or updates the incident of a cause and sends what is due.
    Escalate(Address, Box<Cause>),
    /// What moving a whole queue by its broker's own mover would do, at so many messages a second at most.
    MovePlan(Box<Destination>, Option<u32>),
    /// Moves it, or follows the mover that runs.
    Move(Box<MovePlan>),
}

/// The messages of a plan.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// These, as they were read.
    Seen(Vec<Arc<Seen>>),
    /// Those at these seats of the source; it is read for them.
    Seats(Vec<Seat>),
    /// Of what the ledger can restore: these, or all where there are none.
    Restorable(Vec<MessageId>),
}

/// One message in doubt, with what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    pub n: u32,
    pub seat: Seat,
    pub to: Option<Address>,
    /// What was found, in words.
    pub finding: String,
}

/// The dead letters of a queue, grouped.
#[derive(Clone, Debug)]
pub struct CausesRead {
    pub causes: Vec<Cause>,
    /// The receipt, in words.
    pub receipt: String,
    pub complete: bool,
    pub read: u64,
    /// Unresolved ones.
    pub shown: u64,
    pub settled: u64,
    /// The messages themselves where the look left a trace, so that nobody has to look again.
    pub kept: Vec<Arc<Seen>>,
    /// Who has claimed the queue or a cause: the mark and its end.
    pub claims: Vec<(Mark, SystemTime)>,
    /// Incidents that were resolved because nothing of their causes is left.
    pub closed: usize,
    /// How many there were when it was read, by the listing.
    pub depth: Count,
}

impl Job {
    /// Whether it goes on until it is stopped; settling does not wait for it.
    pub fn endless(&self) -> bool {
        // a verdict waits for others' consumers, for minutes: nobody waits for it
        matches!(self, Job::Peek(want) if want.stop == crate::broker::Stop::Never) || matches!(self, Job::Verdict(_))
    }

    /// Whether its news is many rows, so that its last word goes the same way, behind them.
    pub fn bulky(&self) -> bool {
        matches!(self, Job::Peek(_))
    }
}

/// One message of a plan before and after.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    pub index: usize,
    pub was: Message,
    pub changes: Changes,
    pub rehearsal: Rehearsal,
}

/// What a job tells. The last one is [`News::Ended`] or [`News::Failed`].
#[derive(Debug)]
pub enum News {
    Probe(Box<Probe>),
    Destinations(Vec<Destination>),
    Readers(Vec<Reader>),
    /// Details, cost of a look, and how many of its messages the ledger has as done with while they still lie there.
    Detail(Box<Detail>, Box<Cost>, u64),
    Rows(Vec<Arc<Seen>>),
    Body(Box<Decoded>),
    Causes(Box<CausesRead>),
    /// What was read before, grouped anew.
    Recounted(Box<CausesRead>),
    Plans(Vec<PlanRow>),
    Plan(Arc<ReplayPlan>),
    Rehearsed(Box<Rehearsed>),
    Progress(Box<Progress>),
    Report(Box<ReplayReport>),
    /// What a look gave at what became of the replayed.
    Verdicts(Box<Look>),
    Entries(Vec<Entry>),
    Doubt(Vec<Doubt>),
    /// What would be told, as name and value.
    Incident(Vec<(String, String)>),
    /// What moving a whole queue would do.
    Moving(Box<MovePlan>),
    /// How far a mover is.
    Moved {
        moved: Count,
        of: Count,
    },
    /// Something small is done: what to say.
    Done(String),
    /// How far a read is.
    Reading {
        read: u64,
        of: Count,
    },
    /// So many were dropped because they came faster than they can be shown.
    Missed(u64),
    /// A read came to its end: why, how much was read, how to go on, and what else is to be said.
    Read {
        why: Why,
        read: u64,
        more: Option<Cursor>,
        notes: Vec<String>,
    },
    /// It failed: its last news.
    Failed(Box<Error>),
    /// It is done: its last news.
    Ended,
}

/// What the shell must do.
#[derive(Debug)]
pub enum Effect {
    Start(JobId, Box<Job>),
    Stop(JobId),
    /// Tells a running replay what is wished.
    Tell(JobId, Wish),
    /// Put a text on the clipboard.
    Copy(String),
    /// Write a new file; it must not be there yet.
    Write(PathBuf, Bytes),
    /// Open a copy of this in `$EDITOR`; the name's ending tells the editor what it is.
    Edit(String, Bytes),
    /// Open this very file in `$EDITOR` at a line, from 1.
    Visit(PathBuf, usize),
    /// Writes on until then, or off: asked at each write, below the UI.
    Writes(Option<SystemTime>),
    Suspend,
    Quit,
}
