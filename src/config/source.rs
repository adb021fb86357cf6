//! The texts of the config files, and places in them.

use std::ops::Range;

use super::secret::Place;

/// A stretch of one config file, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Index of the file in [`Sources`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// A span of one file. Files are far smaller than 4 GiB ([`super::file`] refuses larger ones).
    pub fn new(file: u32, range: Range<usize>) -> Self {
        Self { file, start: range.start as u32, end: range.end as u32 }
    }

    /// The bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// All files of one load.
#[derive(Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Clone)]
struct Source {
    name: String,
    text: String,
    /// Stretches that hold a secret and must never be printed.
    hidden: Vec<Range<usize>>,
}

/// Only names: a text may hold a secret.
impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.iter().map(|file| &file.name)).finish()
    }
}

impl Sources {
    /// Adds a file and gives its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        self.files.push(Source { name: name.into(), text: text.into(), hidden: Vec::new() });
        (self.files.len() - 1) as u32
    }

    /// The file's name as it was given.
    pub fn name(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.name)
    }

    /// The file's text: with its secrets, so never to be printed.
    pub fn text(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.text)
    }

    /// Whether the file is TOML, by its name.
    pub fn is_toml(&self, file: u32) -> bool {
        !self.name(file).ends_with(".hyp")
    }

    /// From now on this stretch is shown as stars.
    pub fn hide(&mut self, span: Span) {
        if let Some(file) = self.files.get_mut(span.file as usize) {
            file.hidden.push(span.range());
        }
    }

    /// This stretch says where a secret is kept, and is none.
    pub fn unhide(&mut self, span: Span) {
        if let Some(file) = self.files.get_mut(span.file as usize) {
            file.hidden.retain(|range| *range != span.range());
        }
    }

    /// Whether this very stretch is hidden.
    pub fn hidden(&self, span: Span) -> bool {
        self.files.get(span.file as usize).is_some_and(|file| file.hidden.contains(&span.range()))
    }

    /// The folder that relative paths of a file start from: the file's own.
    pub fn folder(&self, file: u32) -> &std::path::Path {
        std::path::Path::new(self.name(file)).parent().unwrap_or(std::path::Path::new(""))
    }

    /// The text for showing: hidden stretches, and whatever stands after a key that sounds like a
    /// secret, are stars. Same length, so every place stays where it is.
    pub fn shown(&self, file: u32) -> String {
        let Some(file) = self.files.get(file as usize) else {
            return String::new();
        };
        let mut bytes = file.text.clone().into_bytes();
        for range in file.hidden.iter().cloned().chain(suspicious(&file.text)) {
            for byte in bytes.get_mut(range).into_iter().flatten() {
                if *byte != b'\n' && *byte != b'"' && *byte != b'\'' {
                    *byte = b'*';
                }
            }
        }
        // only whole characters were replaced, byte for byte, so this cannot fail
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Line and column of a span's start.
    pub fn place(&self, span: Span) -> Place {
        let text = self.text(span.file);
        let before = text.get(..span.start as usize).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            file: self.name(span.file).to_owned(),
            line: before.matches('\n').count() + 1,
            col: before[line_start..].chars().count() + 1,
        }
    }
}

/// Parts of names that hold a secret, typos included.
const SECRET_WORDS: [&str; 6] = ["passw", "pasw", "secret", "token", "credential", "access_key"];

/// Whether a setting of this name holds a secret, by the sound of it.
pub fn sounds_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| key.contains(word))
}

/// Values after keys that sound like a secret, in lines that no parser may have understood.
fn suspicious(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        found.extend(value(line).map(|from| start + from..start + line.len()));
        start += line.len();
    }
    found
}

/// Where the first value of a line begins that follows a word that sounds like a secret, and that
/// does not say where the secret is kept (`env.X`, `{ env = … }`).
fn value(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let mut at = 0;
    loop {
        let here = lower.get(at..)?;
        let word = SECRET_WORDS.iter().filter_map(|word| here.find(word)).min()?;
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let after = here[word..].find(|c| !name(c)).map_or(lower.len(), |end| at + word + end);
        let rest = lower[after..].trim_start_matches([' ', '\t', ':', '=', '"', '\'']);
        let inner = rest.trim_start_matches(['{', ' ', '\t']);
        let kept = rest.starts_with("env.") || (rest.starts_with('{') && (inner.starts_with("env") || inner.starts_with("file")));
        if rest.trim().is_empty() || kept {
            at = after.max(at + 1);
        } else {
            return Some(line.len() - rest.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.hyp", "// Größe\näöü: 1\n");
        let at = sources.text(file).find('1').unwrap();
        let place = sources.place(Span::new(file, at..at + 1));
        assert_eq!(place.to_string(), "a.hyp:2:6");
    }

    #[test]
    fn what_sounds_secret_is_not_shown() {
        let mut sources = Sources::default();
        let text = "sasl_pasword: \"hunter2\n password = 'hunter2', x = \"y\"\n{ password: env.X, user: \"lea\" }\nname: \"hunter3\"\n";
        let file = sources.add("a.hyp", text);
        let at = text.find("hunter3").unwrap();
        sources.hide(Span::new(file, at..at + 7));
        let shown = sources.shown(file);
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(shown.contains("env.X, user: \"lea\""));
        assert_eq!(shown.len(), text.len());
    }
}
