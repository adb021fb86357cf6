//! The terminal's events as the app's actions.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::app::action::{Action, Mouse};
use crate::app::key::{Code, Key};

/// What an event means to the app; `None` for what it does not care about (key releases, focus).
pub fn action(event: Event) -> Option<Action> {
    match event {
        Event::Key(key) => self::key(key).map(Action::Type),
        Event::Paste(text) => Some(Action::Paste(text)),
        Event::Mouse(mouse) => self::mouse(mouse).map(Action::Point),
        Event::Resize(width, height) => Some(Action::Resize(width, height)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let code = match event.code {
        KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase() => Code::Char(c.to_ascii_uppercase()),
        // Terminals send ctrl-space as ctrl-@ and ctrl-\ as ctrl-4.
        KeyCode::Char('4') if event.modifiers.contains(KeyModifiers::CONTROL) => Code::Char('\\'),
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Null => return Some(Key { code: Code::Char(' '), ctrl: true, alt: false }),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        _ => return None,
    };
    Some(Key { code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL), alt: event.modifiers.contains(KeyModifiers::ALT) })
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click { x: event.column, y: event.row }),
        MouseEventKind::ScrollUp => Some(Mouse::Wheel { up: true }),
        MouseEventKind::ScrollDown => Some(Mouse::Wheel { up: false }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        match action(Event::Key(KeyEvent::new(code, modifiers))) {
            Some(Action::Type(key)) => Some(key.to_string()),
            _ => None,
        }
    }

    #[test]
    fn keys_have_one_name_whatever_the_terminal_sends() {
        assert_eq!(typed(KeyCode::Char('R'), KeyModifiers::SHIFT).as_deref(), Some("R"));
        assert_eq!(typed(KeyCode::Char('r'), KeyModifiers::SHIFT).as_deref(), Some("R"));
        assert_eq!(typed(KeyCode::Char('d'), KeyModifiers::CONTROL).as_deref(), Some("ctrl-d"));
        assert_eq!(typed(KeyCode::Char('4'), KeyModifiers::CONTROL).as_deref(), Some("ctrl-\\"));
        assert_eq!(typed(KeyCode::Null, KeyModifiers::NONE).as_deref(), Some("ctrl-space"));
        assert_eq!(typed(KeyCode::F(1), KeyModifiers::NONE), None);
    }
}
