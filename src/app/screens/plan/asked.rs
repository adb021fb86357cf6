//! What a plan is asked for with: by the config or chosen by hand, with what was edited here; and frozen anew after a change.

use super::State;
use crate::app::effect::Job;
use crate::app::screens::{Ask, Cx};
use crate::triage::plan::{Deed, ReplayRequest, Route, Source};

impl State {
    pub(super) fn request(&self, cx: &Cx) -> ReplayRequest {
        let mut ask = self.chosen.clone().unwrap_or_else(|| self.configured(cx));
        ask.reason.clone_from(&cx.facts.reason);
        ask.edit.bodies.clear();
        if self.wanted.deed == Deed::Replay {
            for ((_, seat), edited) in cx.facts.edits.iter().filter(|((at, _), _)| *at == self.wanted.from) {
                ask.edit.set_body(seat, edited.patch.clone());
            }
        }
        ask
    }

    /// Freezes another plan of the same messages.
    pub(super) fn freeze_anew(&mut self, ask: ReplayRequest, cx: &Cx) -> Vec<Ask> {
        self.chosen = Some(ask);
        self.before = self.plan.take();
        (self.error, self.top) = (None, 0);
        let accept = cx.facts.accepted(&self.wanted.from, cx.now);
        vec![Ask::Start("draft", Job::Draft(Box::new(self.request(cx)), self.wanted.chosen.clone(), accept))]
    }

    pub(super) fn configured(&self, cx: &Cx) -> ReplayRequest {
        let w = &self.wanted;
        let (source, route) = match w.deed {
            Deed::Replay => (Source::Queue(w.from.clone()), Route::Origin),
            Deed::Park | Deed::Discard => (Source::Queue(w.from.clone()), Route::Nowhere),
            Deed::Restore | Deed::Reseat => (Source::Ledger(w.from.clone()), Route::Same),
        };
        let mut ask =
            ReplayRequest::new(w.deed, source, route, cx.facts.permit.actor.clone()).configured(&cx.facts.context, &cx.facts.replay);
        ask.scope = w.scope.clone();
        ask.partly.clone_from(&w.partly);
        match cx.facts.destination(&w.from) {
            Some(d) => ask.homed(&d.role),
            None => ask,
        }
    }
}
