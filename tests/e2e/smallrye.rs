//! Dead letters as SmallRye writes them.

use crate::testbed::Rec;

/// What SmallRye's dead-letter queue strategy makes of a record: all text.
pub fn smallrye(mut of: Rec, origin: &str, offset: i64) -> Rec {
    let text = |name: &str, value: &str| (name.to_owned(), Some(value.as_bytes().to_vec()));
    of.headers.extend([
        text("dead-letter-reason", "no rate for currency XTS"),
        text("dead-letter-exception-class-name", "java.util.concurrent.CompletionException"),
        text("dead-letter-cause-class-name", "com.example.tax.UnknownRate"),
        text("dead-letter-cause", "no rate for currency XTS"),
        text("dead-letter-topic", origin),
        text("dead-letter-offset", &offset.to_string()),
        text("dead-letter-partition", &of.partition.to_string()),
    ]);
    of
}
