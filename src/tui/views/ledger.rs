//! The ledger painted.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::ledger::{SORTS, State};
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::triage::report::Entry;
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column, wide};

const COLUMNS: [Column; 7] = [
    column("WHEN", 12, 0, Side::Text),
    column("WHAT", 11, 0, Side::Text),
    column("WHERE", 14, 2, Side::Name),
    column("MESSAGE", 12, 1, Side::Name),
    wide("PLAN", 10, 0, Side::Text, 100),
    column("WHO", 6, 1, Side::Name),
    column("DETAIL", 11, 4, Side::Text),
];

fn entry(e: &Entry, marked: bool, cx: &Cx) -> Row {
    let tone = match e.what.as_str() {
        "failed" | "in doubt" => Tone::Bad,
        "skipped" | "discarded" | "parked" => Tone::Watch,
        "replayed" | "restored" => Tone::Ok,
        _ => Tone::Plain,
    };
    let id = || e.id.as_ref().map(|id| id.0.clone());
    let message = e.seat.as_ref().map(ToString::to_string).or_else(id).unwrap_or_default();
    Row {
        sign: None,
        marked,
        cells: vec![
            muted(cx.times.column(Some(e.at), cx.now)),
            (tone, safe(&e.what).into_owned()),
            cell(e.from.as_ref().map_or("-".into(), |a| safe(&a.name).into_owned())),
            muted(safe(&message)),
            muted(e.plan.as_ref().map_or("-".into(), ToString::to_string)),
            cell(safe(&e.actor)),
            cell(safe(&e.detail)),
        ],
    }
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let list = &s.list;
    let table = Table {
        columns: (&COLUMNS).into(),
        len: list.rows.len(),
        top: list.cursor.top(),
        chosen: list.cursor.row(),
        row: Box::new(move |i| entry(&list.rows[i], list.is_marked(&list.rows[i]), cx)),
    };
    let empty = match (s.read(), s.list.filter.is_empty()) {
        (true, true) => "   nothing has been done yet: replays, parks, discards and notes are kept here",
        (true, false) => "   nothing here matches   (esc takes the filter off)",
        (false, _) => "   asking the ledger",
    };
    Sheet {
        above: vec![Line::new()],
        heads: list.sort.heads(&SORTS),
        table: Some(table),
        empty: vec![Line::new().add(Tone::Muted, empty)],
        below: s.detail(cx),
        least: 4,
        ..Sheet::default()
    }
}
