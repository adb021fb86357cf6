//! Editing a body: a copy goes to the editor, what comes back is kept as a patch until a plan with it is started.

use std::sync::Arc;

use super::{State, Tab};
use crate::app::effect::Effect;
use crate::app::facts::Edited;
use crate::app::screens::{Ask, Cx};
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::schema::Declared;
use crate::triage::plan::{Deed, EditedBody, editable};

impl State {
    /// What was edited of this message here and is not under way yet.
    pub fn edit<'a>(&self, cx: &'a Cx) -> Option<&'a Edited> {
        let m = &self.seen().message;
        cx.facts.edits.get(&(m.at.clone(), m.seat.clone()))
    }

    /// Opens a copy in the editor, or says why not.
    pub(super) fn begin_edit(&mut self, cx: &Cx) -> Vec<Ask> {
        let no = |why: String| vec![Ask::Toast(Tone::Watch, format!("not edited: {}", safe(&why)))];
        let rules = cx.facts.context.dead_letters.rules_for(&self.seen().message.at.name);
        if let Err(why) = cx.facts.permit.allows(Deed::Replay, rules) {
            return no(why);
        }
        // what was edited already is edited on; what it is compared with stays the original
        match (editable(self.seen()), self.edit(cx).map(|e| editable(&e.seen))) {
            (Err(why), _) | (_, Some(Err(why))) => no(why),
            (Ok(original), now) => {
                let text = now.and_then(Result::ok).map_or_else(|| original.text.clone(), |now| now.text);
                let name = format!("body.{}", original.ending);
                self.given = Some(original);
                vec![Ask::Do(Effect::Edit(name, text.into()))]
            }
        }
    }

    /// Keeps what came back, or says why nothing is kept.
    pub(super) fn end_edit(&mut self, back: Result<Vec<u8>, String>, cx: &Cx) -> Vec<Ask> {
        let Some(given) = self.given.take() else { return Vec::new() };
        let declared = Declared::new(&cx.facts.context);
        let seen = self.seen().clone();
        let (at, seat) = (seen.message.at.clone(), seen.message.seat.clone());
        let patch = back.and_then(|back| EditedBody::new(&seen, &given, back, &declared, &cx.facts.permit.actor.name));
        let (now, asks) = match patch {
            Err(why) => return vec![Ask::Toast(Tone::Bad, safe(&why).into_owned())],
            Ok(None) if self.edit(cx).is_none() => return vec![Ask::Toast(Tone::Muted, "as it was: nothing to keep".into())],
            Ok(None) => {
                let said = Ask::Toast(Tone::Ok, "as it was: the edit is dropped".into());
                (seen, vec![Ask::Keep(at, seat, None), said])
            }
            Ok(Some((patch, now))) => {
                let edited = Edited { seen: Arc::new(now), patch };
                (edited.seen.clone(), vec![Ask::Keep(at, seat, Some(Box::new(edited)))])
            }
        };
        (self.tab, self.top, self.at) = (Tab::Body, 0, None);
        self.folded.clear();
        asks.into_iter().chain(self.show(&now)).collect()
    }

    /// What the Body tab says of an edited body.
    pub(super) fn edit_status(&self, cx: &Cx) -> Line {
        let Some(edit) = self.edit(cx) else { return Line::new() };
        let line = Line::new().add(Tone::Accent, format!("edited by {}", safe(&edit.patch.by)));
        let line = match edit.patch.breaks.as_slice() {
            [] => line,
            [one] => line.add(Tone::Bad, format!(", {one}")),
            [one, more @ ..] => line.add(Tone::Bad, format!(", {one} and {} more", more.len())),
        };
        line.plain("; kept here only, R plans with it, e goes on")
    }
}
