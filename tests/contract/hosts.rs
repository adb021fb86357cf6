//! What a broker must offer to be tested: ways to connect as different people, and hands outside of redrive to set things up and read back.

use async_trait::async_trait;
use redrive::broker::Link;
use redrive::drivers::memory::Put;
use redrive::model::{Address, Message, Seat};

/// As whom, and to what, a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// May do everything.
    Admin,
    /// May look, not write.
    Viewer,
    /// Is known to the broker and may do nothing.
    Nobody,
    WrongPassword,
    /// Nothing listens there.
    WrongHost,
    /// Something accepts the connection and never says a word.
    Silent,
}

/// Where nobody listens. A port that was free a moment ago will not do: the system gives those away again, to another case's listener or to the
/// very connection that is to be refused, which then meets itself.
pub const CLOSED: &str = "127.0.0.1:9";

/// Why something cannot be tried on this host.
#[derive(Debug)]
pub struct NotHere(pub String);

/// One broker to be tested. Its hands outside of redrive leave no trace that a case could take for redrive's.
#[async_trait]
pub trait Host: Send + Sync {
    /// A new connection; through `redrive::broker::guard` where the case asks for that itself.
    async fn connect(&self, who: Who) -> Result<Link, NotHere>;
    /// How many partitions a destination has that is made with so many: one, where the broker has none.
    fn partitions(&self, wanted: u32) -> u32;
    /// Creates an empty destination of a new name that begins with `name`.
    async fn make(&self, name: &str, partitions: u32) -> Address;
    /// The address of a destination that does not exist.
    fn nowhere(&self) -> Address;
    /// Sends, one after the other, confirmed.
    async fn put(&self, at: &Address, messages: Vec<Put>) -> Vec<Seat>;
    /// All that is there, partition by partition, read without redrive.
    async fn read_back(&self, at: &Address) -> Vec<Message>;
    /// Commits a position of a group that has no members.
    async fn commit(&self, group: &str, at: &Address, partition: i32, next: i64) -> Result<(), NotHere>;
    /// Moves the log's start.
    async fn trim(&self, at: &Address, partition: i32, start: i64) -> Result<(), NotHere>;
    /// All that a look could have touched, as text: groups, commits, redelivery flags and counts, what is in hand.
    async fn traces(&self, at: &Address) -> String;
    /// How many messages are in somebody's hand.
    async fn in_hand(&self, at: &Address) -> Result<u64, NotHere>;
    /// How many messages are many to it: an emulator may search them all for each ten that it gives.
    fn many(&self) -> usize {
        600
    }
    /// Whether a hold takes messages from the broker; else it is a list of ids, and there is nothing to be given back.
    fn holds(&self) -> bool {
        true
    }
    /// Stops the broker.
    async fn down(&self) -> Result<(), NotHere>;
    /// Starts it again.
    async fn up(&self) -> Result<(), NotHere>;
}

/// What came of a case that did not fail.
#[derive(Debug)]
pub enum Ran {
    Well,
    /// The broker has no such thing; why.
    NotApplicable(String),
    /// It could have been tried, but not on this host; why.
    NotTested(String),
}

impl From<NotHere> for Ran {
    fn from(why: NotHere) -> Self {
        Ran::NotTested(why.0)
    }
}
