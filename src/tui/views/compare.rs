//! Two messages compared, painted.

use crate::app::screens::compare::State;
use crate::tui::sheet::Sheet;

/// Its sheet.
pub fn sheet(s: &State) -> Sheet<'_> {
    Sheet { below: s.lines.clone(), skip: s.top, ..Sheet::default() }
}
