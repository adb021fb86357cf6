//! The whole TUI without a terminal: real runtime, brokers in memory, keys pressed, lines read.

mod deeds;
mod follow;
mod keys;
mod late;
mod messages;
mod notes;
mod screens;
mod signs;

use std::time::{Duration, SystemTime};

use redrive::app::action::Action;
use redrive::app::layout::Size;
use redrive::broker::{Limits, Link, Rights, guard};
use redrive::config::model::Role;
use redrive::config::{Config, Context};
use redrive::drivers::memory::story::Story;
use redrive::triage::ledger::TriageLedger;
use redrive::triage::permit::Permit;
use redrive::triage::plan::Actor;
use redrive::tui::Setup;
use redrive::tui::look::Look;
use redrive::tui::shell::Shell;

/// A TUI under test, with its clock standing still unless it is moved.
struct Tui {
    shell: Shell,
    now: SystemTime,
    _ledger: tempfile::TempDir,
}

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_435_920)
}

impl Tui {
    fn open(context: Context, links: Vec<Link>, width: u16, height: u16) -> Self {
        Self::at(noon(), context, links, width, height)
    }

    fn at(now: SystemTime, context: Context, links: Vec<Link>, width: u16, height: u16) -> Self {
        let rights = if context.read_only { Rights::read_only() } else { Rights::writing() };
        let links = links.into_iter().map(|l| guard(l, &rights, &Limits::default())).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = TriageLedger::open(&folder.path().join("ledger.db")).expect("a ledger");
        let permit = Permit { actor: Actor { name: "lea".into(), os_user: "lea".into() }, role: Role::Admin, source: "the test".into() };
        let config = Config { contexts: vec![context.clone()], default_context: context.name.clone(), ..Config::default() };
        let setup = Setup::new(config, context, links, rights, permit, ledger);
        let shell = setup.shell(Size { width, height }, now, Look::plain());
        Self { shell, now, _ledger: folder }
    }

    /// By the machine's clock: writes are switched on until a time, which the guard compares with it.
    fn live() -> Self {
        let story = Story::new(1, SystemTime::now());
        Self::at(SystemTime::now(), Story::context(), story.links(), 80, 24)
    }

    fn story(width: u16, height: u16) -> Self {
        let story = Story::new(1, noon());
        Self::open(Story::context(), story.links(), width, height)
    }

    /// Waits until every job that ends has ended and its news is taken.
    async fn settle(&mut self) {
        let work = async {
            loop {
                while let Ok((id, news)) = self.shell.inbox.control.try_recv() {
                    self.shell.act(Action::News(id, news), self.now);
                }
                while let Ok((id, news)) = self.shell.inbox.bulk.try_recv() {
                    self.shell.act(Action::News(id, news), self.now);
                }
                let waits = !self.shell.inbox.control.is_empty() || !self.shell.inbox.bulk.is_empty();
                if waits {
                    continue;
                }
                if self.shell.runtime.idle() {
                    return;
                }
                tokio::select! {
                    Some((id, news)) = self.shell.inbox.control.recv() => self.shell.act(Action::News(id, news), self.now),
                    Some((id, news)) = self.shell.inbox.bulk.recv() => self.shell.act(Action::News(id, news), self.now),
                    () = self.shell.runtime.ended() => {}
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), work).await.expect("the TUI settles");
        self.shell.app.sync();
    }

    /// Presses keys, each separated by a space, and settles.
    async fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.shell.act(Action::Type(key.parse().expect(key)), self.now);
            self.settle().await;
        }
        self
    }

    /// Presses keys faster than anything answers.
    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.shell.act(Action::Type(key.parse().expect(key)), self.now);
            // what is shown when the next key is pressed
            self.shell.app.sync();
        }
        self
    }

    async fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == ' ' { "space".to_owned() } else { c.to_string() };
            self.press(&key).await;
        }
        self
    }

    fn lines(&mut self) -> Vec<String> {
        let (buf, _) = self.shell.paint();
        let area = *buf.area();
        (0..area.height)
            .map(|y| {
                let mut line = String::new();
                let mut x = 0;
                while x < area.width {
                    let symbol = buf[(x, y)].symbol();
                    line.push_str(symbol);
                    x += redrive::app::width::width(symbol).max(1) as u16;
                }
                line.trim_end().to_owned()
            })
            .collect()
    }

    fn text(&mut self) -> String {
        self.lines().join("\n")
    }

    fn expect(&mut self, wanted: &str) -> &mut Self {
        let text = self.text();
        assert!(text.contains(wanted), "{wanted:?} is not on the screen:\n{text}");
        self
    }

    /// Waits until something is so: for what comes by itself, as a tail's rows do.
    async fn until_so(&mut self, what: &str, so: impl Fn(&mut Self) -> bool) -> &mut Self {
        let work = async {
            while !so(self) {
                tokio::select! {
                    Some((id, news)) = self.shell.inbox.control.recv() => self.shell.act(Action::News(id, news), self.now),
                    Some((id, news)) = self.shell.inbox.bulk.recv() => self.shell.act(Action::News(id, news), self.now),
                }
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(30), work).await.is_ok();
        assert!(came, "{what:?} does not come:\n{}", self.text());
        self
    }

    /// Waits until this is on the screen.
    async fn until(&mut self, wanted: &str) -> &mut Self {
        self.until_so(wanted, |tui| tui.text().contains(wanted)).await
    }

    /// The line of the screen that has this.
    fn line(&mut self, with: &str) -> String {
        let lines = self.lines();
        lines.iter().find(|l| l.contains(with)).unwrap_or_else(|| panic!("no line has {with:?}:\n{}", lines.join("\n"))).clone()
    }
}
