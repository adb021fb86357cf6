//! The header names redrive itself writes on a message; never a framework's.

/// The header (or property) that carries the replay id on the wire.
pub const REPLAY_ID: &str = "x-redrive-replay-id";

/// The header (or property) that says who a replayed message was: the part of its [`super::MessageId`] behind who failed it.
pub const ORIGINAL_ID: &str = "x-redrive-original-id";
