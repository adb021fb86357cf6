//! Arguments of `redrive jobs`.

use clap::{Args, Subcommand};

use super::{Consent, at_least_one};

#[derive(Args, Debug)]
pub struct JobsArgs {
    #[command(subcommand)]
    pub command: Option<JobsCommand>,
    /// Plans at most, newest first
    #[arg(long, short = 'n', default_value_t = 100, value_parser = at_least_one)]
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
