//! Fetching a secret from where it is kept: a variable, a file, a command's output.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Environment, Origin, ProcessEnvironment, Revealed, Secret, SecretError};

/// Longest wait for a command that prints a secret.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes that are read of a secret: keys and tokens are far smaller.
const SIZE_LIMIT: u64 = 64 * 1024;

impl Secret {
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
