//! A replay on the memory broker, in the shape of a log and of a queue, with faults at every step.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::*;
use crate::broker::{Brokers, ErrorKind, REPLAY_ID};
use crate::drivers::memory::{Fault, Login, Memory, Put, Shape, Spec, Step, What};
use crate::model::{ConnId, Death, Message, MessageId, Origin, Seat, Told, text_field};
use crate::triage::ledger::TriageLedger;
use crate::triage::plan::{Actor, Deed, Draft, ReplayRequest, Route, Source};
use crate::triage::preflight;
use crate::triage::report::{Outcome, Skip, Status};

mod aside;
mod broken_off;
mod carry;
mod edits;
mod pace;
mod pointers;
mod reseat;
mod trouble;

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
