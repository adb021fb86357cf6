//! A move of a whole queue through triage: its plan, its way into the ledger, and that a restart follows it instead of starting another.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use redrive::broker::{Brokers, BulkPhase};
use redrive::triage::ledger::TriageLedger;
use redrive::triage::moving::{running, survey};
use redrive::triage::plan::{Actor, MoveAsk};
use redrive::triage::replay::{Hands, Means, move_all};
use redrive::triage::report::{MarkKind, Wish};
use tokio::sync::watch;

use crate::support::*;

#[test]
fn a_restart_follows_the_mover_and_a_wish_stops_it() {
    let Some(bed) = Bed::sqs() else { return };
    run(async {
        let dlq = bed.queue("followed-dlq", false, &[]).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, bed.arn(&dlq).await);
        let to = bed.queue("followed", false, &[(Attribute::RedrivePolicy, policy.as_str())]).await;
        for n in 0..60 {
            bed.send(&dlq, &format!("{n}"), None).await;
        }
        let link = bed.link();
        let conn = dlq.conn.clone();
        let dir = tempfile::tempdir().expect("a directory");
        let means = Means {
            brokers: Brokers([(conn.clone(), link.eyes.clone())].into()),
            hands: Hands::new([(conn, link.hand.clone().expect("a hand"))].into()),
            ledger: TriageLedger::open(&dir.path().join("ledger.db")).expect("a ledger"),
        };
        let source = bed.list(&link).await.into_iter().find(|d| d.at == dlq).expect("listed");
        let by = Actor { name: "lea".into(), os_user: "lea".into() };
        let ask = MoveAsk { from: dlq.clone(), to: None, per_second: Some(1), by, reason: Some("fixed".into()) };
        let plan = || survey(ask.clone(), &source, &means.brokers, &means.hands, &means.ledger);

        let first = plan().await.expect("a plan");
        assert_eq!((&first.blocked, &first.running), (&None, &None));
        let text = first.lines().join("\n");
        assert!(text.contains("no copies in the ledger") && text.contains(&format!("{to}, read by")) && text.contains("~60"), "{text}");
        let (_tell, wish) = watch::channel(Wish::Run { per_second: None });
        // the process dies under way
        let (count, mut counted) = watch::channel(0);
        let say = |s: &redrive::broker::BulkState| count.send_modify(|n| *n = s.moved.value().unwrap_or(0));
        tokio::select! {
            end = move_all(&first, &means, &say, wish) => panic!("60 at one a second take longer: {end:?}"),
            some = counted.wait_for(|n| *n > 0) => assert!(some.is_ok()),
        }
        let id = running(&dlq, &means.ledger).await.expect("a ledger").expect("on record");

        let again = plan().await.expect("a plan");
        assert_eq!(again.running.as_ref(), Some(&id));
        let (tell, wish) = watch::channel(Wish::Run { per_second: None });
        let seen = std::sync::atomic::AtomicU64::new(0);
        let say = |s: &redrive::broker::BulkState| {
            seen.store(s.moved.value().unwrap_or(0), std::sync::atomic::Ordering::SeqCst);
            let _ = tell.send(Wish::Stop);
        };
        let end = move_all(&again, &means, &say, wish).await.expect("followed and stopped");
        assert_eq!(end.phase, BulkPhase::Cancelled);
        assert!((1..60).contains(&seen.load(std::sync::atomic::Ordering::SeqCst)), "it was the one under way");
        assert_eq!(running(&dlq, &means.ledger).await.expect("a ledger"), None);
        let marks = means.ledger.marks(dlq.clone(), MarkKind::Mover).await.expect("marks");
        let values: Vec<_> = marks.iter().map(|m| m.value.split(',').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(values, ["asked for", "running", "cancelled"]);
        let there = bed.count(&to, Attribute::ApproximateNumberOfMessages).await;
        let left = bed.count(&dlq, Attribute::ApproximateNumberOfMessages).await;
        assert_eq!(there + left, 60, "what was moved is there, the rest stayed");
    });
}
