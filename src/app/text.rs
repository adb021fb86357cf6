//! Text with meaning: what a line says and in which tone, so that screens stay free of colours and widgets.

use super::width::{width, wrap};

/// What a piece of text means; the look gives it a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    #[default]
    Plain,
    Muted,
    Strong,
    Accent,
    Ok,
    Watch,
    Bad,
    /// A key of a JSON object, a header's name.
    Name,
    /// A string in a body.
    Quoted,
    Number,
    /// `true`, `false`, `null`.
    Literal,
    /// A match of the filter.
    Match,
}

/// A run of text in one tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub tone: Tone,
    pub text: String,
}

/// One line. Its text holds no control characters: whoever makes it escapes what came from a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds plain text.
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.add(Tone::Plain, text)
    }

    /// Adds text in a tone.
    pub fn add(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.push(tone, text);
        self
    }

    /// Adds text in a tone, in place.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Span { tone, text });
        }
    }

    /// With another behind it.
    pub fn plus(mut self, other: Line) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The bare text.
    pub fn text(&self) -> String {
        self.0.iter().map(|s| s.text.as_str()).collect()
    }

    /// A line `   name          value`, as all details have it.
    pub fn fact(name: &str, value: impl Into<String>) -> Self {
        Line::new().add(Tone::Muted, format!("   {name:<13} ")).plain(value)
    }

    /// The same in lines of so many columns, broken at spaces; the `most`th has all the rest.
    pub fn folded(&self, columns: usize, most: usize) -> Vec<Line> {
        let text = self.text();
        let parts = wrap(&text, columns);
        let mut from = 0;
        let starts: Vec<usize> = parts
            .iter()
            .map(|part| {
                let start = text[from..].find(part.as_str()).map_or(from, |at| from + at);
                from = start + part.len();
                start
            })
            .collect();
        let end = |i: usize| if i + 1 == most { text.len() } else { starts[i] + parts[i].len() };
        (0..parts.len().min(most.max(1))).map(|i| self.slice(starts[i], end(i))).collect()
    }

    /// A part of it, by places in its text.
    fn slice(&self, from: usize, to: usize) -> Line {
        let mut line = Line::new();
        let mut at = 0;
        for span in &self.0 {
            let (start, end) = (from.clamp(at, at + span.text.len()), to.clamp(at, at + span.text.len()));
            line.push(span.tone, &span.text[start - at..end.max(start) - at]);
            at += span.text.len();
        }
        line
    }

    /// The same in so many columns: a value that is too long goes on below itself, what follows it comes after its end.
    pub fn wrapped(self, columns: usize) -> Vec<Line> {
        let indent = self.0.first().map_or(0, |name| width(&name.text));
        let [name, value, rest @ ..] = self.0.as_slice() else { return vec![self] };
        if width(&self.text()) <= columns {
            return vec![self];
        }
        if columns < 2 * indent {
            return self.folded(columns, usize::MAX);
        }
        let parts = wrap(&value.text, columns - indent);
        let mut lines: Vec<Line> = parts.into_iter().map(|part| Line::new().plain(" ".repeat(indent)).add(value.tone, part)).collect();
        if let Some(first) = lines.first_mut().and_then(|first| first.0.first_mut()) {
            first.clone_from(name);
        }
        let behind: usize = rest.iter().map(|span| width(&span.text)).sum();
        if lines.last().is_some_and(|last| width(&last.text()) + behind > columns) {
            lines.push(Line::new().plain(" ".repeat(indent)));
        }
        if let Some(last) = lines.last_mut() {
            last.0.extend(rest.iter().cloned());
        }
        lines
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Line::new().plain(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Line::new().plain(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_folded_at_spaces_and_keeps_its_tones_and_every_word() {
        let line = Line::new().add(Tone::Bad, "✗ ").plain("broke off: connection refused").add(Tone::Muted, "   (r)");
        let folded = line.folded(14, 9);
        let texts: Vec<String> = folded.iter().map(Line::text).collect();
        assert_eq!(texts, ["✗ broke off:", "connection", "refused   (r)"]);
        assert_eq!((folded[0].0[0].tone, folded[2].0[1].tone), (Tone::Bad, Tone::Muted));
        let cut: Vec<String> = line.folded(14, 2).iter().map(Line::text).collect();
        assert_eq!(cut, ["✗ broke off:", "connection refused   (r)"]);
        assert_eq!(line.folded(80, 9), [line]);
    }

    #[test]
    fn a_long_value_goes_on_below_itself_and_its_source_after_its_end() {
        let long = Line::fact("refused", "deliveries count here too; this makes it safe").add(Tone::Muted, "  (broker)");
        let texts: Vec<String> = long.clone().wrapped(45).iter().map(Line::text).collect();
        assert_eq!(texts, ["   refused       deliveries count here too;", "                 this makes it safe  (broker)"]);
        assert_eq!(long.clone().wrapped(100), [long]);
    }
}
