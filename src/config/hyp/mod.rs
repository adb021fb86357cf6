//! HypnoScript messaging files (`*.hyp`): nested blocks, lists, comments, `env.X`.

mod lexer;
mod parser;

pub use parser::parse;

/// Something that the text of a file gets wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, in bytes.
    pub at: std::ops::Range<usize>,
    /// What, and what was expected.
    pub message: String,
    /// More, perhaps empty.
    pub note: String,
}
