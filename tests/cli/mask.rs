//! Takes out of a text what differs from run to run: times, ages, ids of plans, durations, places of files.

use std::sync::LazyLock;

use regex::Regex;

/// Each with what stands in its place; in this order.
const RULES: [(&str, &str); 12] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b1[789]\d{11}\b", "MILLIS"),
    // the same as a header's eight or six bytes
    (r#"("hex": ?")(0000)?01[9a][0-9a-f]{9}""#, "${1}MILLIS\""),
    (r"((?:plan|verdict|replay-id|replay_id)\W+)[0-9a-f]{4}-[0-9a-f]{4}\b", "${1}PLAN"),
    (r"digest [0-9a-f]{16}", "digest DIGEST"),
    (r"(billing\.failed/)[0-9a-f]{16}", "${1}DIGEST"),
    (r"(sha256:|digest:|blake3:)[0-9a-f]{16,}", "${1}DIGEST"),
    (r"\d+\.\ds\b", "N.Ns"),
    (r#""seconds": [0-9.e-]+"#, r#""seconds": N"#),
    (r"\b\d{1,2}[dhms]\b( \d+[hms]\b)?", "AGE"),
    (r"/\S*\.db\b", "LEDGER"),
    // columns are as wide as what was masked
    (r"(\S) {2,}", "${1}  "),
];

static MASKS: LazyLock<Vec<(Regex, &str)>> =
    LazyLock::new(|| RULES.iter().map(|(pattern, by)| (Regex::new(pattern).expect("a pattern"), *by)).collect());

/// The text without them.
pub fn mask(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, (pattern, by)| pattern.replace_all(&text, *by).into_owned())
}
