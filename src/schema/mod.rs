//! What a message must look like, whether it does, and [`Seen`]: the message as every face shows it.

mod declared;
mod seen;
mod validate;

pub use declared::{Declared, TopicRules};
pub use seen::{Seen, see};
pub use validate::{Checked, Severity, Verdict, Violation, check, check_on_request};
