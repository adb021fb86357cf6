//! A replay to a topic of SNS, by the real program: its subscribers are counted and agreed to, and nothing goes where nobody listens.

use crate::binary::Place;
use crate::support::*;

/// A topic with so many queues subscribed to it.
async fn topic(bed: &Bed, subscribers: usize) -> (String, Vec<redrive::model::Address>) {
    let topics = bed.topics();
    let (name, arn) = bed.new_topic().await;
    let mut queues = Vec::new();
    for _ in 0..subscribers {
        let queue = bed.queue("listens", false, &[]).await;
        topics.subscribe().topic_arn(&arn).protocol("sqs").endpoint(bed.arn(&queue).await).send().await.expect("subscribed");
        queues.push(queue);
    }
    (name, queues)
}

#[test]
fn publishing_to_a_topic_takes_the_number_of_its_subscribers() {
    let Some(bed) = Bed::sns() else { return };
    run(async {
        let (name, queues) = topic(&bed, 2).await;
        let (lonely, _) = topic(&bed, 0).await;
        let dlq = bed.queue("dlq", false, &[]).await;
        bed.send(&dlq, "to all again", None).await;
        let place = Place::new(&bed.config(), &[]);
        let replay = |to: &str, more: &[&str]| {
            let mut args = vec!["replay", dlq.name.as_str(), "--all", "--to", to, "--yes"];
            args.extend(more);
            tokio::task::block_in_place(|| place.run(&args))
        };
        let ran = replay(&lonely, &[]).exits(1);
        assert!(ran.err.contains("nobody is subscribed"), "{}", ran.err);
        let ran = replay(&name, &[]).exits(1);
        assert!(ran.err.contains("each of the 2 subscribers") && ran.err.contains("--subscribers 2"), "{}", ran.err);
        let ran = replay(&name, &["--subscribers", "3"]).exits(1);
        assert!(ran.err.contains("2 subscribers would get each message, not 3"), "{}", ran.err);
        assert_eq!(bed.take(&dlq).await.len(), 1, "nothing was published yet");
        replay(&name, &["--subscribers", "2"]).exits(0);
        for queue in &queues {
            assert!(bed.take(queue).await[0].body.contains("to all again"));
        }
        assert!(bed.take(&dlq).await.is_empty());
    });
}
