//! Bytes made readable: bodies as lines, headers as text, framework headers as a [`Death`](crate::model::Death). Pure.

pub mod death;
pub mod human;
pub mod identity;
mod line;
mod safe;
pub mod stack;

mod body;

pub use body::{Decoded, Form, Hint, Place, body};
pub use death::death;
pub use identity::{Identity, digest, identify, identity};
pub use line::{Line, Token, TokenKind};
pub use safe::{is_unsafe, safe, safe_bytes, safe_cut};
