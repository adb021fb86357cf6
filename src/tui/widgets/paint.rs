//! Painting lines of text into the frame, by column and width; what does not fit is cut, never wrapped by accident.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::text::{Line, Tone};
use crate::app::width::{cut_end, width};
use crate::tui::look::Look;

/// Paints a text at a place, cut to the columns left in `area`'s row; returns the column after it.
/// Control characters never get this far, but should one, it is dropped: nothing raw may reach the terminal.
pub fn text(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    if y >= area.bottom() || x >= area.right() || y < area.top() {
        return x;
    }
    let clean: String;
    let text = if text.chars().any(char::is_control) {
        clean = text.chars().filter(|c| !c.is_control()).collect();
        &clean
    } else {
        text
    };
    let shown = cut_end(text, usize::from(area.right() - x));
    buf.set_stringn(x, y, &shown, usize::from(area.right() - x), style).0
}

/// Paints a line at the start of row `y`, scrolled sideways by `skip` columns' worth of characters.
pub fn line(buf: &mut Buffer, area: Rect, y: u16, line: &Line, look: &Look) -> u16 {
    let mut x = area.x;
    let room = usize::from(area.width);
    let whole: usize = line.0.iter().map(|s| width(&s.text)).sum();
    let mut used = 0;
    for span in &line.0 {
        let w = width(&span.text);
        // The `…` stands where the line is cut, not where a span ends.
        if whole > room && used + w >= room {
            return text(buf, area, x, y, &cut_end(&format!("{}  ", span.text), room - used), look.tone(span.tone));
        }
        x = text(buf, area, x, y, &span.text, look.tone(span.tone));
        used += w;
    }
    x
}

/// Paints a line so that it ends at the right edge, if it does not reach `from`; returns whether it was painted.
pub fn right(buf: &mut Buffer, area: Rect, y: u16, from: u16, line: &Line, look: &Look) -> bool {
    let w: usize = line.0.iter().map(|s| width(&s.text)).sum();
    let x = usize::from(area.right()).saturating_sub(w);
    if w == 0 || x < usize::from(from) {
        return false;
    }
    let mut x = x as u16;
    for span in &line.0 {
        x = text(buf, area, x, y, &span.text, look.tone(span.tone));
    }
    true
}

/// A rule across the body.
pub fn rule(buf: &mut Buffer, area: Rect, y: u16, look: &Look) {
    let from = area.x + 1;
    text(buf, area, from, y, &"─".repeat(usize::from(area.width.saturating_sub(2))), look.tone(Tone::Muted));
}
