//! What a dead letter's past means for it now: still to be decided, settled, or back again.

use std::time::SystemTime;

use crate::broker::REPLAY_ID;
use crate::model::{PastKind, text_field};
use crate::schema::Seen;
use crate::triage::report::Resolved;

/// A life that ended in the dead-letter queue again: who replayed it and when, where that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CameBack {
    /// Who replayed it last, and when; `None`: not from this ledger.
    pub by: Option<(String, SystemTime)>,
    /// The plan, by the message's own mark or the ledger.
    pub plan: Option<String>,
}

/// How a dead letter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody has yet to decide.
    Open {
        /// It was replayed and is here again.
        came_back: Option<CameBack>,
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

/// How a message stands: settled is only what the ledger has at this very seat, because a message that dies again keeps its id
/// and what was done with its first death must not hide its second. Its own mark, or a replay known of its id, says it came back.
pub fn standing(seen: &Seen, resolved: &Resolved) -> Standing {
    let message = &seen.message;
    if let Some(how) = resolved.how(&message.seat) {
        return Standing::Settled(how);
    }
    let last = seen.past.iter().filter(|p| p.kind != PastKind::Noted).max_by_key(|p| p.when);
    if last.is_some_and(|p| p.kind == PastKind::InDoubt) {
        return Standing::InDoubt;
    }
    let mark = text_field(&message.headers, REPLAY_ID).or_else(|| text_field(&message.properties, REPLAY_ID));
    let replayed = seen.past.iter().filter(|p| p.kind == PastKind::Replayed).max_by_key(|p| p.when);
    if mark.is_none() && replayed.is_none() {
        return Standing::NEW;
    }
    let plan = mark.and_then(|m| m.split_once('/')).map(|(plan, _)| plan.to_owned()).or_else(|| replayed.map(|p| p.plan.clone()));
    Standing::Open { came_back: Some(CameBack { by: replayed.map(|p| (p.actor.clone(), p.when)), plan }) }
}
