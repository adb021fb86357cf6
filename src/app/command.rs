//! The one table of commands: it gives keys, footer, help and palette, and is checked against the rules of keys.

use super::key::{Code, Key};

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

/// The kinds of screens, for saying where a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum On {
    Overview,
    Destinations,
    Messages,
    Message,
    Lag,
    Group,
    Causes,
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

const LISTS: &[On] = &[On::Overview, On::Destinations, On::Messages, On::Lag, On::Causes, On::Jobs, On::Ledger];
const MARKED: &[On] = &[On::Messages, On::Causes, On::Doubts];
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
    entry(Command::Bulk, "bulk", "", "move all by the broker (:bulk)", Group::Act, &[On::Causes]),
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
    entry(Command::Follow, "follow", "f", "follow (tail)", Group::Look, &[On::Messages, On::Destinations]),
    entry(Command::Goto, "goto", "@", "go to oldest, newest, 2h, p3/132665", Group::Look, &[On::Messages]),
    entry(Command::Retry, "refresh", "r ctrl-r", "read or try again now", Group::Look, &[]),
    entry(Command::Pause, "pause", "p", "pause, go on", Group::Look, &[]),
    entry(Command::NextTab, "tab", "tab", "next tab", Group::Look, &[On::Message]),
    entry(Command::PrevTab, "tab-back", "shift-tab", "previous tab", Group::Look, &[On::Message]),
    entry(Command::Next, "next", "n", "next match or violation", Group::Look, &[On::Message, On::Messages]),
    entry(Command::Prev, "previous", "N", "previous match or violation", Group::Look, &[On::Message, On::Messages]),
    entry(Command::Fold, "fold", "z", "fold", Group::Look, &[On::Message]),
    entry(Command::DecodeAs, "decode", "x", "decode as", Group::Look, &[On::Message]),
    entry(Command::NextMessage, "next-message", ">", "next message", Group::Look, &[On::Message, On::Plan]),
    entry(Command::PrevMessage, "previous-message", "<", "previous message", Group::Look, &[On::Message, On::Plan]),
    entry(Command::Wrap, "wrap", "w ctrl-w", "wrap, all columns", Group::Look, &[On::Message, On::Messages]),
    entry(
        Command::Copy,
        "copy",
        "c y",
        "copy menu",
        Group::Look,
        &[On::Messages, On::Message, On::Causes, On::Destinations, On::Job, On::Warnings, On::Doubts],
    ),
    entry(Command::Save, "save", "ctrl-s", "save as JSON lines", Group::Look, &[On::Messages, On::Message]),
    entry(Command::Edit, "edit", "e", "edit in $EDITOR", Group::Look, &[On::Message, On::Warnings]),
    entry(Command::Note, "note", "a", "note", Group::Look, &[On::Causes]),
    entry(Command::Options, "options", "o", "options", Group::Look, &[On::Plan, On::Destinations]),
    entry(Command::Filter, "filter", "/", "filter what is loaded", Group::List, LISTS),
    entry(Command::Mark, "mark", "space", "mark", Group::List, MARKED),
    entry(Command::MarkRange, "mark-range", "v ctrl-space", "mark a range", Group::List, MARKED),
    entry(Command::MarkAll, "mark-all", "*", "mark all that match", Group::List, MARKED),
    entry(Command::ClearMarks, "clear-marks", "ctrl-\\", "clear marks", Group::List, MARKED),
    entry(
        Command::Sort,
        "sort",
        "s",
        "sort by the column picked with ←→; again: reversed",
        Group::List,
        &[On::Destinations, On::Messages, On::Lag, On::Causes, On::Jobs],
    ),
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

/// Keys to commands, the defaults with the user's changes.
#[derive(Clone, Debug)]
pub struct Keys(Vec<(Key, Command)>);

/// Keys that only move, whatever a keymap says.
const MOVES: &str = "h j k l g G n N ctrl-d ctrl-u ctrl-f ctrl-b";

impl Keys {
    /// The table's keys, changed by `command name = keys` (separated by spaces; empty: no key). What breaks a rule is refused:
    /// the second part of the answer says why, and the default stays.
    pub fn new<'a>(changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<String>) {
        let mut keys: Vec<(Key, Command)> =
            TABLE.iter().flat_map(|e| e.keys.split(' ').filter_map(|k| Some((k.parse().ok()?, e.id)))).collect();
        let mut refused = Vec::new();
        for (name, wanted) in changes {
            match change(&keys, name, wanted) {
                Ok(changed) => keys = changed,
                Err(why) => refused.push(format!("[keymap] {name} = \"{wanted}\": {why}")),
            }
        }
        (Self(keys), refused)
    }

    /// The command of a key.
    pub fn command(&self, key: Key) -> Option<Command> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, c)| *c)
    }

    /// The first key of a command, as shown; empty if it has none.
    pub fn shown(&self, command: Command) -> String {
        self.0.iter().find(|(_, c)| *c == command).map_or(String::new(), |(k, _)| k.to_string())
    }

    /// All keys of a command.
    pub fn all(&self, command: Command) -> String {
        let keys: Vec<String> = self.0.iter().filter(|(_, c)| *c == command).map(|(k, _)| k.to_string()).collect();
        keys.join(" ")
    }
}

fn change(keys: &[(Key, Command)], name: &str, wanted: &str) -> Result<Vec<(Key, Command)>, String> {
    let entry = TABLE.iter().find(|e| e.name == name).ok_or_else(|| format!("there is no command {name}; `:` lists them"))?;
    let wanted: Vec<Key> = wanted.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    for key in &wanted {
        check(*key, entry)?;
    }
    if wanted.is_empty() && matches!(entry.id, Command::Back | Command::Palette | Command::Help) {
        return Err("it must keep a key: without it there is no way out or in".into());
    }
    let mut changed: Vec<(Key, Command)> = keys.iter().copied().filter(|(_, c)| *c != entry.id).collect();
    if let Some((key, other)) = changed.iter().find(|(k, _)| wanted.contains(k)) {
        return Err(format!("{key} is {} already; one key, one meaning", other.entry().name));
    }
    changed.extend(wanted.into_iter().map(|k| (k, entry.id)));
    Ok(changed)
}

fn check(key: Key, entry: &Entry) -> Result<(), String> {
    let moves = MOVES.split(' ').any(|m| m.parse() == Ok(key));
    let may_move = entry.group == Group::Move || matches!(entry.id, Command::Next | Command::Prev);
    if moves && !may_move {
        return Err(format!("{key} only moves"));
    }
    if entry.group == Group::Act && !key.is_capital() {
        return Err("what opens a dialog that writes is on a capital letter".into());
    }
    if entry.group != Group::Act && key.is_capital() && !may_move {
        return Err("capital letters open dialogs and do nothing else".into());
    }
    if key.code == Code::Esc && entry.id != Command::Back {
        return Err("esc takes off one layer and nothing else".into());
    }
    Ok(())
}

/// Commands whose name or title fits what was typed after `:`, best first.
pub fn matching(typed: &str) -> Vec<&'static Entry> {
    let word = typed.split_whitespace().next().unwrap_or("").to_lowercase();
    let mut found: Vec<(u8, &Entry)> = TABLE
        .iter()
        .filter(|e| e.group != Group::Move)
        .filter_map(|e| {
            let rank = match () {
                () if e.name == word => 0,
                () if e.name.starts_with(&word) => 1,
                () if e.title.to_lowercase().contains(&word) || e.name.contains(&word) => 2,
                () => return None,
            };
            Some((rank, e))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, e)| e).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_keeps_the_rules_of_keys() {
        for (i, e) in TABLE.iter().enumerate() {
            assert!(TABLE.iter().skip(i + 1).all(|o| o.id != e.id && o.name != e.name), "{} twice", e.name);
            for key in e.keys.split(' ').filter(|k| !k.is_empty()) {
                let key: Key = key.parse().expect(key);
                check(key, e).unwrap_or_else(|why| panic!("{}: {why}", e.name));
            }
        }
        let keys = Keys::new([]).0.0;
        for (i, (key, c)) in keys.iter().enumerate() {
            assert!(keys.iter().skip(i + 1).all(|(k, _)| k != key), "{key} of {c:?} has a second meaning");
        }
    }

    #[test]
    fn a_keymap_is_taken_unless_it_breaks_a_rule() {
        let (keys, refused) = Keys::new([("replay", "X"), ("filter", "/ ctrl-/")]);
        assert_eq!(refused, [] as [String; 0]);
        assert_eq!(keys.command(Key::char('X')), Some(Command::Replay));
        assert_eq!(keys.command(Key::char('R')), None);
        for (name, wanted, why) in [
            ("replay", "x", "capital"),
            ("describe", "j", "only moves"),
            ("describe", "K", "capital letters open dialogs"),
            ("describe", "m", "one key, one meaning"),
            ("esc", "", "must keep a key"),
            ("help", "esc", "one layer"),
            ("fly", "y", "no command"),
            ("describe", "hyper-d", "is no key"),
        ] {
            let (_, refused) = Keys::new([(name, wanted)]);
            assert!(refused.len() == 1 && refused[0].contains(why), "{name} {wanted}: {refused:?}");
        }
    }

    #[test]
    fn the_palette_finds_by_name_and_title() {
        assert_eq!(matching("led")[0].id, Command::Ledger);
        assert_eq!(matching("q")[0].id, Command::Quit);
        assert_eq!(matching("tail")[0].id, Command::Follow);
        assert!(matching("nonsense").is_empty());
    }
}
