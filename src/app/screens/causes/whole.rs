//! All of a queue by its broker's own mover: its plan first, and while it runs the way to cancel it.

use super::State;
use crate::app::command::Command;
use crate::app::effect::Job;
use crate::app::overlay::{Confirm, Dialog, Overlay, Then};
use crate::app::screens::{Ask, Cx};
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::model::Address;
use crate::triage::plan::MovePlan;
use crate::triage::report::Wish;

/// The move of a queue among the deeds.
pub(super) fn move_of(at: &Address) -> String {
    format!("move {at}")
}

impl State {
    /// All of the queue by its broker's own mover: its plan first (`:bulk 50`: at so many a second); while it runs, the way to cancel it.
    pub(super) fn whole_queue(&mut self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let key = move_of(&self.at);
        let runs = cx.facts.runs.get(&key).is_some_and(|r| !r.moving.is_empty());
        let planned = self.moving.take();
        match (arg, planned) {
            ("cancel", _) => vec![Ask::Wish(key, Wish::Stop)],
            // the confirm field's word, and no other: the palette takes arguments too
            (said, Some(mut plan)) if said.strip_prefix('=') == Some(safe(plan.word()).as_ref()) => {
                plan.ask.reason.clone_from(&cx.facts.reason);
                vec![Ask::Deed(key, Job::Move(plan))]
            }
            _ if runs => {
                let lines = vec![Line::fact("now", "it ends; what was moved stays moved")];
                let dialog = Dialog::new("cancel the mover?", lines, Confirm::Yes, Then::Tell(Command::Bulk, "cancel".into()));
                vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
            }
            _ => {
                let per_second = match arg {
                    "" => None,
                    rate => match rate.parse().ok().filter(|n| *n > 0) {
                        Some(n) => Some(n),
                        None => return vec![Ask::Toast(Tone::Watch, "say how many a second at most: :bulk 50".into())],
                    },
                };
                match cx.facts.destinations().find(|d| d.at == self.at) {
                    Some(d) => vec![Ask::Start("bulk", Job::MovePlan(Box::new(d.clone()), per_second))],
                    None => vec![Ask::Toast(Tone::Watch, "its broker has not listed it yet".into())],
                }
            }
        }
    }

    pub(super) fn move_dialog(&mut self, plan: Box<MovePlan>, cx: &Cx) -> Vec<Ask> {
        let mut lines: Vec<Line> = plan.lines().iter().map(|l| safe(l).into_owned().into()).collect();
        let stuck = plan.blocked.is_some() && plan.running.is_none();
        let confirm = if stuck {
            Confirm::Nothing
        } else if let Some(why) = cx.writes.off(cx.now) {
            // the keys are the dialog's while it is open
            lines.push(Line::new().add(Tone::Watch, why.replace("(W", "(esc, then W")));
            Confirm::Nothing
        } else {
            Confirm::Typed(safe(plan.word()).into_owned())
        };
        let mut dialog = Dialog::new("move all?", lines, confirm, Then::Tell(Command::Bulk, "={}".into()));
        dialog.cli = safe(&plan.command()).into_owned();
        self.moving = Some(plan);
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }
}
