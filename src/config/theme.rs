//! Themes: colours by meaning, from built-in files or the user's own.

use std::path::Path;

use super::tree::{Value, View};
use super::twin;

/// The built-in themes by name.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("plain", include_str!("../../themes/plain.toml")),
];

/// Most themes that inherit from each other.
const DEPTH: usize = 4;

/// A colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Color {
    /// The terminal's own.
    #[default]
    Terminal,
    /// One of the terminal's 16, `0` black to `15` bright white: its user has chosen how they look.
    Ansi(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Colours by what they mean. Every one of them is accompanied by a sign or a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// All is well.
    pub ok: Color,
    /// Somebody should watch it.
    pub watch: Color,
    /// Somebody must act.
    pub bad: Color,
    /// Beside the point.
    pub muted: Color,
    /// Where the eye should go: titles, keys, the cursor's mark.
    pub accent: Color,
    /// Background of the selected row; the terminal's own means that it is shown reversed.
    pub selection: Color,
    /// Text on it.
    pub selection_text: Color,
    /// Plain text.
    pub text: Color,
    /// Behind everything.
    pub background: Color,
    /// Lines between areas.
    pub border: Color,
    /// Bodies of messages.
    pub syntax: Syntax,
    /// The theme for highlighting code by name, where a body is not JSON.
    pub code: Option<String>,
}

/// Colours of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Syntax {
    /// Names of fields.
    pub key: Color,
    /// Texts.
    pub string: Color,
    /// Numbers.
    pub number: Color,
    /// `true`, `false`, `null`.
    pub literal: Color,
    /// Brackets, commas.
    pub punctuation: Color,
    /// A line that breaks the schema.
    pub violation: Color,
}

/// Loads a theme: a built-in name, a name in the user's themes directory, or a file.
pub fn theme(name: &str, themes: Option<&Path>) -> Result<Theme, String> {
    let mut theme = Theme::default();
    apply(&mut theme, name, themes, DEPTH)?;
    theme.name = name.to_owned();
    Ok(theme)
}

/// Whether a name leads to a theme or could be a file.
pub fn known(name: &str, themes: Option<&Path>) -> bool {
    BUILT_IN.iter().any(|(built_in, _)| *built_in == name) || text(name, themes).is_ok()
}

fn text(name: &str, themes: Option<&Path>) -> Result<String, String> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return Ok((*text).to_owned());
    }
    let own = themes.map(|themes| themes.join(format!("{name}.toml"))).filter(|path| path.is_file());
    let path = own.unwrap_or_else(|| name.into());
    let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    std::fs::read_to_string(&path).map_err(|error| format!("no theme {name:?}: built in are {}; as a file: {error}", names.join(", ")))
}

fn apply(theme: &mut Theme, name: &str, themes: Option<&Path>, depth: usize) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("theme {name:?}: themes inherit more than {DEPTH} deep"));
    }
    let text = text(name, themes)?;
    let (root, mistakes) = twin::parse(0, &text);
    if let Some(mistake) = mistakes.first() {
        let before = text.get(..mistake.at.start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        return Err(format!("theme {name:?}, line {line}: {}", mistake.message));
    }
    let root = View::of(&root);
    if let Some(base) = root.get("inherits").text() {
        apply(theme, base, themes, depth - 1)?;
    }
    for part in root.children() {
        match part.name() {
            "inherits" => {}
            "code" => theme.code = part.string(),
            "colors" | "syntax" => {
                for entry in part.children() {
                    set(theme, part.name(), entry).map_err(|why| format!("theme {name:?}: {why}"))?;
                }
            }
            other => return Err(format!("theme {name:?} has no {other}: inherits, code, colors, syntax")),
        }
    }
    Ok(())
}

fn set(theme: &mut Theme, part: &str, entry: View<'_>) -> Result<(), String> {
    let syntax = &mut theme.syntax;
    let field = match (part, entry.name()) {
        ("colors", "ok") => &mut theme.ok,
        ("colors", "watch") => &mut theme.watch,
        ("colors", "bad") => &mut theme.bad,
        ("colors", "muted") => &mut theme.muted,
        ("colors", "accent") => &mut theme.accent,
        ("colors", "selection") => &mut theme.selection,
        ("colors", "selection_text") => &mut theme.selection_text,
        ("colors", "text") => &mut theme.text,
        ("colors", "background") => &mut theme.background,
        ("colors", "border") => &mut theme.border,
        ("syntax", "key") => &mut syntax.key,
        ("syntax", "string") => &mut syntax.string,
        ("syntax", "number") => &mut syntax.number,
        ("syntax", "literal") => &mut syntax.literal,
        ("syntax", "punctuation") => &mut syntax.punctuation,
        ("syntax", "violation") => &mut syntax.violation,
        (part, name) => return Err(format!("[{part}] has no {name}")),
    };
    let read = match entry.node.map(|node| &node.value) {
        Some(Value::Str(text)) => color(text),
        Some(Value::Int(number)) => u8::try_from(*number).ok().filter(|n| *n < 16).map(Color::Ansi),
        _ => None,
    };
    *field = read.ok_or_else(|| format!("{}: expected a colour word, \"terminal\", 0 to 15 or \"#rrggbb\"", entry.name()))?;
    Ok(())
}

/// A colour as a theme or a context writes it: a word of the 16, `terminal`, or `#rrggbb`.
pub fn color(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        let part = |at: usize| hex.get(at..at + 2).and_then(|h| u8::from_str_radix(h, 16).ok());
        return match hex.len() {
            6 => Some(Color::Rgb(part(0)?, part(2)?, part(4)?)),
            _ => None,
        };
    }
    if text == "terminal" {
        return Some(Color::Terminal);
    }
    let words = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    let (word, bright) = match text.strip_prefix("bright-") {
        Some(word) => (word, 8),
        None => (text, 0),
    };
    if matches!(text, "gray" | "grey") {
        return Some(Color::Ansi(8));
    }
    let at = words.iter().position(|known| *known == word)?;
    Some(Color::Ansi(at as u8 + bright))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_built_in_themes_load() {
        for (name, _) in BUILT_IN {
            let theme = theme(name, None).unwrap();
            assert_eq!(theme.name, name);
        }
        let plain = theme("plain", None).unwrap();
        assert_eq!(plain.syntax, Syntax::default());
        assert_eq!((plain.bad, plain.accent), (Color::Terminal, Color::Terminal));
    }

    #[test]
    fn a_file_inherits_and_mistakes_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.toml");
        std::fs::write(&path, "inherits = \"dark\"\n[colors]\nbad = \"#ff0010\"\n").unwrap();
        let mine = theme("mine", Some(dir.path())).unwrap();
        assert_eq!(mine.bad, Color::Rgb(255, 0, 16));
        assert_eq!(mine.ok, theme("dark", None).unwrap().ok);
        std::fs::write(&path, "inherits = \"mine\"").unwrap();
        assert!(theme("mine", Some(dir.path())).unwrap_err().contains("deep"));
        std::fs::write(&path, "[colors]\nbda = \"red\"").unwrap();
        assert!(theme("mine", Some(dir.path())).unwrap_err().contains("no bda"));
        assert!(theme("nosuch", None).unwrap_err().contains("built in are dark"));
    }
}
