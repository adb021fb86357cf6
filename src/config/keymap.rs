//! Keys as a config writes them: `g`, `G`, `ctrl-r`, `alt-x`, `f5`, `enter`.

use super::spelling::nearest;

/// Keys that have a name.
const NAMED: [&str; 15] =
    ["enter", "esc", "space", "tab", "backtab", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pageup"];

/// A key as it was meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chord {
    /// With the control key.
    pub ctrl: bool,
    /// With the alt key.
    pub alt: bool,
    /// One character, or a name: `enter`, `pagedown`, `f5`.
    pub key: String,
}

impl std::fmt::Display for Chord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ctrl = if self.ctrl { "ctrl-" } else { "" };
        let alt = if self.alt { "alt-" } else { "" };
        write!(f, "{ctrl}{alt}{}", self.key)
    }
}

/// Reads a key. The error says what was expected. A capital is the key with shift.
pub fn chord(text: &str) -> Result<Chord, String> {
    let mut rest = text;
    let (mut ctrl, mut alt) = (false, false);
    loop {
        if let Some(below) = rest.strip_prefix("ctrl-").filter(|below| !below.is_empty()) {
            (rest, ctrl) = (below, true);
        } else if let Some(below) = rest.strip_prefix("alt-").filter(|below| !below.is_empty()) {
            (rest, alt) = (below, true);
        } else {
            break;
        }
    }
    let mut chars = rest.chars();
    let single = chars.next().is_some_and(|c| !c.is_control() && !c.is_whitespace()) && chars.next().is_none();
    let function = rest.strip_prefix('f').and_then(|number| number.parse::<u8>().ok()).is_some_and(|number| (1..=12).contains(&number));
    if single || function || NAMED.contains(&rest) || rest == "pagedown" {
        return Ok(Chord { ctrl, alt, key: rest.to_owned() });
    }
    let shown: String = text.chars().take(40).collect();
    let meant = nearest(rest, NAMED.into_iter().chain(["pagedown"])).map(|word| format!("; did you mean {word}?")).unwrap_or_default();
    Err(format!("{shown:?} is no key: expected one character, f1 to f12 or a name as enter, with ctrl- or alt-{meant}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_the_same() {
        for text in ["g", "G", "ctrl-r", "alt-x", "ctrl-alt-x", "f5", "enter", "pagedown", "-", "ctrl--", "ü"] {
            assert_eq!(chord(text).unwrap().to_string(), text);
        }
        for text in ["", "gg", "f13", "ctrl-", "entre", " "] {
            assert!(chord(text).is_err(), "{text:?}");
        }
        assert!(chord("entre").unwrap_err().contains("did you mean enter?"));
    }
}
