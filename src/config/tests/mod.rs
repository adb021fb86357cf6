//! The whole way from file to model, against the seed and against what section 12 of the settings says.

use std::collections::BTreeMap;

use super::*;

mod contexts;
mod errors;
mod secrets;
mod seed;
mod units;

/// The seed's blocks as one file.
pub const SEED: &str = include_str!("../../../tests/seed/messaging.hyp");

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

/// A text loaded as TOML.
fn toml(text: &str) -> Loaded {
    load_text("redrive.toml", text, &environment())
}

/// A text loaded as a block file.
fn hyp(text: &str) -> Loaded {
    load_text("messaging.hyp", text, &environment())
}

/// The config, or a panic that shows what is wrong.
fn config(loaded: &Loaded) -> &Config {
    match &loaded.config {
        Some(config) => config,
        None => panic!("{}", loaded.report(false)),
    }
}
