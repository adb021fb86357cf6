//! The one table of commands: it gives keys, footer, help and palette, and is checked against the rules of keys.

mod keys;
mod on;

pub use keys::{Keys, matching};
pub use on::On;

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

const LISTS: &[On] = &[On::Overview, On::Destinations, On::Messages, On::Lag, On::Group, On::Causes, On::Jobs, On::Ledger, On::Doubts];
/// The Overview's order is what it is for.
const SORTED: &[On] = &[On::Destinations, On::Messages, On::Lag, On::Group, On::Causes, On::Jobs, On::Ledger, On::Doubts];
const WIDE: &[On] = &[
    On::Message,
    On::Overview,
    On::Destinations,
    On::Messages,
    On::Lag,
    On::Group,
    On::Causes,
    On::Jobs,
    On::Ledger,
    On::Doubts,
    On::Warnings,
];
const MARKED: &[On] = &[On::Destinations, On::Messages, On::Causes, On::Ledger, On::Doubts];
/// What is read from brokers or the ledger; a message is read with its list.
const READ: &[On] = &[
    On::Overview,
    On::Destinations,
    On::Describe,
    On::Messages,
    On::Lag,
    On::Group,
    On::Causes,
    On::Plan,
    On::Jobs,
    On::Job,
    On::Ledger,
    On::Doubts,
];
const DEAD: &[On] = &[On::Causes, On::Messages, On::Message];
const REPLAYS: &[On] = &[On::Causes, On::Messages, On::Message, On::Jobs, On::Job];

const fn entry(id: Command, name: &'static str, keys: &'static str, title: &'static str, group: Group, on: &'static [On]) -> Entry {
    Entry { id, name, keys, title, group, on }
}

/// All commands.
pub const TABLE: &[Entry] = &[
    entry(Command::Replay, "replay", "R", "replay, go on with one", Group::Act, REPLAYS),
    entry(Command::Discard, "discard", "D", "discard", Group::Act, DEAD),
    entry(Command::Park, "park", "P", "park", Group::Act, DEAD),
    entry(
        Command::Restore,
        "restore",
        "U",
        "restore (undo discard, park)",
        Group::Act,
        &[On::Ledger, On::Messages, On::Message, On::Causes],
    ),
    entry(Command::Escalate, "escalate", "E", "escalate", Group::Act, &[On::Causes]),
    entry(Command::Category, "category", "T", "category", Group::Act, &[On::Causes]),
    entry(Command::Claim, "claim", "C", "claim or release", Group::Act, &[On::Causes]),
    entry(Command::Bulk, "bulk", "", "move all by broker (:bulk [N/s])", Group::Act, &[On::Causes]),
    entry(Command::Stop, "stop", "S", "stop for good", Group::Act, &[On::Jobs, On::Job]),
    entry(Command::Settle, "settle", "V", "settle what is in doubt", Group::Act, &[On::Jobs, On::Job, On::Doubts]),
    entry(Command::Writes, "writes", "W", "writes on or off", Group::Act, &[]),
    entry(Command::Open, "open", "enter", "open", Group::Look, &[]),
    entry(
        Command::Messages,
        "messages",
        "m",
        "messages",
        Group::Look,
        &[On::Overview, On::Destinations, On::Causes, On::Plan, On::Describe],
    ),
    entry(
        Command::Describe,
        "describe",
        "d",
        "describe",
        Group::Look,
        &[On::Overview, On::Destinations, On::Messages, On::Causes, On::Lag, On::Group],
    ),
    entry(Command::Follow, "follow", "f", "follow (tail); marked: in one list", Group::Look, &[On::Messages, On::Destinations]),
    entry(Command::Compare, "compare", "=", "compare two marked ones", Group::Look, &[On::Messages]),
    entry(Command::Goto, "goto", "@", "go to oldest, newest, 2h, p3/132665", Group::Look, &[On::Messages]),
    entry(Command::Retry, "refresh", "r ctrl-r", "read or try again now", Group::Look, READ),
    entry(Command::Pause, "pause", "p", "pause, go on", Group::Look, &[]),
    entry(Command::NextTab, "tab", "tab", "next tab", Group::Look, &[On::Message]),
    entry(Command::PrevTab, "tab-back", "shift-tab", "previous tab", Group::Look, &[On::Message]),
    entry(Command::Next, "next", "n", "next match or violation", Group::Look, &[On::Message, On::Messages]),
    entry(Command::Prev, "previous", "N", "previous match or violation", Group::Look, &[On::Message, On::Messages]),
    entry(Command::Fold, "fold", "z", "fold", Group::Look, &[On::Message]),
    entry(Command::DecodeAs, "decode", "x", "decode as", Group::Look, &[On::Message]),
    entry(Command::NextMessage, "next-message", ">", "next message", Group::Look, &[On::Message, On::Plan]),
    entry(Command::PrevMessage, "previous-message", "<", "previous message", Group::Look, &[On::Message, On::Plan]),
    entry(Command::Wrap, "wrap", "w ctrl-w", "wrap; whole names, all columns", Group::Look, WIDE),
    entry(
        Command::Copy,
        "copy",
        "c y",
        "copy menu",
        Group::Look,
        &[On::Messages, On::Message, On::Causes, On::Destinations, On::Job, On::Warnings, On::Doubts, On::Compare],
    ),
    entry(Command::Save, "save", "ctrl-s", "save as JSON lines", Group::Look, &[On::Messages, On::Message]),
    entry(Command::Edit, "edit", "e", "edit in $EDITOR", Group::Look, &[On::Message, On::Messages, On::Causes, On::Warnings]),
    entry(Command::Note, "note", "a", "note", Group::Look, &[On::Causes, On::Messages, On::Message, On::Ledger]),
    entry(
        Command::Options,
        "options",
        "o",
        "options (columns, what is shown)",
        Group::Look,
        &[On::Plan, On::Destinations, On::Messages, On::Jobs],
    ),
    entry(Command::Filter, "filter", "/", "filter what is loaded", Group::List, LISTS),
    entry(Command::Mark, "mark", "space", "mark", Group::List, MARKED),
    entry(Command::MarkRange, "mark-range", "v ctrl-space", "mark a range", Group::List, MARKED),
    entry(Command::MarkAll, "mark-all", "*", "mark all that match", Group::List, MARKED),
    entry(Command::ClearMarks, "clear-marks", "ctrl-\\", "clear marks", Group::List, MARKED),
    entry(Command::Sort, "sort", "s", "sort by the column picked with ←→; again: reversed", Group::List, SORTED),
    entry(Command::Contexts, "ctx", "0", "contexts", Group::Go, &[]),
    entry(Command::Overview, "overview", "1", "overview", Group::Go, &[]),
    entry(Command::Destinations, "destinations", "2", "destinations", Group::Go, &[]),
    entry(Command::Lag, "lag", "3", "lag", Group::Go, &[]),
    entry(Command::Jobs, "jobs", "4", "jobs", Group::Go, &[]),
    entry(Command::Ledger, "ledger", "5", "ledger", Group::Go, &[]),
    entry(Command::Warnings, "warnings", "", "the config's warnings", Group::Go, &[]),
    entry(Command::Last, "last", "-", "the last place", Group::Go, &[]),
    entry(Command::HistoryBack, "back", "[", "back in history", Group::Go, &[]),
    entry(Command::HistoryForward, "forward", "]", "forward in history", Group::Go, &[]),
    entry(Command::Up, "up", "k up", "up", Group::Move, &[]),
    entry(Command::Down, "down", "j down", "down", Group::Move, &[]),
    entry(Command::Left, "left", "h left", "left", Group::Move, &[]),
    entry(Command::Right, "right", "l right", "right", Group::Move, &[]),
    entry(Command::Top, "top", "g home", "first", Group::Move, &[]),
    entry(Command::Bottom, "bottom", "G end", "last", Group::Move, &[]),
    entry(Command::HalfDown, "half-down", "ctrl-d", "half a page down", Group::Move, &[]),
    entry(Command::HalfUp, "half-up", "ctrl-u", "half a page up", Group::Move, &[]),
    entry(Command::PageDown, "page-down", "ctrl-f pgdn", "a page down", Group::Move, &[]),
    entry(Command::PageUp, "page-up", "ctrl-b pgup", "a page up", Group::Move, &[]),
    entry(Command::Palette, "command", ":", "command", Group::Program, &[]),
    entry(Command::Help, "help", "?", "all", Group::Program, &[]),
    entry(Command::Times, "times", "t", "UTC, local or relative times", Group::Program, &[]),
    entry(Command::Back, "esc", "esc", "one layer back", Group::Program, &[]),
    entry(Command::Leave, "leave", "q", "one layer back; on the Overview: quit", Group::Program, &[]),
    entry(Command::Interrupt, "interrupt", "ctrl-c", "stop the read; twice: quit", Group::Program, &[]),
    entry(Command::Suspend, "suspend", "ctrl-z", "suspend", Group::Program, &[]),
    entry(Command::Quit, "q", "", "quit", Group::Program, &[]),
];

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

    /// Where it works, for someone who pressed it elsewhere.
    pub fn elsewhere(&self) -> String {
        let words: Vec<&str> = self.on.iter().map(|o| o.word()).collect();
        format!("{} has no use here; it works on {}", self.title, words.join(", "))
    }
}
