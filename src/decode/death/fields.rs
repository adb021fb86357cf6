//! Headers of dead letters by name: repeats in their order, and where each came from.

use std::time::SystemTime;

use super::values::{moment, number, text, timestamp};
use crate::decode::stack::Stack;
use crate::model::{Failure, Message, Origin, Told, Typed, Value};

/// Headers of one message, below one prefix.
pub(super) struct Headers<'a> {
    message: &'a Message,
    prefix: &'static str,
}

impl<'a> Headers<'a> {
    pub(super) fn new(message: &'a Message, prefix: &'static str) -> Self {
        Self { message, prefix }
    }

    /// The same, if the message has a header below the prefix at all.
    pub(super) fn found(message: &'a Message, prefix: &'static str) -> Option<Self> {
        message.headers.iter().any(|(name, _)| name.starts_with(prefix)).then_some(Self { message, prefix })
    }

    /// The full name of a header.
    pub(super) fn name(&self, short: &str) -> String {
        format!("{}{short}", self.prefix)
    }

    /// Every value of that name, in order; nulls left out. Brokers put what they say of a death among the properties or with the delivery.
    fn all(&self, short: &str) -> impl Iterator<Item = &'a Typed> {
        let name = self.name(short);
        let fields = self.message.headers.iter().chain(&self.message.properties).chain(&self.message.delivery);
        fields.filter(move |(n, v)| *n == name && v.value != Value::Null).map(|(_, v)| v)
    }

    /// The last value.
    pub(super) fn value(&self, short: &str) -> Option<&'a Typed> {
        self.all(short).last()
    }

    pub(super) fn has(&self, short: &str) -> bool {
        self.all(short).next().is_some()
    }

    /// The last value as text: later deaths replace or follow earlier ones. Bytes that are no UTF-8 are read with losses.
    pub(super) fn text(&self, short: &str) -> Option<String> {
        self.value(short).and_then(text)
    }

    /// The value number `nth` as text.
    fn nth_text(&self, short: &str, nth: usize) -> Option<String> {
        self.all(short).nth(nth).and_then(text)
    }

    /// The value number `nth` as a number; where a name is repeated less often than its fellows, the last one.
    fn nth_integer(&self, short: &str, nth: usize) -> Option<i64> {
        let last = self.all(short).count().checked_sub(1)?;
        self.all(short).nth(nth.min(last)).and_then(number)
    }

    /// The last value as a number.
    pub(super) fn integer(&self, short: &str) -> Option<i64> {
        self.value(short).and_then(number)
    }

    /// A text with the header it came from.
    pub(super) fn told(&self, short: &str, otherwise: &str) -> Told<String> {
        self.text(short).map_or_else(|| Told::nothing(otherwise), |text| Told::header(text, self.name(short)))
    }

    /// The origin from three headers. Where they repeat (appendOriginalHeaders), the first that is no retry or dead-letter
    /// topic itself; its number in the row is the second result.
    pub(super) fn origin(&self, topic: &str, partition: &str, offset: &str) -> (Told<Origin>, usize) {
        let topics: Vec<String> = self.all(topic).filter_map(text).collect();
        let nth = topics.iter().position(|name| !super::names::is_detour(name)).unwrap_or(0);
        let Some(name) = self.nth_text(topic, nth) else {
            return (Told::nothing(""), 0);
        };
        let part = self.nth_integer(partition, nth).and_then(|p| i32::try_from(p).ok()).filter(|p| *p >= 0);
        let at = self.nth_integer(offset, nth).filter(|o| *o >= 0);
        let shorts = [(topic, true), (partition, part.is_some()), (offset, at.is_some())];
        (Told::header(Origin { name, partition: part, offset: at, ..Origin::default() }, self.names(&shorts)), nth)
    }

    /// A time in milliseconds, of the value number `nth`.
    pub(super) fn time(&self, short: &str, nth: usize) -> Told<SystemTime> {
        match self.nth_integer(short, nth).and_then(timestamp) {
            Some(time) => Told::header(time, self.name(short)),
            None => Told::nothing(""),
        }
    }

    /// A time in any of the forms that [`moment`] reads.
    pub(super) fn moment(&self, short: &str, otherwise: &str) -> Told<SystemTime> {
        self.value(short).and_then(moment).map_or_else(|| Told::nothing(otherwise), |time| Told::header(time, self.name(short)))
    }

    /// A count that stands one below the attempts: of retries.
    pub(super) fn retries(&self, short: &str, otherwise: &str) -> Told<u32> {
        match self.integer(short).and_then(|n| u32::try_from(n).ok()) {
            Some(retries) => Told::header(retries.saturating_add(1), format!("{}, and the first try", self.name(short))),
            None => Told::nothing(otherwise),
        }
    }

    /// The names of the headers that were there, as a screen shows them: the first whole, of the others the last word.
    fn names(&self, shorts: &[(&str, bool)]) -> String {
        let mut out = String::new();
        for (short, _) in shorts.iter().filter(|(_, there)| *there) {
            if out.is_empty() {
                out = self.name(short);
            } else {
                let cut = short.rfind(['-', '.']).map_or(0, |at| at + usize::from(short.as_bytes()[at] == b'.'));
                let dash = if short[cut..].starts_with('-') { "" } else { "-" };
                out.push_str(&format!(", {dash}{}", &short[cut..]));
            }
        }
        out
    }
}

/// A queue that a header names: as the origin, and as who failed the message.
pub(super) fn queue_of(name: Option<String>, source: String) -> (Told<Origin>, Told<String>) {
    match name.filter(|n| !n.is_empty()) {
        Some(name) => (Told::header(Origin { name: name.clone(), ..Origin::default() }, source.clone()), Told::header(name, source)),
        None => (Told::nothing(format!("no {source}")), Told::nothing(format!("no {source}"))),
    }
}

/// The record's own time, for families that write the dead letter with a time of its own.
pub(super) fn time_of_record(message: &Message) -> Told<SystemTime> {
    match message.sent {
        Some(time) => Told::from(time, "time of this record", crate::model::Sure::Guess),
        None => Told::nothing("this record has no time"),
    }
}

/// The parts of an error as a family's headers have them.
#[derive(Default)]
pub(super) struct Thrown {
    /// The exception that was caught, often a wrapper.
    pub(super) class: Option<String>,
    /// Its cause, where the family tells it.
    pub(super) cause: Option<String>,
    pub(super) message: Option<String>,
    pub(super) stack: Option<String>,
    pub(super) stage: Option<String>,
}

impl Thrown {
    /// The failure: the class is the cause told, else the deepest of the stack (with its message), else the class told. `None` if nothing is known.
    pub(super) fn failure(self) -> Option<Failure> {
        let filled = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
        let (class, stack) = (filled(self.class), filled(self.stack));
        let trace = stack.as_deref().map(Stack::parse).unwrap_or_default();
        let deepest = trace.root().filter(|root| !root.class.is_empty());
        let mut message = filled(self.message);
        let root = match (filled(self.cause), deepest) {
            (Some(cause), deepest) => {
                // "outer; root" of the header says first what everybody's listener says
                if let Some(own) = deepest.filter(|d| d.class == cause).and_then(|d| filled(d.message.clone())) {
                    message = Some(own);
                }
                Some(cause)
            }
            (None, Some(deepest)) => {
                // the message must be that of the class shown; Connect's own often ends before the reason
                if message.is_none() || class.as_ref() != Some(&deepest.class) {
                    message = filled(deepest.message.clone()).or(message);
                }
                Some(deepest.class.clone())
            }
            (None, None) => class.clone(),
        };
        if root.is_none() && message.is_none() && stack.is_none() && self.stage.is_none() {
            return None;
        }
        let wrapper = class.filter(|c| Some(c) != root.as_ref());
        Some(Failure { class: root, wrapper, message, stack, stage: filled(self.stage) })
    }

    /// The failure with the header its class came from.
    pub(super) fn told(self, source: String) -> Told<Failure> {
        self.failure().map_or_else(|| Told::nothing(""), |failure| Told::header(failure, source))
    }
}
