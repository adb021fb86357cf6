//! A reading keeps what it has, says what it did not read, goes on where it stopped, and leaves no trace.

use std::collections::BTreeMap;

use super::*;
use crate::broker::ErrorKind;
use crate::drivers::memory::{Fault, Hidden, Login, Memory, Put, Shape, Spec, Step, What};
use crate::model::{ConnId, PastKind};
use crate::triage::group::Cause;
use crate::triage::ledger::TriageLedger;
use crate::triage::rules::Rules;

fn broker(n: usize) -> Memory {
    let memory = Memory::new(ConnId::new("k"), Shape::kafka());
    memory.create("orders.dlt", Spec::with(3));
    for i in 0..n {
        let put = Put::body("{}").to((i % 3) as i32);
        let put = match i % 4 {
            3 => put,
            kind => put
                .header("kafka_dlt-exception-cause-fqcn", format!("a.Kind{}", ["A", "B", "C"][kind]))
                .header("kafka_dlt-exception-message", format!("order {i}")),
        };
        memory.put("orders.dlt", put);
    }
    memory
}

fn ask(memory: &Memory) -> CausesAsk {
    CausesAsk { time: Duration::from_secs(20), ..CausesAsk::new(memory.at("orders.dlt"), &Context::default()) }
}

fn shown(reading: &Reading) -> Vec<Cause> {
    reading.grouping.causes(&Rules::default(), &BTreeMap::new())
}

async fn read(memory: &Memory, ask: &CausesAsk, resolved: &Resolved) -> Result<Reading, Error> {
    let declared = Declared::default();
    let known = Knowledge { declared: &declared, resolved, ledger: None };
    read_causes(&*memory.connect(Login::viewer()).eyes, ask, known, &|_| {}).await
}

#[tokio::test]
async fn all_is_read_and_nothing_is_touched() {
    let memory = broker(1204);
    let before = memory.snapshot();
    let reading = read(&memory, &ask(&memory), &Resolved::default()).await.unwrap();
    assert_eq!(memory.snapshot(), before);
    let counts: Vec<_> = shown(&reading).iter().map(|c| (c.title.clone(), c.count)).collect();
    assert_eq!(counts[0].1 + counts[1].1 + counts[2].1, 903);
    assert_eq!(counts[3], ("no failure metadata".to_owned(), 301));
    assert!(reading.receipt.is_complete() && !reading.can_go_on());
    let text = reading.receipt.to_string();
    assert!(text.starts_with("read all 1,204 of orders.dlt in "), "{text}");
    assert!(text.ends_with("s; nothing skipped; 301 without metadata"), "{text}");
}

#[tokio::test]
async fn what_the_ledger_has_as_done_is_counted_and_not_shown() {
    let memory = broker(8);
    let seats = memory.messages("orders.dlt").into_iter().take(2).map(|m| (m.seat, PastKind::Parked));
    let resolved = Resolved::from_rows(seats);
    let reading = read(&memory, &ask(&memory), &resolved).await.unwrap();
    assert_eq!(reading.receipt.totals.settled, 2);
    assert!(reading.receipt.to_string().contains("; 2 resolved and not shown"));
    let all = read(&memory, &CausesAsk { with_settled: true, ..ask(&memory) }, &resolved).await.unwrap();
    assert_eq!(all.receipt.totals.shown, 8);
}

#[tokio::test]
async fn a_broken_reading_keeps_what_it_has_and_goes_on_without_counting_twice() {
    let memory = broker(1000);
    let whole = read(&memory, &ask(&memory), &Resolved::default()).await.unwrap();
    memory.faults().add(Fault::fail(Step::Peek, ErrorKind::Unreachable).from_nth(2).once());
    let declared = Declared::default();
    let resolved = Resolved::default();
    let known = Knowledge { declared: &declared, resolved: &resolved, ledger: None };
    let eyes = memory.connect(Login::viewer()).eyes;
    let mut reading = read_causes(&*eyes, &ask(&memory), known, &|_| {}).await.unwrap();
    assert!(matches!(reading.receipt.end, End::Broken(_)) && reading.can_go_on(), "{}", reading.receipt);
    assert!((1..1000).contains(&reading.receipt.read));
    go_on(&*eyes, &ask(&memory), known, &mut reading, &|_| {}).await.unwrap();
    assert_eq!(reading.receipt.read, 1000);
    assert_eq!(shown(&reading), shown(&whole));
}

#[tokio::test]
async fn time_up_is_said_and_the_rest_can_be_read_later() {
    let memory = broker(1000);
    memory.faults().add(Fault::at(Step::Peek, What::Never).from_nth(2));
    let short = CausesAsk { time: Duration::from_millis(50), ..ask(&memory) };
    let mut reading = read(&memory, &short, &Resolved::default()).await.unwrap();
    let text = reading.receipt.to_string();
    assert!(text.starts_with("stopped: time limit 0s, 256 of orders.dlt read (passed 256 of 1,000)"), "{text}");
    memory.faults().clear();
    let (declared, resolved) = (Declared::default(), Resolved::default());
    let known = Knowledge { declared: &declared, resolved: &resolved, ledger: None };
    go_on(&*memory.connect(Login::viewer()).eyes, &ask(&memory), known, &mut reading, &|_| {}).await.unwrap();
    assert_eq!((reading.receipt.read, &reading.receipt.end), (1000, &End::All));
}

#[tokio::test]
async fn dead_letters_of_a_topic_made_anew_are_not_hidden_by_marks_on_the_old_one() {
    let (dir, memory) = (tempfile::tempdir().unwrap(), broker(8));
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let link = memory.connect(Login::admin());
    let brokers = crate::broker::Brokers([(memory.id().clone(), link.eyes.clone())].into());
    let hands = crate::triage::replay::Hands::new([(memory.id().clone(), link.hand.unwrap())].into());
    let count = async || {
        let ask = CausesAsk { time: Duration::from_secs(60), ..ask(&memory) };
        let (found, _) = causes(&*link.eyes, &ask, &Context::default(), &Declared::default(), &ledger, None, &|_| {}).await.unwrap();
        found.iter().map(|c| c.count).sum::<u64>()
    };
    assert_eq!(count().await, 8);
    let source = crate::triage::plan::Source::Queue(memory.at("orders.dlt"));
    let (deed, nowhere) = (crate::triage::plan::Deed::Discard, crate::triage::plan::Route::Nowhere);
    let ask = crate::triage::plan::ReplayRequest::new(deed, source, nowhere, crate::triage::plan::Actor::default());
    let seats = memory.messages("orders.dlt").into_iter().map(|m| m.seat).collect();
    let found = crate::triage::prepare::prepare(&*link.eyes, ask, seats, &Declared::default(), Vec::new(), 0).await.unwrap();
    let plan = crate::triage::preflight::freeze(found.draft, &brokers, &hands, &ledger).await.unwrap();
    let means = crate::triage::replay::Means { brokers, hands, ledger: ledger.clone() };
    let (_wish, heard) = tokio::sync::watch::channel(crate::triage::report::Wish::Run { per_second: None });
    assert_eq!(crate::triage::replay::replay(&plan, &means, &|_| {}, heard).await.counts.marked, 8);
    assert_eq!(count().await, 0);
    memory.delete("orders.dlt");
    memory.create("orders.dlt", Spec::with(3));
    for p in 0..3 {
        memory.put("orders.dlt", Put::body("new").to(p));
    }
    assert_eq!(count().await, 3);
}

#[tokio::test]
async fn behind_an_open_transaction_may_be_more() {
    let memory = broker(4);
    let hidden = |hidden| Put { hidden, ..Put::body("x").to(0) };
    memory.put("orders.dlt", hidden(Hidden::Aborted));
    memory.put("orders.dlt", hidden(Hidden::Marker));
    let reading = read(&memory, &ask(&memory), &Resolved::default()).await.unwrap();
    let text = reading.receipt.to_string();
    assert!(reading.receipt.is_complete() && text.contains("nothing skipped, 2 offsets hold no message"), "{text}");
    memory.put("orders.dlt", hidden(Hidden::Open));
    memory.put("orders.dlt", Put::body("behind").to(0));
    let reading = read(&memory, &ask(&memory), &Resolved::default()).await.unwrap();
    let text = reading.receipt.to_string();
    assert!(!reading.receipt.is_complete() && text.starts_with("read 4 of orders.dlt"), "{text}");
    assert!(text.contains("up to a transaction that is still open"), "{text}");
    let all = CausesAsk { committed_only: false, ..ask(&memory) };
    assert_eq!(read(&memory, &all, &Resolved::default()).await.unwrap().receipt.read, 7);
}

#[tokio::test]
async fn a_limit_is_no_end() {
    let memory = broker(10);
    let reading = read(&memory, &CausesAsk { limit: 4, ..ask(&memory) }, &Resolved::default()).await.unwrap();
    assert_eq!((reading.receipt.read, &reading.receipt.end), (4, &End::Limit));
    assert!(!reading.receipt.is_complete() && reading.can_go_on());
}

#[tokio::test]
async fn a_queue_that_is_not_there_or_a_broker_that_is_down_is_an_error() {
    let memory = broker(1);
    let missing = CausesAsk::new(memory.at("nope"), &Context::default());
    assert_eq!(read(&memory, &missing, &Resolved::default()).await.unwrap_err().kind, ErrorKind::NotFound);
    memory.down();
    assert_eq!(read(&memory, &ask(&memory), &Resolved::default()).await.unwrap_err().kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn config_and_ledger_have_their_say() {
    use crate::config::model::{CategoryRule, Match};
    use crate::triage::report::{Mark, MarkKind};

    let memory = broker(12);
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger")).unwrap();
    let mut context = Context::default();
    let matcher = Some(Match { class: Some("KindA".into()), ..Match::default() });
    context.dead_letters.rules.analysis.categories = vec![CategoryRule { name: "ours".into(), matcher, ..CategoryRule::default() }];
    let eyes = memory.connect(Login::viewer()).eyes;
    let ask = ask(&memory);
    let declared = Declared::new(&context);
    let causes = async || super::causes(&*eyes, &ask, &context, &declared, &ledger, None, &|_| {}).await.unwrap().0;
    let names = |causes: &[Cause]| causes.iter().map(|c| (c.title.clone(), c.category.name.clone())).collect::<BTreeMap<_, _>>();
    let first = causes().await;
    assert_eq!(names(&first)["KindA: order <n>"], "ours");
    let other = first.iter().find(|c| c.title.starts_with("KindB")).unwrap();
    assert_eq!(other.category.name, "unknown");
    let mark = Mark {
        seq: 0,
        kind: MarkKind::Category,
        place: ask.dlq.clone(),
        subject: other.fingerprint.hex(),
        value: "ours".into(),
        actor: "lea".into(),
        reason: None,
        at: std::time::SystemTime::now(),
    };
    ledger.mark(mark).await.unwrap();
    let again = causes().await;
    assert_eq!(names(&again)["KindB: order <n>"], "ours");
    assert!(again.iter().any(|c| c.category.explain().contains("set by lea")));
}
