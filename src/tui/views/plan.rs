//! A plan painted.

use crate::app::screens::Cx;
use crate::app::screens::plan::State;
use crate::tui::sheet::Sheet;

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    Sheet { below: s.lines(cx), skip: s.top, ..Sheet::default() }
}
