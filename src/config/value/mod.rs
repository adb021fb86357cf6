//! One value against the type of its setting: checked, and made the same for both languages.

mod address;
mod number;

pub use address::{password_in, shown_url};

use address::{servers, url_like};
use number::{as_float, number};

use super::model::{Role, TypeWord};
use super::settings::{Kind, Setting};
use super::spelling::{either, nearest};
use super::tree::{Node, Value};

/// Why a value is not what its setting takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What it is and what was expected.
    pub message: String,
    /// Why, perhaps empty.
    pub note: String,
}

/// A checked value, perhaps with something to be said about it.
pub struct Right {
    /// The value, in the unit and spelling that the reader expects.
    pub value: Value,
    /// A warning, perhaps.
    pub warning: Option<Wrong>,
}

fn wrong<T>(message: String, note: &str) -> Result<T, Wrong> {
    Err(Wrong { message, note: note.to_owned() })
}

/// What was found, for messages. Never used for secrets.
fn found(value: &Value) -> String {
    match value {
        Value::Str(text) => {
            let cut: String = text.chars().take(40).collect();
            format!("{cut:?}")
        }
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        other => other.noun().to_owned(),
    }
}

/// Checks a value that is neither a secret nor unresolved. `name` is the key as written.
pub fn check(setting: &Setting, name: &str, value: &Value) -> Result<Right, Wrong> {
    let right = |value: Value| Ok(Right { value, warning: None });
    let expected = |what: &str| wrong(format!("{name} is {what}, found {}", found(value)), "");
    match setting.kind {
        Kind::Text | Kind::File | Kind::Secret | Kind::User | Kind::SecretUrl => match value {
            Value::Str(text) if text.is_empty() && setting.needed => wrong(format!("{name} is empty"), ""),
            Value::Str(_) => right(value.clone()),
            _ => expected("a text in quotes"),
        },
        Kind::Bool => match value {
            Value::Bool(_) => right(value.clone()),
            _ => expected("true or false"),
        },
        Kind::Words(words) => match value {
            Value::Str(word) => word_of(name, word, words).and_then(|()| right(value.clone())),
            _ => expected(&format!("one of {}", either(words))),
        },
        Kind::Int(..) | Kind::Ms(..) | Kind::Seconds(..) | Kind::Bytes => number(setting, name, value),
        Kind::Above(low, high) => match as_float(value) {
            Some(number) if number > low as f64 && number <= high as f64 => right(value.clone()),
            Some(number) => wrong(format!("{name} is above {low}, at most {high}, not {number}"), setting.why),
            None => expected("a number"),
        },
        Kind::Ratio => match as_float(value) {
            Some(number) if (0.0..=1.0).contains(&number) => right(value.clone()),
            Some(number) if number > 1.0 && number <= 100.0 => {
                wrong(format!("{name} is a ratio from 0 to 1: {number} is {} %, write {}", number * 100.0, number / 100.0), "")
            }
            Some(number) => wrong(format!("{name} is a ratio from 0 to 1, not {number}"), ""),
            None => expected("a ratio from 0 to 1"),
        },
        Kind::Texts => match texts(value) {
            Some(list) => right(list),
            None => expected("a list of texts"),
        },
        Kind::Ints => ints(name, value).and_then(right),
        Kind::Servers => servers(name, value).and_then(right),
        Kind::Url => match value {
            Value::Str(text) if url_like(text) => right(value.clone()),
            _ => expected("an address with a scheme, as in http://host:port"),
        },
        Kind::Acks => match value {
            Value::Str(word) if matches!(word.as_str(), "all" | "-1" | "0" | "1") => {
                right(Value::Str(if word == "-1" { "all".to_owned() } else { word.clone() }))
            }
            Value::Int(-1) => right(Value::Str("all".to_owned())),
            Value::Int(number @ 0..=1) => right(Value::Str(number.to_string())),
            _ => wrong(format!("{name} {}: expected all, -1, 0 or 1", found(value)), ""),
        },
        Kind::KeyStrategy => match value {
            Value::Str(word) if key_strategy(word) => right(value.clone()),
            _ => wrong(
                format!("{name} {}: expected message_id, header:NAME or field:/POINTER{}", found(value), hint(value, &["message_id"])),
                "",
            ),
        },
        Kind::Authorization => match value {
            Value::Str(word) if role_only(word).is_some() => right(value.clone()),
            _ => wrong(
                format!(
                    "{name} {}: expected admin_only or <role>_only{}",
                    found(value),
                    hint(value, &["admin_only", "operator_only", "viewer_only"])
                ),
                "",
            ),
        },
        Kind::Type => type_word(name, value).and_then(right),
        Kind::TypeOrConstant => match value {
            Value::Str(text) => Ok(Right { value: value.clone(), warning: almost_type(name, text) }),
            _ => expected("a type word or a text"),
        },
        Kind::Regex => match value {
            Value::Str(text) => regex_of(name, text).and_then(|()| right(value.clone())),
            _ => expected("a regular expression in quotes"),
        },
        Kind::Regexes => match texts(value) {
            Some(list) => {
                for item in View(&list).items() {
                    regex_of(name, item)?;
                }
                right(list)
            }
            None => expected("a list of regular expressions"),
        },
        Kind::Color => match value {
            Value::Str(text) if color(text) => right(value.clone()),
            _ => expected("a colour: a word as red, or #rrggbb"),
        },
    }
}

struct View<'a>(&'a Value);

impl<'a> View<'a> {
    fn items(&self) -> Vec<&'a str> {
        match self.0 {
            Value::List(items) => items
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Str(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn word_of(name: &str, word: &str, words: &[&str]) -> Result<(), Wrong> {
    if words.contains(&word) {
        return Ok(());
    }
    let value = Value::Str(word.to_owned());
    wrong(format!("{name} {}: expected {}{}", found(&value), either(words), hint(&value, words)), "")
}

fn hint(value: &Value, words: &[&str]) -> String {
    match value {
        Value::Str(text) => nearest(text, words.iter().copied()).map(|word| format!("; did you mean {word}?")).unwrap_or_default(),
        _ => String::new(),
    }
}

fn texts(value: &Value) -> Option<Value> {
    match value {
        Value::List(items) if items.iter().all(|i| matches!(i.value, Value::Str(_))) => Some(value.clone()),
        _ => None,
    }
}

fn ints(name: &str, value: &Value) -> Result<Value, Wrong> {
    let number = |node: &Node| matches!(node.value, Value::Int(n) if (0..=i64::from(i32::MAX)).contains(&n));
    match value {
        Value::List(items) if items.iter().all(number) => Ok(value.clone()),
        _ => wrong(format!("{name} is a list of numbers from 0"), ""),
    }
}

fn key_strategy(word: &str) -> bool {
    word == "message_id"
        || word.strip_prefix("header:").is_some_and(|name| !name.is_empty())
        || word.strip_prefix("field:").is_some_and(|at| at.starts_with('/') && at.len() > 1)
}

/// The role of `<role>_only`.
pub fn role_only(word: &str) -> Option<Role> {
    Role::from_word(word.strip_suffix("_only")?)
}

fn type_word(name: &str, value: &Value) -> Result<Value, Wrong> {
    let words: Vec<&str> = TypeWord::ALL.iter().map(|word| word.word()).collect();
    match value {
        Value::Str(text) => {
            let word = text.strip_suffix('?').unwrap_or(text);
            word_of(name, word, &words).map(|()| value.clone())
        }
        _ => wrong(format!("{name} is a type word ({}), found {}", either(&words), found(value)), ""),
    }
}

fn almost_type(name: &str, text: &str) -> Option<Wrong> {
    let word = text.strip_suffix('?').unwrap_or(text);
    if TypeWord::from_word(word).is_some() {
        return None;
    }
    let near = nearest(word, TypeWord::ALL.iter().map(|word| word.word()))?;
    let one_off = near.chars().count().abs_diff(word.chars().count()) <= 1;
    one_off
        .then(|| Wrong { message: format!("{name} must be exactly {text:?}: a constant; is the type {near} meant?"), note: String::new() })
}

fn regex_of(name: &str, text: &str) -> Result<(), Wrong> {
    match regex::Regex::new(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let why = error.to_string();
            let last = why.lines().last().unwrap_or("").trim_start_matches("error: ");
            wrong(format!("{name} is not a regular expression: {last}"), "")
        }
    }
}

fn color(text: &str) -> bool {
    match text.strip_prefix('#') {
        Some(hex) => hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()),
        None => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
    }
}

/// A variable's text as the value its setting takes: numbers and flags are recognised.
pub fn from_variable(kind: Kind, text: &str) -> Value {
    let text_kinds = [Kind::Text, Kind::File, Kind::Url, Kind::Color, Kind::Regex, Kind::TypeOrConstant];
    if text_kinds.contains(&kind) {
        return Value::Str(text.to_owned());
    }
    let trimmed = text.trim();
    if let Ok(number) = trimmed.parse::<i64>() {
        return Value::Int(number);
    }
    if let Ok(number) = trimmed.parse::<f64>() {
        return Value::Float(number);
    }
    match trimmed {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::Str(trimmed.to_owned()),
    }
}
