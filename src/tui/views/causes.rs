//! Causes painted: the list, and what is known of the chosen one.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::causes::{SORTS, State};
use crate::app::spark::spark;
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::config::model::Severity;
use crate::decode::{human, safe};
use crate::triage::group::Cause;
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column, wide};

const COLUMNS: [Column; 8] = [
    column("CAUSE", 34, 5, Side::Text),
    column("COUNT", 7, 0, Side::Right),
    wide("INVALID", 7, 0, Side::Right, 110),
    column("1H", 6, 0, Side::Text),
    column("FIRST", 5, 0, Side::Right),
    column("LAST", 4, 0, Side::Right),
    wide("BACK", 5, 0, Side::Right, 110),
    column("CATEGORY", 10, 1, Side::Text),
];

/// An age in one unit, for a narrow column.
fn short(age: String) -> String {
    age.split(' ').next().unwrap_or_default().to_owned()
}

fn cause(c: &Cause, marked: bool, cx: &Cx) -> Row {
    let arrivals = c.arrivals.spark(cx.now, std::time::Duration::from_secs(3600), 6);
    let dies = arrivals.last().is_some_and(|n| *n > 0);
    let act = dies || c.past.in_doubt > 0 || c.category.severity >= Severity::Error;
    let when = |t: Option<std::time::SystemTime>| t.map_or("?".to_owned(), |t| short(ago(t, cx.now)));
    let arrivals = if c.undated == c.count { "-".to_owned() } else { spark(&arrivals) };
    Row {
        sign: act.then_some(("!", Tone::Bad)),
        marked,
        cells: vec![
            cell(safe(&c.title)),
            cell(human::count_plain(c.count)),
            if c.invalid > 0 { (Tone::Bad, human::count_plain(c.invalid)) } else { muted("0") },
            (if dies { Tone::Watch } else { Tone::Plain }, arrivals),
            cell(when(c.first)),
            cell(when(c.last)),
            if c.past.came_back > 0 { (Tone::Watch, human::count_plain(c.past.came_back)) } else { muted("0") },
            muted(safe(c.category.short())),
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
        row: Box::new(move |i| cause(&rows[i], list.is_marked(&rows[i]), cx)),
    };
    let empty = match (&s.read, s.list.filter.is_empty()) {
        (Some(_), false) => "   no cause matches   (esc takes the filter off)".to_owned(),
        (Some(read), true) if read.complete => "   nothing is dead here: read to the end".into(),
        (Some(_), true) => "   nothing dead in what was read; not all was read".into(),
        (None, _) => "   not read yet".into(),
    };
    Sheet {
        heads: list.sort.heads(&SORTS),
        table: Some(table),
        empty: vec![Line::new().add(Tone::Muted, empty)],
        below: s.detail(cx),
        least: 4,
        ..Sheet::default()
    }
}
