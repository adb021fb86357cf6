//! Destinations painted.

use super::{bars, cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::destinations::{SORTS, State};
use crate::app::text::{Line, Tone};
use crate::app::width::wrap;
use crate::decode::{human, safe};
use crate::model::{Destination, Proof, ReaderKind, Role};
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column, wide};

const COLUMNS: [Column; 9] = [
    column("NAME", 24, 5, Side::Name),
    column("WHERE", 10, 1, Side::Name),
    wide("KIND", 12, 0, Side::Text, 100),
    column("DEPTH", 9, 0, Side::Right),
    column("1H", 6, 0, Side::Text),
    column("PART", 4, 0, Side::Right),
    wide("READERS", 7, 0, Side::Right, 100),
    wide("KEEPS", 7, 0, Side::Right, 110),
    column("ROLE", 14, 3, Side::Text),
];

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let (rows, list) = (&s.list.rows, &s.list);
    let table = Table {
        columns: (&COLUMNS).into(),
        len: rows.len(),
        top: list.cursor.top(),
        chosen: list.cursor.row(),
        row: Box::new(move |i| destination(&rows[i], list.is_marked(&rows[i]), cx)),
    };
    let mut empty = if s.list.filter.is_empty() {
        vec![Line::new().add(Tone::Muted, "   nothing is listed yet; what a broker hides from this login is not seen here")]
    } else {
        vec![format!("   nothing here matches {}   (esc takes the filter off)", safe(&s.list.filter)).into()]
    };
    empty.extend(broken(s, cx));
    Sheet { above: vec![Line::new()], heads: list.sort.heads(&SORTS), table: Some(table), empty, ..Sheet::default() }
}

/// Why the brokers that the filter means show nothing, in full.
fn broken(s: &State, cx: &Cx) -> Vec<Line> {
    let room = usize::from(cx.size.width).saturating_sub(6);
    let mut out = Vec::new();
    for (conn, facts) in cx.facts.brokers.iter().filter(|(conn, _)| conn.as_str().contains(s.list.filter.as_str())) {
        let Some((error, _)) = facts.list.error.as_ref().or(facts.probe.error.as_ref()) else { continue };
        out.push(Line::new());
        let lines = wrap(&safe(&error.to_string()), room);
        out.extend(lines.into_iter().enumerate().map(|(i, l)| Line::new().add(Tone::Bad, if i == 0 { " ✗ " } else { "   " }).plain(l)));
        out.push(Line::new().add(Tone::Muted, format!("   r tries {} again now", safe(conn.as_str()))));
    }
    out
}

fn destination(d: &Destination, marked: bool, cx: &Cx) -> Row {
    let role = match &d.role {
        Role::Plain => muted(""),
        Role::DeadLetter { of, proof } => {
            let of = match of.as_slice() {
                [] => String::new(),
                [one] => format!(" of {}", safe(&one.name)),
                [first, others @ ..] => format!(" of {} +{}", safe(&first.name), others.len()),
            };
            let sure = if *proof == Proof::Named { "?" } else { "" };
            (Tone::Accent, format!("DLQ{of}{sure}"))
        }
    };
    let spark = cx.facts.shelf.hour(&d.at, cx.now, 6);
    let readers = || {
        let here = cx.facts.groups().filter(|(c, r)| **c == d.at.conn && r.at.iter().any(|p| p.of == d.at));
        // a queue's own consumers whose number is not told are not one reader
        let counted: Option<u32> = here.map(|(_, r)| (r.kind != ReaderKind::Queue || r.members.is_some()).then_some(1)).sum();
        counted.map_or("?".to_owned(), |n| n.to_string())
    };
    let readers = d.consumers.map_or_else(readers, |n| n.to_string());
    let keeps = cx.facts.detail(&d.at).map_or(String::new(), |x| x.retention.map_or("ever".into(), human::age));
    let depth = if d.depth.value() == Some(0) { muted(human::count(d.depth)) } else { cell(human::count(d.depth)) };
    let dead = d.role.is_dlq() && d.depth.value().is_some_and(|n| n > 0);
    Row {
        sign: dead.then_some(("†", Tone::Watch)),
        marked,
        cells: vec![
            cell(safe(&d.at.name)),
            muted(safe(d.at.conn.as_str())),
            muted(d.at.kind.word()),
            depth,
            cell(bars(&spark)),
            cell(d.partitions.map_or("-".into(), |n| n.to_string())),
            cell(readers),
            muted(keeps),
            role,
        ],
    }
}
