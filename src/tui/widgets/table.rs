//! A table: header, rows by index, numbers at the right, names cut in the middle, the chosen row in its own style.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::text;
use crate::app::text::Tone;
use crate::app::width::{cut_end, cut_middle, pad_left, pad_right};
use crate::tui::look::Look;
use crate::tui::sheet::{Column, Row, Side, Table};

/// Columns before the first cell: the sign.
const SIGN: u16 = 3;
/// Columns between two cells.
const GAP: u16 = 2;

/// The widths of those columns that are shown, `None` for one that is not.
pub fn widths(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    let shown: Vec<bool> = columns.iter().map(|c| c.from <= width).collect();
    let count = shown.iter().filter(|s| **s).count() as u16;
    let fixed: u16 =
        columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.width).sum::<u16>() + GAP * count.saturating_sub(1) + SIGN;
    let mut left = width.saturating_sub(fixed);
    let mut shares: u16 = columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.grow).sum();
    columns
        .iter()
        .zip(shown)
        .map(|(c, s)| {
            s.then(|| {
                let more = if shares == 0 { 0 } else { (u32::from(left) * u32::from(c.grow) / u32::from(shares)) as u16 };
                left -= more;
                shares -= c.grow;
                c.width + more
            })
        })
        .collect()
}

fn cell(column: &Column, width: u16, value: &str) -> String {
    let width = usize::from(width);
    match column.side {
        Side::Right => pad_left(&cut_end(value, width), width),
        Side::Name => pad_right(&cut_middle(value, width), width),
        Side::Text => pad_right(&cut_end(value, width), width),
    }
}

/// Paints header and rows into an area.
pub fn draw(buf: &mut Buffer, area: Rect, table: &Table, heads: &[(&str, Tone)], look: &Look) {
    let widths = widths(table.columns, area.width);
    let muted = look.tone(Tone::Muted);
    let mut x = area.x + SIGN;
    for (i, (column, width)) in table.columns.iter().zip(&widths).enumerate() {
        if let Some(width) = width {
            // A title may run over into a neighbour that has none.
            let whole = table.columns.get(i + 1).is_some_and(|next| next.title.is_empty());
            let title = if whole { column.title.to_owned() } else { cell(column, *width, column.title) };
            let tone = heads.iter().find(|(t, _)| *t == column.title).map_or(muted, |(_, tone)| look.tone(*tone));
            text(buf, area, x, area.y, &title, tone);
            x += width + GAP;
        }
    }
    for line in 1..area.height {
        let index = table.top + usize::from(line - 1);
        if index >= table.len {
            break;
        }
        let y = area.y + line;
        row(buf, area, y, &(table.row)(index), table.columns, &widths, look);
        if index == table.chosen {
            let whole = Rect { x: area.x, y, width: area.width, height: 1 };
            buf.set_style(whole, look.chosen);
        }
    }
}

fn row(buf: &mut Buffer, area: Rect, y: u16, row: &Row, columns: &[Column], widths: &[Option<u16>], look: &Look) {
    if row.marked {
        text(buf, area, area.x + 1, y, "*", look.tone(Tone::Accent));
    } else if let Some((sign, tone)) = row.sign {
        text(buf, area, area.x + 1, y, sign, look.tone(tone));
    }
    let mut x = area.x + SIGN;
    for ((column, width), (tone, value)) in columns.iter().zip(widths).zip(&row.cells) {
        if let Some(width) = width {
            text(buf, area, x, y, &cell(column, *width, value), look.tone(*tone));
            x += width + GAP;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::sheet::{column, wide};

    #[test]
    fn room_is_shared_and_columns_come_with_it() {
        let columns = [column("NAME", 10, 1, Side::Name), column("N", 5, 0, Side::Right), wide("MORE", 8, 1, Side::Text, 100)];
        assert_eq!(widths(&columns, 30), [Some(20), Some(5), None]);
        let wide = widths(&columns, 100);
        assert_eq!(wide.iter().flatten().sum::<u16>() + SIGN + 2 * GAP, 100);
    }

    #[test]
    fn a_row_has_its_numbers_at_the_right_whatever_is_in_its_names() {
        let columns = [column("NAME", 8, 0, Side::Name), column("N", 6, 0, Side::Right)];
        let table = Table {
            columns: &columns,
            len: 2,
            top: 0,
            chosen: 1,
            row: Box::new(|i| Row {
                sign: (i == 0).then_some(("!", Tone::Bad)),
                marked: i == 1,
                cells: vec![
                    (Tone::Plain, if i == 0 { "日本語の名前".into() } else { "orders.created".into() }),
                    (Tone::Plain, "1,204".into()),
                ],
            }),
        };
        let area = Rect::new(0, 0, 22, 3);
        let mut buf = Buffer::empty(area);
        draw(&mut buf, area, &table, &[], &Look::plain());
        let line = |y: u16| (0..22).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!(line(0), "   NAME           N   ");
        assert!(line(1).starts_with(" ! 日") && line(1).ends_with(" 1,204   "), "{:?}", line(1));
        assert_eq!(line(2), " * ord…ated   1,204   ");
    }
}
