//! The table at the end: what was tried on which broker, and what was not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::hosts::Ran;

/// What came of every case so far.
#[derive(Clone, Default)]
pub struct Report(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    ran: BTreeMap<(&'static str, &'static str), Word>,
    absent: Vec<String>,
}

enum Word {
    Failed,
    Well,
    NotApplicable(String),
    NotTested(String),
}

impl Report {
    fn lines<T>(&self, with: impl FnOnce(&mut Lines) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A case that began and says no more has failed.
    pub fn began(&self, host: &'static str, case: &'static str) {
        self.lines(|l| l.ran.insert((case, host), Word::Failed));
    }

    pub fn ended(&self, host: &'static str, case: &'static str, ran: Ran) {
        let word = match ran {
            Ran::Well => Word::Well,
            Ran::NotApplicable(why) => Word::NotApplicable(why),
            Ran::NotTested(why) => Word::NotTested(why),
        };
        self.lines(|l| l.ran.insert((case, host), word));
    }

    pub fn absent(&self, host: &str, why: &str) {
        self.lines(|l| l.absent.push(format!("{host}: not tested: {why}")));
    }

    pub fn print(&self) {
        self.lines(|l| {
            let hosts: BTreeSet<_> = l.ran.keys().map(|(_, host)| *host).collect();
            let cases: BTreeSet<_> = l.ran.keys().map(|(case, _)| *case).collect();
            let wide = cases.iter().map(|c| c.len()).max().unwrap_or(4);
            let mut notes: Vec<String> = Vec::new();
            let heads: String = hosts.iter().map(|h| format!("  {h:<15}")).collect();
            println!("{:<wide$}{}", "CASE", heads.trim_end());
            for case in &cases {
                let mut line = format!("{case:<wide$}");
                for host in &hosts {
                    let word = match l.ran.get(&(*case, *host)) {
                        None => "-".to_owned(),
                        Some(Word::Well) => "ok".to_owned(),
                        Some(Word::Failed) => "FAILED".to_owned(),
                        Some(Word::NotApplicable(why)) => noted(&mut notes, "not applicable", why),
                        Some(Word::NotTested(why)) => noted(&mut notes, "not tested", why),
                    };
                    line += &format!("  {word:<15}");
                }
                println!("{}", line.trim_end());
            }
            for (i, note) in (1..).zip(&notes) {
                println!("[{i}] {note}");
            }
            for line in &l.absent {
                println!("{line}");
            }
        });
    }
}

fn noted(notes: &mut Vec<String>, what: &str, why: &str) -> String {
    let note = format!("{what}: {why}");
    let i = notes.iter().position(|n| *n == note).unwrap_or_else(|| {
        notes.push(note);
        notes.len() - 1
    });
    format!("{} [{}]", if what == "not tested" { "untested" } else { "n/a" }, i + 1)
}
