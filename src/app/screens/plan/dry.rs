//! The dry run: one message of a plan before and after, as it would be on the wire.

use super::lines::section;
use crate::app::effect::Rehearsed;
use crate::app::screens::{Cx, whole};
use crate::app::text::{Line, Tone};
use crate::app::width::pad_right;
use crate::decode::{human, safe, safe_bytes, safe_cut};
use crate::model::{Fields, Typed};
use crate::triage::plan::{DiffLine, ReplayPlan, diff};

/// One message before and after.
pub fn lines(dry: &Rehearsed, plan: &ReplayPlan, cx: &Cx) -> Vec<Line> {
    let mut out = Vec::new();
    let wire = &dry.rehearsal.wire;
    let fact = |name: &str, value: String| section(name, value);
    out.push(fact("from", format!("{} {}", safe(&dry.was.at.name), dry.was.seat)));
    let place = match wire.place {
        crate::broker::Place::Partition(p) => format!(" partition {p}"),
        crate::broker::Place::ByKey => " by key".into(),
        crate::broker::Place::Any => String::new(),
    };
    out.push(fact("to", format!("{}{place}", safe(&wire.to.name))));
    let refused = dry.rehearsal.refused.iter().map(|why| (" ✗ refused: ", Tone::Bad, why));
    let losses = dry.rehearsal.losses.iter().map(|loss| (" ! loses ", Tone::Watch, loss));
    for (sign, tone, words) in refused.chain(losses) {
        out.extend(whole(vec![Line::new().add(tone, sign).plain(safe(words))], usize::MAX, cx));
    }
    let room = usize::from(cx.size.width).saturating_sub(14);
    let key = wire.key.as_deref().map_or("none".into(), |k| safe_cut(&safe_bytes(k), room));
    out.push(fact("key", format!("{key}   (untouched)")));
    let bytes = wire.body.as_ref().map_or("tombstone".into(), |b| human::bytes(b.len() as u64));
    let by = dry.changes.edited.as_ref().map(|by| format!("edited by {}", safe(by)));
    let what = by.unwrap_or_else(|| (if wire.body == dry.was.body { "byte for byte as it was" } else { "CHANGED" }).into());
    out.push(fact("body", format!("{bytes}, {what}")));
    if dry.changes.edited.is_some() {
        out.extend(difference(dry, room));
        let edit = plan.items.get(dry.index).and_then(|i| plan.ask.edit.body(&i.seat));
        out.extend(edit.into_iter().flat_map(|e| &e.breaks).map(|b| Line::new().add(Tone::Bad, " ✗ ").plain(safe_cut(b, room))));
    }
    out.push(Line::new());
    let header = |sign: &str, tone: Tone, name: &str, v: &Typed| {
        let text = crate::app::screens::message::value(&v.value);
        Line::new()
            .add(tone, format!(" {sign} "))
            .add(tone, pad_right(&safe_cut(name, 34), 34))
            .add(tone, format!("  {}", safe_cut(&text, room)))
    };
    // what the broker will be given, which may be more or less than what the plan changes
    let (before, after) = (fields(&dry.was.headers, &dry.was.properties), fields(&wire.headers, &wire.properties));
    for (name, value) in &before {
        let gone = !after.iter().any(|(n, v)| n == name && v.value == value.value);
        out.push(if gone { header("-", Tone::Bad, name, value) } else { header(" ", Tone::Plain, name, value) });
    }
    for (name, value) in after.iter().filter(|(name, v)| !before.iter().any(|(n, b)| n == name && b.value == v.value)) {
        out.push(header("+", Tone::Ok, name, value));
    }
    out
}

fn fields<'a>(headers: &'a Fields, properties: &'a Fields) -> Vec<(&'a str, &'a Typed)> {
    headers.iter().chain(properties).map(|(name, value)| (name.as_str(), value)).collect()
}

/// What an edit took away from the body and added to it.
fn difference(dry: &Rehearsed, room: usize) -> Vec<Line> {
    let text = |body: &Option<bytes::Bytes>| String::from_utf8_lossy(body.as_deref().unwrap_or_default()).into_owned();
    let lines = diff(&text(&dry.was.body), &text(&dry.rehearsal.wire.body));
    let show = |(line, text): (DiffLine, String)| {
        let (sign, tone) = match line {
            DiffLine::Same => (" ", Tone::Muted),
            DiffLine::Gone => ("-", Tone::Bad),
            DiffLine::New => ("+", Tone::Ok),
            DiffLine::Gap => return Line::new().add(Tone::Muted, "   …"),
        };
        Line::new().add(tone, format!(" {sign} {}", safe_cut(&text, room)))
    };
    lines.into_iter().map(show).collect()
}
