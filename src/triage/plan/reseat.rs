//! The plan of a look that has to put messages in again: it grows with what comes to hand, each with its copy.

use std::time::SystemTime;

use super::draft::name;
use super::{Actor, ChangeSummary, Deed, PlanId, Planned, ReplayPlan, ReplayRequest, Route, Scope, Source, Target, Way, Where};
use crate::decode;
use crate::model::{Address, Message};

impl ReplayPlan {
    /// Of a look into this queue, with nothing in hand yet. Its messages come from the ledger's copies, should it have to be gone on with.
    pub fn reseat(at: &Address, by: Actor, reason: Option<String>, now: SystemTime, seed: &[u8; 16]) -> Self {
        let mut ask = ReplayRequest::new(Deed::Reseat, Source::Ledger(at.clone()), Route::Same, by);
        ask.scope = Scope::Filter("giving back would have destroyed them".into());
        ask.reason = reason;
        ask.pace.canary = Vec::new();
        let mut plan = Self {
            id: PlanId(String::new()),
            ask,
            frozen: now,
            source_id: None,
            targets: vec![Target::unknown(at.clone())],
            owned: vec![Vec::new()],
            changes: ChangeSummary::default(),
            warnings: Vec::new(),
            removes: false,
            largest: 0,
            items: Vec::new(),
        };
        plan.id = name(&plan, seed);
        plan
    }

    /// Takes a message in, and gives its number.
    pub fn take_in(&mut self, message: &Message) -> u32 {
        let n = u32::try_from(self.items.len() + 1).unwrap_or(u32::MAX);
        let size = message.size() as u64;
        self.items.push(Planned {
            n,
            id: decode::identity(message, &decode::death(message)),
            seat: message.seat.clone(),
            digest: Some(super::digest(message)),
            order: None,
            to: Some(0),
            place: Where::Any,
            owned: 0,
            before: 0,
            size,
            way: Way::Publish,
        });
        n
    }
}
