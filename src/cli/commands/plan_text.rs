//! A plan as text for people and as JSON: what, where to, what changes, who else is hit, what to look at, and the command for it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::sample::Sample;
use crate::decode::{human, safe};
use crate::model::Kind;
use crate::triage::plan::{Deed, Level, ReplayPlan, Route, Scope};

/// The whole plan; `samples` are shown as they will be on the wire.
pub fn plan(plan: &ReplayPlan, context: &str, samples: &[Sample]) -> String {
    let mut out = String::new();
    let mut line = |l: &str, r: &str| {
        let _ = writeln!(out, "{l:<10}{}", safe(r));
    };
    let ask = &plan.ask;
    line("plan", &format!("{} {} in context {context}", plan.id, ask.deed.word()));
    line("what", &format!("{} of {}, {}", human::things(plan.todo() as u64, "message"), ask.from.at(), scope(&ask.scope)));
    for (why, n) in plan.left_out() {
        line("left out", &format!("{n}: {why}"));
    }
    line("to", &to(plan));
    if plan.touches_brokers() {
        changes(plan).iter().for_each(|(name, value)| line(name, value));
        line("pace", &plan.pace());
    }
    line("after", after(plan));
    for target in &plan.targets {
        line("reads", &format!("{}: {}", target.at, readers(target)));
    }
    for warning in &plan.warnings {
        let mark = match warning.level() {
            Level::Note => "note",
            Level::Watch => "!",
            Level::Blocks => "BLOCKED",
        };
        line(mark, &warning.words());
    }
    line("command", &plan.command());
    samples.iter().for_each(|sample| sample.write(&mut out));
    out
}

/// What changes in the messages, as name and value.
fn changes(plan: &ReplayPlan) -> Vec<(&'static str, String)> {
    if plan.is_moved_as_it_is() {
        return vec![("change", "nothing: the broker itself moves them as they are".into())];
    }
    let names = |all: &std::collections::BTreeMap<String, u64>| all.keys().cloned().collect::<Vec<_>>().join(", ");
    let c = &plan.changes;
    let mut out = Vec::new();
    if c.as_they_are > 0 {
        out.push(("as is", format!("{} of them, which the broker itself moves; the others change:", human::count_plain(c.as_they_are))));
    }
    out.push(("strip", if c.stripped.is_empty() { "nothing".into() } else { names(&c.stripped) }));
    if !c.kept.is_empty() {
        out.push(("keep", names(&c.kept)));
    }
    out.push(("add", c.added.join(", ")));
    let body = match c.edited {
        0 => "body",
        n => {
            let by = plan.ask.edit.bodies.values().next().map_or("?", |e| e.by.as_str());
            out.push(("edit", format!("the body of {n}, by {by}")));
            "all other bodies"
        }
    };
    out.push(("untouched", format!("key, {body}, all other headers, their order; the time is new")));
    out
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Cause { id, title } => format!("cause {id}: {title}"),
        Scope::Marked => "chosen one by one".into(),
        Scope::Filter(text) => format!("filter {text}"),
        Scope::All => "all of them".into(),
        Scope::Plan(id) => format!("those of plan {id}"),
    }
}

fn to(plan: &ReplayPlan) -> String {
    let by = |at| plan.by_key(at).map_or_else(String::new, |by| format!(", {by}"));
    let names: Vec<String> = plan.targets.iter().map(|t| format!("{} ({}){}", t.at, human::count_plain(t.messages), by(&t.at))).collect();
    match (&plan.ask.route, names.is_empty()) {
        (Route::Nowhere, _) | (_, true) => "nowhere: a mark in the ledger, the copies are kept there".into(),
        (Route::Origin, _) => format!("where each came from: {}", names.join(", ")),
        _ => names.join(", "),
    }
}

fn after(plan: &ReplayPlan) -> &'static str {
    match (plan.removes, plan.touches_brokers()) {
        (true, true) => "each is taken out of its source once its publish is confirmed and its copy is on disk",
        (false, true) => "marked resolved in the ledger (the source cannot be emptied one by one)",
        (true, false) if plan.ask.deed == Deed::Park => {
            "a mark in the ledger; they stay where they are, and are looked at once more for their copies"
        }
        (_, false) => "a mark in the ledger; nothing happens on a broker",
    }
}

fn readers(target: &crate::triage::plan::Target) -> String {
    if target.readers.is_empty() {
        return match &target.trouble {
            Some(why) => format!("unknown: {why}"),
            None => "no group is known to read it".into(),
        };
    }
    let one = |g: &crate::triage::plan::Group| {
        if target.at.kind == Kind::Exchange {
            return format!("{} ({})", g.name, g.note);
        }
        let members = g.members.map_or("? members".into(), |m| format!("{m} members"));
        let behind = g.behind.map_or("? behind".into(), |b| format!("{} behind", human::count_plain(b)));
        format!("{} ({members}, {behind}{})", g.name, if g.failed { ", failed on these" } else { "" })
    };
    target.readers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A plan as JSON; bodies only of the samples.
pub fn object(plan: &ReplayPlan, samples: &[Sample]) -> Value {
    let warnings: Vec<Value> = plan.warnings.iter().map(|w| json!({ "text": w.words(), "blocks": w.level() == Level::Blocks })).collect();
    json!({
        "plan": plan.id.0, "deed": plan.ask.deed.word(), "from": plan.ask.from.at().to_string(), "todo": plan.todo(), "left_out": plan.left_out(),
        "edited": plan.ask.edit.bodies.values().map(|e| json!({ "by": e.by, "breaks": e.breaks })).collect::<Vec<_>>(),
        "targets": plan.targets, "stripped": plan.changes.stripped, "kept": plan.changes.kept, "added": plan.changes.added,
        "as_they_are": plan.changes.as_they_are,
        "warnings": warnings, "blocked": plan.blocked(), "command": plan.command(), "wire": samples.iter().filter_map(Sample::object).collect::<Vec<_>>(),
        "items": plan.items.iter().map(|i| json!({ "n": i.n, "id": i.id.0, "seat": i.seat.to_string() })).collect::<Vec<_>>(),
    })
}
