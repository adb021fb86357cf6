//! The filter of the loaded messages, and the order in which those that pass are shown.

use regex::bytes::{Regex, RegexBuilder};

use super::State;
use crate::schema::Seen;

impl State {
    /// Which of the loaded messages are shown, in which order. A column's order holds once all is read: rows hold still while others come.
    pub(super) fn narrow(&mut self) {
        let (inverse, text) = match self.filter.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, self.filter.as_str()),
        };
        let wanted = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build().ok().filter(|_| !text.is_empty());
        let only = self.only.as_ref().map(|(seats, _)| seats);
        self.shown = self
            .ring
            .passing(|s| only.is_none_or(|o| o.contains(&s.message.seat)) && wanted.as_ref().is_none_or(|w| found(w, s) != inverse));
        let by = self.sort.by.and_then(|(i, reversed)| Some((self.fields.get(i)?, reversed)));
        if let Some((field, reversed)) = by.filter(|_| !self.reading()) {
            let ring = &self.ring;
            self.shown.sort_by_cached_key(|i| ring.row(*i).map(|seen| field.rank(seen)));
            if reversed {
                self.shown.reverse();
            }
        }
        self.settled = !self.reading();
    }
}

/// Whether a message holds the text anywhere: place, key, body, headers, error.
fn found(wanted: &Regex, seen: &Seen) -> bool {
    let m = &seen.message;
    let error = seen.death.error.value.as_ref();
    let of_error = |part: fn(&crate::model::Failure) -> Option<&String>| error.and_then(part).map(String::as_str);
    let texts = [of_error(|e| e.class.as_ref()), of_error(|e| e.message.as_ref()), of_error(|e| e.stage.as_ref()), seen.event.as_deref()];
    m.key.as_deref().is_some_and(|k| wanted.is_match(k))
        || m.body.as_deref().is_some_and(|b| wanted.is_match(b))
        || texts.into_iter().flatten().any(|t| wanted.is_match(t.as_bytes()))
        || wanted.is_match(m.seat.to_string().as_bytes())
        || m.headers.iter().any(|(n, v)| wanted.is_match(n.as_bytes()) || v.as_bytes().is_some_and(|b| wanted.is_match(b)))
}
