//! Rate, pause and stop, canary steps.

use std::sync::Mutex;

use super::*;
use crate::triage::report::Phase;

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
