//! The one frame for all screens: context, place, body, status, keys; overlays over the body.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::look::Look;
use super::sheet::Sheet;
use super::views;
use super::widgets::{paint, table};
use crate::app::layout::{SMALLEST, split};
use crate::app::overlay::{Asking, Overlay};
use crate::app::screens::Screen;
use crate::app::text::{Line, Tone};
use crate::app::width::{cut_end, cut_middle, width};
use crate::app::{App, Writes};
use crate::decode::{human, safe};

/// Paints the app; answers where the cursor is to be shown, if anywhere.
pub fn view(app: &App, look: &Look, buf: &mut Buffer) -> Option<Position> {
    let area = *buf.area();
    if app.cx.size.too_small() {
        let wish =
            format!("{} columns and {} rows are needed; here are {} and {}", SMALLEST.width, SMALLEST.height, area.width, area.height);
        for (i, line) in crate::app::width::wrap(&wish, usize::from(area.width)).iter().enumerate() {
            paint::text(buf, area, area.x, area.y + i as u16, line, look.tone(Tone::Plain));
        }
        return None;
    }
    let a = app.cx.areas();
    head(app, look, buf, row(area, a.head));
    let body = Rect { y: area.y + a.body, height: a.rows, ..area };
    if let Some(Overlay::Help { .. } | Overlay::Dialog(_) | Overlay::Menu(_) | Overlay::Palette { .. }) = &app.overlay {
        return views::overlay::draw(app, look, buf);
    }
    place(app, look, buf, row(area, a.place));
    sheet(buf, body, &of(app), app.cx.wide, look);
    for (y, line) in (a.status..a.keys).zip(app.said()) {
        paint::line(buf, inner(row(area, y)), area.y + y, &line, look);
    }
    if let Some(Overlay::Line { asking, input }) = &app.overlay {
        let sign = match asking {
            Asking::Filter => "/",
            Asking::Goto => "@",
            Asking::Note(..) => "note ",
            Asking::Columns => "columns ",
            Asking::Option(choice) => choice.word(),
            Asking::Word(_) => "› ",
        };
        let sign = if matches!(asking, Asking::Option(_)) { format!("{sign} ") } else { sign.to_owned() };
        return Some(views::overlay::input(buf, row(area, a.keys), &sign, input, &hint(asking), look));
    }
    footer(app, look, buf, row(area, a.keys));
    None
}

fn hint(asking: &Asking) -> String {
    let hint = match asking {
        Asking::Word(word) => return format!("type {word}, enter starts it; esc"),
        Asking::Filter => "narrows what is loaded; ! first: all but these; enter keeps it, esc takes it off",
        Asking::Goto => "oldest  newest  2h  02:00  2026-11-23T02:00Z  p3/132665",
        Asking::Option(choice) => choice.hint(),
        Asking::Note(on, _) => return format!("on {on}; enter keeps it in the ledger"),
        Asking::Columns => "header names and .body.fields: x-tenant .order.id",
    };
    hint.to_owned()
}

/// The shown screen's body.
fn of(app: &App) -> Sheet<'_> {
    let cx = &app.cx;
    match &app.top().screen {
        Screen::Overview(s) => views::overview::sheet(s, cx),
        Screen::Destinations(s) => views::destinations::sheet(s, cx),
        Screen::Messages(s) => views::messages::sheet(s, cx),
        Screen::Message(s) => views::message::sheet(s, cx),
        Screen::Lag(s) => views::lag::sheet(s, cx),
        Screen::Group(s) => views::group::sheet(s, cx),
        Screen::Describe(s) => views::describe::sheet(s, cx),
        Screen::Causes(s) => views::causes::sheet(s, cx),
        Screen::Compare(s) => views::compare::sheet(s),
        Screen::Plan(s) => views::plan::sheet(s, cx),
        Screen::Jobs(s) => views::jobs::list(s, cx),
        Screen::Job(s) => views::jobs::one(s, cx),
        Screen::Ledger(s) => views::ledger::sheet(s, cx),
        Screen::Warnings(s) => views::warnings::sheet(s, cx),
        Screen::Doubts(s) => views::doubts::sheet(s, cx),
    }
}

/// One row of an area.
pub fn row(area: Rect, y: u16) -> Rect {
    Rect { y: area.y + y, height: 1, ..area }
}

/// Without the column at either edge.
pub fn inner(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn head(app: &App, look: &Look, buf: &mut Buffer, area: Rect) {
    let y = area.y;
    buf.set_style(area, look.head);
    let mut x = paint::text(buf, area, area.x + 1, y, "redrive", look.tone(Tone::Strong)) + 2;
    x = paint::text(buf, area, x, y, &format!(" {} ", safe(&app.cx.facts.context.name)), look.context) + 1;
    let (word, tone) = match app.cx.writes {
        Writes::On => ("WRITES".to_owned(), Tone::Watch),
        Writes::ReadOnly => ("READ-ONLY".into(), Tone::Muted),
        Writes::Never => ("LOOKING ONLY".into(), Tone::Muted),
        Writes::Until(end) => {
            let left = end.duration_since(app.cx.now).unwrap_or_default();
            (
                format!("WRITES {}", if left.as_secs() >= 60 { format!("{}m", left.as_secs().div_ceil(60)) } else { human::age(left) }),
                Tone::Watch,
            )
        }
    };
    x = paint::text(buf, area, x, y, &word, look.tone(tone)) + 2;
    let (up, asked, down) = app.cx.facts.tally();
    let mut health = Line::new();
    if up > 0 || asked + down == 0 {
        health = health.add(Tone::Ok, "● ").plain(format!("{up} up  "));
    }
    if asked > 0 {
        health = health.add(Tone::Watch, "◐ ").plain(format!("{asked} asked  "));
    }
    if down > 0 {
        health = health.add(Tone::Bad, "✗ ").plain(format!("{down} down  "));
    }
    for (_, run) in app.cx.facts.runs.iter().filter(|(_, r)| r.report.is_none()) {
        let share = run.progress.as_ref().map_or(0.0, |p| p.counts.share());
        // a broker's own mover counts for itself, and may not say how many there are
        let how = if run.moving.is_empty() { format!("{:.0}%", share * 100.0) } else { run.moving.clone() };
        health = health.add(Tone::Accent, "▶ ").plain(format!("{how}  "));
    }
    if app.cx.facts.paused {
        health = health.add(Tone::Watch, "paused");
    }
    let x = x.max(area.x + 36.min(area.width / 2));
    let end = paint::line(buf, Rect { x, width: area.right().saturating_sub(x), ..area }, y, &health, look);
    let right = Line::new()
        .plain(format!("{} {}  ", app.cx.times.minute(app.cx.now), app.cx.times.word(app.cx.now)))
        .plain(safe(&app.cx.facts.permit.actor.name))
        .plain(" ");
    paint::right(buf, area, y, end + 1, &right, look);
}

fn place(app: &App, look: &Look, buf: &mut Buffer, area: Rect) {
    let mut crumbs: Vec<String> = app.crumbs().iter().flat_map(|c| c.split(" › ").map(str::to_owned).collect::<Vec<_>>()).collect();
    crumbs.dedup();
    let last = crumbs.last().cloned().unwrap_or_default();
    let facts = app.top().screen.page().facts(&app.cx);
    // more than there is room for is cut, not left out
    let most = usize::from(area.width).saturating_sub(width(&last).min(20) + 4);
    let facts = match width(&facts.text()) {
        0 => facts,
        long if long > most => Line::new().plain(cut_end(&facts.text(), most)).plain(" "),
        _ => facts.plain(" "),
    };
    let room = usize::from(area.width).saturating_sub(width(&facts.text()) + 3);
    let mut shown = crumbs.join(" › ");
    while width(&shown) > room && crumbs.len() > 1 {
        crumbs.remove(0);
        shown = format!("… › {}", crumbs.join(" › "));
    }
    let before = shown.strip_suffix(&last).unwrap_or("").to_owned();
    let room = room.saturating_sub(width(&before));
    let line = Line::new().add(Tone::Muted, before).add(Tone::Strong, cut_middle(&last, room.max(20)));
    let end = paint::line(buf, inner(area), area.y, &line, look);
    paint::right(buf, area, area.y, end + 1, &facts, look);
}

fn footer(app: &App, look: &Look, buf: &mut Buffer, area: Rect) {
    let keys = app.footer();
    let last = keys.len().saturating_sub(1);
    let size = |(k, l): &(String, String)| width(k) + 1 + width(l) + 2;
    let mut room = usize::from(area.width).saturating_sub(keys.last().map_or(0, size));
    let mut line = Line::new();
    for (i, entry) in keys.iter().enumerate() {
        if i != last {
            // The most used come first: what does not fit any more is in the help.
            if size(entry) > room {
                continue;
            }
            room -= size(entry);
        }
        let bare = entry.0 == entry.1 || entry.1 == "command";
        line = line.add(Tone::Accent, entry.0.clone());
        line = if bare { line.plain("  ") } else { line.plain(format!(" {}  ", entry.1)) };
    }
    if let Some(last) = line.0.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    paint::line(buf, inner(area), area.y, &line, look);
}

/// Paints a body; `whole`: a table's cells are not cut as long as there is room for one.
pub fn sheet(buf: &mut Buffer, area: Rect, sheet: &Sheet, whole: bool, look: &Look) {
    let above = sheet.above.len() as u16 + u16::from(sheet.ruled);
    for (i, line) in sheet.above.iter().enumerate() {
        paint::line(buf, area, area.y + i as u16, line, look);
    }
    if sheet.ruled {
        paint::rule(buf, area, area.y + above - 1, look);
    }
    let Some(t) = &sheet.table else {
        lines(buf, area, above, &sheet.below, sheet.skip, look);
        return;
    };
    let len = if t.len == 0 { sheet.empty.len() } else { t.len };
    let detail = sheet.below.len() as u16;
    let s = split(area.height, above, len, detail, sheet.least.max(3));
    let rows = Rect { y: area.y + s.header, height: s.rows + 1, ..area };
    table::draw(buf, rows, t, &sheet.heads, whole, look);
    if t.len == 0 {
        let below = Rect { y: rows.y + 1, height: s.rows, ..area };
        lines(buf, below, 0, &sheet.empty, 0, look);
    }
    if let Some(rule) = s.rule {
        paint::rule(buf, area, area.y + rule, look);
        lines(buf, area, rule + 1, &sheet.below, sheet.skip, look);
    }
}

fn lines(buf: &mut Buffer, area: Rect, from: u16, lines: &[Line], skip: usize, look: &Look) {
    let room = area.height.saturating_sub(from);
    for (i, line) in lines.iter().skip(skip).take(usize::from(room)).enumerate() {
        paint::line(buf, area, area.y + from + i as u16, line, look);
    }
}
