//! A body edited by hand: what may be edited, what comes of it, and what it differs in from the original.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::{digest, stored};
use crate::decode::{self, Form, Hint, human, json};
use crate::model::Message;
use crate::schema::{Declared, Seen, Severity, Violation, see};

/// Bytes of an edited body at most.
pub const LARGEST_EDIT: usize = 8 << 20;
/// What an edited body breaks, kept at most.
const FINDINGS: usize = 20;
/// Unchanged lines shown around what changed.
const AROUND: usize = 2;

/// A body edited by hand, which a replay publishes in place of the original's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedBody {
    /// Hex digest of the message that it was made from: at another message nothing of it is applied.
    pub was: String,
    pub body: String,
    /// Who edited it.
    pub by: String,
    /// What it breaks of its schema, in words; safe to show. The first few.
    pub breaks: Vec<String>,
}

/// A body as an editor gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editable {
    pub text: String,
    /// Laid out from one line of JSON: what comes back is put on one line again.
    pub laid_out: bool,
    /// The ending of the copy's name, for the editor: `json`, `xml`, `txt`.
    pub ending: &'static str,
}

/// The body of a message for an editor; the error says why it cannot be edited.
pub fn editable(seen: &Seen) -> Result<Editable, String> {
    let message = &seen.message;
    if seen.death.pointer {
        return Err("it is a pointer: its body lies at its origin and can be edited there only".into());
    }
    if !message.whole {
        return Err("only a cut view of it could be read: an edit would lose the rest".into());
    }
    let Some(body) = &message.body else { return Err("it has no body (a tombstone)".into()) };
    if body.len() > LARGEST_EDIT {
        return Err(format!("its body is larger than {}", human::bytes(LARGEST_EDIT as u64)));
    }
    let form = decode::body(body, Hint::Auto).form;
    let text = match (&form, std::str::from_utf8(body)) {
        (Form::Hex(why), _) => return Err(format!("its body is not text ({why}), and bytes are not edited here")),
        (_, Err(e)) => return Err(format!("its body is not text (byte {} is not UTF-8)", e.valid_up_to())),
        (_, Ok(text)) => text,
    };
    let laid_out = form == Form::Json && !text.trim_end().contains('\n');
    let ending = match form {
        Form::Json => "json",
        _ if text.trim_start().starts_with('<') => "xml",
        _ => "txt",
    };
    Ok(Editable { text: if laid_out { json::laid_out(text) } else { text.to_owned() }, laid_out, ending })
}

impl EditedBody {
    /// What came back from the editor, and the message as it will be; `None`: it is as it was. A line end that an editor adds at the end
    /// is not a change.
    pub fn new(seen: &Seen, given: &Editable, back: Vec<u8>, declared: &Declared, by: &str) -> Result<Option<(Self, Seen)>, String> {
        if back.len() > LARGEST_EDIT {
            return Err(format!("the edited body is larger than {}: nothing of it is kept", human::bytes(LARGEST_EDIT as u64)));
        }
        let mut text = String::from_utf8(back).map_err(|e| {
            format!("the edited body is not text: byte {} is not UTF-8; nothing of it is kept", e.utf8_error().valid_up_to())
        })?;
        if !given.text.ends_with('\n') && text.ends_with('\n') {
            text.pop();
        }
        if text == given.text {
            return Ok(None);
        }
        if given.laid_out && json::parse(&Bytes::from(text.clone())).is_ok() {
            text = json::on_one_line(&text);
        }
        if seen.message.body.as_deref() == Some(text.as_bytes()) {
            return Ok(None);
        }
        let mut edited = Self { was: stored::hex(&digest(&seen.message)), body: text, by: by.to_owned(), breaks: Vec::new() };
        let now = see(Message { body: Some(Bytes::from(edited.body.clone())), ..Message::clone(&seen.message) }, declared);
        edited.breaks = breaks(seen, &now);
        Ok(Some((edited, now)))
    }

    /// Whether it was made from this very message.
    pub fn is_of(&self, message: &Message) -> bool {
        message.whole && self.was == stored::hex(&digest(message))
    }
}

/// What a body breaks as it is now, in words; safe to show.
fn breaks(was: &Seen, now: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    let read = |seen: &Seen| seen.message.body.as_ref().map(json::parse);
    if let (Some(Ok(_)), Some(Err(fault))) = (read(was), read(now)) {
        found.push(format!("not JSON any more: {} at byte {}", fault.what, fault.at));
    }
    let words = |v: &Violation| match v.pointer.as_str() {
        "" => v.what.clone(),
        pointer => format!("{}: {}", decode::safe(pointer), v.what),
    };
    // what was only worth a look before the edit is not said again
    found.extend(now.violations.iter().filter(|v| v.severity == Severity::Error || !was.violations.contains(v)).map(words));
    let more = found.len().saturating_sub(FINDINGS);
    found.truncate(FINDINGS);
    if more > 0 {
        found.push(format!("{more} more"));
    }
    found
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffLine {
    Same,
    Gone,
    New,
    /// Lines that did not change are left out here.
    Gap,
}

/// Lines that an edit took away and added, with a few around them. JSON is compared laid out.
pub fn diff(was: &str, now: &str) -> Vec<(DiffLine, String)> {
    let laid = |text: &str| match json::parse(&Bytes::from(text.to_owned())) {
        Ok(_) => json::laid_out(text),
        Err(_) => text.to_owned(),
    };
    let (was, now) = (laid(was), laid(now));
    let diff = TextDiff::configure().timeout(std::time::Duration::from_millis(200)).diff_lines(&was, &now);
    let mut out = Vec::new();
    for (i, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if i > 0 {
            out.push((DiffLine::Gap, String::new()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = match change.tag() {
                ChangeTag::Equal => DiffLine::Same,
                ChangeTag::Delete => DiffLine::Gone,
                ChangeTag::Insert => DiffLine::New,
            };
            out.push((line, change.value().trim_end_matches(['\n', '\r']).to_owned()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, ConnId, Seat};

    fn message(body: Option<&[u8]>) -> Message {
        Message {
            at: Address::topic(&ConnId::new("m"), "orders.dlt"),
            seat: Seat::Offset { partition: 0, offset: 3 },
            key: None,
            body: body.map(Bytes::copy_from_slice),
            headers: Vec::new(),
            properties: Vec::new(),
            delivery: Vec::new(),
            sent: None,
            whole: true,
        }
    }

    fn seen(body: &str) -> Seen {
        see(message(Some(body.as_bytes())), &Declared::default())
    }

    fn edit(seen: &Seen, change: impl Fn(&str) -> String) -> Option<EditedBody> {
        let given = editable(seen).expect("it is text");
        EditedBody::new(seen, &given, change(&given.text).into_bytes(), &Declared::default(), "lea")
            .expect("it is text")
            .map(|(edited, _)| edited)
    }

    #[test]
    fn one_line_of_json_is_laid_out_and_comes_back_on_one_line() {
        let seen = seen(r#"{"id":18446744073709551616,"total":-1}"#);
        let edited = edit(&seen, |t| t.replace("-1", "1.10") + "\n").expect("it changed");
        assert_eq!(edited.body, r#"{"id":18446744073709551616,"total":1.10}"#);
        assert!(edited.is_of(&seen.message) && edited.breaks.is_empty());
        assert!(!edited.is_of(&message(Some(b"another"))));
    }

    #[test]
    fn what_comes_back_as_it_was_is_no_edit() {
        for body in ["{\"a\": 1}", "plain", "plain\n", "{\n  \"a\": 1\n}\n"] {
            assert_eq!(edit(&seen(body), |t| t.to_owned()), None, "{body}");
            assert_eq!(edit(&seen(body), |t| format!("{}\n", t.trim_end())), None, "{body}");
        }
    }

    #[test]
    fn an_edit_that_breaks_the_body_is_kept_and_says_so() {
        let edited = edit(&seen("{\"a\": 1}"), |t| t.replace('}', "")).expect("it changed");
        assert!(edited.breaks[0].starts_with("not JSON any more"), "{:?}", edited.breaks);
    }

    #[test]
    fn what_cannot_be_edited_says_why() {
        let why = |m: Message| editable(&see(m, &Declared::default())).unwrap_err();
        assert!(why(message(None)).contains("tombstone"));
        assert!(why(message(Some(&[0xff, 0xfe, 0]))).contains("not text"));
        assert!(why(Message { whole: false, ..message(Some(b"{}")) }).contains("cut view"));
        let given = Editable { text: "a".into(), laid_out: false, ending: "txt" };
        let back = EditedBody::new(&seen("a"), &given, vec![b'a', 0xff], &Declared::default(), "lea");
        assert!(back.unwrap_err().contains("byte 1 is not UTF-8"));
    }

    #[test]
    fn a_diff_shows_what_changed_in_laid_out_json() {
        let lines = diff(r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#, r#"{"a":1,"b":2,"c":3,"d":4,"e":7,"f":6}"#);
        let changed: Vec<_> = lines.iter().filter(|(l, _)| *l != DiffLine::Same).map(|(l, t)| (*l, t.trim())).collect();
        assert_eq!(changed, [(DiffLine::Gone, "\"e\": 5,"), (DiffLine::New, "\"e\": 7,")]);
    }
}
