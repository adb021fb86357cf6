//! The nouns every room shares: addresses, destinations, messages, deaths, readers, counts; std, bytes and blake3 only.

mod address;
pub mod copy;
mod count;
mod death;
mod destination;
mod marks;
mod message;
mod naming;
mod past;
mod reader;
mod value;

pub use address::{Address, ConnId, Kind};
pub use count::Count;
pub use death::{BY_RABBITMQ, Death, Failure, Origin, Sure, Told};
pub use destination::{Destination, Proof, Role};
pub use marks::{ORIGINAL_ID, REPLAY_ID};
pub use message::{Message, MessageId, Seat};
pub use naming::named_role;
pub use past::{Past, PastKind};
pub use reader::{Backlog, Position, Reader, ReaderKind};
pub use value::{Fields, Typed, Value, WireType, field, text_field};
