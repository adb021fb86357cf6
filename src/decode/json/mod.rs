//! JSON by an own tokenizer over the bytes: every digit, key order and duplicate as they came (no number is ever converted).

mod layout;
mod parse;
pub(super) mod rows;
mod string;
mod tree;

#[cfg(test)]
mod tests;

pub use layout::{laid_out, on_one_line};
pub use parse::{Fault, parse};
pub use string::unescape;
pub use tree::{Json, Node, NodeId, NodeKind, escape_step};

/// Levels of nesting that are read; deeper bodies are shown as text.
pub const MOST_LEVELS: u16 = 512;
