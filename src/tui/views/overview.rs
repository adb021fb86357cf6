//! The Overview painted.

use super::{bars, cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::overview::{self, State, row};
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::monitor::{Need, Rank, Since, Why};
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column};

const COLUMNS: [Column; 7] = [
    column("WHAT", 3, 0, Side::Text),
    column("", 20, 5, Side::Name),
    column("WHERE", 10, 1, Side::Name),
    column("COUNT", 7, 0, Side::Right),
    column("1H", 6, 0, Side::Text),
    column("SINCE", 5, 0, Side::Right),
    column("WHY / RISK", 13, 4, Side::Text),
];

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let now = cx.now;
    let rows = &s.list.rows;
    let table = Table {
        columns: (&COLUMNS).into(),
        len: rows.len(),
        top: s.list.cursor.top(),
        chosen: s.list.cursor.row(),
        row: Box::new(move |i| need(&rows[i], now)),
    };
    let empty = if !s.list.filter.is_empty() {
        vec![format!("   nothing here matches {}   (esc takes the filter off)", safe(&s.list.filter)).into()]
    } else if s.survey.known == 0 {
        vec![Line::new(), Line::new().add(Tone::Muted, "   nothing is known yet: rows come as the brokers answer")]
    } else if !cx.facts.is_told() {
        vec![Line::new(), Line::new().add(Tone::Muted, "   nothing is known yet to need a human: rows come as the brokers answer")]
    } else {
        vec![Line::new(), Line::new().add(Tone::Ok, "   nothing needs a human").add(Tone::Muted, "   (2 all destinations, 3 lag)")]
    };
    let heads = if cx.wide { s.list.sort.heads(&overview::COLUMNS) } else { Vec::new() };
    Sheet { above: s.brokers(cx), ruled: true, heads, table: Some(table), empty, ..Sheet::default() }
}

fn need(n: &Need, now: std::time::SystemTime) -> Row {
    let _ = row(n);
    let (since, count) = (
        match n.since {
            Since::Never => "-".to_owned(),
            Since::Unknown => "?".into(),
            Since::At(t) => ago(t, now),
            Since::About(t) => format!("~{}", ago(t, now)),
        },
        n.count.map_or("-".to_owned(), human::count),
    );
    let tone = match n.rank {
        Rank::Down | Rank::Lost => Tone::Bad,
        Rank::Grows => Tone::Watch,
        Rank::Waits => Tone::Plain,
        Rank::Unseen | Rank::Quiet => Tone::Muted,
    };
    let up = if matches!(n.why, Why::Growing { .. } | Why::Stalled { .. }) { " ▲" } else { "" };
    let sign = if n.rank == Rank::Down { Some(("✗", Tone::Bad)) } else { n.act.then_some(("!", Tone::Bad)) };
    let since = since.split(' ').next().filter(|_| since.len() > 5).map_or(since.clone(), str::to_owned);
    Row {
        sign,
        marked: false,
        cells: vec![
            muted(n.kind.word()),
            cell(safe(&n.what)),
            muted(safe(n.conn.as_str())),
            cell(count),
            cell(bars(&n.spark)),
            cell(since),
            (tone, format!("{}{up}", safe(&n.why.to_string()))),
        ],
    }
}
