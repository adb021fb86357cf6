//! What SNS delivered and a consumer gave up, on the real way from topic to dead-letter queue: in an envelope, and raw.

use redrive::decode::death;

use crate::binary::Place;
use crate::support::*;

/// Receives without deleting until the queue has given up what it holds.
async fn give_up(bed: &Bed, queue: &redrive::model::Address, dlq: &redrive::model::Address) {
    let began = std::time::Instant::now();
    while bed.count(dlq, aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages).await == 0 {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "nothing died in {queue}");
        bed.take_some(queue, 10).await;
    }
}

#[test]
fn a_notification_that_died_says_its_topic_and_goes_back_as_sns_delivered_it() {
    let Some(bed) = Bed::sns() else { return };
    run(async {
        let topics = bed.topics();
        let (name, arn) = bed.new_topic().await;
        let (wrapped, wrapped_dlq) = bed.queue_with_dlq("wrapped").await;
        let (raw, raw_dlq) = bed.queue_with_dlq("raw").await;
        for (queue, is_raw) in [(&wrapped, "false"), (&raw, "true")] {
            let ask = topics.subscribe().topic_arn(&arn).protocol("sqs").endpoint(bed.arn(queue).await);
            ask.attributes("RawMessageDelivery", is_raw).send().await.expect("subscribed");
        }
        topics.publish().topic_arn(&arn).message(r#"{"price": 19}"#).send().await.expect("published");
        let link = bed.link();
        let place = Place::new(&format!("{}[replay]\ncanary = []\n", bed.config()), &[]);
        let ran = |args: &[&str]| tokio::task::block_in_place(|| place.run(args));
        for (queue, dlq, enveloped) in [(&wrapped, &wrapped_dlq, true), (&raw, &raw_dlq, false)] {
            give_up(&bed, queue, dlq).await;
            let seen = bed.peek(&link, dlq, 10).await.expect("a look");
            let [dead] = &seen.messages[..] else { panic!("{seen:?}") };
            let body = String::from_utf8(dead.body.clone().expect("a body").to_vec()).expect("text");
            let told = death(dead);
            if enveloped {
                // moto writes no DeadLetterQueueSourceArn, so the envelope alone tells
                assert_eq!(told.family, "SNS");
                assert!(told.origin.source.ends_with(&format!("its topic is {name}")), "{}", told.origin.source);
                let age = told.sent.value.and_then(|sent| sent.elapsed().ok()).expect("the envelope's own time, and it is over");
                assert!(age < std::time::Duration::from_secs(600), "{age:?}");
            } else {
                assert_eq!((told.family, body.as_str()), ("", r#"{"price": 19}"#), "nothing of SNS is on it");
            }

            let dry = ran(&["replay", &dlq.name, "--all", "--to", &name, "--subscribers", "2", "--dry-run", "--yes"]).exits(0);
            let warned = dry.out.contains(&format!("in the envelope of SNS (topic {name})"));
            assert_eq!(warned, enveloped, "the topic would put it in another: {}", dry.out);

            ran(&["replay", &dlq.name, "--all", "--yes"]).exits(0);
            let back = bed.take(queue).await;
            assert_eq!(back.iter().map(|m| m.body.clone()).collect::<Vec<_>>(), [body], "to the one queue, as it was");
            assert!(bed.take(dlq).await.is_empty());
        }
    });
}
