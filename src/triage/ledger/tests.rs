//! The ledger keeps what it was told, over processes and crashes.

mod marks;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::*;
use crate::broker::Receipt;
use crate::model::{Address, ConnId, Fields, Message, MessageId, Origin, PastKind, Seat, Told, copy};
use crate::triage::plan::{Actor, Deed, Draft, PlanId, Preflight, ReplayPlan, ReplayRequest, Route, Source, Target};
use crate::triage::report::{EntryKind, EntryQuery, Mark, MarkKind, Outcome, Skip, Status};

fn at(name: &str) -> Address {
    Address::topic(&ConnId::new("k"), name)
}

fn message(n: i64, body: usize) -> Message {
    Message {
        at: at("dlt"),
        seat: Seat::Offset { partition: 0, offset: n },
        key: Some(Bytes::from(n.to_string())),
        body: Some(Bytes::from(vec![b'x'; body])),
        headers: Fields::new(),
        properties: Fields::new(),
        delivery: Fields::new(),
        sent: Some(SystemTime::now()),
        whole: true,
    }
}

fn plan(n: i64, body: usize, seed: u8) -> ReplayPlan {
    let by = Actor { name: "lea".into(), os_user: "lea".into() };
    let ask =
        ReplayRequest { reason: Some("INC-1".into()), ..ReplayRequest::new(Deed::Replay, Source::Queue(at("dlt")), Route::Origin, by) };
    let mut draft = Draft::new(ask);
    let origin = Origin { name: "orders".into(), partition: Some(0), ..Origin::default() };
    let death = crate::model::Death { origin: Told::header(origin, "h"), ..Default::default() };
    for i in 0..n {
        draft.add(&message(i, body), &MessageId(format!("m{i}")), &death, None);
    }
    let target = Target { exists: Some(true), partitions: 1, may_write: Some(true), ..Target::unknown(at("orders")) };
    draft.freeze(Preflight { targets: vec![target], seed: [seed; 16], ..Preflight::default() }, SystemTime::now()).unwrap()
}

async fn run(ledger: &TriageLedger, plan: &ReplayPlan) -> Run {
    ledger.save(plan).await.unwrap();
    let lease = ledger.lease_plan(&plan.id, "test".into()).await.unwrap().unwrap();
    Run { plan: Arc::new(plan.clone()), lease }
}

fn replayed(n: i64) -> Outcome {
    Outcome::Replayed { receipt: Receipt { to: at("orders"), seat: Some(Seat::Offset { partition: 0, offset: n }) } }
}

fn intent(n: u32, body: usize) -> Intent {
    Intent { n, visit: None, copy: Some(copy::encode(&message(i64::from(n) - 1, body))) }
}

#[tokio::test]
async fn a_plan_reads_back_as_it_was_frozen() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("deep/er/ledger.db")).unwrap();
    let plan = plan(3, 10, 1);
    ledger.save(&plan).await.unwrap();
    ledger.save(&plan).await.unwrap();
    assert_eq!(ledger.plan(plan.id.clone()).await.unwrap(), Some(plan.clone()));
    assert_eq!(ledger.plan(PlanId("0000-0000".into())).await.unwrap(), None);
    let other = ReplayPlan { largest: 99, ..plan.clone() };
    assert!(ledger.save(&other).await.unwrap_err().to_string().contains("freeze it again"));
    let rows = ledger.plans(10).await.unwrap();
    assert_eq!((rows.len(), rows[0].status, rows[0].counts.untouched), (1, Status::Frozen, 3));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_copies() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let ledger = TriageLedger::open(&path).unwrap();
    ledger.save(&plan(1, 1, 1)).await.unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn what_was_cut_off_is_open_until_cleared_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let plan = plan(4, 10, 1);
    {
        let ledger = TriageLedger::open(&path).unwrap();
        let run = run(&ledger, &plan).await;
        ledger.run_mark(&run, true, String::new()).await.unwrap();
        assert!(ledger.step(&run, Vec::new(), vec![intent(1, 10), intent(2, 10)]).await.unwrap().is_empty());
        assert!(ledger.step(&run, vec![(1, replayed(7))], vec![intent(3, 10)]).await.unwrap().is_empty());
    }
    let ledger = TriageLedger::open(&path).unwrap();
    let open = ledger.open_intents(None).await.unwrap();
    assert_eq!(open.iter().map(|i| i.n).collect::<Vec<_>>(), [2, 3]);
    assert!(open.iter().all(|i| i.running), "its lease has not run out");
    ledger.break_lease(&plan.id).await;
    let row = ledger.plan_row(plan.id.clone()).await.unwrap().unwrap();
    assert_eq!((row.status, row.counts.in_doubt, row.counts.replayed, row.counts.untouched), (Status::InDoubt, 2, 1, 1));
    let copy = ledger.copy(plan.id.clone(), 2).await.unwrap().unwrap().message;
    assert_eq!(copy, Message { sent: copy.sent, ..message(1, 10) });
    let lease = ledger.lease_plan(&plan.id, "tom".into()).await.unwrap().unwrap();
    assert!(lease.cut_off.is_some());
    let found = vec![(1, Outcome::Untouched), (2, replayed(8)), (3, Outcome::Untouched)];
    let by = Some(("tom".to_owned(), Some("looked".to_owned())));
    // the first one has a certain outcome, which stays
    assert_eq!(ledger.clear_up(Arc::new(plan.clone()), lease.clone(), found, by).await.unwrap(), 2);
    ledger.release(lease).await.unwrap();
    let row = ledger.plan_row(plan.id.clone()).await.unwrap().unwrap();
    assert_eq!((row.status, row.counts.replayed, row.counts.untouched), (Status::Unfinished, 2, 2));
    assert_eq!(ledger.unfinished().await.unwrap().len(), 1);
    assert!(ledger.open_intents(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_lost_the_lease_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let (one, two) = (TriageLedger::open(&path).unwrap(), TriageLedger::open(&path).unwrap());
    let plan = plan(2, 10, 1);
    let run = run(&one, &plan).await;
    let (by, until) = two.lease_plan(&plan.id, "tom".into()).await.unwrap().unwrap_err();
    assert!(by == "test" && until > SystemTime::now());
    one.break_lease(&plan.id).await;
    let lease = two.lease_plan(&plan.id, "tom".into()).await.unwrap().unwrap();
    let error = one.step(&run, Vec::new(), vec![intent(1, 10)]).await.unwrap_err();
    assert!(error.lease_lost && error.to_string().contains("tom"), "{error}");
    assert!(two.open_intents(None).await.unwrap().is_empty());
    two.keep(&lease).await.unwrap();
}

#[tokio::test]
async fn a_plan_is_carried_out_and_cleared_up_in_its_own_context_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let (production, staging) = (TriageLedger::open_in(&path, "production").unwrap(), TriageLedger::open_in(&path, "staging").unwrap());
    let plan = plan(2, 10, 1);
    let run = run(&production, &plan).await;
    production.step(&run, Vec::new(), vec![intent(1, 10)]).await.unwrap();
    production.break_lease(&plan.id).await;
    // the same connection's name there may be another broker: what is not found on it has not failed to arrive here
    assert!(staging.open_intents(None).await.unwrap().is_empty());
    assert!(staging.plans(10).await.unwrap().is_empty() && staging.unfinished().await.unwrap().is_empty());
    let refused = staging.plan(plan.id.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("is of the context production; go on with it there: --context production"), "{refused}");
    assert_eq!(production.open_intents(None).await.unwrap().len(), 1);
    assert_eq!(production.unfinished().await.unwrap().len(), 1);
    assert!(production.plan(plan.id).await.unwrap().is_some());
}

#[tokio::test]
async fn two_plans_do_not_begin_the_same_message() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let (one, two) = (plan(2, 10, 1), plan(2, 10, 2));
    let (first, second) = (run(&ledger, &one).await, run(&ledger, &two).await);
    ledger.step(&first, Vec::new(), vec![intent(1, 10), intent(2, 10)]).await.unwrap();
    ledger.step(&first, vec![(1, replayed(1))], Vec::new()).await.unwrap();
    let refused = ledger.step(&second, Vec::new(), vec![intent(1, 10), intent(2, 10)]).await.unwrap();
    assert_eq!(
        refused,
        [(1, Skip::Resolved { how: "replayed".into(), plan: one.id.0.clone() }), (2, Skip::OpenElsewhere { plan: one.id.clone() })]
    );
}

#[tokio::test]
async fn entries_are_found_by_what_they_are_about() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let plan = plan(3, 10, 1);
    let run = run(&ledger, &plan).await;
    ledger.step(&run, vec![(1, replayed(7)), (2, Outcome::Skipped(Skip::Gone))], Vec::new()).await.unwrap();
    let all = ledger.entries(EntryQuery::default()).await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.is_sorted_by(|a, b| a.seq > b.seq));
    let of = |query: EntryQuery| async { ledger.entries(query).await.unwrap().len() };
    assert_eq!(of(EntryQuery { id: Some(MessageId("m0".into())), ..EntryQuery::default() }).await, 1);
    assert_eq!(of(EntryQuery { place: Some(at("orders")), kinds: vec![EntryKind::Outcome], ..EntryQuery::default() }).await, 2);
    assert_eq!(of(EntryQuery { place: Some(at("nowhere")), ..EntryQuery::default() }).await, 0);
    assert_eq!(of(EntryQuery { text: Some("No Longer".into()), ..EntryQuery::default() }).await, 1);
    assert_eq!(of(EntryQuery { text: Some("inc-1".into()), actor: Some("lea".into()), ..EntryQuery::default() }).await, 3);
    assert_eq!(of(EntryQuery { until: Some(SystemTime::UNIX_EPOCH), ..EntryQuery::default() }).await, 0);
    assert_eq!(of(EntryQuery { before: Some(all[0].seq), limit: 1, ..EntryQuery::default() }).await, 1);
    let past = ledger.past(vec![MessageId("m0".into()), MessageId("m9".into())]).await.unwrap();
    assert_eq!((past.len(), past[&MessageId("m0".into())][0].kind), (1, PastKind::Replayed));
}

#[tokio::test]
async fn plans_that_were_never_started_do_not_crowd_out_those_that_were() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let one = run(&ledger, &plan(1, 10, 1)).await;
    ledger.run_mark(&one, true, "by hand".into()).await.unwrap();
    let started = one.plan.id.clone();
    for seed in 2..6 {
        ledger.save(&plan(1, 10, seed)).await.unwrap();
    }
    let rows = ledger.plans(2).await.unwrap();
    assert!(rows.len() == 2 && rows.iter().any(|r| r.id == started), "{rows:?}");
}

#[tokio::test]
async fn a_notice_is_taken_once_and_tried_again_when_due() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let (one, two) = (TriageLedger::open(&path).unwrap(), TriageLedger::open(&path).unwrap());
    let now = SystemTime::now();
    let notice = Notice {
        seq: 0,
        dedup: "k".into(),
        target: "hook".into(),
        kind: "open".into(),
        payload: "{}".into(),
        tries: 0,
        next_at: now,
        state: NoticeState::Waiting,
        why: String::new(),
        made: now,
    };
    one.post(notice).await.unwrap();
    let taken = one.due(10, Duration::from_secs(60)).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert!(two.due(10, Duration::from_secs(60)).await.unwrap().is_empty());
    one.notice_done(taken[0].seq, NoticeState::Waiting, now, "503".into()).await.unwrap();
    let again = two.due(10, Duration::from_secs(60)).await.unwrap();
    assert_eq!((again.len(), again[0].tries, again[0].why.as_str()), (1, 1, "503"));
    two.notice_done(again[0].seq, NoticeState::Sent, now, String::new()).await.unwrap();
    assert_eq!(one.next_due().await.unwrap(), None);
    assert_eq!(one.notices(Some("k".into()), 5).await.unwrap()[0].state, NoticeState::Sent);
}

#[tokio::test]
async fn pruning_keeps_what_is_open_and_what_is_done_with() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let (one, two) = (plan(2, 10, 1), plan(4, 10, 2));
    let (first, second) = (run(&ledger, &one).await, run(&ledger, &two).await);
    ledger.step(&first, Vec::new(), vec![intent(1, 10)]).await.unwrap();
    ledger.step(&first, vec![(1, replayed(1))], Vec::new()).await.unwrap();
    ledger.step(&second, Vec::new(), vec![intent(4, 10)]).await.unwrap();
    let gone = ledger.prune(SystemTime::now() + Duration::from_secs(60)).await.unwrap();
    assert_eq!((gone.plans, gone.copies), (1, 1));
    assert_eq!(ledger.plan(one.id).await.unwrap(), None);
    assert_eq!(ledger.open_intents(None).await.unwrap().len(), 1);
    assert!(ledger.copy(two.id, 4).await.unwrap().is_some());
    assert_eq!(ledger.resolved(at("dlt"), None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_processes_write_at_once_without_a_loss() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let work = (0..2u8).map(|seed| {
        let ledger = TriageLedger::open(&path).unwrap();
        async move {
            for i in 0..40 {
                ledger.note(EntryKind::Mark, format!("{seed}/{i}"), at("dlt"), "lea".into(), None, String::new()).await.unwrap();
            }
        }
    });
    futures::future::join_all(work).await;
    let ledger = TriageLedger::open(&path).unwrap();
    assert_eq!(ledger.entries(EntryQuery::default()).await.unwrap().len(), 80);
}

#[tokio::test]
async fn a_file_of_a_newer_redrive_or_another_kind_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    drop(TriageLedger::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = TriageLedger::open(&path).err().unwrap().to_string();
    assert!(error.contains("newer redrive") && error.contains("update redrive"), "{error}");
    let text = dir.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to be looked at as one ".repeat(50)).unwrap();
    let error = TriageLedger::open(&text).err().unwrap().to_string();
    assert!(error.contains("notes.txt") && error.contains("[ledger] path"), "{error}");
}

/// `cargo test --lib ledger::tests::throughput -- --ignored --nocapture`: messages a second through synced steps of 256 with copies of 1 KiB.
#[tokio::test]
#[ignore = "a measure, not a test"]
async fn throughput() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let plan = plan(10_240, 1024, 1);
    let run = run(&ledger, &plan).await;
    let began = std::time::Instant::now();
    let mut done = Vec::new();
    for batch in 0..40u32 {
        let numbers = batch * 256 + 1..=(batch + 1) * 256;
        let next = numbers.clone().map(|n| intent(n, 1024)).collect();
        ledger.step(&run, std::mem::take(&mut done), next).await.unwrap();
        done = numbers.map(|n| (n, replayed(i64::from(n)))).collect();
    }
    ledger.step(&run, done, Vec::new()).await.unwrap();
    let took = began.elapsed();
    println!("10,240 messages in {took:?}: {:.0} a second", 10_240.0 / took.as_secs_f64());
    let began = std::time::Instant::now();
    let resolved = ledger.resolved(at("dlt"), None).await.unwrap();
    println!("{} resolved read in {:?}", resolved.len(), began.elapsed());
}

/// How long a target knows a message again counts from the first time that it may have arrived.
#[tokio::test]
async fn what_is_begun_again_in_doubt_keeps_the_time_of_its_first_try() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let plan = plan(1, 10, 1);
    let run = run(&ledger, &plan).await;
    let begin = async || {
        ledger.step(&run, Vec::new(), vec![intent(1, 10)]).await.unwrap();
        ledger.open_intents(None).await.unwrap().remove(0).at
    };
    begin().await;
    let file = rusqlite::Connection::open(ledger.path()).unwrap();
    file.execute("UPDATE intents SET at = at - 60000", []).unwrap();
    let first = ledger.open_intents(None).await.unwrap().remove(0).at;
    assert_eq!(begin().await, first, "cut off, and begun again");
    let unsure = Outcome::InDoubt { why: "no answer".into() };
    ledger.step(&run, vec![(1, unsure)], Vec::new()).await.unwrap();
    assert_eq!(begin().await, first, "in doubt, and begun again");
    ledger.step(&run, vec![(1, Outcome::Untouched)], Vec::new()).await.unwrap();
    assert!(begin().await > first, "it had certainly not arrived");
}
