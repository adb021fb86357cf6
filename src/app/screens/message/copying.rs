//! What of a message can be put on the clipboard.

use super::headers;
use crate::app::key::Key;
use crate::app::overlay::{Menu, Pick};
use crate::decode::{human, safe, safe_cut};
use crate::schema::Seen;

/// The copy menu of a message.
pub fn copy_menu(seen: &Seen, context: &str) -> Menu {
    let m = &seen.message;
    let address = format!("{context}/{}/{}", m.at, m.seat);
    let body = m.body.as_deref().map_or(String::new(), |b| String::from_utf8_lossy(b).into_owned());
    let key = m.key.as_deref().map_or(String::new(), |b| String::from_utf8_lossy(b).into_owned());
    let heads: String = headers(seen).iter().map(|(n, v, _)| format!("{n}: {v}\n")).collect();
    let json = serde_json::json!({
        "address": address, "key": key, "body": body,
        "headers": headers(seen).iter().map(|(n, v, _)| vec![n.clone(), v.clone()]).collect::<Vec<_>>(),
        "written": human::utc(m.sent),
    });
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
