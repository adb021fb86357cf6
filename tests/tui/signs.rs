//! What the frame says: brokers that are asked, down, back again; warnings; hostile text made safe.

use std::collections::BTreeMap;
use std::time::Duration;

use redrive::app::action::Action;
use redrive::app::layout::Size;
use redrive::broker::Rights;
use redrive::config::Context;
use redrive::config::model::Role;
use redrive::drivers::memory::story::Story;
use redrive::drivers::memory::{Clock, Login, Memory, Put, Shape, Spec};
use redrive::model::ConnId;
use redrive::triage::ledger::TriageLedger;
use redrive::triage::permit::Permit;
use redrive::triage::plan::Actor;
use redrive::tui::Setup;
use redrive::tui::look::Look;

use crate::{Tui, noon};

#[tokio::test]
async fn the_first_paint_waits_for_no_broker() {
    let mut tui = Tui::story(80, 24);
    tui.expect("◐ 4 asked").expect("asking 4 brokers");
    tui.settle().await;
    tui.expect("● 4 up").expect("orders.dlt");
}

#[tokio::test]
async fn every_broker_is_named_whatever_their_number_and_length() {
    let names = ["artemis-main", "kafka-eu-central", "rabbit-eu-central", "sqs-eu-west-1", "a-kafka-of-the-warehouse"];
    let shapes = [Shape::activemq(), Shape::kafka(), Shape::rabbitmq(), Shape::fifo(), Shape::kafka()];
    let brokers = names.into_iter().zip(shapes).map(|(name, shape)| Memory::with_clock(ConnId::new(name), shape, Clock::at(noon())));
    let links = brokers.map(|b| b.connect(Login::admin())).collect();
    let mut tui = Tui::open(Context::default(), links, 80, 24);
    tui.settle().await;
    for name in names {
        tui.expect(name);
    }
    let lines = tui.lines();
    assert!(lines.iter().all(|l| !l.contains('…')), "{}", lines.join("\n"));
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
    let line = tui.lines()[1].clone();
    assert!(line.contains(&format!("! {warned} config warning")) && line.trim_end().ends_with("a human"), "{line}");
    tui.press(":").await.type_text("warnings").await.press("enter").await;
    tui.expect("redrive.toml:3:1").expect("flavour").press("esc").await.expect("a human");
}

#[tokio::test]
async fn a_new_dead_letter_queue_is_read_at_once_though_others_grow() {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    let died = |topic| drop(kafka.put(topic, Put { sent: Some(noon()), ..Put::body("late") }));
    for topic in ["a.dlt", "b.dlt", "c.dlt"] {
        kafka.create(topic, Spec::default());
        died(topic);
    }
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.settle().await;
    kafka.create("z.dlt", Spec::default());
    ["a.dlt", "b.dlt", "z.dlt"].into_iter().for_each(died);
    // the next listing, before the others are due again
    tui.now += Duration::from_secs(11);
    tui.shell.act(Action::Clock, tui.now);
    tui.settle().await;
    let text = tui.text();
    let row = text.lines().find(|line| line.contains("z.dlt")).unwrap_or_else(|| panic!("not listed:\n{text}"));
    assert!(!row.contains('?'), "since when is not known: {row}");
}

#[tokio::test]
async fn until_a_row_is_chosen_enter_opens_the_worst() {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    let died = |topic: &str| {
        kafka.create(topic, Spec::default());
        kafka.put(topic, Put { sent: Some(noon()), ..Put::body("late") });
    };
    died("old.dlt");
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.settle().await;
    (0..3).for_each(|_| drop(kafka.put("old.dlt", Put { sent: Some(noon()), ..Put::body("late") })));
    ["a.dlt", "b.dlt"].into_iter().for_each(died);
    (0..40).for_each(|_| drop(kafka.put("b.dlt", Put { sent: Some(noon()), ..Put::body("late") })));
    tui.now += Duration::from_secs(11);
    tui.shell.act(Action::Clock, tui.now);
    tui.settle().await;
    let worst = tui.text().lines().find_map(|l| l.split_whitespace().find(|w| w.ends_with(".dlt")).map(str::to_owned)).expect("a row");
    assert_eq!(worst, "b.dlt", "more died there:\n{}", tui.text());
    tui.press("enter").await.expect("b.dlt › causes");
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
