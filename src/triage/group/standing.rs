//! What a dead letter's past means for it now: still to be decided, settled, or back again.

use std::time::SystemTime;

use crate::broker::REPLAY_ID;
use crate::model::{Past, PastKind, field};
use crate::schema::Seen;

/// How a dead letter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody has yet to decide.
    Open {
        /// It was replayed and is here again: (by whom, when).
        came_back: Option<(String, SystemTime)>,
    },
    /// Replayed, parked or discarded, and not undone: not shown unless asked for.
    Settled(PastKind),
    /// A replay of it is in doubt: shown, but no new plan takes it.
    InDoubt,
}

impl Standing {
    /// Open, with no past.
    pub const NEW: Standing = Standing::Open { came_back: None };

    /// Whether it is shown without being asked for.
    pub fn is_unresolved(&self) -> bool {
        !matches!(self, Standing::Settled(_))
    }
}

/// How a message stands by its past.
///
/// A message keeps its id when it dies again, so the ledger's entry for the first time must not hide the second: an entry that is
/// older than this record was written is of an earlier life. The replay id among its headers proves that it had one.
pub fn standing(seen: &Seen) -> Standing {
    let message = &seen.message;
    let written = message.sent;
    let marked = field(&message.headers, REPLAY_ID).or_else(|| field(&message.properties, REPLAY_ID)).is_some();
    let mut now = Standing::NEW;
    let mut past: Vec<&Past> = seen.past.iter().collect();
    past.sort_by_key(|p| p.when);
    for p in past {
        let earlier_life = written.is_some_and(|w| w > p.when);
        now = match p.kind {
            PastKind::Replayed if earlier_life => Standing::Open { came_back: Some((p.actor.clone(), p.when)) },
            _ if earlier_life => now,
            PastKind::Replayed | PastKind::Parked | PastKind::Discarded => Standing::Settled(p.kind),
            PastKind::InDoubt => Standing::InDoubt,
            PastKind::Restored => Standing::NEW,
            PastKind::Failed => now,
        };
    }
    // marked, but the ledger here knows nothing of it: another person's replay brought it back
    if marked && now == Standing::NEW {
        now = Standing::Open { came_back: Some((String::new(), SystemTime::UNIX_EPOCH)) };
    }
    now
}
