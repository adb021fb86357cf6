//! What of a message can be put on the clipboard.

use super::headers;
use crate::app::key::Key;
use crate::app::overlay::{Menu, Pick};
use crate::decode::{human, safe, safe_cut};
use crate::schema::Seen;

/// A message as JSON: its address, key, body, headers and time. What is not text stands in it as text with `\u{fffd}`.
pub fn json(seen: &Seen, context: &str) -> serde_json::Value {
    let m = &seen.message;
    let text = |bytes: &Option<bytes::Bytes>| bytes.as_deref().map(|b| String::from_utf8_lossy(b).into_owned());
    serde_json::json!({
        "address": format!("{context}/{}/{}", m.at, m.seat), "key": text(&m.key), "body": text(&m.body),
        "headers": headers(seen).iter().map(|(n, v, _)| vec![n.clone(), v.clone()]).collect::<Vec<_>>(),
        "written": human::utc(m.sent),
    })
}

/// A file name made of what is left of a text without anything that a shell or a file system takes for itself.
pub fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' }).collect()
}

/// The copy menu of a message.
pub fn copy_menu(seen: &Seen, context: &str) -> Menu {
    let m = &seen.message;
    let address = format!("{context}/{}/{}", m.at, m.seat);
    let body = m.body.as_deref().map_or(String::new(), |b| String::from_utf8_lossy(b).into_owned());
    let key = m.key.as_deref().map_or(String::new(), |b| String::from_utf8_lossy(b).into_owned());
    let heads: String = headers(seen).iter().map(|(n, v, _)| format!("{n}: {v}\n")).collect();
    let json = json(seen, context);
    let item = |k: char, what: &str, text: String| (Key::char(k), what.to_owned(), safe_cut(&text, 48), Pick::Copy(text, what.to_owned()));
    Menu {
        title: format!("copy {} {}", safe(&m.at.name), m.seat),
        right: "onto the clipboard (OSC 52)".into(),
        items: vec![
            item('c', "body", body),
            item('w', "whole message, JSON", json.to_string()),
            item('i', "key", key),
            item('e', "headers", heads),
            item('a', "address", address.clone()),
            item('r', "redrive command", format!("redrive show '{address}'")),
        ],
    }
}
