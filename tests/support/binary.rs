//! The real program, run in a folder of its own with a config and a ledger of its own.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longest run of one command.
const LONGEST: Duration = Duration::from_secs(120);

/// A folder with `redrive.toml` in it, and whatever the program writes.
pub struct Place {
    dir: TempDir,
    more: Vec<(String, String)>,
}

/// How a run ended and what it said.
#[derive(Debug)]
pub struct Ran {
    args: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The same, if it ended like this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Standard output, a JSON object a line.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}\n{self}"))).collect()
    }
}

impl fmt::Display for Ran {
    /// All of it, so that whatever was not as expected tells its cause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        write!(f, "redrive {} ended with {code}\nstdout:\n{}\nstderr:\n{}", self.args, self.out, self.err)
    }
}

impl Place {
    /// With this config, and these variables beside the program's own.
    pub fn new(config: &str, more: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("redrive.toml"), config).expect("the config");
        Self { dir, more: more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A command of the program that sees nothing of the machine's own settings.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redrive"));
        command.args(args).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command.envs(self.environment());
        command
    }

    /// What the program is told by variables.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.display().to_string();
        let mut all = vec![
            ("HOME".into(), text(self.path().to_owned())),
            ("PATH".into(), std::env::var("PATH").unwrap_or_default()),
            ("REDRIVE_CONFIG".into(), text(self.file("redrive.toml"))),
            ("REDRIVE_LEDGER".into(), text(self.file("ledger.db"))),
            ("REDRIVE_ACTOR".into(), "lea".into()),
        ];
        all.extend(self.more.iter().cloned());
        all
    }

    /// Runs to the end.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Ran {
        let child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        finish(child, args)
    }
}

/// Waits for the end of a program, and takes what it says meanwhile.
#[track_caller]
pub fn finish(mut child: Child, args: &[&str]) -> Ran {
    let (out, err) = (taker(child.stdout.take()), taker(child.stderr.take()));
    let began = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().expect("waited") {
            break status.code();
        }
        if began.elapsed() > LONGEST {
            child.kill().expect("killed");
            child.wait().expect("waited");
            panic!("redrive {args:?} took longer than {LONGEST:?}:\n{}\n{}", out.join().expect("stdout"), err.join().expect("stderr"));
        }
        // the standard library cannot wait for a process with a limit
        std::thread::sleep(Duration::from_millis(5));
    };
    Ran { args: args.join(" "), code, out: out.join().expect("stdout"), err: err.join().expect("stderr") }
}

fn taker(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            from.read_to_end(&mut bytes).expect("read");
        }
        String::from_utf8(bytes).expect("the program speaks UTF-8")
    })
}

/// A config with one Kafka, named `kafka`, that needs no login; `more` follows.
pub fn plain_config(server: &str, more: &str) -> String {
    format!(
        "default_context = \"test\"\n[contexts.test]\nread_only = false\n[contexts.test.messaging.kafka]\nbootstrap_servers = [\"{server}\"]\n{more}\n"
    )
}
