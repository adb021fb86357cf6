//! SQL92 selectors over message ids, with every quote in them doubled.

/// `name IN ('a', 'b')`. Never empty: an empty filter would mean everything, so no ids is a selector that matches nothing.
pub(super) fn one_of(name: &str, ids: &[String]) -> String {
    if ids.is_empty() {
        return "1 = 0".into();
    }
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{}'", id.replace('\'', "''"))).collect();
    format!("{name} IN ({})", quoted.join(", "))
}

/// All but the messages of these ids; `None`: nothing is kept away. What has no id is among them: of nothing SQL would not say that it is not in a list.
pub(super) fn without(ids: &[String]) -> Option<String> {
    (!ids.is_empty()).then(|| format!("JMSMessageID IS NULL OR NOT ({})", one_of("JMSMessageID", ids)))
}

/// What finds the messages of these seats on Artemis: `orig-N` by the number that it had before its death, others by their id.
/// Numbers are compared one by one: `IN` takes only text.
pub(super) fn of_seats(seats: &[String]) -> String {
    let mut parts = Vec::new();
    let mut ids = Vec::new();
    for seat in seats {
        match seat.strip_prefix("orig-").filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) {
            Some(n) => parts.push(format!("\"m.x-opt-ORIG-MESSAGE-ID\" = {n} OR _AMQ_ORIG_MESSAGE_ID = {n}")),
            None => {
                ids.push(seat.clone());
                ids.extend((!seat.starts_with("ID:")).then(|| format!("ID:{seat}")));
            }
        }
    }
    if !ids.is_empty() {
        parts.push(one_of("JMSMessageID", &ids));
    }
    if parts.is_empty() { "1 = 0".into() } else { parts.join(" OR ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_break_out_and_nothing_is_not_everything() {
        assert_eq!(one_of("JMSMessageID", &["ID:1".into(), "it's".into()]), "JMSMessageID IN ('ID:1', 'it''s')");
        assert_eq!(one_of("JMSMessageID", &[]), "1 = 0");
        assert_eq!(of_seats(&[]), "1 = 0");
        assert_eq!(without(&["ID:1".into()]).as_deref(), Some("JMSMessageID IS NULL OR NOT (JMSMessageID IN ('ID:1'))"));
        assert_eq!(without(&[]), None);
        let both = of_seats(&["orig-7".into(), "p-1".into()]);
        assert_eq!(both, "\"m.x-opt-ORIG-MESSAGE-ID\" = 7 OR _AMQ_ORIG_MESSAGE_ID = 7 OR JMSMessageID IN ('p-1', 'ID:p-1')");
    }
}
