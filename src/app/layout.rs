//! Where things are on the screen: pure, so that what is painted and what a key or a click means agree.

/// Smallest size that everything is readable at.
pub const SMALLEST: Size = Size { width: 80, height: 24 };

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Size {
    pub width: u16,
    pub height: u16,
}

impl Size {
    /// Too small to show anything but the wish for more room.
    pub fn too_small(self) -> bool {
        self.width < SMALLEST.width || self.height < SMALLEST.height
    }
}

/// The rows of the one frame for all screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    /// Context and health.
    pub head: u16,
    /// Breadcrumb and the subject's facts.
    pub place: u16,
    /// First row of the body, and how many it has.
    pub body: u16,
    pub rows: u16,
    /// First row of receipt, progress, error or toast; they end before the keys.
    pub status: u16,
    pub keys: u16,
}

/// The frame at a size, where what line 23 says takes so many rows.
pub fn areas(size: Size, said: u16) -> Areas {
    let height = size.height.max(6);
    let said = said.clamp(1, most_said(size));
    Areas { head: 0, place: 1, body: 2, rows: height - 3 - said, status: height - 1 - said, keys: height - 1 }
}

/// Rows that line 23 takes at most when it has much to say.
pub fn most_said(size: Size) -> u16 {
    (size.height / 4).max(1)
}

/// A body in three: lines above a table, the table with its header, and lines below a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Split {
    /// Lines above, each of the body's first rows.
    pub above: u16,
    /// Row of the table's header, counted from the body's first row; the table's rows follow it.
    pub header: u16,
    /// Rows of the table without its header.
    pub rows: u16,
    /// Row of the rule between table and detail, if there is a detail.
    pub rule: Option<u16>,
    /// Rows of the detail.
    pub below: u16,
}

/// Shares a body of `height` rows: `above` lines are kept, the detail gets what it needs but leaves the table at least `least`
/// rows, and the table takes no more than it has (`len`) when there is a detail, so that the detail follows it closely.
pub fn split(height: u16, above: u16, len: usize, detail: u16, least: u16) -> Split {
    let room = height.saturating_sub(above + 1);
    let wanted = u16::try_from(len).unwrap_or(u16::MAX).max(1);
    if detail == 0 || room < least + 2 {
        return Split { above, header: above, rows: room, rule: None, below: 0 };
    }
    let below = detail.min(room - 1 - least.min(wanted));
    let rows = wanted.min(room - 1 - below);
    let below = detail.min(room - 1 - rows);
    Split { above, header: above, rows, rule: Some(above + 1 + rows), below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_has_its_lines_at_the_smallest_size() {
        let a = areas(SMALLEST, 1);
        assert_eq!((a.head, a.place, a.body, a.rows, a.status, a.keys), (0, 1, 2, 20, 22, 23));
        let a = areas(SMALLEST, 3);
        assert_eq!((a.body, a.rows, a.status, a.keys), (2, 18, 20, 23));
        assert_eq!(areas(SMALLEST, 99).rows, 15);
        assert!(Size { width: 79, height: 50 }.too_small() && !SMALLEST.too_small());
    }

    #[test]
    fn a_table_and_its_detail_share_the_body() {
        assert_eq!(split(20, 0, 100, 0, 3), Split { above: 0, header: 0, rows: 19, rule: None, below: 0 });
        assert_eq!(split(20, 0, 4, 12, 3), Split { above: 0, header: 0, rows: 4, rule: Some(5), below: 12 });
        let tight = split(20, 0, 100, 13, 4);
        assert_eq!((tight.rows, tight.below), (5, 13));
        assert_eq!(1 + tight.rows + 1 + tight.below, 20);
        assert_eq!(split(20, 0, 0, 5, 3).rows, 1);
    }
}
