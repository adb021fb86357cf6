//! Marks, notes, and what counts as done with.

use super::*;

#[tokio::test]
async fn of_marks_the_last_word_counts() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let mark = |value: &str| Mark {
        seq: 0,
        kind: MarkKind::Category,
        place: at("dlt"),
        subject: "9c41".into(),
        value: value.into(),
        actor: "lea".into(),
        reason: None,
        at: SystemTime::UNIX_EPOCH,
    };
    ledger.mark(mark("timeout_error")).await.unwrap();
    ledger.mark(mark("system_error")).await.unwrap();
    assert_eq!(ledger.categories(at("dlt")).await.unwrap()["9c41"].value, "system_error");
    ledger.mark(mark("")).await.unwrap();
    assert!(ledger.categories(at("dlt")).await.unwrap().is_empty());
    assert_eq!(ledger.marks(at("dlt"), MarkKind::Category).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_note_on_a_message_is_in_its_past_and_one_on_a_cause_is_in_nobodys() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let note = |subject: &str| Mark {
        seq: 0,
        kind: MarkKind::Note,
        place: at("dlt"),
        subject: subject.into(),
        value: "asked billing".into(),
        actor: "lea".into(),
        reason: None,
        at: SystemTime::UNIX_EPOCH,
    };
    ledger.mark(note("billing|id:7")).await.unwrap();
    ledger.mark(note("9c41")).await.unwrap();
    let ids = ["billing|id:7", "9c41"].map(|id| MessageId(id.into()));
    let past = ledger.past(ids.to_vec()).await.unwrap();
    let noted: Vec<_> = past.values().flatten().map(|p| (p.kind, p.detail.as_str(), p.plan.as_str())).collect();
    assert_eq!(noted, [(PastKind::Noted, "asked billing", "")]);
    let all = ledger.entries(EntryQuery::default()).await.unwrap();
    let told: Vec<_> = all.iter().map(|e| (e.id.is_some(), e.detail.as_str())).collect();
    assert_eq!(told, [(false, "9c41: asked billing"), (true, "asked billing")]);
}

#[tokio::test]
async fn marks_on_a_topic_that_was_made_anew_count_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let ledger = TriageLedger::open(&path).unwrap();
    let first = ReplayPlan { source_id: Some("one".into()), ..plan(2, 1, 1) };
    let run_of = run(&ledger, &first).await;
    ledger.step(&run_of, Vec::new(), vec![intent(1, 1), intent(2, 1)]).await.unwrap();
    ledger.step(&run_of, vec![(1, replayed(0)), (2, replayed(1))], Vec::new()).await.unwrap();
    let known = async |id: Option<&str>| {
        let id = id.map(str::to_owned);
        let all = ledger.resolved(at("dlt"), id.clone()).await.unwrap().len();
        (all as u64, ledger.resolved_within(at("dlt"), id, vec![(0, 0, 9)]).await.unwrap())
    };
    assert_eq!((known(Some("one")).await, known(Some("two")).await, known(None).await), ((2, 2), (0, 0), (2, 2)));
    // its messages may be replayed, and are then done with by themselves
    let second = ReplayPlan { source_id: Some("two".into()), ..plan(1, 1, 2) };
    let run_of = run(&ledger, &second).await;
    assert_eq!(ledger.step(&run_of, Vec::new(), vec![intent(1, 1)]).await.unwrap(), []);
    ledger.step(&run_of, vec![(1, replayed(2))], Vec::new()).await.unwrap();
    assert_eq!((known(Some("one")).await, known(Some("two")).await), ((2, 2), (1, 1)));
    // a ledger from before ids were noted goes on to count for all
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE resolved SET source_id = '' WHERE source_id = 'one'", []).unwrap();
    assert_eq!(known(Some("two")).await.1, 3);
}

#[tokio::test]
async fn what_is_done_with_is_counted_within_what_still_lies_there() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = TriageLedger::open(&dir.path().join("ledger.db")).unwrap();
    let within = |start, end| ledger.resolved_within(at("dlt"), None, vec![(0, start, end), (1, 0, 100)]);
    assert_eq!(within(0, 100).await.unwrap(), 0);
    let plan = plan(5, 1, 1);
    let run = run(&ledger, &plan).await;
    ledger.step(&run, Vec::new(), (1..=4).map(|n| intent(n, 1)).collect()).await.unwrap();
    let failed = Outcome::Failed { stage: crate::triage::report::Stage::Publish, why: "x".into() };
    ledger.step(&run, vec![(1, replayed(0)), (2, replayed(1)), (3, failed), (4, replayed(2))], Vec::new()).await.unwrap();
    // offsets 0, 1 and 3
    assert_eq!((within(0, 5).await.unwrap(), within(1, 5).await.unwrap(), within(0, 3).await.unwrap()), (3, 2, 2));
    assert_eq!(ledger.resolved_within(at("other"), None, vec![(0, 0, 5)]).await.unwrap(), 0);
}
