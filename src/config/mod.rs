//! The config: what the files say, as one model, with every setting accounted for.
//!
//! Files (TOML or HypnoScript blocks) are read into one tree with places, checked against the
//! table of settings, merged per context, and read into [`model::Config`]. Secrets stay where they
//! are until somebody needs them.

pub mod model;
pub mod profile;
pub mod secret;

pub use model::{Config, Context};
pub use profile::{BrokerKind, Profile};
pub use secret::{Environment, ProcessEnvironment, Secret, SecretError};
