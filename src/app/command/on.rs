//! The kinds of screens, by which a command says where it works.

/// A kind of screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum On {
    Overview,
    Destinations,
    Messages,
    Message,
    Lag,
    Group,
    Causes,
    Compare,
    Plan,
    Jobs,
    Job,
    Ledger,
    Describe,
    Warnings,
    Doubts,
}

impl On {
    /// The screen's name as the user reads it.
    pub fn word(self) -> &'static str {
        match self {
            On::Overview => "Overview",
            On::Destinations => "Destinations",
            On::Messages => "Messages",
            On::Message => "a message",
            On::Lag => "Lag",
            On::Group => "a group",
            On::Causes => "Causes",
            On::Compare => "a comparison",
            On::Plan => "a plan",
            On::Jobs => "Jobs",
            On::Job => "a job",
            On::Ledger => "Ledger",
            On::Describe => "Describe",
            On::Warnings => "Warnings",
            On::Doubts => "Doubts",
        }
    }
}
