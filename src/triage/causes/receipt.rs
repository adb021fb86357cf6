//! The receipt of a reading: what was read, what was not, and why it ended.

use std::fmt;
use std::time::Duration;

use crate::broker::Trace;
use crate::decode::{human, safe};
use crate::model::{Address, Count};
use crate::triage::group::{MAX_CAUSES, Totals};

/// Why a reading ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All that there was.
    All,
    /// As many messages as were asked for.
    Limit,
    /// The config's time for one pass.
    TimeLimit(Duration),
    /// All before a transaction that is still open.
    Undecided,
    /// The broker would show no more.
    Window,
    /// It broke off; why, in words.
    Broken(String),
    /// It goes on.
    Reading,
}

/// What a reading of a queue came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    pub dlq: Address,
    /// Messages read.
    pub read: u64,
    /// Offsets passed, or messages off Kafka; more than `read` where offsets have no message (compaction, transactions).
    pub passed: u64,
    /// The whole way.
    pub of: Count,
    pub took: Duration,
    pub end: End,
    /// Messages of which the broker showed only a part.
    pub cut: u64,
    pub totals: Totals,
    /// Traces that the look left, and on how many messages.
    pub traces: Vec<(Trace, u64)>,
    /// What else the driver or the ledger had to say.
    pub notes: Vec<String>,
}

impl Receipt {
    pub(super) fn new(dlq: Address) -> Self {
        Self {
            dlq,
            read: 0,
            passed: 0,
            of: Count::Unknown,
            took: Duration::ZERO,
            end: End::Reading,
            cut: 0,
            totals: Totals::default(),
            traces: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn left(&mut self, traces: Vec<(Trace, u64)>, notes: Vec<String>) {
        for (trace, n) in traces.into_iter().filter(|(_, n)| *n > 0) {
            match self.traces.iter_mut().find(|(t, _)| *t == trace) {
                Some((_, sum)) => *sum += n,
                None => self.traces.push((trace, n)),
            }
        }
        notes.iter().for_each(|n| self.note(n));
    }

    /// Adds a note, once.
    pub(super) fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|n| n == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// Whether everything was read: only then may somebody say that there is nothing else.
    pub fn is_complete(&self) -> bool {
        self.end == End::All && self.totals.beyond == 0
    }
}

impl fmt::Display for Receipt {
    /// `read all 1,204 of orders.dlt in 0.1s; nothing skipped; 2 without metadata`, safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = human::count_plain;
        let name = safe(&self.dlq.name);
        let took = if self.took < Duration::from_secs(60) { format!("{:.1}s", self.took.as_secs_f64()) } else { human::age(self.took) };
        let of =
            if self.of == Count::Unknown { String::new() } else { format!(" (passed {} of {})", n(self.passed), human::count(self.of)) };
        match &self.end {
            End::All => write!(f, "read all {} of {name} in {took}", n(self.read))?,
            End::Undecided => write!(f, "read {} of {name} in {took}, up to a transaction that is still open", n(self.read))?,
            End::Reading => write!(f, "reading {name}: {} so far{of}", n(self.read))?,
            End::Limit => write!(f, "stopped: limit, {} of {name} read in {took}{of}", n(self.read))?,
            End::TimeLimit(limit) => write!(f, "stopped: time limit {}, {} of {name} read{of}", human::age(*limit), n(self.read))?,
            End::Window => write!(f, "the broker shows no more: {} of {name} read in {took}{of}", n(self.read))?,
            End::Broken(why) => write!(f, "broke off after {} of {name} in {took}{of}: {}", n(self.read), safe(why))?,
        }
        let t = &self.totals;
        let mut skipped = Vec::new();
        if self.cut > 0 {
            skipped.push(format!("{} only seen in part", n(self.cut)));
        }
        if t.beyond > 0 {
            skipped.push(format!("{} of causes beyond the first {} not grouped", n(t.beyond), n(MAX_CAUSES as u64)));
        }
        let empty = self.passed.saturating_sub(self.read);
        if empty > 0 && matches!(self.end, End::All | End::Undecided) {
            skipped.push(format!("nothing skipped, {} offsets hold no message (compacted, given up, or marks of transactions)", n(empty)));
        }
        if skipped.is_empty() {
            f.write_str("; nothing skipped")?;
        } else {
            write!(f, "; {}", skipped.join("; "))?;
        }
        for (count, words) in
            [(t.settled, "resolved and not shown"), (t.without_metadata, "without metadata"), (t.invalid, "break their schema")]
        {
            if count > 0 {
                write!(f, "; {} {words}", n(count))?;
            }
        }
        for (trace, count) in &self.traces {
            write!(f, "; the look {} ({})", trace.words(), n(*count))?;
        }
        for note in &self.notes {
            write!(f, "; {}", safe(note))?;
        }
        Ok(())
    }
}
