//! A table: header, rows by index, numbers at the right, names cut in the middle or, if wished, whole; the chosen row in its own style.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::text;
use crate::app::text::Tone;
use crate::app::width::{cut_end, cut_middle, pad_left, pad_right, width as columns_of};
use crate::tui::look::Look;
use crate::tui::sheet::{Column, Row, Side, Table};

/// Columns before the first cell: the sign.
pub const SIGN: u16 = 3;
/// Columns between two cells.
pub const GAP: u16 = 2;
/// No text becomes narrower.
const NARROW: u16 = 6;

/// The widths of those columns that are shown, `None` for one that is not.
pub fn widths(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    let shown: Vec<bool> = columns.iter().map(|c| c.from <= width).collect();
    let count = shown.iter().filter(|s| **s).count() as u16;
    let fixed: u16 =
        columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.width).sum::<u16>() + GAP * count.saturating_sub(1) + SIGN;
    let least = shrunk(columns, &shown, fixed.saturating_sub(width));
    let mut left = width.saturating_sub(fixed);
    let mut shares: u16 = columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.grow).sum();
    columns
        .iter()
        .zip(shown)
        .enumerate()
        .map(|(i, (c, s))| {
            s.then(|| {
                let more = if shares == 0 { 0 } else { (u32::from(left) * u32::from(c.grow) / u32::from(shares)) as u16 };
                left -= more;
                shares -= c.grow;
                least[i] + more
            })
        })
        .collect()
}

/// Least widths of columns that together are too wide by `over`: texts that would grow give, the widest first; names do not.
fn shrunk(columns: &[Column], shown: &[bool], mut over: u16) -> Vec<u16> {
    let mut least: Vec<u16> = columns.iter().map(|c| c.width).collect();
    while over > 0 {
        let gives = |i: &usize| shown[*i] && columns[*i].grow > 0 && columns[*i].side == Side::Text && least[*i] > NARROW;
        let Some(widest) = (0..columns.len()).filter(gives).max_by_key(|i| least[*i]) else { break };
        least[widest] -= 1;
        over -= 1;
    }
    least
}

/// The widths of columns that are as wide as what is in them: the name, and beside it as many as there is room for, from where the
/// picked one is in view. `None` for one that is not shown.
fn whole(table: &Table, rows: &[Row], picked: Option<usize>, width: u16) -> Vec<Option<u16>> {
    let columns = &table.columns;
    let room = width.saturating_sub(SIGN);
    let natural = |i: usize| {
        let cells = rows.iter().filter_map(|r| r.cells.get(i)).map(|(_, text)| columns_of(text));
        cells.max().unwrap_or(0).max(columns_of(columns[i].title)).min(usize::from(room)) as u16
    };
    let mut wide: Vec<u16> = (0..columns.len()).map(natural).collect();
    // a title that runs over into the next column has a name there
    let kept = if columns.get(1).is_some_and(|c| c.title.is_empty()) { 2 } else { 1 };
    let picked = picked.filter(|p| *p >= kept).unwrap_or(kept - 1);
    let name = kept - 1;
    let before: u16 = wide.iter().take(name).map(|w| w + GAP).sum();
    if picked > name && picked < wide.len() {
        // the picked one is to be read beside the name
        wide[name] = wide[name].min(room.saturating_sub(before + GAP + wide[picked].min(room / 2)));
    }
    let named = before + wide.get(name).copied().unwrap_or(0);
    let taken = |from: usize| wide.get(from..=picked).unwrap_or_default().iter().map(|w| w + GAP).sum::<u16>();
    let from = (kept..=picked).find(|from| named + taken(*from) <= room).unwrap_or(picked.max(kept));
    let mut left = room;
    (0..columns.len())
        .map(|i| {
            if i >= kept && i < from {
                return None;
            }
            let gap = if i == 0 { 0 } else { GAP };
            let fits = left.saturating_sub(gap).min(wide[i]);
            if fits == 0 || fits < wide[i].min(NARROW) {
                left = 0;
                return None;
            }
            left -= gap + fits;
            Some(fits)
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

/// Paints header and rows into an area; `uncut`: cells are shown whole, as far as there is room.
pub fn draw(buf: &mut Buffer, area: Rect, table: &Table, heads: &[(&str, Tone)], uncut: bool, look: &Look) {
    let in_view = table.top..table.len.min(table.top + usize::from(area.height.saturating_sub(1)));
    let rows: Vec<Row> = in_view.map(|index| (table.row)(index)).collect();
    let widths = if uncut {
        let picked = heads.iter().find(|(_, tone)| *tone == Tone::Accent);
        let picked = picked.and_then(|(title, _)| table.columns.iter().position(|c| c.title == *title));
        whole(table, &rows, picked, area.width)
    } else {
        widths(&table.columns, area.width)
    };
    let muted = look.tone(Tone::Muted);
    let mut x = area.x + SIGN;
    for (i, (column, width)) in table.columns.iter().zip(&widths).enumerate() {
        if let Some(width) = width {
            // A title may run over into a neighbour that has none.
            let over = table.columns.get(i + 1).is_some_and(|next| next.title.is_empty());
            let title = if over { column.title.to_owned() } else { cell(column, *width, column.title) };
            let tone = heads.iter().find(|(t, _)| *t == column.title).map_or(muted, |(_, tone)| look.tone(*tone));
            text(buf, area, x, area.y, &title, tone);
            x += width + GAP;
        }
    }
    for (y, (index, one)) in (area.y + 1..).zip((table.top..).zip(&rows)) {
        row(buf, area, y, one, &table.columns, &widths, look);
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
            columns: (&columns).into(),
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
        draw(&mut buf, area, &table, &[], false, &Look::plain());
        let line = |y: u16| (0..22).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!(line(0), "   NAME           N   ");
        assert!(line(1).starts_with(" ! 日") && line(1).ends_with(" 1,204   "), "{:?}", line(1));
        assert_eq!(line(2), " * ord…ated   1,204   ");
    }

    #[test]
    fn what_is_too_much_is_taken_from_those_that_can_give() {
        let columns = [column("NAME", 30, 1, Side::Name), column("N", 5, 0, Side::Right), column("BODY", 30, 4, Side::Text)];
        let widths = widths(&columns, 50);
        assert_eq!((widths[1], widths.iter().flatten().sum::<u16>() + SIGN + 2 * GAP), (Some(5), 50));
    }

    #[test]
    fn whole_cells_are_gone_through_by_the_picked_column_and_the_first_stays() {
        let columns = [column("NAME", 4, 0, Side::Name), column("N", 2, 0, Side::Right), wide("WHY", 3, 0, Side::Text, 200)];
        let cells =
            |name: &str, n: &str, why: &str| Row { cells: [name, n, why].map(|t| (Tone::Plain, t.to_owned())).to_vec(), ..Row::default() };
        let rows = [cells("orders.created", "1,204", "the gateway did not answer")];
        let table = Table { columns: (&columns).into(), len: 1, top: 0, chosen: 0, row: Box::new(|_| Row::default()) };
        assert_eq!(whole(&table, &rows, None, 80), [Some(14), Some(5), Some(26)]);
        assert_eq!(whole(&table, &rows, None, 30), [Some(14), Some(5), None]);
        assert_eq!(whole(&table, &rows, Some(2), 46), [Some(14), None, Some(26)]);
        assert_eq!(whole(&table, &rows, Some(2), 30), [Some(12), None, Some(13)]);
    }
}
