//! What is in doubt, painted.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::doubts::{SORTS, State};
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column};

const COLUMNS: [Column; 3] =
    [column("MESSAGE", 16, 0, Side::Name), column("TO", 16, 1, Side::Name), column("WHAT WAS FOUND", 30, 4, Side::Text)];

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let (rows, list) = (&s.list.rows, &s.list);
    let table = Table {
        columns: (&COLUMNS).into(),
        len: rows.len(),
        top: list.cursor.top(),
        chosen: list.cursor.row(),
        row: Box::new(move |i| Row {
            sign: Some(("!", Tone::Watch)),
            marked: list.is_marked(&rows[i]),
            cells: vec![
                muted(safe(&rows[i].seat.to_string())),
                cell(rows[i].to.as_ref().map_or("?".into(), |a| safe(&a.name).into_owned())),
                cell(safe(&rows[i].finding)),
            ],
        }),
    };
    let empty = match (s.looked(), &s.error) {
        (true, None) if !list.filter.is_empty() => Line::new().add(Tone::Muted, "   nothing here matches   (esc takes the filter off)"),
        (false, None) => Line::new().add(Tone::Muted, "   looking for them on the target"),
        (_, Some(_)) => Line::new(),
        (true, None) => Line::new().add(Tone::Ok, "   nothing of it is in doubt"),
    };
    Sheet {
        above: vec![Line::new()],
        heads: list.sort.heads(&SORTS),
        table: Some(table),
        empty: vec![empty],
        below: s.detail(cx),
        least: 4,
        ..Sheet::default()
    }
}
