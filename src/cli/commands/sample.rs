//! Messages of a dry run, each as its target's driver would really send it: what goes, what comes, what is lost, or why it would be refused.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::peek::fields;
use crate::broker::{Brokers, Carriage, Outgoing, Place, Rehearsal};
use crate::decode::{header, safe, safe_bytes, safe_cut};
use crate::model::{Fields, Kind, Message, Typed};
use crate::triage::plan::{Changes, DiffLine, Planned, ReplayPlan, diff};
use crate::triage::prepare::rehearsed;

/// Characters of a body that are shown.
const BODY: usize = 400;

/// One message before and after.
pub struct Sample<'a> {
    item: &'a Planned,
    /// Messages of its plan.
    of: usize,
    was: &'a Message,
    /// What would go over the wire; `None`: nothing of it would.
    sent: Option<Sent>,
}

struct Sent {
    changes: Changes,
    rehearsal: Rehearsal,
    /// Headers and properties taken off, and put on.
    gone: Fields,
    new: Fields,
}

/// The messages that the plan has, as they would go.
pub fn samples<'a>(plan: &'a ReplayPlan, messages: &'a [Arc<Message>], brokers: &Brokers) -> Vec<Sample<'a>> {
    let one = |was: &'a Arc<Message>| {
        let item = plan.items.iter().find(|i| i.seat == was.seat)?;
        let sent = rehearsed(plan, item, was, brokers).map(|(changes, rehearsal)| {
            let (before, after) = (all(&was.headers, &was.properties), all(&rehearsal.wire.headers, &rehearsal.wire.properties));
            let (gone, new) = (beyond(&before, &after), beyond(&after, &before));
            Sent { changes, rehearsal, gone, new }
        });
        Some(Sample { item, of: plan.items.len(), was, sent })
    };
    messages.iter().filter_map(one).collect()
}

fn all(headers: &Fields, properties: &Fields) -> Fields {
    headers.iter().chain(properties).cloned().collect()
}

/// Those of `some` that are not in `others`, each of several alike for itself. A type that only the wire knows is no difference.
fn beyond(some: &Fields, others: &Fields) -> Fields {
    let mut others: Vec<_> = others.iter().collect();
    let is_alone = |(name, value): &&(String, Typed)| {
        let twin = others.iter().position(|(n, v)| n == name && v.value == value.value);
        twin.map(|i| others.swap_remove(i)).is_none()
    };
    some.iter().filter(is_alone).cloned().collect()
}

impl Sample<'_> {
    /// As text for people.
    pub fn write(&self, out: &mut String) {
        let _ = writeln!(out, "\nmessage {} of {}, from {}", self.item.n, self.of, safe(&self.item.seat.to_string()));
        let Some(sent) = &self.sent else {
            let _ = writeln!(out, "  nothing is published");
            return;
        };
        let wire = &sent.rehearsal.wire;
        if let Some(why) = &sent.rehearsal.refused {
            let _ = writeln!(out, "! refused: {}", safe(why));
        }
        for loss in &sent.rehearsal.losses {
            let _ = writeln!(out, "! loses {}", safe(loss));
        }
        let place = place(wire).map_or_else(String::new, |place| format!(" {place}"));
        let _ = writeln!(out, "  to {}{place}", safe(&wire.to.to_string()));
        let _ = writeln!(out, "  key {}", wire.key.as_ref().map_or("- (none)".into(), |k| safe_bytes(k)));
        if sent.as_it_is() {
            let _ = writeln!(out, "  moved by the broker as it is");
        }
        let kept = beyond(&all(&wire.headers, &wire.properties), &sent.new);
        for (mark, fields) in [('-', &sent.gone), (' ', &kept), ('+', &sent.new)] {
            for (name, value) in fields {
                let _ = writeln!(out, "{mark} {}: {}", safe(name), header(name, value, 120).text);
            }
        }
        match &sent.changes.edited {
            Some(by) => self.write_edit(out, by, wire.body.as_deref()),
            None => {
                let body = wire.body.as_ref().map_or("(tombstone)".into(), |b| safe_cut(&safe_bytes(b), BODY));
                let _ = writeln!(out, "  {body}");
            }
        }
    }

    fn write_edit(&self, out: &mut String, by: &str, now: Option<&[u8]>) {
        let text = |body: Option<&[u8]>| String::from_utf8_lossy(body.unwrap_or_default()).into_owned();
        let _ = writeln!(out, "  body edited by {}:", safe(by));
        for (line, text) in diff(&text(self.was.body.as_deref()), &text(now)) {
            let (sign, text) = match line {
                DiffLine::Same => (' ', text),
                DiffLine::Gone => ('-', text),
                DiffLine::New => ('+', text),
                DiffLine::Gap => (' ', "…".into()),
            };
            let _ = writeln!(out, "{sign} {}", safe_cut(&text, BODY));
        }
    }

    /// As JSON; `None`: nothing of it is published.
    pub fn object(&self) -> Option<Value> {
        let sent = self.sent.as_ref()?;
        let Rehearsal { wire, losses, refused, .. } = &sent.rehearsal;
        Some(json!({
            "as_it_is": sent.as_it_is(), "from": self.item.seat.to_string(), "to": wire.to.to_string(), "place": place(wire),
            "headers": fields(&wire.headers), "properties": fields(&wire.properties), "stripped": fields(&sent.gone), "added": fields(&sent.new),
            "losses": losses, "refused": refused,
            "key": wire.key.as_deref().map(safe_bytes), "body": wire.body.as_deref().map(safe_bytes),
        }))
    }
}

impl Sent {
    fn as_it_is(&self) -> bool {
        self.rehearsal.way == Carriage::Carry { marked: false }
    }
}

/// Where in a topic; a queue has no such places.
fn place(wire: &Outgoing) -> Option<String> {
    match wire.place {
        _ if wire.to.kind != Kind::Topic => None,
        Place::Partition(p) => Some(format!("partition {p}")),
        Place::ByKey => Some("partition by key (murmur2)".into()),
        Place::Any => Some("any partition".into()),
    }
}
