//! One message painted: its tabs.

use crate::app::screens::Cx;
use crate::app::screens::death;
use crate::app::screens::message::{Row, State, TABS, Tab, headers};
use crate::app::text::{Line, Tone};
use crate::app::width::{cut_end, pad_left, pad_right, width, wrap};
use crate::decode::{Decoded, TokenKind, kind, safe};
use crate::schema::Severity;
use crate::tui::sheet::Sheet;

fn tabs(s: &State, cx: &Cx) -> Line {
    let seen = s.seen();
    let mut line = Line::new().plain(" ");
    for tab in TABS {
        let name = match tab {
            Tab::Body if s.edit(cx).is_some() => "Body, edited".to_owned(),
            Tab::Body => "Body".into(),
            Tab::Headers => format!("Headers {}", headers(seen).len()),
            Tab::Death => "Death".into(),
            Tab::History => format!("History {}", seen.past.len()),
            Tab::Raw => "Raw".into(),
        };
        line = if tab == s.tab { line.add(Tone::Strong, format!("[{name}]")) } else { line.add(Tone::Muted, name) }.plain("  ");
    }
    line
}

fn tone(kind: TokenKind) -> Tone {
    match kind {
        TokenKind::Key | TokenKind::Name => Tone::Name,
        TokenKind::String => Tone::Quoted,
        TokenKind::Number => Tone::Number,
        TokenKind::Literal | TokenKind::Keyword => Tone::Literal,
        TokenKind::Punctuation | TokenKind::Comment | TokenKind::Offset => Tone::Muted,
        TokenKind::Text | TokenKind::Space | TokenKind::Hex => Tone::Plain,
    }
}

/// A line of a body: its number, then its tokens, scrolled or folded.
fn body_line(body: &Decoded, index: usize, digits: usize, s: &State, folded: bool) -> Line {
    let Some(line) = body.line(index) else { return Line::new() };
    let number = if line.continued { String::new() } else { line.number.to_string() };
    let mut out = Line::new().add(Tone::Muted, format!(" {}  ", pad_left(&number, digits)));
    let mut left = s.left;
    let mut push = |out: &mut Line, tone: Tone, text: &str| {
        let skipped: String = text.chars().skip(left).collect();
        left = left.saturating_sub(text.chars().count());
        out.push(tone, skipped);
    };
    push(&mut out, Tone::Plain, &"  ".repeat(line.indent));
    for token in &line.tokens {
        push(&mut out, tone(token.kind), &token.text);
    }
    if folded {
        let hidden = line.fold.map_or(0, |f| f - index);
        push(&mut out, Tone::Muted, &format!(" … {hidden} lines"));
    }
    if line.escaped {
        push(&mut out, Tone::Watch, "   ! control characters, shown escaped");
    }
    out
}

fn body(s: &State, cx: &Cx) -> Vec<Line> {
    let Some(body) = &s.body else { return vec![Line::new().add(Tone::Muted, "   decoding")] };
    if s.shown(cx).message.body.is_none() {
        return vec![Line::new().add(Tone::Muted, "   no body: a tombstone")];
    }
    if body.is_empty() {
        let message = &s.shown(cx).message;
        let words = match kind(message) {
            _ if !message.whole => "the broker does not show this body",
            Some("message") => "a message of JMS that has no body",
            _ => "the body is empty",
        };
        return vec![Line::new().add(Tone::Muted, format!("   {words}"))];
    }
    let digits = body.len().to_string().len().max(2);
    let height = State::height(cx);
    let columns = usize::from(cx.size.width).saturating_sub(digits + 4).max(10);
    let mut out = Vec::new();
    for (i, row) in s.rows.iter().enumerate().skip(s.top) {
        if out.len() >= height {
            break;
        }
        match row {
            Row::Line(index) => {
                let line = body_line(body, *index, digits, s, s.folded.contains(index));
                if s.wrap { out.extend(wrapped(line, columns, digits)) } else { out.push(line) }
            }
            Row::Finding(n) => {
                let Some(v) = s.shown(cx).violations.get(*n) else { continue };
                let (sign, tone) = if v.severity == Severity::Error { ("✗", Tone::Bad) } else { ("!", Tone::Watch) };
                let place = if v.pointer.is_empty() { String::new() } else { format!("{}: ", safe(&v.pointer)) };
                let here = if s.at == Some(i) { "▶" } else { "└" };
                let line = Line::new().add(tone, format!(" {sign}{} {here} {place}{}", " ".repeat(digits), safe(&v.what)));
                if s.wrap { out.extend(wrapped(line, columns, digits)) } else { out.push(line) }
            }
        }
    }
    out
}

/// A long line on several rows; colours go by token and are kept where a token fits.
fn wrapped(line: Line, columns: usize, digits: usize) -> Vec<Line> {
    let mut out = vec![Line::new()];
    let room = columns + digits + 3;
    let mut used = 0;
    for span in line.0 {
        for (i, part) in span.text.split_inclusive(' ').flat_map(|p| wrap(p, columns)).enumerate() {
            let _ = i;
            let w = width(&part);
            if used + w > room {
                out.push(Line::new().plain(" ".repeat(digits + 3)));
                used = digits + 3;
            }
            used += w;
            if let Some(last) = out.last_mut() {
                last.push(span.tone, part);
            }
        }
    }
    out
}

fn raw(s: &State, cx: &Cx) -> Vec<Line> {
    let Some(raw) = &s.raw else { return vec![Line::new().add(Tone::Muted, "   decoding")] };
    let digits = 4;
    (s.top..raw.len().min(s.top + State::height(cx)))
        .map(|i| {
            let Some(line) = raw.line(i) else { return Line::new() };
            let _ = digits;
            let mut out = Line::new().plain(" ");
            for token in &line.tokens {
                out.push(tone(token.kind), token.text.clone());
            }
            out
        })
        .collect()
}

fn header_lines(s: &State, cx: &Cx) -> Vec<Line> {
    let all = headers(s.seen());
    if all.is_empty() {
        return vec![Line::new().add(Tone::Muted, "   no headers")];
    }
    let name = all.iter().map(|(n, ..)| width(n)).max().unwrap_or(0).clamp(8, usize::from(cx.size.width) / 2);
    let room = usize::from(cx.size.width).saturating_sub(name + 6);
    let owned = &s.seen().death.owned;
    all.iter()
        .skip(s.top)
        .take(State::height(cx))
        .map(|(n, v, of)| {
            let tone = if owned.contains(n) { Tone::Muted } else { Tone::Name };
            let value: String = v.chars().skip(s.left).collect();
            let value = if value.is_empty() { "\"\"".to_owned() } else { value };
            let of = if of.is_empty() { String::new() } else { format!("  ({of})") };
            let room = room.saturating_sub(width(&of)).max(8);
            Line::new()
                .plain("   ")
                .add(tone, pad_right(&crate::app::width::cut_middle(n, name), name))
                .plain("  ")
                .plain(cut_end(&value, room))
                .add(Tone::Muted, of)
        })
        .collect()
}

/// Its sheet.
pub fn sheet<'a>(s: &'a State, cx: &'a Cx) -> Sheet<'a> {
    let below = match s.tab {
        Tab::Body => body(s, cx),
        Tab::Headers => header_lines(s, cx),
        Tab::Death => death::lines(s.seen(), s.unfolded(), cx).into_iter().skip(s.top).collect(),
        Tab::History => s.history(cx).into_iter().skip(s.top).collect(),
        Tab::Raw => raw(s, cx),
    };
    Sheet { above: vec![tabs(s, cx)], ruled: true, below, ..Sheet::default() }
}
