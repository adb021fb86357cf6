//! Lag painted: the groups.

use super::{bars, cell, muted};
use crate::app::screens::Cx;
use crate::app::screens::lag::{SORTS, State};
use crate::app::text::{Line, Tone};
use crate::decode::{human, safe};
use crate::model::Backlog;
use crate::monitor::{Motion, TimeBehind};
use crate::tui::sheet::{Column, Row, Sheet, Side, Table, column, wide};

const COLUMNS: [Column; 12] = [
    column("GROUP / QUEUE", 22, 5, Side::Name),
    column("WHERE", 10, 1, Side::Name),
    column("BEHIND", 9, 0, Side::Right),
    column("IN TIME", 8, 0, Side::Right),
    column("TREND", 6, 0, Side::Text),
    wide("IN/s", 5, 0, Side::Right, 120),
    wide("OUT/s", 5, 0, Side::Right, 120),
    wide("FLIGHT", 6, 0, Side::Right, 120),
    wide("TOPICS", 6, 0, Side::Right, 100),
    wide("READERS", 7, 0, Side::Right, 96),
    wide("KIND", 8, 0, Side::Text, 110),
    column("STATE", 12, 1, Side::Text),
];

/// How far behind in time.
pub fn time(t: TimeBehind) -> String {
    match t {
        TimeBehind::None => "0s".into(),
        TimeBehind::Exactly(d) => human::age(d),
        TimeBehind::About(d) => format!("~{}", human::age(d)),
        // Since redrive looks, and that is not long: nothing is known yet.
        TimeBehind::MoreThan(d) if d.as_secs() < 60 => "?".into(),
        TimeBehind::MoreThan(d) => format!(">{}", human::age(d)),
        TimeBehind::Unknown => "?".into(),
    }
}

/// What is behind, or what waits in a queue, as sure as the broker is.
pub fn waiting(behind: Option<u64>, backlog: Option<&Backlog>) -> String {
    backlog.map_or_else(|| behind.map_or("?".into(), human::count_plain), |b| human::count(b.ready))
}

/// Messages a second; `?` until two readings tell, and where the broker does not count.
pub fn rate(r: Option<f64>) -> String {
    match r {
        None => "?".into(),
        Some(r) if r > 0.0 && r < 10.0 => format!("{r:.1}"),
        Some(r) => human::count_plain(r.max(0.0) as u64),
    }
}

/// The tone of a motion.
pub fn tone(m: Motion) -> Tone {
    match m {
        Motion::Stalled { .. } => Tone::Bad,
        Motion::Growing => Tone::Watch,
        Motion::Draining => Tone::Ok,
        _ => Tone::Plain,
    }
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, _cx: &'a Cx) -> Sheet<'a> {
    let rows = &s.list.rows;
    let table = Table {
        columns: (&COLUMNS).into(),
        len: rows.len(),
        top: s.list.cursor.top(),
        chosen: s.list.cursor.row(),
        row: Box::new(move |i| {
            let r = &rows[i];
            Row {
                sign: matches!(r.motion, Motion::Stalled { .. }).then_some(("!", Tone::Bad)),
                marked: false,
                cells: vec![
                    cell(safe(&r.name)),
                    muted(safe(r.conn.as_str())),
                    cell(waiting(r.behind, r.backlog.as_ref())),
                    cell(time(r.time)),
                    (tone(r.motion), format!("{} {}", bars(&r.spark), r.motion.sign())),
                    cell(rate(r.rates.0)),
                    cell(rate(r.rates.1)),
                    r.backlog.as_ref().map_or_else(|| muted("-"), |b| cell(human::count(b.in_flight))),
                    if r.backlog.is_some() { muted("-") } else { cell(r.topics.to_string()) },
                    cell(r.members.map_or("?".into(), |m| m.to_string())),
                    muted(r.kind),
                    muted(safe(&r.state)),
                ],
            }
        }),
    };
    let empty = match s.list.filter.as_str() {
        "" => "   no groups are known yet, or this login may not see them".to_owned(),
        filter => format!("   nothing here matches {}   (esc takes the filter off)", safe(filter)),
    };
    let empty = vec![Line::new().add(Tone::Muted, empty)];
    Sheet { above: vec![Line::new()], heads: s.list.sort.heads(&SORTS), table: Some(table), empty, ..Sheet::default() }
}
