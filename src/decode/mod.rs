//! Bytes made readable: bodies as lines, headers as text, framework headers as a [`Death`](crate::model::Death). Pure.

mod body;
pub mod death;
pub mod header;
mod hex;
mod highlight;
pub mod human;
pub mod identity;
pub mod json;
mod kind;
mod line;
mod safe;
pub mod stack;
mod text;

pub use crate::model::copy::digest;
pub use body::{Decoded, Form, Hint, Place, body};
pub use death::death;
pub use header::{Shown, ShownAs, header, preview};
pub use identity::{Identity, identify, identity};
pub use kind::{kind, preview_of};
pub use line::{Line, Token, TokenKind};
pub use safe::{is_unsafe, safe, safe_bytes, safe_cut};
