//! The body tab: its rows, with findings below their lines, folded blocks, and the jump from finding to finding.

use std::collections::BTreeSet;

use super::{State, Tab};
use crate::app::screens::{Ask, Cx};
use crate::app::text::Tone;
use crate::decode::Form;

/// One row of the body tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A line of the body.
    Line(usize),
    /// A finding, below the line it is about.
    Finding(usize),
}

impl State {
    /// Body rows: lines without what is folded away, findings below theirs.
    pub(super) fn arrange(&mut self, cx: &Cx) {
        self.rows.clear();
        let seen = self.shown(cx).clone();
        let Some(body) = &self.body else { return };
        let mut found: Vec<(usize, usize)> = seen
            .violations
            .iter()
            .enumerate()
            .map(|(i, v)| {
                let line =
                    if body.form == Form::Json { v.at.map_or_else(|| body.line_of(&v.pointer).line, |at| body.line_at(at)) } else { 0 };
                (line, i)
            })
            .collect();
        found.sort_unstable();
        let mut next = found.into_iter().peekable();
        let mut line = 0;
        while line < body.len() {
            self.rows.push(Row::Line(line));
            let end = if self.folded.contains(&line) { body.line(line).and_then(|l| l.fold).unwrap_or(line) } else { line };
            while let Some((at, i)) = next.peek().copied().filter(|(at, _)| *at <= end) {
                let _ = at;
                self.rows.push(Row::Finding(i));
                next.next();
            }
            line = end + 1;
        }
    }

    /// To the next or previous finding.
    pub(super) fn jump(&mut self, forward: bool, cx: &Cx) -> Vec<Ask> {
        self.tab = Tab::Body;
        let findings: Vec<usize> = self.rows.iter().enumerate().filter(|(_, r)| matches!(r, Row::Finding(_))).map(|(i, _)| i).collect();
        let from = self.at.unwrap_or(if forward { 0 } else { usize::MAX });
        let to = if forward {
            findings.iter().find(|i| **i > from || self.at.is_none()).or(findings.first())
        } else {
            findings.iter().rev().find(|i| **i < from).or(findings.last())
        };
        match to {
            Some(row) => {
                self.at = Some(*row);
                let height = Self::height(cx);
                if *row < self.top || *row >= self.top + height {
                    self.top = row.saturating_sub(height / 2);
                }
                Vec::new()
            }
            None => vec![Ask::Toast(Tone::Muted, "no violations in this message".into())],
        }
    }

    pub(super) fn fold(&mut self, cx: &Cx) {
        if self.tab == Tab::Death {
            self.unfolded_stack = !self.unfolded_stack;
            return;
        }
        let Some(body) = &self.body else { return };
        // All blocks below the top level, or none.
        if self.folded.is_empty() {
            self.folded = (1..body.len()).filter(|i| body.line(*i).is_some_and(|l| l.indent >= 1 && l.fold.is_some())).collect();
            let mut end = 0;
            let mut outer = BTreeSet::new();
            for line in &self.folded {
                if *line >= end {
                    outer.insert(*line);
                    end = body.line(*line).and_then(|l| l.fold).map_or(*line, |f| f + 1);
                }
            }
            self.folded = outer;
        } else {
            self.folded.clear();
        }
        self.arrange(cx);
    }
}
