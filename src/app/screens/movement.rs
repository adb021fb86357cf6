//! Moving in lists and texts, marking rows, and rows that hold still.

use crate::app::command::Command;
use crate::app::cursor::Cursor;

/// Moves a list's cursor if the command is a movement.
pub fn moved<K: Ord + Clone>(cursor: &mut Cursor<K>, command: Command, len: usize, height: usize, key: impl Fn(usize) -> K) -> bool {
    let page = isize::try_from(height.max(1)).unwrap_or(1);
    let by = match command {
        Command::Up => -1,
        Command::Down => 1,
        Command::HalfDown => page / 2,
        Command::HalfUp => -(page / 2),
        Command::PageDown => page,
        Command::PageUp => -page,
        Command::Top => isize::MIN,
        Command::Bottom => isize::MAX,
        _ => return false,
    };
    match by {
        isize::MIN => cursor.go(0, len, key),
        isize::MAX => cursor.go(len.saturating_sub(1), len, key),
        by => cursor.step(by, len, key),
    }
    cursor.fit(height, len);
    true
}

/// Marks rows of a list if the command is about marks.
pub fn marked<K: Ord + Clone>(cursor: &mut Cursor<K>, command: Command, len: usize, height: usize, key: impl Fn(usize) -> K) -> bool {
    match command {
        Command::Mark => {
            cursor.toggle();
            cursor.step(1, len, key);
            cursor.fit(height, len);
        }
        Command::MarkRange => drop(cursor.range(len, key)),
        Command::MarkAll => cursor.mark_all((0..len).map(key)),
        Command::ClearMarks => drop(cursor.clear()),
        _ => return false,
    }
    true
}

/// Scrolls a text if the command is a movement.
pub fn scrolled(top: &mut usize, command: Command, len: usize, height: usize) -> bool {
    let last = len.saturating_sub(height.max(1));
    *top = match command {
        Command::Up => top.saturating_sub(1),
        Command::Down => *top + 1,
        Command::HalfDown => *top + height / 2,
        Command::HalfUp => top.saturating_sub(height / 2),
        Command::PageDown => *top + height,
        Command::PageUp => top.saturating_sub(height),
        Command::Top => 0,
        Command::Bottom => last,
        _ => return false,
    }
    .min(last);
    true
}

/// New rows in the order of the old ones, what is new behind them: rows hold still while keys are pressed or rows marked.
pub fn steady<T, K: Ord + Clone>(old: &[T], mut new: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let places: std::collections::BTreeMap<K, usize> = old.iter().enumerate().map(|(i, t)| (key(t), i)).collect();
    new.sort_by_cached_key(|t| places.get(&key(t)).copied().unwrap_or(usize::MAX));
    new
}
