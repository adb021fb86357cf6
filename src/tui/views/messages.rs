//! Messages painted: a virtual table over what is loaded.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::messages::{Field, Read, State, error};
use crate::app::text::{Line, Tone};
use crate::app::width::width;
use crate::broker::{ErrorKind, Start};
use crate::decode::{human, safe, safe_cut};
use crate::model::{Kind, Seat};
use crate::schema::Seen;
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column};

/// A place as people write it.
pub fn place(seat: &Seat) -> String {
    match seat {
        Seat::Offset { partition, offset } => format!("p{partition} / {}", human::count_plain(u64::try_from(*offset).unwrap_or(0))),
        other => safe_cut(&other.to_string(), 80),
    }
}

/// What kind of table it is.
#[derive(Clone, Copy)]
struct Shape {
    queue: bool,
    /// There is an error column beside the body, or a column more.
    tight: bool,
    /// Names of connections stand before those of destinations.
    conns: bool,
}

/// A column for a field.
fn shaped(field: &Field, shape: Shape) -> Column<'_> {
    let title = field.title(shape.queue);
    match field {
        Field::Time => column(title, 12, 0, Side::Text),
        Field::Place if shape.queue => column(title, 10, 2, Side::Name),
        Field::Place => column(title, if shape.tight { 13 } else { 14 }, 0, Side::Text),
        Field::From => column(title, 14, 2, Side::Name),
        Field::Key => column(title, if shape.tight { 9 } else { 12 }, 1, Side::Name),
        Field::Header(_) | Field::Inside(_) => column(title, width(title).clamp(8, 20) as u16, 1, Side::Name),
        Field::Event => column(title, 18, 1, Side::Name),
        Field::Size => column(title, 8, 0, Side::Right),
        Field::Body => column(
            title,
            if !shape.tight {
                30
            } else if shape.queue {
                20
            } else {
                18
            },
            4,
            Side::Text,
        ),
        Field::Error => column(title, 16, 2, Side::Text),
    }
}

fn value(field: &Field, seen: &Seen, shape: Shape, cx: &Cx) -> (Tone, String) {
    let m = &seen.message;
    match field {
        Field::Time => cell(cx.times.column(m.sent, cx.now)),
        Field::Place => muted(place(&m.seat)),
        Field::From if shape.conns => cell(format!("{}/{}", safe(m.at.conn.as_str()), safe(&m.at.name))),
        Field::Size => muted(human::bytes(m.size() as u64)),
        Field::Body => match &m.body {
            None => muted("no body (tombstone)"),
            Some(b) if b.is_empty() => muted(if seen.preview.is_empty() { "empty" } else { seen.preview.as_str() }),
            Some(_) => cell(seen.preview.clone()),
        },
        Field::Error => (Tone::Watch, error(seen, cx.wide).unwrap_or_default()),
        Field::Event => muted(field.text(seen).unwrap_or_default()),
        _ => field.text(seen).map_or_else(|| muted("-"), cell),
    }
}

fn message(s: &State, index: usize, shape: Shape, cx: &Cx) -> Row {
    let Some(seen) = s.row(index) else { return Row::default() };
    let sign = if seen.verdict.is_invalid() { Some(("✗", Tone::Bad)) } else { (!seen.past.is_empty()).then_some(("·", Tone::Muted)) };
    Row { sign, marked: s.is_marked(index), cells: s.fields.iter().map(|field| value(field, seen, shape, cx)).collect() }
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &Cx<'a>) -> Sheet<'a> {
    let shape = Shape {
        queue: s.at().kind == Kind::Queue,
        tight: s.several() || s.fields.contains(&Field::Error),
        conns: s.feeds.iter().any(|f| f.at.conn != s.at().conn),
    };
    let cx = *cx;
    let table = Table {
        columns: s.fields.iter().map(|field| shaped(field, shape)).collect::<Vec<_>>().into(),
        len: s.shown.len(),
        top: s.cursor.top(),
        chosen: s.cursor.row(),
        row: Box::new(move |i| message(s, i, shape, &cx)),
    };
    let by = format!("{}, {}", if shape.queue { "sent" } else { "written" }, cx.times.word(cx.now));
    let from = match &s.start {
        _ if s.several() => s.feeds.iter().map(|f| safe(&f.at.name).into_owned()).collect::<Vec<_>>().join(", "),
        Start::Newest => "@ newest".to_owned(),
        Start::Oldest if shape.queue => "from the head".into(),
        Start::Oldest => "@ oldest".into(),
        Start::Seat(seat) => format!("@ {}", place(seat)),
        Start::Time(t) => format!("@ {} {}", cx.times.column(Some(*t), cx.now), cx.times.word(*t)),
        Start::From(_) => "@ further on".into(),
    };
    let filter = if s.filter.is_empty() {
        Line::new().add(Tone::Muted, format!(" {from}   {by}"))
    } else {
        Line::new().add(Tone::Accent, format!(" / {}", safe(&s.filter))).add(Tone::Muted, format!("   {from}   {by}"))
    };
    let empty = match (&s.feeds[0].read, s.filter.is_empty()) {
        _ if s.reading() && s.follow => "   waiting for what is written from now on   (f or esc ends it)".to_owned(),
        _ if s.reading() => "   reading".into(),
        (Read::Failed(e), _) if e.kind == ErrorKind::Unsafe => "   not looked at: a look leaves a trace   (r shows its price)".into(),
        (Read::Failed(_), _) => "   nothing was read".into(),
        (_, false) => format!("   none of the {} loaded match   (esc takes the filter off)", s.ring.len()),
        (Read::Stopped, _) => "   stopped before anything was read   (r)".into(),
        _ => "   there is nothing here: read to the end, no messages".into(),
    };
    Sheet {
        above: vec![filter],
        ruled: true,
        heads: s.sort.heads(&s.titles()),
        table: Some(table),
        empty: vec![Line::new().add(Tone::Muted, empty)],
        ..Sheet::default()
    }
}
