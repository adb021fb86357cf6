//! The config: what the files say, as one model, with every setting accounted for.
//!
//! Files (TOML or HypnoScript blocks) are read into one tree with places, checked against the
//! table of settings, merged per context, and read into [`model::Config`]. Secrets stay where they
//! are until somebody needs them.

mod as_toml;
mod check;
mod diagnostic;
mod example;
pub mod explain;
mod file;
mod hyp;
pub mod keymap;
mod leaf;
mod lint;
mod load;
mod merge;
pub mod model;
mod needed;
pub mod paths;
pub mod profile;
mod read;
pub mod secret;
pub mod settings;
mod source;
mod spelling;
pub mod theme;
mod tree;
mod twin;
mod value;

pub use as_toml::as_toml;
pub use diagnostic::{Diagnostic, Level};
pub use example::example;
pub use leaf::Leaf;
pub use load::{Loaded, load, load_text};
pub use model::{Config, Context};
pub use profile::{BrokerKind, Profile};
pub use secret::{Environment, ProcessEnvironment, Secret, SecretError};
pub use source::{Sources, Span};
pub use spelling::nearest;

#[cfg(test)]
mod tests;
