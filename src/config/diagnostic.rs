//! Errors and warnings about config files, shown as rustc shows its own.

use annotate_snippets::{AnnotationKind, Level as Shown, Renderer, Snippet};

use super::source::{Sources, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It cannot be read as meant, or a guess could write, lose or expose something.
    Error,
    /// It loads and is safe, but somebody should look.
    Warning,
}

/// One thing to say about a config file. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub level: Level,
    /// The file as it was named.
    pub file: String,
    /// Line, from 1; 0: the file as a whole.
    pub line: usize,
    /// Column in characters, from 1.
    pub col: usize,
    /// What is wrong, what was expected.
    pub message: String,
    /// More, shown below the place; may be empty.
    pub note: String,
    /// The place in bytes, for showing.
    #[serde(skip)]
    pub span: Span,
}

impl Diagnostic {
    /// A warning about what shows only later than at load: it has no place.
    pub fn late(message: impl Into<String>) -> Self {
        let (file, note) = (String::new(), String::new());
        Self { level: Level::Warning, file, line: 0, col: 0, message: message.into(), note, span: Span::default() }
    }

    /// `file:line:col: message`, in one line.
    pub fn one_line(&self) -> String {
        format!("{}:{}:{}: {}", self.file, self.line, self.col, self.message)
    }
}

/// Collects what there is to say, each thing once.
#[derive(Debug, Default)]
pub struct Findings {
    /// In the order they were found.
    pub all: Vec<Diagnostic>,
}

impl Findings {
    /// Adds an error.
    pub fn error(&mut self, sources: &Sources, span: Span, message: impl Into<String>, note: &str) {
        self.add(sources, Level::Error, span, message.into(), note);
    }

    /// Adds a warning.
    pub fn warn(&mut self, sources: &Sources, span: Span, message: impl Into<String>, note: &str) {
        self.add(sources, Level::Warning, span, message.into(), note);
    }

    fn add(&mut self, sources: &Sources, level: Level, span: Span, message: String, note: &str) {
        // a block that several contexts share is looked at once for each of them
        let said = |d: &Diagnostic| d.span == span && d.message == message && d.level == level;
        if self.all.iter().any(said) {
            return;
        }
        let place = sources.place(span);
        self.all.push(Diagnostic { level, file: place.file, line: place.line, col: place.col, message, note: note.to_owned(), span });
    }

    /// Whether anything stands in the way of loading.
    pub fn has_error(&self) -> bool {
        self.all.iter().any(|d| d.level == Level::Error)
    }
}

/// All of them as text, worst first within the order of files, with the lines they are about.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| (d.level, d.span));
    let mut out = String::new();
    for diagnostic in sorted {
        let title = match diagnostic.level {
            Level::Error => Shown::ERROR,
            Level::Warning => Shown::WARNING,
        }
        .primary_title(diagnostic.message.as_str());
        let text = sources.shown(diagnostic.span.file);
        let mut mark = AnnotationKind::Primary.span(visible(&text, diagnostic.span));
        if !diagnostic.note.is_empty() {
            mark = mark.label(diagnostic.note.as_str());
        }
        let snippet = Snippet::source(text.as_str()).path(diagnostic.file.as_str()).annotation(mark);
        out.push_str(&renderer.render(&[title.element(snippet)]));
        out.push_str("\n\n");
    }
    out
}

/// The part of a span that stands on its first line: a whole block would fill the screen.
fn visible(text: &str, span: Span) -> std::ops::Range<usize> {
    let range = span.range();
    let Some(part) = text.get(range.clone()) else {
        let end = text.len();
        return end..end;
    };
    let length = part.find('\n').unwrap_or(part.len());
    range.start..range.start + length
}
