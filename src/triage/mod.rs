//! Triage: causes, plans, the replay, what is in doubt, and the ledger; shared by both faces.

pub mod plan;
pub mod report;
