//! What comes late, or goes meanwhile: nobody's key lands on another thing than the one that was asked about, and nothing is said before it is known.

use redrive::app::action::Action;
use redrive::app::command::Command;
use redrive::app::effect::{Doubt, Effect, Job, News};
use redrive::app::facts::{EVERY, Run};
use redrive::app::overlay::{Overlay, Then};
use redrive::app::screens::{Ask, Page, doubts};
use redrive::app::slots::Place;
use redrive::broker::{Error, ErrorKind};
use redrive::config::Context;
use redrive::drivers::memory::{Clock, Fault, Login, Memory, Put, Shape, Spec, Step, What};
use redrive::model::{ConnId, Seat};
use redrive::triage::plan::{Deed, PlanId, Scope};
use redrive::triage::report::{Answer, Counts, PlanRow, Status};

use crate::{Tui, noon};

#[tokio::test]
async fn who_moves_on_while_an_incident_is_looked_up_escalates_the_cause_that_the_dialog_names() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter enter").await.expect("causes");
    tui.keys("E down");
    tui.settle().await;
    tui.expect("escalate?").expect("PaymentTimeout at Gateway.charge").expect("--cause 214d");
    tui.press("y 5").await.expect("v1-214d");
}

#[tokio::test]
async fn a_cause_that_went_while_its_dialog_was_open_is_not_mistaken_for_the_next() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter enter T a").await.expect("set the category?").expect("214d");
    let at = tui.shell.app.cx.facts.destinations().find(|d| d.at.name == "orders.dlt").expect("listed").at.clone();
    let fact = tui.shell.app.cx.facts.causes.get_mut(&at).expect("read");
    let mut read = fact.value.as_deref().cloned().expect("read");
    read.causes.retain(|c| c.id.to_string() != "214d");
    fact.value = Some(read.into());
    tui.shell.app.cx.facts.version += 1;
    tui.text();
    tui.press("y").await.expect("nothing of that cause is left");
    tui.press("5").await.expect("nothing has been done yet");
}

#[test]
fn a_word_on_what_is_in_doubt_is_on_the_messages_that_the_dialog_named() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let tui = Tui::story(80, 24);
    let cx = &tui.shell.app.cx;
    let doubt = |n: u32| Doubt { n, seat: Seat::Offset { partition: 0, offset: n.into() }, to: None, finding: "not found".into() };
    let mut page = doubts::State::new(PlanId("5c01".into()));
    page.news("doubt", News::Doubt(vec![doubt(1), doubt(2)]), cx);
    let asks = page.command(Command::Settle, Answer::Arrived.word(), cx);
    let [Ask::Overlay(overlay)] = &asks[..] else { panic!("a dialog") };
    let Overlay::Dialog(dialog) = overlay.as_ref() else { panic!("{overlay:?}") };
    let Then::Tell(command, said) = dialog.then.clone() else { panic!("{dialog:?}") };
    // somebody else has settled it meanwhile
    page.news("doubt", News::Doubt(vec![doubt(2)]), cx);
    let asks = page.command(command, &said, cx);
    let [Ask::Small(Job::Settle { numbers, .. })] = &asks[..] else { panic!("settled") };
    assert_eq!(numbers, &[1]);
}

#[tokio::test]
async fn a_note_goes_on_the_message_that_it_was_begun_on_though_others_come_meanwhile() {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    kafka.create("t0", Spec::default());
    let say = |word: &str| drop(kafka.put("t0", Put { sent: Some(noon()), ..Put::body(word.to_owned()) }));
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.settle().await;
    tui.press("2 f").await.until("following").await;
    say("apple");
    tui.until("apple").await.press("a").await.type_text("mine").await;
    say("berry");
    tui.until("berry").await.press("enter").await.expect("noted in the ledger");
    tui.press("5").await.expect("mine").expect("kafka-main/t0/0/0");
}

#[tokio::test]
async fn the_price_of_a_look_comes_after_what_is_being_typed_not_under_it() {
    let rabbit = Memory::with_clock(ConnId::new("rabbit-eu"), Shape::rabbitmq(), Clock::at(noon()));
    rabbit.create("work", Spec::default());
    rabbit.create("work.dead", Spec { dead_letters_of: vec!["work".into()], ..Spec::default() });
    rabbit.put("work.dead", Put { sent: Some(noon()), ..Put::body("late") });
    let mut tui = Tui::open(Context::default(), vec![rabbit.connect(Login::admin())], 80, 24);
    // what a look costs is not told yet
    tui.until("dlq  work.dead").await.keys("enter / y");
    tui.settle().await;
    tui.expect(" /y ");
    assert!(!tui.text().contains("look into"), "a letter of the filter would agree to the look:\n{}", tui.text());
    tui.press("enter").await.expect("look into work.dead?");
}

#[tokio::test]
async fn enter_on_a_plan_that_is_still_being_made_says_so() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ p a y m e n t s - d l t enter enter").await.expect("causes").keys("R enter");
    tui.expect("the plan is still being made");
}

#[tokio::test]
async fn until_all_is_told_nothing_is_only_not_known_to_need_a_human() {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    kafka.create("t0", Spec::default());
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.until(" of 1 ").await.expect("nothing of 1 is known to need a human").expect("nothing is known yet to need a human");
    tui.settle().await;
    tui.expect("nothing of 1 needs a human").expect("   nothing needs a human");
}

fn unfinished(tui: &Tui) -> PlanRow {
    let from = tui.shell.app.cx.facts.destinations().find(|d| d.at.name == "orders.dlt").expect("listed").at.clone();
    let counts = Counts { untouched: 3, ..Counts::default() };
    PlanRow {
        id: PlanId("5c01-77aa".into()),
        deed: Deed::Replay,
        from: Some(from),
        to: Vec::new(),
        scope: Scope::All,
        actor: "tom".into(),
        reason: None,
        made: tui.now,
        started: Some(tui.now),
        ended: None,
        status: Status::Unfinished,
        counts,
        runner: None,
    }
}

#[tokio::test]
async fn enter_on_a_job_of_the_overview_opens_that_job() {
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    let row = unfinished(&tui);
    tui.shell.app.cx.facts.plans.set(vec![row], tui.now, EVERY);
    tui.shell.app.cx.facts.version += 1;
    tui.expect("job  replay 5c01-77aa").press("/ j o b space r e p l a y enter enter").await;
    tui.expect("jobs › 5c01-77aa").expect("not among the ledger's last plans");
}

#[tokio::test]
async fn a_replay_that_could_not_even_begin_does_not_run_on_in_line_1() {
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    let plan = "5c01-77aa".to_owned();
    let effects = tui.shell.app.slots.start(Place::Deed(plan.clone()), Job::Plans, tui.now);
    let Some(Effect::Start(id, _)) = effects.first() else { panic!("{effects:?}") };
    tui.shell.app.cx.facts.runs.insert(plan, Run::default());
    tui.expect("▶ 0%");
    let why = Error::new(ErrorKind::Denied, "replay", "needs the role operator");
    tui.shell.act(Action::News(*id, News::Failed(Box::new(why))), tui.now);
    tui.expect("needs the role operator");
    assert!(!tui.text().contains('▶'), "{}", tui.text());
}

#[tokio::test]
async fn of_brokers_that_have_not_told_yet_each_list_says_so() {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    let rabbit = Memory::with_clock(ConnId::new("rabbit-eu"), Shape::rabbitmq(), Clock::at(noon()));
    kafka.create("t0", Spec::default());
    [Step::List, Step::Readers].into_iter().for_each(|step| rabbit.faults().add(Fault::at(step, What::Never)));
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin()), rabbit.connect(Login::admin())], 80, 24);
    tui.expect("asking 2 brokers").keys("4").expect("asking the ledger").keys("1");
    tui.until("read at 12:12:00, 1 broker not yet").await.keys("3");
    tui.until("read at 12:12:00, 1 broker not yet").await.keys("2").expect("listed at 12:12:00, 1 broker not yet");
}
