//! A leaf's value for showing: as it was written, and of a secret only where it is kept.

use super::super::leaf::{literal, quoted};
use super::super::secret::Environment;
use super::super::settings::{Kind, settings};
use super::super::source::sounds_secret;
use super::super::tree::{Entry, Node, Value};
use super::super::value::{password_in, shown_url};
use super::resolve::variable_of;

/// A leaf's value. `setting` is its row in the table, empty if it is unknown.
pub fn value(path: &str, node: &Node, setting: &str, env: &dyn Environment) -> String {
    let kind = settings().find(|row| row.path == setting).map(|row| row.kind);
    if let Some(name) = variable_of(node) {
        let set = if env.var(&name).is_some() { "set" } else { "not set" };
        return format!("env.{name}, {set}");
    }
    match (&node.value, kind) {
        (Value::Map(entries), Some(_)) => kept(entries),
        (Value::Str(text), Some(Kind::User)) => quoted(text),
        (Value::Str(text), Some(Kind::SecretUrl)) => shown_url(text),
        (Value::Str(text), Some(Kind::Url)) if password_in(text) => shown_url(text),
        (Value::Str(_), Some(Kind::Secret)) => "hidden, in clear text".to_owned(),
        (_, Some(Kind::Secret | Kind::User | Kind::SecretUrl)) => "hidden".to_owned(),
        (_, None) if sounds_secret(path) => "hidden".to_owned(),
        (Value::List(items), Some(_)) => {
            let items: Vec<String> = items.iter().map(|item| value(path, item, "", env)).collect();
            format!("[{}]", items.join(", "))
        }
        (value, _) => literal(value),
    }
}

/// Where a secret is kept, by its table.
fn kept(entries: &[Entry]) -> String {
    match entries {
        [one] => match (one.key.as_str(), &one.node.value) {
            ("file" | "keyring", Value::Str(text)) => format!("{} {}", one.key, quoted(text)),
            // arguments may hold a token, so only the program is named
            ("command", Value::List(items)) => match items.first().map(|item| &item.value) {
                Some(Value::Str(program)) => format!("command {}", quoted(program)),
                _ => "hidden".to_owned(),
            },
            _ => "hidden".to_owned(),
        },
        _ => "hidden".to_owned(),
    }
}
