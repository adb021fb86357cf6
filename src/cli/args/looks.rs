//! Arguments of the commands that look, and of those beside the triage.

use clap::{Args, ValueEnum};

use super::at_least_one;

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
    #[arg(long, short = 'n', value_parser = at_least_one)]
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

#[derive(Args, Debug)]
pub struct LedgerArgs {
    /// Only entries about this: destination, message id, plan or actor
    pub about: Option<String>,
    /// Entries at most
    #[arg(long, short = 'n', default_value_t = 100, value_parser = at_least_one)]
    pub limit: usize,
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
