//! The whole TUI without a terminal: real runtime, brokers in memory, keys pressed, lines read.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use redrive::app::action::Action;
use redrive::app::layout::Size;
use redrive::broker::{Limits, Link, Rights, guard};
use redrive::config::model::Role;
use redrive::config::{Config, Context};
use redrive::drivers::memory::story::Story;
use redrive::drivers::memory::{Clock, Login, Memory, Put, Shape, Spec};
use redrive::model::ConnId;
use redrive::triage::ledger::TriageLedger;
use redrive::triage::permit::Permit;
use redrive::triage::plan::Actor;
use redrive::tui::Setup;
use redrive::tui::look::Look;
use redrive::tui::shell::{Chore, Shell};

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
}

/// What differs from run to run, replaced by something of the same width.
fn steady(text: &str) -> String {
    let mut out = text.to_owned();
    for (what, with) in [
        (r"\b\d+ms\b", "0ms"),
        (r"in \d+\.\ds", "in 0.0s"),
        (r"\b[0-9a-f]{4}-[0-9a-f]{4}\b", "0000-0000"),
        (r"frozen \d\d:\d\d", "frozen 00:00"),
        // The ledger goes by the machine's clock.
        (r"(when +)\S+ \S+ UTC, \d+s", "${1}2026-00-00 00:00:00.000 UTC, 0s"),
        (r"\b\d\d [A-Z][a-z]{2} \d\d:\d\d\b", "00 Xxx 00:00"),
        (r"(last of (these|this)[^\n]* died) [^\n]* ago", "$1 long ago"),
    ] {
        out = regex::Regex::new(what).expect(what).replace_all(&out, with).into_owned();
    }
    out
}

macro_rules! screen {
    ($tui:expr, $name:expr) => {
        let text = steady(&$tui.text());
        insta::assert_snapshot!($name, text);
    };
}

#[tokio::test]
async fn every_screen_at_two_sizes() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut tui = Tui::story(width, height);
        let name = |screen: &str| format!("{screen}-{width}x{height}");
        tui.settle().await;
        screen!(tui, name("overview"));
        tui.press("?").await;
        screen!(tui, name("help"));
        tui.press("esc :").await;
        screen!(tui, name("palette"));
        tui.press("esc 2").await;
        screen!(tui, name("destinations"));
        tui.press("/").await.type_text("orders").await.press("enter d").await;
        screen!(tui, name("describe"));
        tui.press("3").await;
        screen!(tui, name("lag"));
        tui.press("enter").await;
        screen!(tui, name("group"));
        tui.press("1 / o r d e r s . d l t enter enter").await;
        screen!(tui, name("causes"));
        tui.press("R").await;
        screen!(tui, name("plan"));
        tui.press("m").await;
        screen!(tui, name("dry-run"));
        tui.press("esc esc enter").await;
        screen!(tui, name("messages"));
        tui.press("enter").await;
        screen!(tui, name("death"));
        tui.press("tab tab tab").await;
        screen!(tui, name("body"));
        tui.press("4").await;
        screen!(tui, name("jobs"));
        tui.press("5").await;
        screen!(tui, name("ledger"));
        tui.press("W").await;
        screen!(tui, name("writes"));
    }
}

#[tokio::test]
async fn too_small_a_terminal_says_so() {
    let mut tui = Tui::story(60, 20);
    tui.settle().await;
    screen!(tui, "too-small");
}

#[tokio::test]
async fn the_first_paint_waits_for_no_broker() {
    let mut tui = Tui::story(80, 24);
    tui.expect("◐ 4 asked").expect("asking 4 brokers");
    tui.settle().await;
    tui.expect("● 4 up").expect("orders.dlt");
}

#[tokio::test]
async fn a_cause_is_replayed_by_keys_alone_and_only_by_its_very_word() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ p a y m e n t s - d l t enter enter").await;
    tui.expect("payments-dlt › causes").expect("34 dead").press("R").await;
    tui.expect("READ-ONLY: it can be looked at, not started");
    tui.press("enter").await.expect("READ-ONLY: it can be looked at");
    tui.press("W enter").await.type_text("INC-2231").await.press("enter").await;
    tui.expect("WRITES 30m");
    let text = tui.text();
    let word = text.split("then type ").nth(1).and_then(|t| t.split(' ').next()).expect("the word").to_owned();
    tui.press("enter").await.type_text("nonsense").await.press("enter").await;
    tui.expect("nothing done");
    tui.press("enter").await.type_text(&word).await.press("enter").await;
    tui.expect("jobs ›");
    tui.press("5").await;
    tui.expect("replayed").expect("ended").press("/ s t a r t e d enter").await.expect("started");
    tui.press("4").await;
    tui.expect("replay");
}

#[tokio::test]
async fn a_body_is_edited_and_the_plan_shows_and_carries_the_edit() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter enter enter enter e").await;
    let Some(Chore::Edit(name, bytes)) = tui.shell.chores.pop_front() else { panic!("no editor was asked for:\n{}", tui.text()) };
    assert_eq!(name, "body.json");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    assert!(text.lines().count() > 5, "one line of JSON is laid out: {text}");
    // left as it was
    tui.shell.act(Action::Edited(Ok(bytes.to_vec())), tui.now);
    tui.expect("nothing to keep").press("e").await;
    tui.shell.chores.clear();
    let total = regex::Regex::new("\"total\": [0-9.]+").expect("a pattern");
    let changed = total.replace(&text, "\"total\": \"many\"").into_owned() + "\n";
    tui.shell.act(Action::Edited(Ok(changed.into_bytes())), tui.now);
    tui.settle().await;
    tui.expect("[Body, edited]").expect("/payload/total: a string, not a number").press("R").await;
    tui.expect("the body of 1 as edited by lea").expect("as edited: /payload/total").press("m").await;
    tui.expect("edited by lea").expect("+     \"total\": \"many\"").press("esc W enter x enter").await;
    tui.press("enter").await.type_text("orders.dlt").await.press("enter").await;
    tui.expect("jobs ›").expect("1 of 1");
}

#[tokio::test]
async fn a_whole_queue_is_moved_only_where_its_broker_has_a_mover_and_the_plan_says_what_that_costs() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ d l q . l o y a l t y enter enter").await;
    tui.press(": b u l k enter").await;
    tui.expect("move all?").expect("no copies in the ledger").expect("cannot be started").expect("no mover of its own");
    tui.press("esc").await.expect("causes");
}

#[tokio::test]
async fn a_parked_cause_leaves_the_list_and_is_restored() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ d l q . l o y a l t y enter enter").await;
    // looked at for a while: what was read has its age
    tui.now += Duration::from_secs(60);
    tui.expect("causes").press("P W enter x enter").await;
    tui.expect("a mark in the ledger").press("enter").await.type_text("dlq.loyalty-points").await.press("enter").await;
    tui.expect("done");
    tui.press("esc").await;
    tui.expect("0 dead").press("U enter").await;
    tui.type_text("dlq.loyalty-points").await.press("enter esc").await;
    tui.expect("5 dead");
}

#[tokio::test]
async fn a_capital_opens_a_dialog_and_keys_without_use_say_where_they_have_one() {
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    tui.press("R").await.expect("works on Causes");
    tui.press("i").await.expect("i means nothing here");
    tui.press("esc esc esc").await.expect("overview");
    tui.shell.act(Action::Paste("qqq".into()), tui.now);
    tui.expect("pasted text is dropped");
    assert!(tui.shell.chores.is_empty(), "nothing that was pasted is a key");
}

#[tokio::test]
async fn warnings_of_the_config_are_counted_on_the_overview_and_read_with_their_places() {
    let text = "[contexts.dev.messaging.kafka]\nbootstrap_servers = [\"10.0.0.1:9092\"]\nflavour = \"sweet\"\n";
    let loaded = redrive::config::load_text("redrive.toml", text, &redrive::config::ProcessEnvironment);
    let config = loaded.config.expect("it loads");
    let warned = loaded.diagnostics.len();
    assert!(warned > 0);
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = TriageLedger::open(&folder.path().join("ledger.db")).expect("a ledger");
    let permit = Permit { actor: Actor::default(), role: Role::Admin, source: "the test".into() };
    let mut setup = Setup::new(config, Story::context(), Story::new(1, noon()).links(), Rights::writing(), permit, ledger);
    setup.warnings = loaded.diagnostics;
    let shell = setup.shell(Size { width: 80, height: 24 }, noon(), Look::plain());
    let mut tui = Tui { shell, now: noon(), _ledger: folder };
    tui.settle().await;
    tui.expect(&format!("! {warned} config warning")).expect("need a human");
    tui.press(":").await.type_text("warnings").await.press("enter").await;
    tui.expect("redrive.toml:3:1").expect("flavour").press("esc").await.expect("need a human");
}

#[tokio::test]
async fn a_broker_that_is_down_is_said_first_and_comes_back() {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    kafka.create("orders.dlt", Spec::default());
    kafka.down();
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.settle().await;
    tui.expect("✗ 1 down").expect("connection refused").expect("next try in 2s");
    kafka.up();
    tui.press("r").await;
    tui.expect("● 1 up");
}

#[tokio::test]
async fn escapes_in_messages_keys_headers_and_names_never_reach_the_screen_raw() {
    let kafka = Memory::with_clock(ConnId::new("k\u{1b}[31m"), Shape::kafka(), Clock::at(noon()));
    let name = "evil\u{1b}[2J.dlt";
    kafka.create(name, Spec::default());
    let bad = "\u{1b}]52;c;aGk=\u{7}\u{202e}\u{9b}2J";
    let put = Put { key: Some(bad.to_owned().into()), body: Some(format!("{{\"note\":\"{bad}\"}}").into()), ..Put::default() };
    kafka.put(name, put);
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.settle().await;
    let mut walk = vec!["1".to_owned(), "enter".into(), "enter".into(), "enter".into()];
    walk.extend(["tab", "tab", "tab", "tab", "esc", "2", "d", "esc", "m", "c", "esc"].map(str::to_owned));
    for key in walk {
        tui.press(&key).await;
        let text = tui.text();
        let raw: BTreeMap<char, usize> = text.chars().filter(|c| redrive::decode::is_unsafe(*c) && *c != '\n').map(|c| (c, 1)).collect();
        assert!(raw.is_empty(), "{raw:?} after {key}:\n{text}");
    }
}
