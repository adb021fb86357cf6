//! Readers and config together: who reads what, which queue holds whose dead letters, and whom a replay hits. Pure.

mod audience;
mod roles;

pub use audience::{AudienceRow, absent, audience, declared_on};
pub use roles::{Way, home, named_origins, roles};
