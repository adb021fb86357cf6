//! Escalation: one incident per cause, told to people through an outbox in the ledger; it moves no message.
//!
//! [`draft`] says what will be told and to whom, [`escalate`] writes it into the ledger, [`Outbox::deliver`] sends what is due,
//! again and again under the same key until it is taken or given up. Alertmanager forgets an alert that is not repeated:
//! [`Outbox::repeat`] does that while a TUI or `watch` runs.

mod alarm;
mod alertmanager;
mod incident;
mod outbox;
mod reach;
mod webhook;

pub use alarm::{Alarm, Event, SampleRef};
pub use incident::{Ask, Told, dedup_key, draft, escalate, open_of, resolve, resolve_others, resolve_settled};
pub use outbox::{Delivered, Outbox, REPEAT, retry_wait};
pub use reach::{Receiver, receivers};

#[cfg(test)]
mod tests;
