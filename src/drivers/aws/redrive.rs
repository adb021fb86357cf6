//! Redrive policies and ARNs: which queue's dead letters go where, as SQS and SNS write it.

use serde_json::Value;

/// `RedrivePolicy` of a queue or of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub to: String,
    /// Receives until a message moves there; `None`: not said, or not readable.
    pub max_receives: Option<u32>,
}

impl Redrive {
    /// Reads the JSON of the attribute; `maxReceiveCount` is a number or a string. Empty and unreadable ones without a target are none.
    pub fn parse(text: &str) -> Option<Self> {
        let policy: Value = serde_json::from_str(text).ok()?;
        let to = policy.get("deadLetterTargetArn")?.as_str()?.to_owned();
        let max = policy.get("maxReceiveCount").and_then(|v| v.as_u64().or_else(|| v.as_str()?.trim().parse().ok()));
        Some(Self { to, max_receives: max.and_then(|n| u32::try_from(n).ok()) })
    }
}

/// The last part of an ARN: the name of a queue or topic.
pub fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// Whether two ARNs are of one region and account: a queue elsewhere is no destination of this connection.
pub fn neighbours(a: &str, b: &str) -> bool {
    let place = |arn: &str| arn.split(':').skip(3).take(2).map(str::to_owned).collect::<Vec<_>>();
    place(a) == place(b)
}

/// The queue name of an SQS ARN (`arn:aws:sqs:…`).
pub fn queue_of(arn: &str) -> Option<&str> {
    (arn.split(':').nth(2) == Some("sqs")).then(|| name_of(arn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_a_number_or_a_string() {
        let arn = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq";
        for count in ["5", "\"5\""] {
            let found = Redrive::parse(&format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#)).expect("a policy");
            assert_eq!((found.to.as_str(), found.max_receives), (arn, Some(5)));
        }
        assert_eq!(Redrive::parse(&format!(r#"{{"deadLetterTargetArn":"{arn}"}}"#)).and_then(|r| r.max_receives), None);
        assert_eq!(Redrive::parse(""), None);
        assert_eq!(queue_of(arn), Some("orders-dlq"));
        assert_eq!(queue_of("arn:aws:lambda:eu-west-1:123456789012:function:f"), None);
        assert!(neighbours(arn, "arn:aws:sns:eu-west-1:123456789012:t") && !neighbours(arn, "arn:aws:sqs:eu-west-1:1:q"));
    }
}
