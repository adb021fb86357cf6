//! SQL92 selectors over message ids, with every quote in them doubled.

/// `name IN ('a', 'b')`. Never empty: an empty filter would mean everything, so no ids is a selector that matches nothing.
pub(super) fn one_of(name: &str, ids: &[String]) -> String {
    if ids.is_empty() {
        return "1 = 0".into();
    }
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{}'", id.replace('\'', "''"))).collect();
    format!("{name} IN ({})", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_break_out_and_nothing_is_not_everything() {
        assert_eq!(one_of("JMSMessageID", &["ID:1".into(), "it's".into()]), "JMSMessageID IN ('ID:1', 'it''s')");
        assert_eq!(one_of("JMSMessageID", &[]), "1 = 0");
    }
}
