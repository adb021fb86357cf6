//! A replay on the memory broker, in the shape of a log and of a queue, with faults at every step.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::SystemTime;

use super::*;
use crate::broker::{Brokers, ErrorKind, REPLAY_ID};
use crate::drivers::memory::{Fault, Login, Memory, Put, Shape, Spec, Step};
use crate::model::{ConnId, Death, Message, MessageId, Origin, Seat, Told, text_field};
use crate::triage::doubt;
use crate::triage::ledger::TriageLedger;
use crate::triage::plan::{Actor, Deed, Draft, ReplayRequest, Route, Source};
use crate::triage::preflight;
use crate::triage::report::{Answer, Outcome, Phase, Skip, Status};

mod carry;
mod edits;
mod pointers;
mod reseat;

/// A broker with a dead-letter queue, a ledger in a directory of its own, and what a run needs.
struct Stage {
    memory: Memory,
    means: Means,
    dir: tempfile::TempDir,
}

impl Stage {
    fn new(shape: Shape) -> Self {
        let memory = Memory::new(ConnId::new("m"), shape);
        let dir = tempfile::tempdir().unwrap();
        let link = memory.connect(Login::admin());
        let id = memory.id().clone();
        let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
        memory.create("orders", Spec::with(if memory.shape().is_log() { 4 } else { 1 }));
        memory.create("orders.dlt", Spec::with(if memory.shape().is_log() { 2 } else { 1 }));
        let means =
            Means { brokers: Brokers([(id.clone(), link.eyes)].into()), hands: Hands::new([(id, link.hand.unwrap())].into()), ledger };
        Self { memory, means, dir }
    }

    /// Dead letters with these keys, in this order.
    fn dead(&self, keys: &[&str]) {
        for (i, key) in keys.iter().enumerate() {
            let partition = if self.memory.shape().is_log() { i32::try_from(i % 2).unwrap() } else { 0 };
            let put = Put::keyed(key.to_string(), format!("body {i}"))
                .header("kafka_dlt-x", "gone")
                .header("x-trace-id", "t")
                .header("seq", i.to_string());
            self.memory.put("orders.dlt", put.to(partition)).unwrap();
        }
    }

    fn ask(&self, deed: Deed, route: Route) -> ReplayRequest {
        let mut ask = ReplayRequest::new(
            deed,
            Source::Queue(self.memory.at("orders.dlt")),
            route,
            Actor { name: "lea".into(), os_user: "lea".into() },
        );
        ask.pace.canary = Vec::new();
        ask
    }

    async fn plan_for(&self, ask: ReplayRequest) -> ReplayPlan {
        let mut draft = Draft::new(ask);
        for message in self.memory.messages("orders.dlt") {
            let seq = text_field(&message.headers, "seq").unwrap().to_owned();
            let origin = Origin { name: "orders".into(), partition: Some(1), ..Origin::default() };
            let death = Death { owned: vec!["kafka_dlt-x".into()], origin: Told::header(origin, "h"), ..Death::default() };
            draft.add(&message, &MessageId(format!("id-{seq}")), &death, None);
        }
        preflight::freeze(draft, &self.means.brokers, &self.means.hands, &self.means.ledger).await.unwrap()
    }

    async fn plan(&self) -> ReplayPlan {
        self.plan_for(self.ask(Deed::Replay, Route::Origin)).await
    }

    /// Reopens the ledger, as the next process would.
    fn reopen(&mut self) {
        self.means.ledger = TriageLedger::open(&self.dir.path().join("ledger.db")).unwrap();
    }

    /// How often each message is at the target, by its number.
    fn arrived(&self) -> BTreeMap<u32, usize> {
        let mut all = BTreeMap::new();
        for message in self.memory.messages("orders") {
            *all.entry(seq(&message)).or_insert(0) += 1;
        }
        all
    }
}

fn seq(message: &Message) -> u32 {
    text_field(&message.headers, "seq").unwrap().parse().unwrap()
}

fn go() -> (watch::Sender<Wish>, watch::Receiver<Wish>) {
    watch::channel(Wish::Run { per_second: None })
}

async fn run(stage: &Stage, plan: &ReplayPlan) -> ReplayReport {
    let (_wish, heard) = go();
    replay(plan, &stage.means, &|_| {}, heard).await
}

const KEYS: [&str; 12] = ["a", "b", "c", "a", "b", "c", "a", "a", "d", "e", "f", "a"];

#[tokio::test]
async fn a_log_is_replayed_whole_and_stays_with_its_dead_marked_as_done() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!(report.ended, Ended::Finished, "{report:?}");
    assert_eq!((report.counts.replayed, report.exit_code()), (12, 0));
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
    assert_eq!(stage.memory.messages("orders.dlt").len(), 12);
    for message in stage.memory.messages("orders") {
        assert!(text_field(&message.headers, "kafka_dlt-x").is_none());
        assert_eq!(text_field(&message.headers, "x-trace-id"), Some("t"));
        assert!(text_field(&message.headers, REPLAY_ID).unwrap().starts_with(&plan.id.0));
        assert!(matches!(message.seat, Seat::Offset { partition: 1, .. }));
    }
    let resolved = stage.means.ledger.resolved(stage.memory.at("orders.dlt"), None).await.unwrap();
    assert_eq!(resolved.len(), 12);
    assert!(stage.memory.messages("orders.dlt").iter().all(|m| resolved.contains(&m.seat)));
    // the same messages again: nothing is left to do
    let again = stage.plan().await;
    assert_eq!(again.todo(), 0);
    let row = stage.means.ledger.plan_row(plan.id.clone()).await.unwrap().unwrap();
    assert_eq!((row.status, row.counts), (Status::Finished, report.counts));
    let past = stage.means.ledger.past(vec![MessageId("id-3".into())]).await.unwrap();
    assert_eq!(past[&MessageId("id-3".into())].len(), 1);
}

#[tokio::test]
async fn a_queue_is_emptied_of_what_was_replayed() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!(report.ended, Ended::Finished, "{report:?}");
    assert_eq!(report.counts.replayed, 12);
    assert_eq!(stage.memory.messages("orders.dlt").len(), 0);
    assert_eq!(stage.arrived().values().sum::<usize>(), 12);
    assert!(stage.means.ledger.resolved(stage.memory.at("orders.dlt"), None).await.unwrap().is_empty());
    let copy = stage.means.ledger.copy(plan.id.clone(), 1).await.unwrap().unwrap();
    assert_eq!(text_field(&copy.message.headers, "kafka_dlt-x"), Some("gone"));
}

#[tokio::test]
async fn order_by_key_is_kept_and_a_failure_stops_its_key() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&["a", "a", "a", "b", "a", "b"]);
    // the third publish fails for good, whoever that is
    stage.memory.faults().add(Fault::fail(Step::BeforePublish, ErrorKind::Invalid).on("orders").from_nth(3).once());
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!(report.counts.failed, 1);
    assert_eq!(report.exit_code(), 3);
    let outcomes = stage.means.ledger.outcomes(plan.id.clone()).await.unwrap();
    let failed = plan.items.iter().find(|i| matches!(outcomes.get(&i.n), Some(Outcome::Failed { .. }))).unwrap();
    for item in plan.items.iter().filter(|i| i.order == failed.order && i.n > failed.n) {
        assert_eq!(outcomes.get(&item.n), Some(&Outcome::Skipped(Skip::AfterFailed)));
    }
    // resumed, the rest goes, in order
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..6).map(|n| (n, 1)).collect());
    let mut by_key: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    let place: BTreeMap<u32, u32> = plan.items.iter().map(|i| (i.id.0.strip_prefix("id-").unwrap().parse().unwrap(), i.n)).collect();
    for message in stage.memory.messages("orders") {
        by_key.entry(message.key.clone()).or_default().push(place[&seq(&message)]);
    }
    assert!(by_key.values().all(|v| v.is_sorted()), "{by_key:?}");
}

#[tokio::test]
async fn a_lost_answer_is_in_doubt_and_cleared_up_by_looking() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders").from_nth(2).once());
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
}

#[tokio::test]
async fn where_nothing_proves_it_a_person_is_asked_and_nothing_is_sent_again() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::AfterPublish, ErrorKind::Timeout).on("orders").from_nth(2).once());
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.in_doubt, report.exit_code()), (1, 4), "{report:?}");
    assert_eq!(stage.arrived().values().sum::<usize>(), 12 - usize::try_from(report.counts.skipped).unwrap());
    let left = doubt::examine(&plan.id, &stage.means.brokers, &stage.means.ledger).await.unwrap();
    assert_eq!(left.len(), 1);
    let by = Actor { name: "tom".into(), os_user: "tom".into() };
    doubt::settle_by_hand(&plan.id, left[0].n, Answer::Arrived, &by, Some("seen".into()), &stage.means.ledger).await.unwrap();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived().values().sum::<usize>(), 12);
    assert_eq!(stage.memory.messages("orders.dlt").len(), 0);
}

#[tokio::test]
async fn a_broker_that_is_down_ends_the_run_with_the_rest_untouched() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::BeforePublish, ErrorKind::Unreachable).on("orders"));
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert!(matches!(report.ended, Ended::Broke(_)), "{report:?}");
    assert_eq!(report.exit_code(), 1);
    assert!(stage.arrived().is_empty());
    stage.memory.faults().clear();
    let (_wish, heard) = go();
    assert_eq!(resume(&plan.id, &stage.means, &|_| {}, heard).await.exit_code(), 0);
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
}

#[tokio::test]
async fn what_is_published_and_not_settled_is_settled_later_and_never_published_again() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    stage.memory.faults().add(Fault::fail(Step::BeforeSettle, ErrorKind::Denied).on("orders.dlt"));
    let plan = stage.plan().await;
    let report = run(&stage, &plan).await;
    assert!(report.counts.unsettled > 0);
    assert_eq!(report.exit_code(), 3);
    assert_eq!(stage.memory.messages("orders.dlt").len(), 12);
    stage.memory.faults().clear();
    let (_wish, heard) = go();
    let report = resume(&plan.id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..12).map(|n| (n, 1)).collect());
    assert_eq!(stage.memory.messages("orders.dlt").len(), 0);
}

#[tokio::test]
async fn what_is_gone_or_changed_is_skipped() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    let mut plan = stage.plan().await;
    stage.memory.trim("orders.dlt", 0, 2);
    plan.items[11].digest = Some([0; 32]);
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.skipped, report.counts.replayed), (3, 9), "{report:?}");
    assert_eq!(report.exit_code(), 3);
}

#[tokio::test]
async fn the_rate_holds_and_pause_and_stop_act_between_batches() {
    let stage = Stage::new(Shape::kafka());
    let keys: Vec<String> = (0..40).map(|i| format!("k{i}")).collect();
    stage.dead(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let mut ask = stage.ask(Deed::Replay, Route::Origin);
    ask.pace.per_second = Some(20.0);
    let plan = stage.plan_for(ask).await;
    let (wish, heard) = go();
    let seen: Mutex<Vec<Progress>> = Mutex::default();
    let say = |p: Progress| {
        if p.counts.replayed >= 20 && p.phase != Phase::Paused && !seen.lock().unwrap().iter().any(|s| s.phase == Phase::Paused) {
            wish.send_replace(Wish::Pause);
        }
        if p.phase == Phase::Paused {
            wish.send_replace(Wish::Run { per_second: Some(40.0) });
        }
        if p.counts.replayed >= 30 {
            wish.send_replace(Wish::Stop);
        }
        seen.lock().unwrap().push(p);
    };
    let began = tokio::time::Instant::now();
    let report = replay(&plan, &stage.means, &say, heard).await;
    assert_eq!(report.ended, Ended::Stopped, "{report:?}");
    assert_eq!((report.counts.replayed, report.counts.untouched), (30, 10));
    assert_eq!(report.exit_code(), 3);
    // ten at once, ten half a second later, ten after the pause, at once
    assert!(began.elapsed() >= Duration::from_millis(490), "{:?}", began.elapsed());
    assert_eq!(stage.means.ledger.plan_row(plan.id.clone()).await.unwrap().unwrap().status, Status::Unfinished);
    let (_wish, heard) = go();
    assert_eq!(resume(&plan.id, &stage.means, &|_| {}, heard).await.exit_code(), 0);
    assert_eq!(stage.arrived(), (0..40).map(|n| (n, 1)).collect());
}

#[tokio::test]
async fn a_canary_that_comes_back_stops_the_rest() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    let mut ask = stage.ask(Deed::Replay, Route::Origin);
    ask.pace.canary = vec![1, 3];
    ask.pace.watch = Duration::from_millis(5);
    let plan = stage.plan_for(ask).await;
    let (_wish, heard) = go();
    let say = |p: Progress| {
        // the consumer fails on it again
        if matches!(p.phase, Phase::Watching { step: 2, .. }) {
            let first = stage.memory.messages("orders").pop().unwrap();
            let id = text_field(&first.headers, REPLAY_ID).unwrap().to_owned();
            stage.memory.put("orders.dlt", Put::keyed("z", "again").header(REPLAY_ID, id).to(0));
        }
    };
    let report = replay(&plan, &stage.means, &say, heard).await;
    assert!(matches!(report.ended, Ended::Broke(_)), "{report:?}");
    assert_eq!((report.counts.replayed, report.counts.came_back, report.counts.untouched), (4, 1, 8));
}

#[tokio::test]
async fn a_queue_that_is_free_to_look_into_is_looked_through_after_a_canary() {
    for again in [false, true] {
        let stage = Stage::new(Shape::activemq());
        stage.dead(&KEYS);
        let mut ask = stage.ask(Deed::Replay, Route::Origin);
        ask.pace.canary = vec![2];
        ask.pace.watch = Duration::from_millis(5);
        let plan = stage.plan_for(ask).await;
        let (_wish, heard) = go();
        let said = Mutex::new(Vec::new());
        let say = |p: Progress| {
            if again && matches!(p.phase, Phase::Watching { .. }) && stage.memory.messages("orders.dlt").len() == 10 {
                let first = stage.memory.messages("orders").pop().unwrap();
                let id = text_field(&first.headers, REPLAY_ID).unwrap().to_owned();
                stage.memory.put("orders.dlt", Put::keyed("z", "again").header(REPLAY_ID, id)).unwrap();
            }
            said.lock().unwrap().extend(p.lines.into_iter().map(|line| line.words));
        };
        let report = replay(&plan, &stage.means, &say, heard).await;
        let said = said.into_inner().unwrap();
        assert_eq!(report.counts.came_back, u64::from(again), "{said:?}");
        assert_eq!(report.ended == Ended::Finished, !again, "{report:?}");
        assert_eq!(said.iter().any(|words| words.contains("canary 2: none came back")), !again, "{said:?}");
    }
}

/// Drops the run after one poll, after two and so on, each time as a crash would, and resumes; how the last run ended.
async fn break_off_anywhere(stage: &mut Stage, plan: &ReplayPlan) -> ReplayReport {
    for polls in 0..200 {
        let (_wish, heard) = go();
        let means = stage.means.clone();
        let mut work = Box::pin(resume(&plan.id, &means, &|_| {}, heard));
        let ended = after_polls(&mut work, polls).await;
        if ended.is_some_and(|r| r.exit_code() == 0) {
            break;
        }
        drop(work);
        drop(means);
        stage.reopen();
        stage.means.ledger.break_lease(&plan.id).await;
    }
    let (_wish, heard) = go();
    resume(&plan.id, &stage.means, &|_| {}, heard).await
}

/// Broken off at any await: nothing lost, nothing twice, because the target can be looked at.
#[tokio::test]
async fn broken_off_anywhere_and_resumed_each_arrives_once() {
    let mut stage = Stage::new(Shape::kafka());
    let keys: Vec<String> = (0..30).map(|i| format!("k{}", i % 7)).collect();
    stage.dead(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let plan = stage.plan().await;
    let report = break_off_anywhere(&mut stage, &plan).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(stage.arrived(), (0..30).map(|n| (n, 1)).collect());
}

/// The same where the target cannot be looked at: what is twice or missing is only what the ledger asks about.
#[tokio::test]
async fn broken_off_on_a_queue_nothing_is_lost() {
    let mut stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    let plan = stage.plan().await;
    for polls in 0..120 {
        let (_wish, heard) = go();
        let means = stage.means.clone();
        let mut work = Box::pin(resume(&plan.id, &means, &|_| {}, heard));
        if after_polls(&mut work, polls).await.is_some_and(|r| r.counts.untouched == 0) {
            break;
        }
        drop(work);
        drop(means);
        stage.reopen();
        stage.means.ledger.break_lease(&plan.id).await;
    }
    let arrived = stage.arrived();
    assert!(arrived.values().all(|n| *n == 1), "{arrived:?}");
    let outcomes = stage.means.ledger.outcomes(plan.id.clone()).await.unwrap();
    let source: Vec<u32> = stage.memory.messages("orders.dlt").iter().map(seq).collect();
    for item in &plan.items {
        let n: u32 = item.id.0.strip_prefix("id-").unwrap().parse().unwrap();
        assert!(arrived.contains_key(&n) || source.contains(&n), "{n} is lost");
        match outcomes.get(&item.n) {
            Some(Outcome::Replayed { .. } | Outcome::Unsettled { .. }) => assert!(arrived.contains_key(&n)),
            Some(Outcome::InDoubt { .. }) => {}
            _ => assert!(!arrived.contains_key(&n), "{n} arrived and the ledger does not know"),
        }
    }
}

/// Polls a future so many times, and drops it then, unless it ended.
async fn after_polls<F: Future + Unpin>(work: &mut F, polls: usize) -> Option<F::Output> {
    let mut left = polls;
    std::future::poll_fn(move |cx| {
        let polled = std::pin::Pin::new(&mut *work).poll(cx);
        match polled {
            std::task::Poll::Ready(out) => std::task::Poll::Ready(Some(out)),
            std::task::Poll::Pending if left == 0 => std::task::Poll::Ready(None),
            std::task::Poll::Pending => {
                left -= 1;
                std::task::Poll::Pending
            }
        }
    })
    .await
}

#[tokio::test]
async fn park_and_discard_on_a_log_are_marks_and_restore_takes_them_back() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    let at = stage.memory.at("orders.dlt");
    for (deed, how) in [(Deed::Park, crate::model::PastKind::Parked), (Deed::Discard, crate::model::PastKind::Discarded)] {
        let plan = stage.plan_for(stage.ask(deed, Route::Nowhere)).await;
        let report = run(&stage, &plan).await;
        assert_eq!((report.counts.marked, report.exit_code()), (12, 0), "{report:?}");
        let resolved = stage.means.ledger.resolved(at.clone(), None).await.unwrap();
        assert_eq!(resolved.how(&plan.items[0].seat), Some(how));
        let rows = stage.means.ledger.restorable(at.clone(), None).await.unwrap();
        assert_eq!(rows.len(), 12);
        assert!(stage.means.ledger.copy(rows[0].plan.clone(), rows[0].item).await.unwrap().is_some());
        let mut ask = stage.ask(Deed::Restore, Route::Same);
        ask.from = Source::Ledger(at.clone());
        let mut draft = Draft::new(ask);
        rows.iter().for_each(|row| draft.add_restorable(row));
        let plan = preflight::freeze(draft, &stage.means.brokers, &stage.means.hands, &stage.means.ledger).await.unwrap();
        let report = run(&stage, &plan).await;
        assert_eq!((report.counts.marked, report.exit_code()), (12, 0), "{report:?}");
        assert!(stage.means.ledger.resolved(at.clone(), None).await.unwrap().is_empty());
        assert!(stage.means.ledger.restorable(at.clone(), None).await.unwrap().is_empty());
        assert_eq!(stage.memory.messages("orders.dlt").len(), 12);
        assert!(stage.arrived().is_empty());
    }
}

#[tokio::test]
async fn a_discard_takes_out_of_a_queue_and_restore_publishes_the_copy() {
    let stage = Stage::new(Shape::rabbitmq());
    stage.dead(&KEYS);
    let at = stage.memory.at("orders.dlt");
    let before = stage.memory.messages("orders.dlt");
    let plan = stage.plan_for(stage.ask(Deed::Discard, Route::Nowhere)).await;
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.marked, report.exit_code()), (12, 0), "{report:?}");
    assert!(stage.memory.messages("orders.dlt").is_empty());
    let mut ask = stage.ask(Deed::Restore, Route::Same);
    ask.from = Source::Ledger(at.clone());
    let mut draft = Draft::new(ask);
    stage.means.ledger.restorable(at.clone(), None).await.unwrap().iter().for_each(|row| draft.add_restorable(row));
    let plan = preflight::freeze(draft, &stage.means.brokers, &stage.means.hands, &stage.means.ledger).await.unwrap();
    let report = run(&stage, &plan).await;
    assert_eq!((report.counts.replayed, report.exit_code()), (12, 0), "{report:?}");
    let after = stage.memory.messages("orders.dlt");
    assert_eq!(after.len(), 12);
    for (was, is) in before.iter().zip(&after) {
        assert_eq!(was.body, is.body);
        let rest: Vec<_> = is.headers.iter().filter(|(n, _)| n != REPLAY_ID).cloned().collect();
        assert_eq!(was.headers, rest);
    }
}

#[tokio::test]
async fn one_runner_per_plan_and_two_plans_do_not_share_a_message() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&KEYS);
    let (one, two) = (stage.plan().await, stage.plan().await);
    assert_ne!(one.id, two.id);
    let lease = stage.means.ledger.lease_plan(&one.id, "tom".into()).await.unwrap().unwrap();
    let report = run(&stage, &one).await;
    assert!(matches!(&report.ended, Ended::Failed(why) if why.contains("tom")), "{report:?}");
    stage.means.ledger.release(lease).await.unwrap();
    assert_eq!(run(&stage, &one).await.exit_code(), 0);
    let report = run(&stage, &two).await;
    assert_eq!((report.counts.skipped, report.exit_code()), (12, 1), "{report:?}");
    assert_eq!(stage.arrived().values().sum::<usize>(), 12);
}

#[tokio::test]
async fn a_run_may_be_spawned() {
    fn is_send<T: Send>(t: T) -> T {
        t
    }
    let stage = Stage::new(Shape::kafka());
    stage.dead(&["a"]);
    let plan = stage.plan().await;
    let (_wish, heard) = go();
    let say = |_: Progress| {};
    assert_eq!(is_send(replay(&plan, &stage.means, &say, heard)).await.exit_code(), 0);
    assert!(SystemTime::now() > plan.frozen);
}

/// `cargo test --lib replay::tests::speed -- --ignored --nocapture`: messages a second of a whole run on the memory broker.
#[tokio::test]
#[ignore = "a measure, not a test"]
async fn speed() {
    let stage = Stage::new(Shape::kafka());
    let keys: Vec<String> = (0..5_000).map(|i| format!("k{}", i % 500)).collect();
    stage.dead(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let plan = stage.plan().await;
    let began = std::time::Instant::now();
    let report = run(&stage, &plan).await;
    assert_eq!(report.exit_code(), 0);
    println!("5,000 messages in {:?}: {:.0} a second", began.elapsed(), 5_000.0 / began.elapsed().as_secs_f64());
}
