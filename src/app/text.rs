//! Text with meaning: what a line says and in which tone, so that screens stay free of colours and widgets.

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

    /// The bare text.
    pub fn text(&self) -> String {
        self.0.iter().map(|s| s.text.as_str()).collect()
    }

    /// A line `   name          value`, as all details have it.
    pub fn fact(name: &str, value: impl Into<String>) -> Self {
        Line::new().add(Tone::Muted, format!("   {name:<13} ")).plain(value)
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
