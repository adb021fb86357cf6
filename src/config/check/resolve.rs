//! One leaf resolved: variables looked up, secrets kept unresolved, the rest checked.

use super::super::secret::{Origin, Revealed};
use super::super::settings::{Kind, Setting};
use super::super::source::Span;
use super::super::tree::{Entry, Node, Value};
use super::super::value;
use super::Checker;

impl Checker<'_> {
    /// The value that a leaf's setting takes, or why it takes none.
    pub(super) fn value(&mut self, setting: &'static Setting, name: &str, node: &Node) -> Result<Value, value::Wrong> {
        let hidden = matches!(setting.kind, Kind::Secret | Kind::User | Kind::SecretUrl);
        // whatever stands at a secret's place may be one, unless it surely says where it is kept
        if setting.kind == Kind::Secret && !matches!(node.value, Value::Env(_)) {
            self.sources.hide(node.span);
        }
        let origin = match &node.value {
            Value::Env(name) => Some(Origin::Env(name.clone())),
            Value::Map(entries) => {
                let folder = self.sources.folder(node.span.file);
                Some(reference(name, entries, setting.kind, folder)?)
            }
            _ => None,
        };
        match origin {
            Some(Origin::Env(variable)) => {
                self.sources.unhide(node.span);
                self.variable(setting, name, node, variable, hidden)
            }
            Some(origin @ (Origin::File(_) | Origin::Keyring(_))) => {
                self.sources.unhide(node.span);
                Ok(Value::Secret(origin))
            }
            Some(origin) => Ok(Value::Secret(origin)),
            None if hidden => self.clear(setting, name, node),
            None => self.plain(setting, name, node),
        }
    }

    fn variable(
        &mut self,
        setting: &'static Setting,
        name: &str,
        node: &Node,
        variable: String,
        hidden: bool,
    ) -> Result<Value, value::Wrong> {
        let text = self.look_up(&variable, node.span);
        if hidden {
            return Ok(Value::Secret(Origin::Env(variable)));
        }
        let Some(text) = text else {
            return Ok(Value::Env(variable));
        };
        let value = value::from_variable(setting.kind, &text);
        // the variable's text stays out of every message: it may be the wrong variable
        value::check(setting, name, &value)
            .map(|right| right.value)
            .map_err(|_| value::Wrong { message: format!("{name}: what env.{variable} holds does not fit"), note: setting.what.to_owned() })
    }

    fn clear(&mut self, setting: &'static Setting, name: &str, node: &Node) -> Result<Value, value::Wrong> {
        let Value::Str(text) = &node.value else {
            self.sources.hide(node.span);
            return Err(value::Wrong { message: format!("{name} is a text in quotes, found {}", node.value.noun()), note: String::new() });
        };
        literal_env(name, text)?;
        let exposed = match setting.kind {
            Kind::Secret => true,
            Kind::SecretUrl => value::password_in(text),
            _ => false,
        };
        if setting.kind == Kind::SecretUrl {
            self.sources.hide(node.span);
        }
        if exposed {
            let message = format!("{name} stands here in clear text");
            let note = "env.NAME in a block file; { env = … }, { file = … } or { command = … } in TOML";
            self.findings.warn(&self.sources, node.span, message, note);
        }
        Ok(Value::Secret(Origin::Clear(Revealed::new(text.clone()))))
    }

    fn plain(&mut self, setting: &'static Setting, name: &str, node: &Node) -> Result<Value, value::Wrong> {
        if let Value::Str(text) = &node.value {
            if self.sources.is_toml(node.span.file) {
                literal_env(name, text)?;
            }
            if setting.kind == Kind::Url && value::password_in(text) {
                self.sources.hide(node.span);
                return Err(value::Wrong {
                    message: format!("{name} holds a password, which would be shown"),
                    note: "a login has settings of its own".to_owned(),
                });
            }
        }
        let list;
        let mut value = &node.value;
        let mut secretive = false;
        if let Value::List(items) = value
            && items.iter().any(|item| variable_of(item).is_some())
        {
            secretive = true;
            match self.items(setting, items) {
                Ok(items) => list = Value::List(items),
                // the list is not the one meant without this item, so none of it holds
                Err(unset) => return Ok(Value::Env(unset)),
            }
            value = &list;
        }
        let right = value::check(setting, name, value).map_err(|wrong| match secretive {
            // the variable's text stays out of every message: it may be the wrong variable
            true => value::Wrong { message: format!("{name}: what a variable in it holds does not fit"), note: setting.what.to_owned() },
            false => wrong,
        })?;
        if let Some(warning) = right.warning {
            self.findings.warn(&self.sources, node.span, warning.message, &warning.note);
        }
        Ok(right.value)
    }

    /// The items of a list with their variables looked up; an unset one is the error.
    fn items(&mut self, setting: &Setting, items: &[Node]) -> Result<Vec<Node>, String> {
        let mut found = Vec::new();
        for item in items {
            let value = match variable_of(item) {
                None => item.value.clone(),
                Some(variable) => match self.look_up(&variable, item.span) {
                    None => return Err(variable),
                    Some(text) if setting.kind == Kind::Ints => value::from_variable(setting.kind, &text),
                    Some(text) => Value::Str(text),
                },
            };
            found.push(Node { value, span: item.span });
        }
        Ok(found)
    }

    fn look_up(&mut self, variable: &str, span: Span) -> Option<String> {
        let text = self.env.var(variable);
        if text.is_none() {
            let first = self.unset.entry(variable.to_owned()).or_insert((span, usize::MAX));
            first.1 = first.1.wrapping_add(1);
        }
        text
    }
}

/// The variable that a value stands for: `env.X`, `{ env = "X" }`.
pub fn variable_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Env(name) => Some(name.clone()),
        Value::Map(entries) => match entries.as_slice() {
            [one] if one.key == "env" => match &one.node.value {
                Value::Str(name) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// `{ env = "X" }` and its siblings.
fn reference(name: &str, entries: &[Entry], kind: Kind, folder: &std::path::Path) -> Result<Origin, value::Wrong> {
    let wrong = |message: String| Err(value::Wrong { message, note: String::new() });
    let [entry] = entries else {
        return wrong(format!("{name} is a value, found a block"));
    };
    let hidden = matches!(kind, Kind::Secret | Kind::User | Kind::SecretUrl);
    match (entry.key.as_str(), &entry.node.value) {
        ("env", Value::Str(variable)) if !variable.is_empty() => Ok(Origin::Env(variable.clone())),
        ("file" | "command" | "keyring", _) if !hidden => {
            wrong(format!("{name} is not a secret: only env can stand for it, not {}", entry.key))
        }
        ("file", Value::Str(path)) if !path.is_empty() => Ok(Origin::File(folder.join(path))),
        ("keyring", Value::Str(entry)) if entry.contains('/') => Ok(Origin::Keyring(entry.clone())),
        ("keyring", _) => wrong(format!("{name}: keyring is \"service/user\"")),
        ("command", Value::List(items)) if !items.is_empty() => {
            let words: Vec<String> = items
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Str(word) => Some(word.clone()),
                    _ => None,
                })
                .collect();
            if words.len() != items.len() {
                return wrong(format!("{name}: command is a list of texts"));
            }
            Ok(Origin::Command(words))
        }
        ("command", _) => wrong(format!("{name}: command is a list: program, then arguments")),
        _ => wrong(format!("{name} is a value, found a block without env, file or command")),
    }
}

/// A text that reads `env.X` would be taken literally.
fn literal_env(name: &str, text: &str) -> Result<(), value::Wrong> {
    let variable = text.strip_prefix("env.").unwrap_or("");
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if variable.is_empty() || !variable.chars().all(plain) {
        return Ok(());
    }
    Err(value::Wrong {
        message: format!("{name} would be the text \"env.{variable}\" itself"),
        note: format!("write {{ env = \"{variable}\" }} in TOML, env.{variable} without quotes in a block file"),
    })
}
