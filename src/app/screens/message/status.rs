//! What line 23 says of a message, by its tab.

use super::{State, Tab};
use crate::app::screens::Cx;
use crate::app::text::{Line, Tone};
use crate::decode::{Form, human, kind, safe};
use crate::schema::Verdict;

impl State {
    /// What it has to say.
    pub(super) fn state(&self, cx: &Cx) -> Line {
        let seen = self.seen();
        match self.tab {
            Tab::Body if self.edit(cx).is_some() => self.edit_status(cx),
            Tab::Body => {
                let n = seen.violations.len();
                let jump = if n > 0 { "   n next  N previous" } else { "" };
                let form = self.body.as_ref().map_or("decoding", |b| b.form.word());
                let verdict = match &seen.verdict {
                    Verdict::Valid { event, version, assumed } => {
                        format!("event {} {version}{} (from config): valid", safe(event), if *assumed { " assumed" } else { "" })
                    }
                    Verdict::Invalid { event, version, .. } => format!(
                        "event {} {} (from config): {n} violation{}",
                        safe(event.as_deref().unwrap_or("?")),
                        version.as_deref().unwrap_or(""),
                        if n == 1 { "" } else { "s" }
                    ),
                    Verdict::Unchecked { why } => format!("not checked: {}", safe(why)),
                };
                let why = match self.body.as_ref().map(|b| &b.form) {
                    Some(Form::Hex(why)) if !why.is_empty() => format!(" ({why})"),
                    _ => String::new(),
                };
                let cut = if seen.message.whole { "" } else { "a cut view; " };
                let kind = kind(&seen.message).filter(|kind| *kind != "text").map_or(String::new(), |kind| format!("{kind}: "));
                format!("{cut}{kind}{form}{why}, {verdict}{jump}").into()
            }
            Tab::Headers => "null is a header without a value; empty differs from it".into(),
            Tab::Death => {
                let family = seen.death.family;
                let line =
                    if family.is_empty() { "no framework's headers were recognised".to_owned() } else { format!("read as {family}") };
                Line::new().add(Tone::Muted, line)
            }
            Tab::History => Line::new().add(Tone::Muted, "from the ledger here; what others did without redrive is not known"),
            Tab::Raw => {
                let m = &seen.message;
                let whole = if m.whole { "" } else { "; a cut view: the broker showed no more" };
                format!("{} of body{whole}", m.body.as_ref().map_or("no body (tombstone)".into(), |b| human::bytes(b.len() as u64))).into()
            }
        }
    }
}
