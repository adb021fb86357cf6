//! Describe painted.

use crate::app::screens::Cx;
use crate::app::screens::describe::State;
use crate::app::text::Line;
use crate::tui::sheet::Sheet;

/// Its sheet.
pub fn sheet<'a>(s: &'a State, _cx: &'a Cx) -> Sheet<'a> {
    Sheet { above: vec![Line::new()], below: s.lines.clone(), skip: s.top, ..Sheet::default() }
}
