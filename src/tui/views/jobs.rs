//! Jobs painted: the list, and one at work.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::{job, jobs};
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::triage::report::{PlanRow, Status};
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column, wide};

const COLUMNS: [Column; 9] = [
    column("PLAN", 9, 0, Side::Text),
    column("DEED", 8, 0, Side::Text),
    column("FROM", 14, 3, Side::Name),
    wide("TO", 14, 2, Side::Name, 110),
    column("DONE", 12, 0, Side::Right),
    column("LEFT", 6, 0, Side::Right),
    column("STATUS", 10, 0, Side::Text),
    column("SINCE", 5, 0, Side::Right),
    wide("BY", 8, 1, Side::Name, 96),
];

fn plan(r: &PlanRow, cx: &Cx) -> Row {
    let tone = match r.status {
        Status::Running => Tone::Accent,
        Status::InDoubt => Tone::Bad,
        Status::Unfinished => Tone::Watch,
        Status::Frozen => Tone::Muted,
        Status::Finished => Tone::Ok,
    };
    let n = human::count_plain;
    let since = ago(r.started.unwrap_or(r.made), cx.now);
    Row {
        sign: matches!(r.status, Status::InDoubt | Status::Unfinished).then_some(("!", Tone::Bad)),
        marked: false,
        cells: vec![
            cell(r.id.to_string()),
            cell(r.deed.word()),
            cell(r.from.as_ref().map_or("ledger".into(), |a| safe(&a.name).into_owned())),
            cell(r.to.first().map_or("-".into(), |a| safe(&a.name).into_owned())),
            cell(format!("{}/{}", n(r.counts.done()), n(r.counts.total()))),
            cell(n(r.counts.untouched)),
            (tone, r.status.word().to_owned()),
            muted(since.split(' ').next().unwrap_or_default()),
            muted(safe(&r.actor)),
        ],
    }
}

/// The list's sheet.
pub fn list<'a>(s: &'a jobs::State, cx: &'a Cx) -> Sheet<'a> {
    let rows = &s.list.rows;
    let table = Table {
        columns: (&COLUMNS).into(),
        len: rows.len(),
        top: s.list.cursor.top(),
        chosen: s.list.cursor.row(),
        row: Box::new(move |i| plan(&rows[i], cx)),
    };
    let empty = match (s.list.filter.is_empty(), s.stale || cx.facts.plans.value.as_ref().is_none_or(Vec::is_empty)) {
        _ if cx.facts.plans.value.is_none() => "   asking the ledger",
        (false, _) => "   no plan matches   (esc takes the filter off)",
        (true, true) => "   no plans yet: R on a cause or on messages makes one",
        (true, false) => "   no plan was started, and none frozen in the last hour   (o shows the older ones)",
    };
    let empty = vec![Line::new().add(Tone::Muted, empty)];
    Sheet { above: vec![Line::new()], heads: s.list.sort.heads(&jobs::SORTS), table: Some(table), empty, ..Sheet::default() }
}

/// A bar of `columns`, filled by a share.
pub fn bar(share: f64, columns: usize) -> String {
    let full = ((share.clamp(0.0, 1.0) * columns as f64).round() as usize).min(columns);
    format!("{}{}", "█".repeat(full), "░".repeat(columns - full))
}

/// One job's sheet.
pub fn one<'a>(s: &'a job::State, cx: &'a Cx) -> Sheet<'a> {
    let c = s.counts(cx);
    let n = human::count_plain;
    let progress = cx.facts.runs.get(&s.plan.0).and_then(|r| r.progress.as_ref());
    let left = progress.filter(|_| s.runs(cx)).and_then(|p| p.left).map_or(String::new(), |d| format!("   {} to go", human::age(d)));
    let rate = progress.filter(|_| s.runs(cx)).map_or(String::new(), |p| format!("   {:.0}/s", p.rate));
    let columns = usize::from(cx.size.width).saturating_sub(40).min(60);
    let done = c.total() - c.untouched;
    let percent = if c.total() == 0 { 0 } else { done * 100 / c.total() };
    let first = Line::new().plain("   ").add(Tone::Accent, bar(c.share(), columns)).plain(format!(
        "  {} of {}   {percent}%{rate}{left}",
        n(done),
        n(c.total())
    ));
    let fact = |line: Line, name: &str, value: u64, tone: Tone| {
        let tone = if value == 0 { Tone::Muted } else { tone };
        line.add(Tone::Muted, format!("{name:<11}")).add(tone, format!("{:>6}  ", n(value)))
    };
    let a = fact(Line::new().plain("   "), "done", c.done(), Tone::Ok);
    let a = fact(a, "verified", c.verified, Tone::Ok);
    let a = fact(a, "came back", c.came_back, Tone::Bad);
    let a = fact(a, "no word yet", c.no_word_yet(), Tone::Plain);
    let b = fact(Line::new().plain("   "), "skipped", c.skipped, Tone::Watch);
    let b = fact(b, "failed", c.failed, Tone::Bad);
    let b = fact(b, "in doubt", c.in_doubt, Tone::Bad);
    let b = fact(b, "untouched", c.untouched, Tone::Plain);
    Sheet { above: vec![first, a, b], ruled: true, below: s.log(cx), skip: s.top, ..Sheet::default() }
}
