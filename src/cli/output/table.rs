//! A table as plain as kubectl's: no borders, two spaces between columns, header in capitals.

use unicode_width::UnicodeWidthStr;

/// Rows gathered for one print.
pub struct Table {
    header: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
    /// Of what was printed before; empty: nothing was.
    widths: Vec<usize>,
}

impl Table {
    /// Column names; one that begins with `>` is right-aligned.
    pub fn new(columns: &[&str]) -> Self {
        Self {
            header: columns.iter().map(|c| c.trim_start_matches('>').to_uppercase()).collect(),
            right: columns.iter().map(|c| c.starts_with('>')).collect(),
            rows: Vec::new(),
            widths: Vec::new(),
        }
    }

    /// Adds a row; cells must already be free of control characters.
    pub fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The header for rows that are printed one by one.
    pub fn header_line(&self) -> String {
        self.live_line(&self.header)
    }

    /// One row in columns of a fixed width: the rows to come are not known.
    pub fn live_line(&self, cells: &[String]) -> String {
        const WIDTH: usize = 24;
        let mut line = String::new();
        for cell in cells {
            line.push_str(cell);
            line.push_str(&" ".repeat(WIDTH.saturating_sub(cell.width())));
            line.push_str("  ");
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }

    /// The rows gathered since the last time as text, the first time with the header; the last column is not padded.
    pub fn render(&mut self) -> String {
        let width = |i: usize| {
            let longest = self.rows.iter().filter_map(|r| r.get(i)).map(|c| c.width()).max().unwrap_or(0);
            longest.max(self.header.get(i).map_or(0, |h| h.width())).max(self.widths.get(i).copied().unwrap_or(0))
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let mut text = String::new();
        let rows = std::mem::take(&mut self.rows);
        for row in Some(&self.header).filter(|_| self.widths.is_empty()).into_iter().chain(&rows) {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths.get(i).map_or(0, |w| w.saturating_sub(cell.width())));
                if i > 0 {
                    line.push_str("  ");
                }
                if self.right.get(i) == Some(&true) {
                    line.push_str(&pad);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&pad);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        self.widths = widths;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_nothing_trails() {
        let mut table = Table::new(&["name", ">depth", "role"]);
        table.push(vec!["orders".into(), "1,204".into(), "-".into()]);
        table.push(vec!["日本".into(), "7".into(), "DLQ of orders".into()]);
        assert_eq!(table.render(), "NAME    DEPTH  ROLE\norders  1,204  -\n日本        7  DLQ of orders\n");
        table.push(vec!["late".into(), "9".into(), "-".into()]);
        assert_eq!(table.render(), "late        9  -\n", "what comes later stands below, in the same columns");
    }
}
