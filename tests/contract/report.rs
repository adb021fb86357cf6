//! The table at the end: what was tried on which broker, and what was not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::hosts::Ran;

/// What came of every case so far.
#[derive(Clone, Default)]
pub struct Report(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    /// As they were added; the table's columns are numbered by it.
    hosts: Vec<&'static str>,
    cases: Vec<&'static str>,
    ran: BTreeMap<(&'static str, &'static str), Word>,
    absent: Vec<String>,
}

enum Word {
    Failed,
    Well,
    NotApplicable(String),
    NotTested(String),
}

impl Word {
    /// What a sum over a host calls it.
    fn kind(&self) -> &'static str {
        match self {
            Word::Well => "ok",
            Word::Failed => "FAILED",
            Word::NotApplicable(_) => "not applicable",
            Word::NotTested(_) => "not tested",
        }
    }
}

impl Report {
    fn lines<T>(&self, with: impl FnOnce(&mut Lines) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A case of a host that may run, in the order of the table.
    pub fn expect(&self, host: &'static str, case: &'static str) {
        self.lines(|l| {
            for (list, name) in [(&mut l.hosts, host), (&mut l.cases, case)] {
                if !list.contains(&name) {
                    list.push(name);
                }
            }
        });
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
        self.lines(|l| l.print());
    }
}

impl Lines {
    /// Cases by hosts, the hosts as numbers; then each reason once, with whom it is about; then a line for each host.
    fn print(&self) {
        let hosts: Vec<_> = self.hosts.iter().filter(|h| self.ran.keys().any(|(_, host)| host == *h)).collect();
        let cases: Vec<_> = self.cases.iter().filter(|c| self.ran.keys().any(|(case, _)| case == *c)).collect();
        let wide = cases.iter().map(|c| c.len()).max().unwrap_or(4);
        let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
        let heads: String = (1..=hosts.len()).map(|n| format!(" {n:>4}")).collect();
        println!("{:<wide$}{heads}", "CASE");
        for case in &cases {
            let cells = hosts.iter().map(|host| {
                let word = self.ran.get(&(**case, **host));
                let cell = match word {
                    None => "-".to_owned(),
                    Some(Word::Well) => "ok".to_owned(),
                    Some(Word::Failed) => "FAIL".to_owned(),
                    Some(Word::NotApplicable(why)) => format!("n{}", noted(&mut notes, "not applicable", why, host)),
                    Some(Word::NotTested(why)) => format!("u{}", noted(&mut notes, "not tested", why, host)),
                };
                format!(" {cell:>4}")
            });
            let cells: String = cells.collect();
            println!("{case:<wide$}{cells}");
        }
        for (i, (note, about)) in (1..).zip(&notes) {
            println!("[{i}] {note} ({})", about.join(", "));
        }
        for (n, host) in (1..).zip(&hosts) {
            println!("{n:>4} {host:<20} {}", self.sum(host));
        }
        self.absent.iter().for_each(|line| println!("{line}"));
    }

    fn sum(&self, host: &str) -> String {
        let mut counts = BTreeMap::new();
        self.ran.iter().filter(|((_, h), _)| *h == host).for_each(|(_, word)| *counts.entry(word.kind()).or_insert(0) += 1);
        let kinds = ["ok", "FAILED", "not applicable", "not tested"].into_iter();
        kinds.filter_map(|k| Some(format!("{} {k}", counts.get(k)?))).collect::<Vec<_>>().join(", ")
    }
}

/// The number of a note; `host` is added to those that it is about.
fn noted<'a>(notes: &mut Vec<(String, Vec<&'a str>)>, what: &str, why: &str, host: &'a str) -> usize {
    let text = format!("{what}: {why}");
    let i = notes.iter().position(|(n, _)| *n == text).unwrap_or_else(|| {
        notes.push((text, Vec::new()));
        notes.len() - 1
    });
    if !notes[i].1.contains(&host) {
        notes[i].1.push(host);
    }
    i + 1
}
