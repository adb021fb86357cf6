//! What lies over a screen, painted: help, palette, dialogs, menus, and the line of input.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::App;
use crate::app::command::{Group, TABLE, matching};
use crate::app::input::Input;
use crate::app::layout::{Areas, areas, most_said};
use crate::app::overlay::{Dialog, Menu, Overlay};
use crate::app::text::{Line, Tone};
use crate::app::width::{cut_middle, pad_right, width, wrap};
use crate::tui::look::Look;
use crate::tui::view::{inner, row};
use crate::tui::widgets::paint;

/// Paints the overlay over everything below line 1.
pub fn draw(app: &App, look: &Look, buf: &mut Buffer) -> Option<Position> {
    let area = *buf.area();
    let a = areas(app.cx.size, 1);
    match app.overlay.as_ref()? {
        Overlay::Help { top } => {
            page(buf, area, a, &title("keys", "esc leaves"), &help(app), *top, look);
            None
        }
        Overlay::Palette { input: typed, chosen } => Some(palette(app, typed, *chosen, look, buf)),
        Overlay::Dialog(dialog) => self::dialog(app, dialog, look, buf),
        Overlay::Menu(menu) => {
            page(buf, area, a, &title(&menu.title, &menu.right), &self::menu(menu), 0, look);
            paint::line(buf, inner(row(area, a.keys)), area.y + a.keys, &Line::new().plain("a letter   ").add(Tone::Accent, "esc"), look);
            None
        }
        Overlay::Line { .. } => None,
    }
}

fn title(left: &str, right: &str) -> (Line, Line) {
    (Line::new().add(Tone::Strong, left), Line::new().add(Tone::Muted, format!("{right} ")))
}

/// A title line and lines below it, scrolled.
fn page(buf: &mut Buffer, area: Rect, a: Areas, title: &(Line, Line), lines: &[Line], top: usize, look: &Look) {
    let y = area.y + a.place;
    let end = paint::line(buf, inner(row(area, a.place)), y, &title.0, look);
    paint::right(buf, area, y, end + 1, &title.1, look);
    let rows = usize::from(a.rows);
    let top = top.min(lines.len().saturating_sub(rows));
    for (i, line) in lines.iter().skip(top).take(rows).enumerate() {
        paint::line(buf, area, area.y + a.body + i as u16, line, look);
    }
}

fn help(app: &App) -> Vec<Line> {
    let on = app.top().screen.page().on();
    let columns = usize::from(app.cx.size.width);
    let mut out = Vec::new();
    for (group, name) in Group::ALL {
        out.push(Line::new().add(Tone::Muted, format!(" {name}")));
        for e in TABLE.iter().filter(|e| e.group == group) {
            let keys = app.cx.keys.all(e.id);
            let here = e.works_on(on);
            let tone = if here { Tone::Plain } else { Tone::Muted };
            let title = if e.id == crate::app::command::Command::Help { "this help" } else { e.title };
            let line = Line::new()
                .add(if here { Tone::Accent } else { Tone::Muted }, format!("   {}", pad_right(&keys, 14)))
                .add(tone, pad_right(title, 36));
            let before = width(&line.text());
            let mut place =
                wrap(&if here { format!(":{}", e.name) } else { format!("on {}", e.places()) }, columns.saturating_sub(before)).into_iter();
            out.push(line.add(Tone::Muted, place.next().unwrap_or_default()));
            out.extend(place.map(|rest| Line::new().add(Tone::Muted, format!("{}{rest}", " ".repeat(before)))));
        }
    }
    out
}

fn palette(app: &App, typed: &Input, chosen: usize, look: &Look, buf: &mut Buffer) -> Position {
    let area = *buf.area();
    let a = areas(app.cx.size, 1);
    let on = app.top().screen.page().on();
    let found = matching(typed.text());
    let lines: Vec<Line> = found
        .iter()
        .map(|e| {
            let here = e.works_on(on);
            let why = if here { String::new() } else { format!("  works on {}", e.places()) };
            Line::new()
                .add(if here { Tone::Accent } else { Tone::Muted }, format!("   {}", pad_right(e.name, 18)))
                .add(if here { Tone::Plain } else { Tone::Muted }, pad_right(e.title, 36))
                .add(Tone::Muted, app.cx.keys.shown(e.id))
                .add(Tone::Muted, why)
        })
        .collect();
    let lines = if lines.is_empty() { vec![Line::new().add(Tone::Muted, "   no command has this in its name or title")] } else { lines };
    let rows = usize::from(a.rows);
    let top = (chosen + 1).saturating_sub(rows);
    page(buf, area, a, &title("command", "tab completes, enter runs, esc leaves"), &lines, top, look);
    if !found.is_empty() {
        let y = area.y + a.body + (chosen - top) as u16;
        buf.set_style(Rect { x: area.x, y, width: area.width, height: 1 }, look.chosen);
    }
    // what the chosen one's row may have no room for
    if let Some(e) = found.get(chosen).filter(|e| !e.works_on(on)) {
        paint::line(buf, inner(row(area, a.status)), area.y + a.status, &Line::from(e.elsewhere()), look);
    }
    input(buf, row(area, a.keys), ":", typed, "", look)
}

fn menu(menu: &Menu) -> Vec<Line> {
    let name = menu.items.iter().map(|(_, what, ..)| width(what)).max().unwrap_or(0) + 2;
    menu.items
        .iter()
        .map(|(key, what, hint, _)| {
            Line::new().add(Tone::Accent, format!("   {key} ")).plain(pad_right(what, name)).add(Tone::Muted, crate::decode::safe(hint))
        })
        .collect()
}

fn dialog(app: &App, d: &Dialog, look: &Look, buf: &mut Buffer) -> Option<Position> {
    let area = *buf.area();
    let columns = usize::from(area.width).saturating_sub(1);
    let last = if d.wrong.is_empty() { Line::new().add(Tone::Muted, d.cli.clone()) } else { Line::new().add(Tone::Bad, d.wrong.clone()) };
    let last = last.folded(columns - 1, usize::from(most_said(app.cx.size)));
    let a = areas(app.cx.size, u16::try_from(last.len()).unwrap_or(1));
    let room = usize::from(area.width).saturating_sub(width(&d.right) + 4);
    let lines: Vec<Line> = d.lines.iter().flat_map(|line| line.clone().wrapped(columns)).collect();
    page(buf, area, a, &title(&cut_middle(&d.title, room), &d.right), &lines, d.top, look);
    for (y, line) in (a.status..a.keys).zip(&last) {
        paint::line(buf, inner(row(area, y)), area.y + y, line, look);
    }
    match &d.field {
        Some(field) => Some(input(buf, row(area, a.keys), "› ", field, &d.hint(), look)),
        None => {
            paint::line(buf, inner(row(area, a.keys)), area.y + a.keys, &Line::from(d.hint()), look);
            None
        }
    }
}

/// A line of input with its sign before and a hint behind; answers where the cursor stands.
pub fn input(buf: &mut Buffer, area: Rect, sign: &str, typed: &Input, hint: &str, look: &Look) -> Position {
    let area = inner(area);
    let x = paint::text(buf, area, area.x, area.y, sign, look.tone(Tone::Accent));
    let (before, after) = typed.split();
    // The end is what is being typed: it stays in view.
    let room = usize::from(area.right().saturating_sub(x)).saturating_sub(2);
    let before: String =
        if width(before) > room { before.chars().skip(before.chars().count().saturating_sub(room)).collect() } else { before.to_owned() };
    let at = paint::text(buf, area, x, area.y, &before, look.input);
    let end = paint::text(buf, area, at, area.y, after, look.input);
    let hint = Line::new().add(Tone::Muted, hint);
    paint::right(buf, area, area.y, end + 3, &hint, look);
    Position { x: at.min(area.right().saturating_sub(1)), y: area.y }
}
