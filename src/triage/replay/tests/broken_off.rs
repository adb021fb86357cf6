//! Runs that are broken off at any point and resumed.

use super::*;

/// Drops the run after one poll, after two and so on, each time as a crash would, and resumes; how the last run ended.
pub(super) async fn break_off_anywhere(stage: &mut Stage, plan: &ReplayPlan) -> ReplayReport {
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
