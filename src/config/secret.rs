//! Secrets: named in the config, resolved only when a connection is made, and never shown.

mod fetch;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where environment variables come from; tests bring their own.
pub trait Environment {
    /// The variable's value. Unset and empty are the same: `None`.
    fn var(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

impl Environment for BTreeMap<String, String> {
    fn var(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.is_empty()).cloned()
    }
}

/// A place in a config file, for messages. Lines and columns count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub col: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.col)
    }
}

/// Where a secret is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// An environment variable.
    Env(String),
    /// A file; one line end at its end is not part of the secret.
    File(PathBuf),
    /// A command that prints it; run without a shell.
    Command(Vec<String>),
    /// The OS keyring, `service/user`. Not built in yet.
    Keyring(String),
    /// It stands in the config itself, which is warned about.
    Clear(Revealed),
}

/// A secret of the config: known by its origin, resolved with [`Secret::resolve`].
#[derive(Clone)]
pub struct Secret {
    /// Where it is kept.
    pub origin: Origin,
    /// Where the config says so.
    pub place: Place,
    /// Who needs it, for the error: `a replay to kafka needs it`.
    pub need: String,
}

/// Two secrets are the same if they are kept in the same place; where the config says so is no part of it.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin
    }
}

impl Eq for Secret {}

/// A secret's text. Shows itself only to who asks with [`Revealed::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl Revealed {
    /// Wraps a text that must not be shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the client that logs in with it, and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(hidden)")
    }
}

impl fmt::Display for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Origin {
    /// What may be shown of it: `env.X`, `file …`, the command's program, never the secret.
    pub fn name(&self) -> String {
        match self {
            Origin::Env(name) => format!("env.{name}"),
            Origin::File(path) => format!("file {}", path.display()),
            // arguments may hold a token, so only the program is named
            Origin::Command(words) => {
                format!("command {}", words.first().map_or("", String::as_str))
            }
            Origin::Keyring(name) => format!("keyring {name}"),
            Origin::Clear(_) => "hidden, in clear text".to_owned(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.origin.name())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin.name())
    }
}

/// Why a secret could not be had. Names its origin and its line, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}{}", if need.is_empty() { String::new() } else { format!("; {need}") })]
pub struct SecretError {
    /// Where the config asks for it.
    pub place: Place,
    /// What is wrong: `KAFKA_PASSWORD is not set`.
    pub why: String,
    /// Who needs it, perhaps empty.
    pub need: String,
}

impl Secret {
    /// A secret that stands in the program itself: for tests and the memory broker.
    pub fn clear(text: impl Into<String>) -> Self {
        Self { origin: Origin::Clear(Revealed::new(text)), place: Place::default(), need: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(origin: Origin) -> Secret {
        Secret { origin, place: Place { file: "messaging.hyp".into(), line: 24, col: 32 }, need: "a replay to kafka needs it".into() }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let secret = secret(Origin::Clear(Revealed::new("hunter2")));
        let revealed = secret.resolve().unwrap();
        let shown = format!("{secret} {secret:?} {:?} {revealed} {revealed:?}", secret.origin);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(revealed.expose(), "hunter2");
    }

    #[test]
    fn an_unset_variable_is_named_with_its_line_and_need() {
        let secret = secret(Origin::Env("KAFKA_PASSWORD".into()));
        let mut env = BTreeMap::new();
        let error = secret.resolve_in(&env).unwrap_err();
        assert_eq!(error.to_string(), "messaging.hyp:24:32: KAFKA_PASSWORD is not set; a replay to kafka needs it");
        env.insert("KAFKA_PASSWORD".to_owned(), String::new());
        assert!(secret.resolve_in(&env).is_err(), "empty counts as unset");
        env.insert("KAFKA_PASSWORD".to_owned(), "x".to_owned());
        assert_eq!(secret.resolve_in(&env).unwrap().expose(), "x");
    }

    #[test]
    fn files_and_commands_lose_one_line_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        std::fs::write(&path, "geheim\n\n").unwrap();
        let from_file = secret(Origin::File(path)).resolve().unwrap();
        assert_eq!(from_file.expose(), "geheim\n");
        let words = vec!["printf".to_owned(), "geheim\\n".to_owned()];
        let printed = secret(Origin::Command(words)).resolve().unwrap();
        assert_eq!(printed.expose(), "geheim");
        assert!(secret(Origin::Command(vec!["false".into()])).resolve().is_err());
        assert!(secret(Origin::Keyring("a/b".into())).resolve().is_err());
    }
}
