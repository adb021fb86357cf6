//! One file a command: ask the rooms below, print rows, say on stderr what the result means.

mod bulk;
pub mod categorise;
pub mod causes;
pub mod check;
mod closing;
mod consent;
pub mod deeds;
pub mod escalate;
pub mod jobs;
pub mod lag;
pub mod ledger;
pub mod ls;
mod outcome;
pub mod peek;
mod plan_text;
mod sample;
pub mod show;
mod verdict;
mod wish;
