//! What a message must look like, whether it does, and [`Seen`]: the message as every face shows it.

mod declared;
mod seen;
mod summary;
mod text_findings;
mod types;
mod validate;
mod violation;

#[cfg(test)]
mod tests;

pub use declared::{Declared, TopicRules};
pub use seen::{Seen, see};
pub use summary::Summary;
pub use validate::{Checked, Verdict, check, check_on_request};
pub use violation::{Severity, Violation};
