//! Triage: causes, plans, the replay, what is in doubt, and the ledger; shared by both faces.

pub mod causes;
pub mod doubt;
pub mod escalate;
pub mod group;
pub mod ledger;
pub mod moving;
mod original;
pub mod permit;
pub mod plan;
pub mod preflight;
pub mod prepare;
pub mod reach;
pub mod replay;
pub mod report;
pub mod rules;
pub mod survey;
pub mod verdict;
