//! The History tab: what was done with a message or noted on it, each entry whole.

use super::State;
use crate::app::screens::Cx;
use crate::app::text::{Line, Tone};
use crate::app::width::{pad_right, width, wrap};
use crate::decode::safe;
use crate::model::PastKind;

impl State {
    /// The lines.
    pub fn history(&self, cx: &Cx) -> Vec<Line> {
        let mut out = Vec::new();
        for p in &self.seen().past {
            let head = Line::new()
                .plain(format!("   {}  ", cx.times.column(Some(p.when), cx.now)))
                .add(Tone::Strong, pad_right(p.kind.word(), 10))
                .plain(format!(" {}  ", safe(&p.actor)))
                .add(Tone::Muted, if p.plan.is_empty() { String::new() } else { format!("plan {}  ", safe(&p.plan)) });
            let tone = if p.kind == PastKind::Noted { Tone::Plain } else { Tone::Muted };
            let before = width(&head.text());
            let room = usize::from(cx.size.width).saturating_sub(before + 1).max(20);
            let mut parts = wrap(&safe(&p.detail), room).into_iter();
            out.push(head.add(tone, parts.next().unwrap_or_default()));
            out.extend(parts.map(|part| Line::new().plain(" ".repeat(before)).add(tone, part)));
        }
        if out.is_empty() {
            out.push(Line::new().add(Tone::Muted, "   nothing was done with it or noted on it that the ledger here knows of"));
        }
        out
    }
}
