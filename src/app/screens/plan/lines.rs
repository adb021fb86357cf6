//! A plan in lines: what, where to, what changes, how fast, who reads the target, and what was checked.

use crate::app::screens::Cx;
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::model::Kind;
use crate::triage::plan::{Deed, Level, ReplayPlan, Scope, Source, Target, Way, Where};

pub fn section(name: &str, value: impl Into<String>) -> Line {
    Line::new().add(Tone::Muted, format!("   {name:<8} ")).plain(value)
}

/// A long value on several lines, its name before the first.
fn sections(out: &mut Vec<Line>, name: &str, value: &str, cx: &Cx) {
    let room = usize::from(cx.size.width).saturating_sub(13);
    for (i, part) in crate::app::width::wrap(value, room).into_iter().enumerate() {
        out.push(section(if i == 0 { name } else { "" }, part));
    }
}

fn readers(out: &mut Vec<Line>, target: &Target, width: usize) {
    out.push(Line::new().add(
        Tone::Strong,
        format!("   {} {}", if target.at.kind == Kind::Exchange { "bound to" } else { "who reads" }, safe(&target.at.name)),
    ));
    if target.readers.is_empty() {
        out.push(Line::new().add(Tone::Muted, " ?   nobody that is known: the messages would wait"));
    }
    let all =
        if target.messages == 1 { "gets it again".to_owned() } else { format!("gets all {} again", human::count_plain(target.messages)) };
    let name = target.readers.iter().map(|r| crate::app::width::width(&r.name)).max().unwrap_or(0).max(8);
    for r in &target.readers {
        let one = if r.kind == "queue" { "consumer" } else { "member" };
        let members = r.members.map_or(format!("{one}s ?"), |m| format!("{m} {one}{}", if m == 1 { "" } else { "s" }));
        let behind = r.behind.map_or(String::new(), |b| format!(", {} behind", human::count_plain(b)));
        let what = if target.at.kind == Kind::Exchange {
            safe(&r.note).into_owned()
        } else if r.failed {
            "failed on these; part may be done".to_owned()
        } else {
            all.clone()
        };
        let count = crate::app::width::pad_right(&format!("{members}{behind}"), 24);
        let line = Line::new().add(Tone::Watch, " ! ").plain(format!("  {}", crate::app::width::pad_right(&safe(&r.name), name)));
        let rest = format!("  {count}  {what}");
        if crate::app::width::width(&line.text()) + crate::app::width::width(&rest) < width {
            out.push(line.plain(rest));
        } else {
            // neither a name nor what is said of it is cut off
            out.extend([line, Line::from(format!("     {rest}"))]);
        }
    }
}

/// Who edited the bodies of a plan.
fn editor(plan: &ReplayPlan) -> String {
    plan.ask.edit.bodies.values().next().map_or_else(String::new, |e| e.by.clone())
}

/// What changes in the messages.
fn changes(out: &mut Vec<Line>, plan: &ReplayPlan, cx: &Cx) {
    let names = |m: &std::collections::BTreeMap<String, u64>, most: usize| {
        let some: Vec<String> = m.keys().take(most).map(|k| safe(k).into_owned()).collect();
        let rest = m.len().saturating_sub(most);
        if rest > 0 { format!("{} and {rest} more", some.join(", ")) } else { some.join(", ") }
    };
    let c = &plan.changes;
    if !c.stripped.is_empty() {
        sections(out, "change", &format!("strip {} headers: {}", c.stripped.len(), names(&c.stripped, 3)), cx);
    }
    if !c.kept.is_empty() {
        sections(out, if c.stripped.is_empty() { "change" } else { "" }, &format!("keep {}", names(&c.kept, 4)), cx);
    }
    let added = c.added.iter().map(|a| safe(a).into_owned()).collect::<Vec<_>>().join(", ");
    let body = match c.edited {
        0 => "body and key untouched".to_owned(),
        1 => format!("the body of 1 as edited by {} (m shows it), key untouched", safe(&editor(plan))),
        n => format!("the bodies of {n} as edited by {} (m shows them), keys untouched", safe(&editor(plan))),
    };
    let name = if c.stripped.is_empty() && c.kept.is_empty() { "change" } else { "" };
    sections(out, name, &format!("add {added}; {body}, time is new"), cx);
}

/// The plan as lines, as drawn.
pub fn of(plan: &ReplayPlan, cx: &Cx) -> Vec<Line> {
    let mut out = Vec::new();
    let n = |m: usize| human::count_plain(m as u64);
    let scope = match &plan.ask.scope {
        Scope::Cause { id, title } => format!("of cause {id}, {}", safe(title)),
        Scope::Marked => "marked one by one".into(),
        Scope::Filter(f) => safe(f).into_owned(),
        Scope::All => "all there are".into(),
        Scope::Plan(p) => format!("of plan {p}"),
    };
    sections(&mut out, "what", &format!("{}, {scope}", human::things(plan.todo() as u64, "message")), cx);
    for (why, count) in plan.left_out() {
        sections(&mut out, "", &format!("{} left out: {}", n(count), safe(&why)), cx);
    }
    let publishes = plan.items.iter().any(|i| i.way == Way::Publish);
    if publishes {
        let partitions = plan.items.iter().filter(|i| matches!(i.place, Where::Partition(_))).count();
        let place = if plan.targets.iter().all(|t| t.partitions == 0) {
            "to its end"
        } else if partitions == plan.items.len() {
            if plan.items.len() == 1 { "its own partition" } else { "each to its own partition" }
        } else if partitions == 0 {
            "by key"
        } else {
            "to its own partition or by key"
        };
        for t in &plan.targets {
            let where_to = match plan.by_key(&t.at) {
                Some(by) => format!("exchange {}, {}", safe(&t.at.name), safe(&by)),
                None => format!("{}, {place}", safe(&t.at.name)),
            };
            sections(&mut out, "to", &where_to, cx);
        }
        if plan.is_moved_as_it_is() {
            sections(&mut out, "change", "nothing: the broker itself moves them as they are", cx);
        } else {
            changes(&mut out, plan, cx);
        }
        sections(&mut out, "pace", &plan.pace(), cx);
    } else {
        let does = match (plan.ask.deed, plan.removes) {
            (Deed::Park, _) => "a mark in the ledger: they stay where they are and leave the lists until asked for",
            (Deed::Discard, false) => "a mark in the ledger: they stay in the topic (it cannot be emptied), and leave the lists",
            (Deed::Discard, true) => "takes them out of the queue; nobody will process them",
            (Deed::Replay, _) => "nothing: none of them is left to go anywhere",
            (Deed::Restore | Deed::Reseat, _) => "takes the mark back: they are in the lists again",
        };
        sections(&mut out, "does", does, cx);
        let (copy, undo) = match (plan.ask.deed, plan.removes) {
            (Deed::Discard, true) => ("in the local ledger and nowhere else", "U on the Ledger or on the causes of the queue"),
            (Deed::Park | Deed::Discard, _) => {
                ("in the local ledger, beside the messages themselves", "U on the Ledger or on the causes of the queue")
            }
            (Deed::Restore, _) => ("", "P or D sets them aside again"),
            (Deed::Replay | Deed::Reseat, _) => ("", ""),
        };
        for (name, words) in [("copy", copy), ("undo", undo)].into_iter().filter(|(_, words)| !words.is_empty()) {
            sections(&mut out, name, words, cx);
        }
    }
    // what is taken in hand and passed over has its price, as a look has; copies of the ledger are in nobody's hand
    if plan.removes
        && matches!(plan.ask.from, Source::Queue(_))
        && let Some(cost) = cx.facts.price(plan.ask.from.at())
    {
        let words: Vec<String> = cost.leaves.iter().map(|t| t.words()).collect();
        let limit = cost.limit_words().map_or(String::new(), |words| format!("; {words}"));
        sections(&mut out, "price", &format!("each visit takes messages and gives back the others: {}{limit}", words.join(", ")), cx);
    }
    if plan.ask.deed == Deed::Replay {
        let after = if plan.removes {
            "each is taken out of the queue once it is confirmed"
        } else {
            "marked resolved in the ledger (a topic cannot be emptied)"
        };
        sections(&mut out, "after", after, cx);
    }
    let rule = Line::new().add(Tone::Muted, format!(" {}", "─".repeat(usize::from(cx.size.width).saturating_sub(2))));
    out.push(rule.clone());
    if publishes {
        plan.targets.iter().for_each(|t| readers(&mut out, t, usize::from(cx.size.width)));
    }
    let heading = out.len();
    let mut warnings: Vec<_> = plan.warnings.iter().collect();
    warnings.sort_by_key(|w| std::cmp::Reverse(w.level()));
    let room = usize::from(cx.size.width).saturating_sub(6);
    for w in warnings {
        let (sign, tone) = match w.level() {
            Level::Blocks => ("✗", Tone::Bad),
            Level::Watch => ("!", Tone::Watch),
            Level::Note => ("·", Tone::Muted),
        };
        for (i, part) in crate::app::width::wrap(&safe(&w.words()), room).into_iter().enumerate() {
            out.push(Line::new().add(tone, if i == 0 { format!(" {sign}   ") } else { "     ".into() }).plain(part));
        }
    }
    for t in plan.targets.iter().filter(|_| publishes) {
        let mut good = Vec::new();
        if t.exists == Some(true) {
            let partitions = if t.partitions > 0 { format!(", {} partitions", t.partitions) } else { String::new() };
            good.push(format!("{} exists{partitions}", safe(&t.at.name)));
        }
        if t.may_write == Some(true) {
            good.push("you may write to it".into());
        }
        if let Some(most) = t.max_bytes.filter(|m| plan.largest <= *m) {
            good.push(format!("the largest is {} of {} allowed", human::bytes(plan.largest), human::bytes(most)));
        }
        out.extend(good.into_iter().map(|g| Line::new().add(Tone::Ok, "   ● ").plain(g)));
    }
    if out.len() > heading {
        out.insert(heading, Line::new().add(Tone::Strong, "   checks"));
        out.push(rule);
    }
    out.push(Line::new().add(Tone::Muted, format!(" redrive {} --plan {} --reason …", plan.ask.deed.word(), plan.id)));
    out
}
