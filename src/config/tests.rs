//! The whole way from file to model, against the seed and against what section 12 of the settings says.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The seed's blocks as one file.
pub const SEED: &str = include_str!("../../tests/seed/messaging.hyp");

/// An environment in which all that the seed asks for is set.
pub fn environment() -> BTreeMap<String, String> {
    ["KAFKA", "RABBITMQ", "ACTIVEMQ"]
        .iter()
        .flat_map(|name| [format!("{name}_USERNAME"), format!("{name}_PASSWORD")])
        .chain(["AWS_ACCESS_KEY_ID".to_owned(), "AWS_SECRET_ACCESS_KEY".to_owned()])
        .map(|name| (name, "planted-secret".to_owned()))
        .collect()
}

/// All errors and warnings, `file:line:col: message` each.
pub fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().map(Diagnostic::one_line).collect()
}

#[test]
fn the_seed_loads_with_exactly_the_warnings_expected() {
    let loaded = load_text("messaging.hyp", SEED, &environment());
    let mut said = messages(&loaded);
    said.sort();
    println!("{}", said.join("\n"));
    assert!(loaded.config.is_some());
    assert_eq!(said.len(), 12);
}

#[test]
fn all_leaves_of_the_seed_are_accounted_for() {
    let loaded = load_text("messaging.hyp", SEED, &environment());
    assert_eq!(loaded.leaves.len(), 373);
    let distinct: BTreeSet<&str> = loaded.leaves.iter().map(|leaf| leaf.setting).collect();
    let unused: BTreeSet<&str> = loaded
        .leaves
        .iter()
        .filter(|leaf| leaf.status.starts_with("listed"))
        .map(|leaf| leaf.setting)
        .collect();
    assert_eq!((distinct.len(), unused.len()), (182, 9), "{unused:?}");
}
