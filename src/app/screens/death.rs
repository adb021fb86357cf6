//! The Death tab: what a dead letter says of its death, each field with the header it came from.

use super::{Cx, whole};
use crate::app::text::{Line, Tone};
use crate::app::width::{pad_right, wrap};
use crate::decode::stack::Stack;
use crate::decode::{human, safe, safe_cut};
use crate::model::{Failure, Kind, Sure, Told};
use crate::schema::Seen;

/// A field with its source at the right.
fn fact<T>(name: &str, told: &Told<T>, show: impl Fn(&T) -> String) -> Line {
    let value = told.value.as_ref().map_or("?".to_owned(), show);
    let value = safe_cut(&value, 400);
    let source = if told.value.is_none() && told.source.is_empty() { "not told" } else { &told.source };
    Line::fact(name, pad_right(&value, 28)).add(Tone::Muted, format!(" {}", safe(source)))
}

/// The lines.
pub fn lines(seen: &Seen, unfolded: bool, cx: &Cx) -> Vec<Line> {
    let d = &seen.death;
    let none = Failure::default();
    let failure = d.error.value.as_ref().unwrap_or(&none);
    let mut out = Vec::new();
    let headline = match (&failure.class, &failure.message) {
        (Some(c), Some(m)) => format!("{}: {}", class(c), safe_cut(m, 2_000)),
        (Some(c), None) => class(c),
        (None, Some(m)) => safe_cut(m, 2_000),
        (None, None) => match (&failure.stage, &d.origin.value) {
            (Some(reason), Some(o)) => format!("{reason} from {} (no error recorded)", o.name),
            (Some(reason), None) => format!("{reason} (no error recorded)"),
            (None, Some(_)) => "no error is told".into(),
            (None, None) => "no error is told: it has no failure metadata".into(),
        },
    };
    let columns = usize::from(cx.size.width).saturating_sub(3);
    for part in wrap(&headline, columns) {
        out.push(Line::new().add(Tone::Bad, format!(" {part}")));
    }
    let named = |value: Option<&String>| Told { value: value.cloned(), source: d.error.source.clone(), sure: d.error.sure };
    out.push(fact("root cause", &named(failure.class.as_ref()), |c| class(c)));
    if failure.wrapper.is_some() {
        out.push(fact("wrapped in", &named(failure.wrapper.as_ref()), |c| class(c)));
    }
    if failure.stage.is_some() {
        let name = if failure.class.is_none() && failure.message.is_none() { "reason" } else { "stage" };
        out.push(fact(name, &named(failure.stage.as_ref()), Clone::clone));
    }
    out.push(fact("origin", &d.origin, |o| {
        let place = match (o.partition, o.offset) {
            (Some(p), Some(at)) => format!(" p{p} / {}", human::count_plain(u64::try_from(at).unwrap_or(0))),
            (Some(p), None) => format!(" p{p}"),
            _ => String::new(),
        };
        format!("{}{place}", o.name)
    }));
    if let Some(o) = d.origin.value.as_ref().filter(|o| o.exchange.is_some() || !o.routing_keys.is_empty()) {
        let exchange = o.exchange.as_deref().map_or("?", |e| if e.is_empty() { "the default exchange" } else { e });
        out.push(Line::fact("routed by", format!("{}, key {}", safe(exchange), safe(&o.routing_keys.join(", ")))));
    }
    let group = if seen.message.at.kind == Kind::Topic { "group " } else { "" };
    out.push(fact("failed by", &d.failed_by, |g| format!("{group}{g}")));
    out.push(fact("sent", &d.sent, |t| cx.times.clock(*t)));
    if d.first.value.is_some() {
        out.push(fact("first failed", &d.first, |t| format!("{} {}", cx.times.clock(*t), cx.times.word(*t))));
    }
    let died = match seen.message.at.kind {
        _ if d.last.value.is_some() => d.last.clone(),
        // there it is the sender's time
        Kind::Queue => Told { value: None, source: "nothing on it tells when".into(), sure: Sure::Guess },
        _ => Told { value: seen.message.sent, source: "time of this record".into(), sure: Sure::Guess },
    };
    out.push(fact("died", &died, |t| format!("{} {}", cx.times.clock(*t), cx.times.word(*t))));
    out.push(fact("attempts", &d.attempts, u32::to_string));
    if d.pointer {
        out.push(Line::fact("body", "not here: only a pointer to the original"));
    }
    if let Some(stack) = &failure.stack {
        let all: Vec<&str> = stack.lines().collect();
        if unfolded {
            out.push(Line::fact("stack", format!("{} lines (z folds)", all.len())));
            let folded = |l: &&str| wrap(&safe(&l.replace('\t', "  ")), columns - 4);
            out.extend(all.iter().take(2_000).flat_map(folded).map(|l| Line::from(format!("     {l}"))));
        } else {
            let short = Stack::parse(stack).summary(2);
            let text = if short.is_empty() { format!("{} lines (z unfolds)", all.len()) } else { format!("{short} (z unfolds)") };
            out.push(Line::fact("stack", text));
        }
    }
    whole(out, usize::MAX, cx)
}

/// A class without its package.
pub fn class(name: &str) -> String {
    let short = name.rsplit(['.', '\\']).next().filter(|s| !s.is_empty()).unwrap_or(name);
    safe_cut(short, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_short() {
        assert_eq!(class("com.acme.PaymentTimeout"), "PaymentTimeout");
    }
}
