//! Arguments of the commands that act on dead letters: which, how, and the user's word.

use std::path::PathBuf;

use clap::Args;

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
