//! Deeds by keys: replay, edit, move all, park and restore.

use std::time::{Duration, SystemTime};

use redrive::app::action::Action;
use redrive::broker::ErrorKind;
use redrive::config::model::Role;
use redrive::drivers::memory::story::Story;
use redrive::drivers::memory::{Fault, Step};
use redrive::tui::shell::Chore;

use crate::Tui;

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
    // the field is still there: what is typed next is not taken for keys of the screen
    tui.expect("nothing done").type_text(&word).await.press("enter").await;
    tui.expect("jobs ›");
    tui.press("5").await;
    tui.expect("replayed").expect("ended").press("/ s t a r t e d enter").await.expect("started");
    tui.press("4").await;
    tui.expect("replay");
}

#[tokio::test]
async fn w_is_not_offered_where_the_role_forbids_what_is_planned() {
    let mut tui = Tui::live();
    tui.shell.app.cx.facts.permit.role = Role::Viewer;
    tui.settle().await;
    tui.press("/ p a y m e n t s - d l t enter enter R").await.expect("replay needs the role operator");
    let keys = tui.lines().pop().expect("the last line");
    assert!(!keys.contains("W writes on"), "{keys}");
    tui.shell.app.cx.facts.permit.role = Role::Admin;
    tui.expect("W writes on");
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
    tui.press(":").await.type_text("bulk 50").await.press("enter").await;
    tui.expect("50 a second at most");
    // what starts it is typed into its dialog, and nowhere else
    tui.press("esc :").await.type_text("bulk yes").await.press("enter").await;
    tui.expect("say how many a second at most");
}

#[tokio::test]
async fn a_parked_cause_leaves_the_list_and_is_restored() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ d l q . l o y a l t y enter enter").await;
    // looked at for a while: what was read has its age
    tui.now += Duration::from_secs(60);
    tui.expect("causes")
        .press("P")
        .await
        .expect("beside the messages themselves")
        .press("m")
        .await
        .expect("nothing of this plan is published");
    let keys = tui.lines().pop().expect("the last line");
    assert!(!keys.contains("each message") && !keys.contains("options"), "{keys}");
    tui.press("W enter x enter").await;
    tui.expect("a mark in the ledger").press("enter").await.type_text("dlq.loyalty-points").await.press("enter").await;
    tui.expect("done");
    tui.press("esc").await;
    tui.expect("0 dead").press("U").await.expect("P or D sets them aside again").press("enter").await;
    tui.type_text("dlq.loyalty-points").await.press("enter esc").await;
    tui.expect("5 dead");
}

#[tokio::test]
async fn a_job_with_nothing_left_but_what_is_in_doubt_can_be_gone_on_with() {
    let now = SystemTime::now();
    let story = Story::new(1, now);
    // the answer gets lost, and the target cannot be looked into
    story.kafka().faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("payments"));
    story.kafka().faults().add(Fault::fail(Step::Peek, ErrorKind::Timeout).on("payments"));
    let mut tui = Tui::at(now, Story::context(), story.links(), 80, 24);
    tui.settle().await;
    tui.press("/ p a y m e n t s - d l t enter enter enter enter R W enter x enter").await;
    let text = tui.text();
    let word = text.split("then type ").nth(1).and_then(|t| t.split(' ').next()).expect("the word").to_owned();
    tui.press("enter").await.type_text(&word).await.press("enter").await;
    tui.expect("1 of 1").expect("in doubt        1").press("R").await;
    tui.expect("go on with it?").expect("looked for on the target first");
}

#[tokio::test]
async fn a_plan_that_cannot_be_frozen_anew_with_the_reason_is_tried_once_and_stays() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ d l q . l o y a l t y enter enter P W enter a enter enter").await.type_text("dlq.loyalty-points").await;
    tui.press("enter").await.expect("5 of 5").press("esc W y U").await.expect("takes the mark back").expect("READ-ONLY");
    // elsewhere its messages are restored, with another reason
    tui.press("5 * W enter b enter U enter").await.type_text("dlq.loyalty-points").await.press("enter").await.expect("5 of 5");
    tui.press("esc ctrl-\\ r").await.expect("newest first");
    let newest: Vec<String> = tui.lines()[4..6].to_vec();
    assert!(newest[0].contains("ended") && newest[1].contains("restored"), "what came meanwhile is first:\n{}", tui.text());
    tui.press("[").await.expect("the plan stays as it was").expect("takes the mark back");
}

#[tokio::test]
async fn where_nothing_can_ever_be_written_nobody_is_sent_to_turn_writes_on() {
    let mut tui = Tui::live();
    tui.shell.app.cx.writes = redrive::app::Writes::Never;
    tui.settle().await;
    tui.press("/ p a y m e n t s - d l t enter enter R").await.expect("! LOOKING ONLY");
    assert!(!tui.lines()[23].contains("writes on"), "{}", tui.text());
    tui.press("W").await.expect("cannot be turned on here").expect("admin (from the test)");
}

#[tokio::test]
async fn what_a_job_tells_is_read_whole_and_its_silence_is_said() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ d l q . l o y a l t y enter enter P W enter x enter enter").await.type_text("dlq.loyalty-points").await;
    tui.press("enter").await.expect("finished");
    let run = tui.shell.app.cx.facts.runs.values_mut().next().expect("the run");
    let words = format!("{}the end of it", "a long reason ".repeat(9));
    let told = redrive::triage::report::Line { at: tui.now, level: redrive::triage::report::Level::Watch, about: None, words };
    run.log.push_back(told);
    run.report = None;
    tui.shell.app.sync();
    tui.expect("the end of it").expect("p pause");
    let run = tui.shell.app.cx.facts.runs.values_mut().next().expect("the run");
    run.paused = true;
    tui.expect("p go on");
    let run = tui.shell.app.cx.facts.runs.values_mut().next().expect("the run");
    run.paused = false;
    tui.now += Duration::from_secs(90);
    tui.shell.act(Action::Clock, tui.now);
    tui.expect("nothing new for 1m");
}
