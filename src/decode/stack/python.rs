//! Python tracebacks: the outermost call first, the cause above what it caused.

use super::{Frame, MOST_CAUSES, MOST_FRAMES, Thrown, owner};

/// The chain of exceptions, the wrapper first, as in the other languages.
pub(super) fn chain(text: &str) -> Vec<Thrown> {
    let mut chain: Vec<Thrown> = Vec::new();
    let mut frames: Option<Vec<Frame>> = None;
    for line in text.lines() {
        if line.trim_start().starts_with("Traceback (most recent call last)") {
            frames = Some(Vec::new());
        } else if let Some(open) = frames.as_mut() {
            if let Some(frame) = frame(line.trim()) {
                if open.len() < MOST_FRAMES {
                    open.push(frame);
                }
            } else if !line.starts_with(' ') && !line.trim().is_empty() {
                let mut frames = frames.take().unwrap_or_default();
                frames.reverse();
                let (class, message) = match line.split_once(": ") {
                    Some((class, message)) => (class, Some(message.to_owned())),
                    None => (line.trim_end_matches(':'), None),
                };
                if chain.len() < MOST_CAUSES {
                    chain.push(Thrown { class: class.trim().to_owned(), message, frames });
                }
            }
        }
    }
    if let Some(mut cut) = frames.filter(|frames| !frames.is_empty()) {
        cut.reverse(); // a trace that was cut before its last line
        chain.push(Thrown { frames: cut, ..Thrown::default() });
    }
    chain.reverse();
    chain
}

/// `File "/app/billing.py", line 41, in on_order`.
fn frame(line: &str) -> Option<Frame> {
    let (file, rest) = line.strip_prefix("File \"")?.split_once("\", line ")?;
    let (number, method) = rest.split_once(", in ").unwrap_or((rest, ""));
    let module = file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".py");
    Some(Frame {
        class: module.to_owned(),
        method: method.to_owned(),
        file: Some(file.to_owned()),
        line: number.trim().parse().ok(),
        in_app: owner::in_app("", file),
    })
}
