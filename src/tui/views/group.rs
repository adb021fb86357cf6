//! One group's lag painted: topics, partitions, and what it means.

use super::lag::{rate, time, tone, waiting};
use super::{bars, cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::group::{SORTS, State};
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::monitor::{Clear, LagRow, Motion};
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column};

const COLUMNS: [Column; 8] = [
    column("TOPIC / PARTITION", 19, 4, Side::Name),
    column("BEHIND", 7, 0, Side::Right),
    column("IN TIME", 8, 0, Side::Right),
    column("TREND", 6, 0, Side::Text),
    column("IN/s", 5, 0, Side::Right),
    column("OUT/s", 5, 0, Side::Right),
    column("CLEAR", 6, 0, Side::Right),
    column("OWNER", 6, 2, Side::Name),
];

fn clear(c: Clear) -> String {
    match c {
        Clear::Done => "-".into(),
        Clear::In(d) => human::age(d),
        Clear::Never => "never".into(),
        Clear::Unknown => "?".into(),
    }
}

fn lag(sum: bool, r: &LagRow) -> Row {
    let name = if sum {
        safe(&r.of.name).into_owned()
    } else {
        let at = r.committed.map_or("no commit".into(), |c| format!("at {}", human::count_plain(u64::try_from(c).unwrap_or(0))));
        format!("  p{}  {at}", r.partition.unwrap_or(0))
    };
    let stalled = matches!(r.motion, Motion::Stalled { .. });
    Row {
        sign: (stalled && !sum).then_some(("!", Tone::Bad)),
        marked: false,
        cells: vec![
            (if sum { Tone::Strong } else { Tone::Plain }, name),
            cell(waiting(r.behind, r.backlog.as_ref())),
            cell(time(r.time)),
            (tone(r.motion), format!("{} {}", bars(&r.spark), r.motion.sign())),
            cell(rate(r.rate_in)),
            cell(rate(r.rate_out)),
            cell(clear(r.clear)),
            muted(r.owner.as_deref().map(|o| safe(o).into_owned()).unwrap_or_default()),
        ],
    }
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let (rows, list) = (&s.list.rows, &s.list);
    let table = Table {
        columns: (&COLUMNS).into(),
        len: rows.len(),
        top: list.cursor.top(),
        chosen: list.cursor.row(),
        row: Box::new(move |i| lag(rows[i].0, &rows[i].1)),
    };
    let empty = if list.filter.is_empty() {
        "   no positions are known: it has never committed, or the broker does not tell"
    } else {
        "   nothing here matches   (esc takes the filter off)"
    };
    let empty = vec![Line::new().add(Tone::Muted, empty)];
    Sheet { heads: list.sort.heads(&SORTS), table: Some(table), empty, below: s.detail(cx), least: 5, ..Sheet::default() }
}
