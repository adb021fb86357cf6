//! The config's warnings painted.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::warnings::{State, place};
use crate::app::text::{Line, Tone};
use crate::decode::safe;
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column};

const COLUMNS: [Column; 2] = [column("PLACE", 18, 1, Side::Name), column("WARNING", 30, 5, Side::Text)];

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let all = &cx.facts.warnings;
    let table = Table {
        columns: (&COLUMNS).into(),
        len: all.len(),
        top: s.cursor.top(),
        chosen: s.cursor.row(),
        row: Box::new(move |i| Row {
            sign: Some(("!", Tone::Watch)),
            marked: false,
            cells: vec![muted(place(&all[i])), cell(safe(&all[i].message))],
        }),
    };
    let empty = vec![Line::new().add(Tone::Ok, "   none: nothing of the config needs a second look")];
    Sheet { above: vec![Line::new()], table: Some(table), empty, below: s.detail(cx), least: 4, ..Sheet::default() }
}
