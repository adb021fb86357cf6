//! Secrets: named in the config, resolved only when a connection is made, and never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a command that prints a secret.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes that are read of a secret: keys and tokens are far smaller.
const SIZE_LIMIT: u64 = 64 * 1024;

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

    /// Fetches the secret, from this process's environment if that is where it is. May run a
    /// command (10 s at most) or read a file, so not on a thread that must not wait.
    pub fn resolve(&self) -> Result<Revealed, SecretError> {
        self.resolve_in(&ProcessEnvironment)
    }

    /// As [`Secret::resolve`], with the environment given.
    pub fn resolve_in(&self, env: &dyn Environment) -> Result<Revealed, SecretError> {
        match &self.origin {
            Origin::Env(name) => env.var(name).map(Revealed).ok_or_else(|| self.error(format!("{name} is not set"))),
            Origin::File(path) => self.read_file(path),
            Origin::Command(words) => self.run(words),
            Origin::Keyring(name) => Err(self.error(format!("keyring {name}: the OS keyring is not built in; use env, file or command"))),
            Origin::Clear(text) => Ok(text.clone()),
        }
    }

    fn error(&self, why: String) -> SecretError {
        SecretError { place: self.place.clone(), why, need: self.need.clone() }
    }

    fn read_file(&self, path: &std::path::Path) -> Result<Revealed, SecretError> {
        let shown = path.display();
        let file = std::fs::File::open(path).map_err(|e| self.error(format!("file {shown} cannot be read: {e}")))?;
        let mut text = String::new();
        file.take(SIZE_LIMIT + 1).read_to_string(&mut text).map_err(|e| self.error(format!("file {shown} cannot be read: {e}")))?;
        self.trimmed(text, &format!("file {shown}"))
    }

    fn run(&self, words: &[String]) -> Result<Revealed, SecretError> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(self.error("command is empty".to_owned()));
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| self.error(format!("command {program} did not start: {e}")))?;
        let status = match wait(&mut child) {
            Ok(Some(status)) => status,
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(self.error(format!("command {program} gave nothing within {} s", COMMAND_LIMIT.as_secs())));
            }
            Err(e) => return Err(self.error(format!("command {program} failed: {e}"))),
        };
        if !status.success() {
            return Err(self.error(format!("command {program} failed ({status})")));
        }
        let mut text = String::new();
        if let Some(out) = child.stdout.take() {
            out.take(SIZE_LIMIT + 1).read_to_string(&mut text).map_err(|e| self.error(format!("command {program} failed: {e}")))?;
        }
        self.trimmed(text, &format!("command {program}"))
    }

    fn trimmed(&self, mut text: String, what: &str) -> Result<Revealed, SecretError> {
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        if text.is_empty() {
            return Err(self.error(format!("{what} is empty")));
        }
        if text.len() as u64 > SIZE_LIMIT {
            return Err(self.error(format!("{what} is longer than 64 KiB")));
        }
        Ok(Revealed(text))
    }
}

/// Waits for the command's end, but not for ever. Output beyond a pipe's buffer counts as no end:
/// a secret is shorter.
fn wait(child: &mut std::process::Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > COMMAND_LIMIT {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
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
