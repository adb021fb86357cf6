//! Queues come and go and are set anew while redrive asks: listings go through, what is told of one queue is of now, and a plan says where what
//! fails again would come to.

use std::sync::Arc;
use std::time::SystemTime;

use redrive::broker::{ListRequest, ReadersRequest};
use redrive::model::{Address, Count};
use redrive::schema::{Declared, see};
use redrive::triage::plan::{Actor, Deed, ReplayRequest, Route, Source, Warning};
use redrive::triage::{preflight, prepare};

use crate::support::*;

use futures::StreamExt;

/// 3.10 answers 500 to a listing while any queue or stream is being made.
#[test]
fn a_listing_goes_through_while_queues_are_made() {
    for node in nodes() {
        run(async {
            let eyes = admin(&node).eyes;
            let making = async {
                for _ in 0..12 {
                    let hands = Hands::new(&node).await;
                    for of_type in ["stream", "quorum", "stream"] {
                        hands.make("coming", of_type, &[]).await;
                    }
                    hands.end().await;
                }
            };
            let listing = async {
                loop {
                    for batch in eyes.list(ListRequest::default()).collect::<Vec<_>>().await {
                        batch.unwrap_or_else(|e| panic!("{}: {e}", node.version));
                    }
                }
            };
            tokio::select! {
                () = making => {}
                () = listing => {}
            }
        });
    }
}

#[test]
fn of_one_queue_what_is_ready_is_told_as_it_is_now() {
    for node in nodes() {
        for of_type in ["classic", "quorum"] {
            run(async {
                let (hands, eyes) = (Hands::new(&node).await, admin(&node).eyes);
                let at = hands.make("now", of_type, &[]).await;
                for n in 1..=3 {
                    hands.send(&at, numbered(1)).await;
                    // statistics would tell seconds later
                    let facts = eyes.describe(&at).await.unwrap().facts;
                    let ready = facts.iter().find(|(name, ..)| name == "ready").map(|(_, value, _)| value.as_str());
                    assert_eq!(ready, Some(n.to_string().as_str()), "{} {of_type}", node.version);
                    let readers = eyes.readers(ReadersRequest::Of(at.clone())).next().await.unwrap().unwrap();
                    assert_eq!(readers[0].at[0].backlog.as_ref().unwrap().ready, Count::Exact(n));
                }
                until("listed", || async {
                    let rows: Vec<_> = eyes.list(ListRequest::default()).map(|batch| batch.unwrap()).concat().await;
                    rows.iter().any(|row| row.at == at && row.depth == Count::About(3))
                })
                .await;
                hands.end().await;
            });
        }
    }
}

/// A policy of this name for this queue alone; `None` takes it away. Back when it holds.
async fn policy(node: &Node, at: &Address, definition: Option<serde_json::Value>) {
    let url = format!("{}/api/policies/%2F/{}", node.management, at.name);
    let client = reqwest::Client::new();
    let call = match &definition {
        Some(definition) => client
            .put(url)
            .json(&serde_json::json!({ "pattern": format!("^{}$", at.name), "definition": definition, "apply-to": "queues" })),
        None => client.delete(url),
    };
    assert!(call.basic_auth("admin", Some("admin-pw")).send().await.unwrap().status().is_success());
    let queue = format!("{}/api/queues/%2F/{}", node.management, at.name);
    until("the policy holds", || async {
        let now = client.get(&queue).basic_auth("admin", Some("admin-pw")).send().await.unwrap();
        let now: serde_json::Value = now.json().await.unwrap();
        let force = now["effective_policy_definition"].as_object().filter(|all| !all.is_empty());
        force == definition.as_ref().and_then(|d| d.as_object())
    })
    .await;
}

/// What a plan for all that lies here warns of, as far as it is about where it would come to.
async fn warned(desk: &Desk, dlq: &Address) -> Vec<Warning> {
    let ask = ReplayRequest::new(Deed::Replay, Source::Queue(dlq.clone()), Route::Origin, Actor::default());
    let (messages, ..) = look(&desk.eyes, dlq, 10).await.unwrap();
    let seen: Vec<_> = messages.into_iter().map(|m| Arc::new(see(m, &Declared::default()))).collect();
    let (draft, _) = prepare::prepare_seen(desk.eyes.as_ref(), ask, &seen, 0);
    let known = preflight::look(&draft, &desk.means.brokers, &desk.means.hands, &desk.means.ledger).await.unwrap();
    let plan = draft.freeze(known, SystemTime::now()).unwrap();
    plan.warnings.into_iter().filter(|w| matches!(w, Warning::DiesElsewhere { .. } | Warning::TargetMissing { .. })).collect()
}

#[test]
fn a_plan_says_where_what_fails_again_would_come_to() {
    for node in nodes() {
        run(async {
            let (hands, desk) = (Hands::new(&node).await, Desk::new(&node));
            let (dlq, other) = (hands.make("here", "classic", &[]).await, hands.make("elsewhere", "classic", &[]).await);
            let waits = hands.make("waits", "classic", &[]).await;
            let origin = hands.make("origin", "classic", &[]).await;
            let dies_to = |at: &Address| Some(serde_json::json!({ "dead-letter-exchange": "", "dead-letter-routing-key": at.name }));
            policy(&node, &origin, dies_to(&dlq)).await;
            hands.send(&origin, numbered(1)).await;
            hands.fail(&origin, false).await;
            until("it died", || async { hands.depth(&dlq).await == 1 }).await;
            assert_eq!(warned(&desk, &dlq).await, [], "{}: all is as it was", node.version);
            policy(&node, &origin, dies_to(&waits)).await;
            policy(&node, &waits, dies_to(&dlq)).await;
            assert_eq!(warned(&desk, &dlq).await, [], "it comes here by a detour");
            policy(&node, &origin, dies_to(&other)).await;
            assert_eq!(warned(&desk, &dlq).await, [Warning::DiesElsewhere { target: origin.clone(), to: vec![other.name.clone()] }]);
            policy(&node, &origin, None).await;
            assert_eq!(warned(&desk, &dlq).await, [Warning::DiesElsewhere { target: origin.clone(), to: Vec::new() }]);
            policy(&node, &waits, None).await;
            hands.remove(&origin).await;
            assert_eq!(warned(&desk, &dlq).await, [Warning::TargetMissing { target: origin }]);
            hands.end().await;
        });
    }
}
