//! The command line: what can be asked, in the words of the product; parsed by clap, also the source of man pages and completions.

mod deeds;
mod jobs;
mod looks;

pub use deeds::{CategoriseArgs, Consent, EscalateArgs, MarkArgs, ReplayArgs, Which};
pub use jobs::{JobsArgs, JobsCommand, Said};
pub use looks::{CausesArgs, CheckArgs, DemoArgs, LagArgs, Language, LedgerArgs, LsArgs, PeekArgs, ShowArgs};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Look into message brokers and triage their dead-letter queues.
///
/// Without a command the terminal UI opens on the config's brokers. Results go to stdout, everything else to stderr.
#[derive(Debug, Parser)]
#[command(name = "redrive", version, propagate_version = true, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 all done, 1 nothing done or failed, 2 usage or config, 3 partly done, 4 something is in doubt";

/// Options that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Globals {
    /// Config file (.toml or .hyp) [default: ./redrive.toml, else the platform's config directory]
    #[arg(long, global = true, value_name = "FILE", env = "REDRIVE_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Context of the config to work in [default: the config's default_context]
    #[arg(long, global = true, value_name = "NAME", env = "REDRIVE_CONTEXT", hide_env_values = true)]
    pub context: Option<String>,
    /// Work on the embedded demo broker instead of the config's (which is not read); nothing of it lasts
    #[arg(long, global = true)]
    pub demo: bool,
    /// Ledger file [default: the config's, else the platform's data directory]
    #[arg(long, global = true, value_name = "FILE", env = "REDRIVE_LEDGER", hide_env_values = true)]
    pub ledger: Option<PathBuf>,
    /// How results are printed on stdout
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON object a line, as results come
    Jsonl,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List destinations of every broker: depth, partitions, role
    Ls(LsArgs),
    /// Read messages of a destination; what a look costs is agreed to first
    Peek(PeekArgs),
    /// Show one message whole: body, headers, death, violations, history
    Show(ShowArgs),
    /// Why the messages of a dead-letter queue died, by cause
    Causes(CausesArgs),
    /// How far consumer groups are behind
    Lag(LagArgs),
    /// Bring dead letters back to where they came from, by a plan
    Replay(ReplayArgs),
    /// Set dead letters aside, to be decided later
    Park(MarkArgs),
    /// Take dead letters out for good (of a topic: out of the lists); a copy is kept
    Discard(MarkArgs),
    /// Undo a park or a discard
    Restore(MarkArgs),
    /// Set the category of a cause by hand
    Categorise(CategoriseArgs),
    /// Open, update or resolve the one incident of a cause
    Escalate(EscalateArgs),
    /// Plans and how far each is; go on with one, settle what is in doubt, see what became of it
    Jobs(JobsArgs),
    /// What was done, by whom, when, to which message
    Ledger(LedgerArgs),
    /// Read the config and say what every setting is used for
    Check(CheckArgs),
    /// Try everything on an embedded broker with a believable incident
    Demo(DemoArgs),
    /// Print shell completions, for example: source <(redrive completions bash)
    Completions {
        /// The shell they are for
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them into a directory
    Man {
        /// Where a page for every command is written [default: one page on stdout]
        dir: Option<PathBuf>,
    },
}

impl Command {
    /// Its name, for the log.
    pub fn word(&self) -> &'static str {
        match self {
            Command::Ls(_) => "ls",
            Command::Peek(_) => "peek",
            Command::Show(_) => "show",
            Command::Causes(_) => "causes",
            Command::Lag(_) => "lag",
            Command::Replay(_) => "replay",
            Command::Park(_) => "park",
            Command::Discard(_) => "discard",
            Command::Restore(_) => "restore",
            Command::Categorise(_) => "categorise",
            Command::Escalate(_) => "escalate",
            Command::Jobs(_) => "jobs",
            Command::Ledger(_) => "ledger",
            Command::Check(_) => "check",
            Command::Demo(_) => "demo",
            Command::Completions { .. } => "completions",
            Command::Man { .. } => "man",
        }
    }

    /// Whether it is there to change something: in the ledger, on a broker, or what people know.
    pub fn writes(&self) -> bool {
        let acts = |jobs: &JobsArgs| matches!(jobs.command, Some(JobsCommand::Resume { .. } | JobsCommand::Settle { .. }));
        matches!(
            self,
            Command::Replay(_)
                | Command::Park(_)
                | Command::Discard(_)
                | Command::Restore(_)
                | Command::Categorise(_)
                | Command::Escalate(_)
        ) || matches!(self, Command::Jobs(jobs) if acts(jobs))
    }

    /// Why the user gave the word to put in again what a look would destroy, if it was given.
    pub fn reseat(&self) -> Option<&str> {
        let word = match self {
            Command::Peek(a) => &a.reseat,
            Command::Show(a) => &a.reseat,
            Command::Causes(a) => &a.reseat,
            Command::Replay(a) => &a.consent.reseat,
            Command::Park(a) | Command::Discard(a) | Command::Restore(a) => &a.consent.reseat,
            Command::Escalate(a) => &a.consent.reseat,
            Command::Jobs(JobsArgs { command: Some(JobsCommand::Resume { consent, .. }), .. }) => &consent.reseat,
            _ => &None,
        };
        word.as_deref()
    }

    /// Whether the user agreed to looks that leave a trace: by `--accept-traces`, or by `--yes` to all that the command does.
    pub fn agreed(&self) -> bool {
        let by = |consent: &Consent| consent.yes || consent.accept_traces;
        self.reseat().is_some()
            || match self {
                Command::Peek(a) => a.accept_traces,
                Command::Show(a) => a.accept_traces,
                Command::Causes(a) => a.accept_traces,
                Command::Replay(a) => by(&a.consent),
                Command::Park(a) | Command::Discard(a) | Command::Restore(a) => by(&a.consent),
                Command::Escalate(a) => by(&a.consent),
                Command::Jobs(JobsArgs { command: Some(JobsCommand::Resume { consent, .. }), .. }) => by(consent),
                _ => false,
            }
    }
}

/// A number of rows or messages: none at all would be shown and said as if it were all.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("1 is the least".into()),
        other => other.map_err(|_| "not a whole number".into()),
    }
}
