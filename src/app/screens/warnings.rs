//! Warnings of the config: what loads and is safe, but somebody should look at, each with its place in the file.

use super::{Ask, Cx, Page, keys, moved};
use crate::app::command::{Command, On};
use crate::app::cursor::Cursor;
use crate::app::effect::Effect;
use crate::app::layout::split;
use crate::app::text::{Line, Tone};
use crate::app::width::wrap;
use crate::config::Diagnostic;
use crate::decode::safe;

/// Its state.
#[derive(Debug, Default)]
pub struct State {
    pub cursor: Cursor<usize>,
}

/// Where in which file, as editors take it; `-` for what shows only later than at load.
pub fn place(d: &Diagnostic) -> String {
    match (d.file.is_empty(), d.line) {
        (true, _) => "-".into(),
        (false, 0) => safe(&d.file).into_owned(),
        (false, line) => format!("{}:{line}:{}", safe(&d.file), d.col),
    }
}

impl State {
    fn height(&self, cx: &Cx) -> usize {
        usize::from(split(cx.areas().rows, 1, cx.facts.warnings.len(), self.detail(cx).len() as u16, 4).rows)
    }

    /// The chosen warning in full.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        let Some(d) = cx.facts.warnings.get(self.cursor.row()) else { return Vec::new() };
        let room = usize::from(cx.size.width).saturating_sub(6);
        let mut out: Vec<Line> = wrap(&safe(&d.message), room).into_iter().map(|l| format!("   {l}").into()).collect();
        out.extend(
            wrap(&safe(&d.note), room).into_iter().filter(|l| !l.is_empty()).map(|l| Line::new().add(Tone::Muted, format!("   {l}"))),
        );
        out
    }

    /// The file of the chosen warning, at its line.
    fn visit(&self, cx: &Cx) -> Vec<Ask> {
        match cx.facts.warnings.get(self.cursor.row()) {
            Some(d) if !d.file.is_empty() => vec![Ask::Do(Effect::Visit((&d.file).into(), d.line))],
            _ => vec![Ask::Toast(Tone::Muted, "this one has no place in a file".into())],
        }
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Warnings
    }

    fn crumb(&self) -> String {
        "warnings".into()
    }

    fn facts(&self, cx: &Cx) -> Line {
        format!("{} of the config", cx.facts.warnings.len()).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        Line::new().add(Tone::Muted, "these load and are safe; `redrive check` prints them with every setting")
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[(Command::Edit, "edit the file there"), (Command::Copy, "copy"), (Command::Back, "back")])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn sync(&mut self, cx: &Cx) {
        self.cursor.sync(cx.facts.warnings.len(), |i| i);
        self.cursor.fit(self.height(cx), cx.facts.warnings.len());
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        let (len, height) = (cx.facts.warnings.len(), self.height(cx));
        if moved(&mut self.cursor, command, len, height, |i| i) {
            return Vec::new();
        }
        match command {
            Command::Open | Command::Edit => self.visit(cx),
            Command::Copy => match cx.facts.warnings.get(self.cursor.row()) {
                Some(d) => vec![Ask::Do(Effect::Copy(format!("{}: {}", place(d), d.message))), Ask::Toast(Tone::Ok, "copied".into())],
                None => vec![Ask::Toast(Tone::Muted, "no warning is chosen".into())],
            },
            _ => Vec::new(),
        }
    }
}
