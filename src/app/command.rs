//! The one table of commands: it gives keys, footer, help and palette, and is checked against the rules of keys.

mod keys;
mod on;
mod table;

pub use keys::{Keys, matching};
pub use on::On;
pub use table::TABLE;

/// Everything a key or `:name` can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Command {
    Up,
    Down,
    Left,
    Right,
    Top,
    Bottom,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    Open,
    Back,
    Leave,
    Interrupt,
    Quit,
    Contexts,
    Overview,
    Destinations,
    Lag,
    Jobs,
    Ledger,
    Last,
    HistoryBack,
    HistoryForward,
    Palette,
    Filter,
    Goto,
    Help,
    Mark,
    MarkRange,
    MarkAll,
    ClearMarks,
    Sort,
    Wrap,
    Retry,
    Pause,
    Messages,
    Follow,
    Compare,
    Describe,
    Copy,
    Edit,
    Note,
    Options,
    Times,
    Save,
    NextTab,
    PrevTab,
    Next,
    Prev,
    Fold,
    DecodeAs,
    NextMessage,
    PrevMessage,
    Replay,
    Discard,
    Park,
    Restore,
    Escalate,
    Category,
    Claim,
    Bulk,
    Stop,
    Settle,
    Writes,
    Warnings,
    Suspend,
}

/// What kind of command, for the help's sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Move,
    Go,
    List,
    Look,
    Act,
    Program,
}

impl Group {
    /// The sections in the order the help shows them.
    pub const ALL: [(Group, &'static str); 6] = [
        (Group::Act, "opens a dialog, writes nothing by itself"),
        (Group::Look, "look"),
        (Group::List, "lists"),
        (Group::Go, "go to"),
        (Group::Move, "move"),
        (Group::Program, "redrive"),
    ];
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub id: Command,
    /// Its name after `:` and in the keymap.
    pub name: &'static str,
    /// Its keys, the shown one first; separated by spaces.
    pub keys: &'static str,
    /// What the footer and the palette call it.
    pub title: &'static str,
    pub group: Group,
    /// Where it has a use; empty: everywhere.
    pub on: &'static [On],
}

impl Command {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // Every command has a row: a test counts them.
        TABLE.iter().find(|e| e.id == self).unwrap_or(&TABLE[0])
    }
}

impl Entry {
    /// Whether it has a use on this kind of screen.
    pub fn works_on(&self, on: On) -> bool {
        self.on.is_empty() || self.on.contains(&on)
    }

    /// Where it works, by the screens' names.
    pub fn places(&self) -> String {
        self.on.iter().map(|o| o.word()).collect::<Vec<_>>().join(", ")
    }

    /// Where it works, for someone who pressed it elsewhere.
    pub fn elsewhere(&self) -> String {
        format!("{} has no use here; it works on {}", self.name, self.places())
    }
}
