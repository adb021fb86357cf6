//! SNS on moto: topics and who is subscribed, whose undeliverable messages a queue holds, and what a publish delivers.

use redrive::broker::{Outgoing, Place, ReadersRequest};
use redrive::model::{Proof, ReaderKind, Role, Typed, Value, WireType};

use futures::StreamExt;

use crate::support::*;

#[test]
fn a_topic_shows_its_subscriptions_and_delivers_raw_or_in_an_envelope() {
    let Some(bed) = Bed::sns() else { return };
    run(async {
        let (raw, wrapped) = (bed.queue("raw", false, &[]).await, bed.queue("wrapped", false, &[]).await);
        let dlq = bed.queue("raw-dlq", false, &[]).await;
        let topics = bed.topics();
        let (name, arn) = bed.new_topic().await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{}"}}"#, bed.arn(&dlq).await);
        let subscribe = |endpoint: String| topics.subscribe().topic_arn(&arn).protocol("sqs").endpoint(endpoint);
        let ask = subscribe(bed.arn(&raw).await).attributes("RawMessageDelivery", "true").attributes("RedrivePolicy", policy);
        ask.send().await.expect("subscribed");
        subscribe(bed.arn(&wrapped).await).send().await.expect("subscribed");

        let link = bed.link();
        let at = bed.topic(&name);
        let listed = bed.list(&link).await;
        let found = |at: &redrive::model::Address| listed.iter().find(|d| d.at == *at).unwrap_or_else(|| panic!("{at} in {listed:?}"));
        assert_eq!(found(&at).consumers, Some(2));
        // what could not be delivered to that endpoint goes back to it, not to all the topic's subscribers
        assert_eq!(found(&dlq).role, Role::DeadLetter { of: vec![raw.clone()], proof: Proof::Told });

        let mut readers = Vec::new();
        let mut flow = link.eyes.readers(ReadersRequest::Of(at.clone()));
        while let Some(batch) = flow.next().await {
            readers.extend(batch.expect("readers"));
        }
        readers.sort_by(|a, b| a.note.cmp(&b.note));
        assert!(readers.iter().all(|r| r.kind == ReaderKind::Subscription && r.at.iter().all(|p| p.of == at && p.owner.is_some())));
        assert_eq!(readers.len(), 2, "{readers:?}");
        assert!(readers[0].note.contains("envelope") && readers[1].note.contains("raw"), "{readers:?}");
        let facts = link.eyes.describe(&at).await.expect("described").facts;
        assert!(facts.iter().any(|(n, v, _)| n.starts_with("subscription sqs:") && v.contains(&dlq.name)), "{facts:?}");
        assert!(link.eyes.cost(&at).await.expect("a price").refused.is_some(), "a topic keeps nothing");

        let label = Typed { value: Value::Text("v".into()), wire: WireType("String".into()) };
        let sent = Outgoing {
            to: at,
            place: Place::Any,
            key: None,
            body: Some("to all".into()),
            headers: vec![("label".into(), label)],
            properties: Vec::new(),
        };
        link.hand.expect("a hand").publish(vec![sent]).await.remove(0).expect("published");
        let (got, envelope) = (bed.take(&raw).await, bed.take(&wrapped).await);
        assert_eq!((got[0].body.as_str(), got[0].attributes.clone()), ("to all", vec!["label".to_owned()]));
        assert!(envelope[0].body.contains("\"Type\"") && envelope[0].body.contains("to all"), "{envelope:?}");
    });
}
