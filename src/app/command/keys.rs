//! Keys to commands: the table's own, changed by a keymap as far as the rules of keys let it; and the palette's search.

use super::{Command, Entry, Group, TABLE};
use crate::app::key::{Code, Key};

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
