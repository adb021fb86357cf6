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
use crate::tui::widgets::table::{GAP, SIGN};

/// Columns of the terminal that body and error keep beside added columns.
const LEAST: u16 = 12;

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

/// Chosen by name, beside those that every message has.
fn is_added(field: &Field) -> bool {
    matches!(field, Field::Header(_) | Field::Inside(_))
}

/// Takes away the added columns that would leave the others no room, so that the picked one is among those that stay; how many.
fn fit(columns: &mut [Column], s: &State, width: u16) -> usize {
    let added: Vec<usize> = (0..columns.len()).filter(|i| is_added(&s.fields[*i])).collect();
    let least = |c: &Column| if c.side == Side::Text && c.grow > 0 { c.width.min(LEAST) } else { c.width };
    let fixed: u16 = (0..columns.len()).filter(|i| !added.contains(i)).map(|i| least(&columns[i]) + GAP).sum();
    let room = (width + GAP).saturating_sub(SIGN + fixed);
    let taken = |some: &[usize]| some.iter().map(|i| columns[*i].width + GAP).sum::<u16>();
    let picked = s.sort.picked.and_then(|picked| added.iter().position(|i| *i == picked)).unwrap_or(0);
    let from = (0..picked).find(|from| taken(added.get(*from..=picked).unwrap_or_default()) <= room).unwrap_or(picked);
    let to = (from + 1..=added.len()).rev().find(|to| taken(&added[from..*to]) <= room).unwrap_or((from + 1).min(added.len()));
    let gone: Vec<usize> = added[..from].iter().chain(&added[to..]).copied().collect();
    gone.iter().for_each(|i| columns[*i].from = u16::MAX);
    gone.len()
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let shape = Shape {
        queue: s.at().kind == Kind::Queue,
        tight: s.several() || s.fields.iter().any(|f| *f == Field::Error || is_added(f)),
        conns: s.feeds.iter().any(|f| f.at.conn != s.at().conn),
    };
    let mut columns: Vec<Column> = s.fields.iter().map(|field| shaped(field, shape)).collect();
    let gone = if cx.wide { 0 } else { fit(&mut columns, s, cx.size.width) };
    let table = Table {
        columns: columns.into(),
        len: s.shown.len(),
        top: s.cursor.top(),
        chosen: s.cursor.row(),
        row: Box::new(move |i| message(s, i, shape, cx)),
    };
    let more = match gone {
        0 => String::new(),
        n => format!("   {} more (←→ or w)", human::things(n as u64, "column")),
    };
    let by = format!("{}, {}{more}", if shape.queue { "sent" } else { "written" }, cx.times.word(cx.now));
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
        _ if s.reading() && s.follow && !s.hears() => "   finding the end".to_owned(),
        _ if s.reading() && s.follow => "   waiting for what is written from now on   (f or esc ends it)".into(),
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
