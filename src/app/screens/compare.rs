//! Two messages compared: place, key, time, headers and body, what is only in the one and only in the other.

use std::sync::Arc;

use super::{Ask, Cx, Page, keys, message, scrolled};
use crate::app::command::{Command, On};
use crate::app::effect::Effect;
use crate::app::text::{Line, Tone};
use crate::app::width::pad_right;
use crate::decode::{human, safe, safe_bytes, safe_cut};
use crate::schema::Seen;
use crate::triage::plan::{DiffLine, diff};

/// Bodies up to this size are compared line by line.
const LARGEST: usize = 1 << 20;

/// Its state.
#[derive(Debug)]
pub struct State {
    left: Arc<Seen>,
    right: Arc<Seen>,
    pub top: usize,
    pub lines: Vec<Line>,
    /// The width that the lines were made for.
    room: usize,
}

impl State {
    /// Of two messages.
    pub fn new(left: Arc<Seen>, right: Arc<Seen>) -> Self {
        Self { left, right, top: 0, lines: Vec::new(), room: 0 }
    }

    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows)
    }

    fn compare(&self, cx: &Cx) -> Vec<Line> {
        let (a, b) = (&self.left.message, &self.right.message);
        let (gone, new) = (("-", Tone::Bad), ("+", Tone::Ok));
        let line = |(sign, tone): (&str, Tone), text: &str| Line::new().add(tone, format!(" {sign} {}", safe_cut(text, self.room)));
        let mut out = Vec::new();
        for (side, m) in [(gone, a), (new, b)] {
            out.push(line(side, &format!("{} {}   {}", m.at.name, m.seat, human::bytes(m.size() as u64))));
        }
        out.push(Line::new());
        let mut fact = |name: &str, left: String, right: String| {
            if left == right {
                out.push(Line::fact(name, safe_cut(&left, self.room)).add(Tone::Muted, "   the same"));
                return;
            }
            for ((sign, tone), value) in [(gone, left), (new, right)] {
                out.push(
                    Line::new()
                        .add(tone, format!(" {sign} {}", pad_right(name, 13)))
                        .add(tone, format!(" {}", safe_cut(&value, self.room))),
                );
            }
        };
        fact("written", cx.times.full(a.sent, cx.now), cx.times.full(b.sent, cx.now));
        let key = |key: &Option<bytes::Bytes>| key.as_deref().map_or("none".to_owned(), safe_bytes);
        fact("key", key(&a.key), key(&b.key));
        let event = |seen: &Seen| seen.event.clone().unwrap_or_else(|| "not told".into());
        fact("event", event(&self.left), event(&self.right));
        fact("id", self.left.id.0.clone(), self.right.id.0.clone());
        out.push(Line::new());
        out.extend(self.headers(gone, new));
        out.push(Line::new());
        out.extend(self.body(gone, new));
        out
    }

    /// Headers that only one has, or that differ; how many are the same.
    fn headers(&self, gone: (&str, Tone), new: (&str, Tone)) -> Vec<Line> {
        let pair = |seen: &Seen| message::headers(seen).into_iter().map(|(n, v, _)| (n, v)).collect::<Vec<_>>();
        let (left, mut right) = (pair(&self.left), pair(&self.right));
        let (mut only, mut same) = (Vec::new(), 0);
        for header in left {
            match right.iter().position(|other| *other == header) {
                Some(i) => {
                    right.remove(i);
                    same += 1;
                }
                None => only.push((gone, header)),
            }
        }
        only.extend(right.into_iter().map(|header| (new, header)));
        only.sort_by(|(_, a), (_, b)| a.0.cmp(&b.0));
        let mut out = vec![Line::fact("headers", human::things(same, "header")).add(Tone::Muted, " the same in both")];
        out.extend(only.into_iter().map(|((sign, tone), (name, value))| {
            let name = pad_right(&safe_cut(&name, 34), 34);
            Line::new().add(tone, format!(" {sign} {name}  {}", safe_cut(&value, self.room)))
        }));
        out
    }

    fn body(&self, gone: (&str, Tone), new: (&str, Tone)) -> Vec<Line> {
        let (a, b) = (&self.left.message.body, &self.right.message.body);
        if a == b {
            return vec![Line::fact("body", "the same, byte for byte")];
        }
        let text = |body: &Option<bytes::Bytes>| {
            let body = body.as_ref()?;
            (body.len() <= LARGEST).then(|| std::str::from_utf8(body).ok().map(str::to_owned))?
        };
        let (Some(was), Some(now)) = (text(a), text(b)) else {
            let word = |body: &Option<bytes::Bytes>| body.as_ref().map_or("none".to_owned(), |b| human::bytes(b.len() as u64));
            let same = a.iter().flatten().zip(b.iter().flatten()).take_while(|(x, y)| x == y).count();
            let from = format!("{} and {}: they differ from byte {same} on (no text, or too large to compare by line)", word(a), word(b));
            return vec![Line::fact("body", from)];
        };
        let lines = diff(&was, &now);
        if lines.is_empty() {
            return vec![Line::fact("body", "the same JSON, laid out otherwise")];
        }
        let show = |(line, text): (DiffLine, String)| {
            let (sign, tone) = match line {
                DiffLine::Same => (" ", Tone::Muted),
                DiffLine::Gone => gone,
                DiffLine::New => new,
                DiffLine::Gap => return Line::new().add(Tone::Muted, "   …"),
            };
            Line::new().add(tone, format!(" {sign} {}", safe_cut(&text, self.room)))
        };
        std::iter::once(Line::fact("body", "")).chain(lines.into_iter().map(show)).collect()
    }
}

impl Page for State {
    fn on(&self) -> On {
        On::Compare
    }

    fn crumb(&self) -> String {
        "compare".into()
    }

    fn facts(&self, _cx: &Cx) -> Line {
        format!("{} and {}", safe(&self.left.message.seat.to_string()), safe(&self.right.message.seat.to_string())).into()
    }

    fn status(&self, _cx: &Cx) -> Line {
        Line::new().add(Tone::Bad, "- ").plain("only in the first   ").add(Tone::Ok, "+ ").plain("only in the second")
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[(Command::Copy, "copy the differences"), (Command::Back, "back")])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        Vec::new()
    }

    fn sync(&mut self, cx: &Cx) {
        let room = usize::from(cx.size.width).saturating_sub(20);
        if self.room != room {
            self.room = room;
            self.lines = self.compare(cx);
        }
        self.top = self.top.min(self.lines.len().saturating_sub(Self::height(cx)));
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        if scrolled(&mut self.top, command, self.lines.len(), Self::height(cx)) {
            return Vec::new();
        }
        match command {
            Command::Copy => {
                let text: String = self.lines.iter().map(|l| format!("{}\n", l.text().trim_end())).collect();
                vec![Ask::Do(Effect::Copy(text)), Ask::Toast(Tone::Ok, "copied: what differs".into())]
            }
            Command::Open => vec![Ask::Toast(Tone::Muted, "both are here; esc goes back to the list, where enter opens one".into())],
            _ => Vec::new(),
        }
    }
}
