//! Keeps the rooms of `src/` apart: who may import whom, and what is done in one place only. `src/lib.rs` has the map in words.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

const BELOW_TRIAGE: &[&str] = &["schema", "broker", "config", "decode", "model"];

/// A room and what it may import; the rooms of the whole program, in the order of the data's way.
fn rooms() -> Vec<(&'static str, Vec<&'static str>)> {
    let with = |more: &[&'static str]| [BELOW_TRIAGE, more].concat();
    vec![
        ("model", vec![]),
        ("broker", vec!["model"]),
        ("config", vec!["model"]),
        ("decode", vec!["model"]),
        ("drivers", vec!["broker", "config", "model"]),
        ("schema", vec!["config", "decode", "model"]),
        ("monitor", vec!["schema", "config", "decode", "model"]),
        ("triage", with(&[])),
        ("app", with(&["monitor", "triage"])),
        ("runtime", with(&["app", "triage", "monitor"])),
        ("tui", with(&["runtime", "app", "triage", "monitor"])),
        ("cli", with(&["triage", "monitor"])),
    ]
}

/// What of a room the app may see: nothing that does I/O.
const PURE: [(&str, &[&str]); 2] = [
    ("schema", &["seen", "validate", "declared"]),
    ("triage", &["group", "rules", "reach", "plan", "permit", "verdict", "report", "fingerprint"]),
];

/// Names of those rooms that the app may not see under any path.
const DEEDS: [&str; 3] = ["TriageLedger", "Hands", "replay"];

struct Source {
    /// Below `src/`, with `/`.
    path: String,
    room: String,
    /// Without comments and tests.
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let test_module = Regex::new(r"(?m)^\s*#\[cfg\(test\)\]\s*\n\s*(pub(\([a-z]+\))? )?mod \w+ \{").unwrap();
    let comment = Regex::new(r"(?m)(^|\s)//.*$").unwrap();
    let relative = |file: &PathBuf| file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    let is_test = |path: &str| path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"));
    let mut found: Vec<Source> = Vec::new();
    for file in files {
        let path = relative(&file);
        if is_test(&path) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = test_module.find(&text).map_or(&text[..], |m| &text[..m.start()]);
        let room = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        found.push(Source { room, text: comment.replace_all(code, "").into_owned(), path });
    }
    assert!(found.len() > 20, "the sources are somewhere else");
    found
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Every `crate::a::b` of a text as (`a`, `b`), groups in braces taken apart.
fn imports(text: &str) -> BTreeSet<(String, String)> {
    let path = Regex::new(r"\bcrate::(\w+)(?:::(\w+|\{[^;]*?\}))?").unwrap();
    let group = Regex::new(r"\bcrate::\{").unwrap();
    let mut found = BTreeSet::new();
    let mut add = |room: &str, rest: &str| {
        let names: Vec<String> = match rest.strip_prefix('{') {
            Some(inner) => top_level(inner).iter().map(|n| first_word(n)).collect(),
            None => vec![rest.to_owned()],
        };
        found.extend(names.into_iter().map(|n| (room.to_owned(), n)));
    };
    for m in path.captures_iter(text) {
        add(&m[1], m.get(2).map_or("", |r| r.as_str()));
    }
    for m in group.find_iter(text) {
        for item in top_level(&text[m.end()..]) {
            let (room, rest) = item.split_once("::").unwrap_or((&item, ""));
            add(&first_word(room), rest);
        }
    }
    found
}

/// The items up to the brace that closes, split at commas outside of inner braces.
fn top_level(text: &str) -> Vec<String> {
    let (mut items, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        items.last_mut().unwrap().push(c);
    }
    items.into_iter().map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()).collect()
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn fail_if_any(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// Places where a pattern occurs in files that are not allowed to have it.
fn outside(pattern: &str, allowed: &[&str]) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let mut found = Vec::new();
    for source in sources().iter().filter(|s| !allowed.iter().any(|a| s.path.starts_with(a))) {
        for hit in pattern.find_iter(&source.text) {
            let line = source.text[..hit.start()].lines().count();
            found.push(format!("{} near line {line}: {}", source.path, hit.as_str().trim()));
        }
    }
    found
}

/// As [`outside`], the other way round: in these files only.
fn inside(pattern: &str, files: &[&str]) -> Vec<String> {
    outside(pattern, &[]).into_iter().filter(|hit| files.iter().any(|f| hit.starts_with(f))).collect()
}

#[test]
fn every_folder_is_a_known_room() {
    let known: BTreeSet<_> = rooms().into_iter().map(|r| r.0.to_owned()).chain(["lib".into(), "main".into(), "log".into()]).collect();
    let unknown: BTreeSet<_> = sources().into_iter().map(|s| s.room).filter(|r| !known.contains(r)).collect();
    fail_if_any("a folder of src/ that tests/rooms.rs does not know: say who may import it", unknown.into_iter().collect());
}

#[test]
fn rooms_import_only_what_they_may() {
    let rooms = rooms();
    let names: BTreeSet<_> = rooms.iter().map(|r| r.0).collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, may)) = rooms.iter().find(|r| r.0 == source.room) else { continue };
        for (room, item) in imports(&source.text) {
            if names.contains(room.as_str()) && room != source.room && !may.contains(&room.as_str()) {
                wrong.push(format!("{}: crate::{room} ({} may import {may:?})", source.path, source.room));
            }
            let pure = PURE.iter().find(|p| p.0 == room).filter(|_| source.room == "app");
            let module = item.starts_with(|c: char| c.is_lowercase());
            if pure.is_some_and(|(_, files)| module && !files.contains(&item.as_str()))
                || source.room == "app" && DEEDS.contains(&item.as_str())
            {
                wrong.push(format!("{}: crate::{room}::{item} is not one of the pure files that the app may see", source.path));
            }
        }
    }
    fail_if_any("imports against the table", wrong);
}

#[test]
fn nothing_gives_up_in_the_middle() {
    let wrong = outside(r"\.unwrap\(\)|\.expect\(|\b(panic|todo|unimplemented|unreachable)!\(", &[]);
    fail_if_any("unwrap, expect or a panic outside tests", wrong);
}

#[test]
fn tasks_and_threads_have_their_places() {
    let tasks = outside(r"\btokio::(task::)?spawn\w*|\bJoinSet\b|\bTaskTracker\b", &["runtime/", "broker/keeper.rs"]);
    fail_if_any("a task spawned outside runtime and broker/keeper.rs", tasks);
    let threads = outside(r"\bthread::(spawn|Builder|scope)", &["drivers/kafka", "triage/ledger"]);
    fail_if_any("a thread outside the Kafka driver and the ledger", threads);
}

#[test]
fn sdks_stay_in_their_folders() {
    for (krate, home) in [
        ("rdkafka(_sys)?", &["drivers/kafka"][..]),
        ("lapin", &["drivers/rabbitmq"][..]),
        ("(fe2o3_amqp(_types)?|serde_amqp)", &["drivers/activemq"][..]),
        ("aws_(config|sdk_sqs|sdk_sns)", &["drivers/aws"][..]),
        ("rusqlite", &["triage/ledger"]),
        ("reqwest", &["triage/escalate", "schema/registry", "drivers/rabbitmq", "drivers/activemq"]),
        ("crossterm", &["tui/"]),
        ("ratatui", &["tui/", "app/", "runtime/"]),
    ] {
        fail_if_any(&format!("{krate} outside {home:?}"), outside(&format!(r"\b{krate}::"), home));
    }
}

#[test]
fn the_mind_is_pure() {
    let impure = r"\btokio::|\bstd::(fs|net|process|thread)\b|\b(SystemTime|Instant)::now\b|\bratatui::(widgets|Frame|Terminal)";
    fail_if_any("I/O, time or widgets in app or plan", inside(impure, &["app/", "triage/plan"]));
    // own modules are declared in model/mod.rs alone
    let foreign = inside(r"(?m)^\s*(pub )?use (\w+)::", &["model/"]).into_iter();
    let allowed = ["use std::", "use bytes::", "use super::", "use crate::", "use self::"];
    let wrong = foreign.filter(|hit| !hit.starts_with("model/mod.rs") && !allowed.iter().any(|a| hit.ends_with(a)));
    fail_if_any("model uses std and bytes only", wrong.collect());
}

#[test]
fn one_place_writes_to_brokers() {
    let wrong = outside(r"\.(publish|hold|settle|carry|bulk)\(", &["broker/", "drivers/", "triage/replay"]);
    fail_if_any("a write to a broker outside triage/replay", wrong);
}

#[test]
fn decorators_can_forget_nothing() {
    let head = Regex::new(r"pub trait (Broker|Writer|Hold)\b[^{]*\{").unwrap();
    let mut seen = BTreeSet::new();
    for source in sources().iter().filter(|s| s.room == "broker") {
        for m in head.captures_iter(&source.text) {
            let body = &source.text[m.get(0).unwrap().end()..];
            let end = body.find("\n}").unwrap();
            assert!(
                !body[..end].contains('{'),
                "{}: {} has a default body; a decorator that forgets it switches it off in silence",
                source.path,
                &m[1]
            );
            seen.insert(m[1].to_owned());
        }
    }
    assert_eq!(seen.len(), 3, "the contract's traits are not where they were: {seen:?}");
}

#[test]
fn files_say_what_they_are_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let silent = files.iter().filter(|f| !fs::read_to_string(f).unwrap().starts_with("//! ")).map(|f| f.display().to_string());
    fail_if_any("a file opens with one //! sentence saying what it is for", silent.collect());
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::triage::{Ledger, plan::Plan};\nuse crate::{model::Address, schema::{seen, declared}};\nlet x = crate::broker::Place::Any;";
    let found: Vec<_> = imports(text).into_iter().map(|(a, b)| format!("{a}/{b}")).collect();
    for want in ["broker/Place", "model/Address", "schema/seen", "schema/declared", "triage/Ledger", "triage/plan"] {
        assert!(found.iter().any(|f| f == want), "{want} in {found:?}");
    }
}
