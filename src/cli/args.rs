//! The command line: what can be asked, in the words of the product; parsed by clap, also the source of man pages and completions.

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
    /// Read messages of a destination, leaving no trace
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
    /// Mark dead letters as never to be replayed; a copy is kept
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

#[derive(Args, Debug)]
pub struct LsArgs {
    /// Only names that contain this
    pub pattern: Option<String>,
    /// Only dead-letter queues
    #[arg(long)]
    pub dlq: bool,
    /// The brokers' own bookkeeping too
    #[arg(long)]
    pub internal: bool,
}

#[derive(Args, Debug)]
pub struct PeekArgs {
    /// NAME, or CONNECTION/NAME where several brokers have it
    pub destination: String,
    /// Messages at most [default: 20; with --follow: no limit]
    #[arg(long, short = 'n')]
    pub limit: Option<usize>,
    /// Where to start: oldest, newest, 2h (ago), 2026-11-23T02:00Z, p3/132665 [default: newest; of queues: oldest]
    #[arg(long, value_name = "POSITION")]
    pub from: Option<String>,
    /// Stop at this time: 30m (ago), 2026-11-23T02:30Z
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Go on as messages arrive, until interrupted
    #[arg(long, short)]
    pub follow: bool,
    /// Also messages of open and aborted transactions
    #[arg(long)]
    pub uncommitted: bool,
    /// Only messages that break their schema (of those read)
    #[arg(long)]
    pub invalid: bool,
    /// Agree to a look that leaves a trace (its price is said without this; --yes does the same)
    #[arg(long, alias = "yes")]
    pub accept_traces: bool,
    /// Give the word, and say why, to put messages in again that giving back would destroy (RabbitMQ from 4.3 on: dead letters of quorum queues).
    /// That is a write: copied to the ledger, published to the end of their queue, then taken out
    #[arg(long, value_name = "REASON")]
    pub reseat: Option<String>,
}

#[derive(Args, Debug)]
pub struct ShowArgs {
    /// [CONNECTION/]NAME/pPARTITION/OFFSET, as `peek` prints it
    pub message: String,
    /// Only the body's bytes, exactly as they are
    #[arg(long)]
    pub raw: bool,
    /// Agree to a look that leaves a trace (its price is said without this; --yes does the same)
    #[arg(long, alias = "yes")]
    pub accept_traces: bool,
    /// Give the word, and say why, to put messages in again that giving back would destroy (RabbitMQ from 4.3 on: dead letters of quorum queues).
    /// That is a write: copied to the ledger, published to the end of their queue, then taken out
    #[arg(long, value_name = "REASON")]
    pub reseat: Option<String>,
}

#[derive(Args, Debug)]
pub struct CausesArgs {
    /// NAME, or CONNECTION/NAME
    pub destination: String,
    /// Resolved, parked and discarded ones too
    #[arg(long)]
    pub all: bool,
    /// One cause in detail
    #[arg(long, value_name = "ID")]
    pub cause: Option<String>,
    /// Agree to a look that leaves a trace (its price is said without this; --yes does the same)
    #[arg(long, alias = "yes")]
    pub accept_traces: bool,
    /// Give the word, and say why, to put messages in again that giving back would destroy (RabbitMQ from 4.3 on: dead letters of quorum queues).
    /// That is a write: copied to the ledger, published to the end of their queue, then taken out
    #[arg(long, value_name = "REASON")]
    pub reseat: Option<String>,
}

#[derive(Args, Debug)]
pub struct LagArgs {
    /// One group, by partition
    pub group: Option<String>,
    /// Only groups that read this topic
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
}

/// Which messages of a dead-letter queue.
#[derive(Args, Debug, Clone, Default)]
pub struct Which {
    /// NAME, or CONNECTION/NAME
    pub destination: Option<String>,
    /// The messages of this cause (as `redrive causes` names it)
    #[arg(long, value_name = "ID")]
    pub cause: Option<String>,
    /// These messages: pPARTITION/OFFSET, repeatable
    #[arg(long = "message", value_name = "SEAT")]
    pub messages: Vec<String>,
    /// Every unresolved message
    #[arg(long, conflicts_with_all = ["cause", "messages"])]
    pub all: bool,
    /// Although only a part of the queue could be read: what was read
    #[arg(long, conflicts_with = "messages")]
    pub partial: bool,
}

/// What a write needs.
#[derive(Args, Debug, Clone, Default)]
pub struct Consent {
    /// Do it: without a terminal nothing is written without this
    #[arg(long)]
    pub yes: bool,
    /// Agree to looks that leave a trace, and to nothing else
    #[arg(long)]
    pub accept_traces: bool,
    /// Agree that so many subscribers get each message: needed where the target is an SNS topic
    #[arg(long, value_name = "N")]
    pub subscribers: Option<u32>,
    /// Give the word, and say why, to put messages in again that giving back would destroy (RabbitMQ from 4.3 on: dead letters of quorum queues).
    /// That is a write: copied to the ledger, published to the end of their queue, then taken out
    #[arg(long, value_name = "REASON")]
    pub reseat: Option<String>,
    /// Why; needed where the context is read-only
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Args, Debug)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub which: Which,
    /// Carry out, go on with, or (with --dry-run) look at this plan
    #[arg(long, value_name = "ID", conflicts_with_all = ["destination", "cause", "messages", "all"])]
    pub plan: Option<String>,
    /// To this destination (or exchange:NAME) instead of each message's origin
    #[arg(long, value_name = "DESTINATION")]
    pub to: Option<String>,
    /// By this routing key, to an exchange [default: the key that each first came by]
    #[arg(long, value_name = "KEY", requires = "to")]
    pub routing_key: Option<String>,
    /// Show the plan and the exact wire messages; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Messages a second at most [default: the config's replay.per_second, else as fast as confirmations come; 0: no limit]
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// Numbers of messages that go first, one step each: 1,5,25; 0: no steps [default: the config's replay.canary, else 1,5,25]
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub canary: Option<Vec<u32>>,
    /// Strip this header too, repeatable; a final * stands for any ending
    #[arg(long, value_name = "HEADER")]
    pub strip: Vec<String>,
    /// Keep this header though a framework's are stripped, repeatable; a final * stands for any ending
    #[arg(long, value_name = "HEADER")]
    pub keep: Vec<String>,
    /// Add a header, repeatable
    #[arg(long, value_name = "HEADER=VALUE")]
    pub add: Vec<String>,
    /// Publish this file's text as the body of the one --message (- for stdin); its copy in the ledger stays the original
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plan", "cause", "all"])]
    pub edit: Option<PathBuf>,
    /// Also messages that were replayed before
    #[arg(long)]
    pub again: bool,
    /// Then wait for a word of each message (verified, came back), or until their time is over
    #[arg(long, short)]
    pub follow: bool,
    /// The whole queue by the broker's own mover, without copies in the ledger
    #[arg(long, conflicts_with_all = ["cause", "messages", "plan", "again", "follow", "canary", "strip", "keep", "add", "edit", "routing_key"])]
    pub bulk: bool,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Args, Debug)]
pub struct MarkArgs {
    #[command(flatten)]
    pub which: Which,
    /// Carry out or go on with this plan
    #[arg(long, value_name = "ID", conflicts_with_all = ["destination", "cause", "messages", "all"])]
    pub plan: Option<String>,
    /// Show what would be done
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Args, Debug)]
pub struct CategoriseArgs {
    /// NAME, or CONNECTION/NAME
    pub destination: String,
    /// The cause, as `redrive causes` names it
    #[arg(long, value_name = "ID")]
    pub cause: String,
    /// The category's name, or `none` to go back to the rules
    pub category: String,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Args, Debug)]
pub struct EscalateArgs {
    /// NAME, or CONNECTION/NAME
    pub destination: Option<String>,
    /// The cause, as `redrive causes` names it
    #[arg(long, value_name = "ID")]
    pub cause: Option<String>,
    /// Resolve the incident instead
    #[arg(long)]
    pub resolve: bool,
    /// Send what is due in the outbox (retries, repeats) and nothing new
    #[arg(long, conflicts_with_all = ["destination", "cause", "resolve"])]
    pub flush: bool,
    /// Show the text as it would be sent, and to whom
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Args, Debug)]
pub struct LedgerArgs {
    /// Only entries about this: destination, message id, plan or actor
    pub about: Option<String>,
    /// Entries at most
    #[arg(long, short = 'n', default_value_t = 100)]
    pub limit: usize,
}

#[derive(Args, Debug)]
pub struct JobsArgs {
    #[command(subcommand)]
    pub command: Option<JobsCommand>,
    /// Plans at most, newest first
    #[arg(long, short = 'n', default_value_t = 100)]
    pub limit: usize,
}

/// What can be done with plans.
#[derive(Subcommand, Debug)]
pub enum JobsCommand {
    /// Go on with a plan that was stopped, broke off or was never started
    Resume {
        /// The plan, as `redrive jobs` lists it
        plan: String,
        /// Messages a second at most [default: the plan's]
        #[arg(long, value_name = "N")]
        rate: Option<u32>,
        /// Then wait for a word of each message, or until their time is over
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// What is in doubt, and what a look at the targets says of it
    Doubt,
    /// Say what became of messages in doubt, after having looked
    Settle {
        /// The messages, as `redrive jobs doubt` lists them
        #[arg(value_name = "PLAN/ITEM", required = true)]
        messages: Vec<String>,
        #[command(flatten)]
        said: Said,
        #[command(flatten)]
        consent: Consent,
    },
    /// What became of what was replayed: verified, came back, no word yet
    Verdict {
        /// The plan, as `redrive jobs` lists it
        plan: String,
        /// Wait for a word of each message, or until their time is over
        #[arg(long, short)]
        follow: bool,
    },
}

/// A person's word on a message in doubt.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Said {
    /// It arrived: it counts as done
    #[arg(long)]
    pub arrived: bool,
    /// It did not arrive: it may be sent again
    #[arg(long)]
    pub missing: bool,
    /// It stays unknown and is not sent again
    #[arg(long)]
    pub leave: bool,
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Also try every broker: reachable, signed in, allowed to list, read, write
    #[arg(long)]
    pub connect: bool,
    /// Print the loaded config in this language instead
    #[arg(long = "as", value_name = "LANGUAGE")]
    pub language: Option<Language>,
}

/// The config's languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Toml,
}

#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Start from this seed, to see the same incident again
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
