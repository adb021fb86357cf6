//! Messages painted: a virtual table over what is loaded.

use super::{cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::death::class;
use crate::app::screens::messages::{Read, State};
use crate::app::text::{Line, Tone};
use crate::broker::ErrorKind;
use crate::decode::{human, safe, safe_bytes, safe_cut};
use crate::model::{Kind, Seat};
use crate::schema::Seen;
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column, wide};

const DEAD: [Column; 7] = [
    column("WRITTEN", 12, 0, Side::Text),
    column("OFFSET", 13, 0, Side::Text),
    column("KEY", 9, 1, Side::Name),
    wide("EVENT", 18, 1, Side::Name, 130),
    wide("SIZE", 8, 0, Side::Right, 110),
    column("BODY", 18, 4, Side::Text),
    column("ERROR", 16, 2, Side::Text),
];

const PLAIN: [Column; 6] = [
    column("WRITTEN", 12, 0, Side::Text),
    column("OFFSET", 14, 0, Side::Text),
    column("KEY", 12, 1, Side::Name),
    wide("EVENT", 18, 1, Side::Name, 110),
    wide("SIZE", 8, 0, Side::Right, 100),
    column("BODY", 30, 4, Side::Text),
];

/// Of a queue whose messages have neither places nor keys.
const DEAD_QUEUE: [Column; 6] = [
    column("SENT", 12, 0, Side::Text),
    column("MESSAGE", 10, 2, Side::Name),
    wide("EVENT", 18, 1, Side::Name, 130),
    wide("SIZE", 8, 0, Side::Right, 110),
    column("BODY", 20, 4, Side::Text),
    column("ERROR", 16, 2, Side::Text),
];

const PLAIN_QUEUE: [Column; 5] = [
    column("SENT", 12, 0, Side::Text),
    column("MESSAGE", 10, 2, Side::Name),
    wide("EVENT", 18, 1, Side::Name, 110),
    wide("SIZE", 8, 0, Side::Right, 100),
    column("BODY", 30, 4, Side::Text),
];

/// A place as people write it.
pub fn place(seat: &Seat) -> String {
    match seat {
        Seat::Offset { partition, offset } => format!("p{partition} / {}", human::count_plain(u64::try_from(*offset).unwrap_or(0))),
        other => safe_cut(&other.to_string(), 24),
    }
}

/// What kind of table it is.
#[derive(Clone, Copy)]
struct Shape {
    dead: bool,
    /// No message has a key.
    keyless: bool,
    wide: bool,
}

fn message(seen: &Seen, marked: bool, shape: Shape, cx: &Cx) -> Row {
    let Shape { dead, keyless, wide } = shape;
    let m = &seen.message;
    let error = seen.death.error.value.as_ref();
    let error = error.map(|e| {
        let name = e.class.as_deref().map(class);
        let said = e.message.as_deref().map(|m| safe_cut(m, 200));
        match (name, said) {
            (Some(n), Some(s)) if wide => format!("{n}: {s}"),
            (Some(n), _) => n,
            (None, Some(s)) => s,
            // no error is recorded: the broker's reason
            _ => e.stage.as_deref().map(|s| safe_cut(s, 60)).unwrap_or_default(),
        }
    });
    let body = match (&m.body, seen.preview.is_empty()) {
        (None, _) => muted("no body (tombstone)"),
        (Some(b), _) if b.is_empty() => muted("empty"),
        (Some(_), _) => cell(seen.preview.clone()),
    };
    let sign = if seen.verdict.is_invalid() { Some(("✗", Tone::Bad)) } else { (!seen.past.is_empty()).then_some(("·", Tone::Muted)) };
    let mut cells = vec![
        cell(cx.times.column(m.sent, cx.now)),
        muted(place(&m.seat)),
        muted(seen.event.as_deref().map(|e| safe_cut(e, 80)).unwrap_or_default()),
        muted(human::bytes(m.size() as u64)),
        body,
    ];
    if !keyless {
        cells.insert(2, m.key.as_deref().map_or_else(|| muted("-"), |k| cell(safe_bytes(&k[..k.len().min(120)]))));
    }
    if dead {
        cells.push((Tone::Watch, error.unwrap_or_default()));
    }
    Row { sign, marked, cells }
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &Cx<'a>) -> Sheet<'a> {
    let dead = s.ring.rows().take(200).any(|r| r.death.error.value.is_some());
    let keyless = s.at.kind == Kind::Queue && s.ring.rows().take(200).all(|r| r.message.key.is_none());
    let (cursor, cx, shape) = (&s.cursor, *cx, Shape { dead, keyless, wide: s.wide });
    let columns: &[Column] = match (dead, keyless) {
        (true, true) => &DEAD_QUEUE,
        (false, true) => &PLAIN_QUEUE,
        (true, false) => &DEAD,
        (false, false) => &PLAIN,
    };
    let table = Table {
        columns,
        len: s.shown.len(),
        top: cursor.top(),
        chosen: cursor.row(),
        row: Box::new(move |i| match s.row(i) {
            Some(seen) => message(seen, cursor.marks().contains(&seen.message.seat), shape, &cx),
            None => Row::default(),
        }),
    };
    let by = format!("{}, {}", if s.at.kind == Kind::Queue { "sent" } else { "written" }, cx.times.word(cx.now));
    let from = match &s.start {
        crate::broker::Start::Newest => "@ newest".to_owned(),
        crate::broker::Start::Oldest if s.at.kind == Kind::Queue => "from the head".into(),
        crate::broker::Start::Oldest => "@ oldest".into(),
        crate::broker::Start::Seat(seat) => format!("@ {}", place(seat)),
        crate::broker::Start::Time(t) => format!("@ {} {}", cx.times.column(Some(*t), cx.now), cx.times.word(*t)),
        crate::broker::Start::From(_) => "@ further on".into(),
    };
    let filter = if s.filter.is_empty() {
        Line::new().add(Tone::Muted, format!(" {from}   {by}"))
    } else {
        Line::new().add(Tone::Accent, format!(" / {}", safe(&s.filter))).add(Tone::Muted, format!("   {from}   {by}"))
    };
    let empty = match (&s.read, s.filter.is_empty()) {
        (Read::Running { .. }, _) if s.follow => "   waiting for what is written from now on   (f or esc ends it)".to_owned(),
        (Read::Running { .. }, _) => "   reading".into(),
        (Read::Failed(e), _) if e.kind == ErrorKind::Unsafe => "   not looked at: a look leaves a trace   (r shows its price)".into(),
        (Read::Failed(_), _) => "   nothing was read".into(),
        (_, false) => format!("   none of the {} loaded match   (esc takes the filter off)", s.ring.len()),
        (Read::Stopped, _) => "   stopped before anything was read   (r)".into(),
        _ => "   there is nothing here: read to the end, no messages".into(),
    };
    Sheet { above: vec![filter], ruled: true, table: Some(table), empty: vec![Line::new().add(Tone::Muted, empty)], ..Sheet::default() }
}
