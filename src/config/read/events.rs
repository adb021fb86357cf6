//! `events` and the schemas of requests: which field must hold what.

use super::super::model::{Event, Expect, Field, TypeWord};
use super::super::tree::View;

/// All declared events.
pub fn events(view: View<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for family in view.children() {
        for event in family.children() {
            events.push(Event {
                family: family.name().to_owned(),
                name: event.name().to_owned(),
                event_type: event.get("event_type").string().unwrap_or_default(),
                version: event.get("version").string().unwrap_or_default(),
                payload: fields(event.get("payload")),
                metadata: fields(event.get("metadata")),
            });
        }
    }
    events
}

/// The fields of a schema, in file order. What is no type word is a constant: the check lets it
/// pass in `metadata` only.
pub fn fields(view: View<'_>) -> Vec<Field> {
    let field = |field: View<'_>| {
        let text = field.text()?;
        let (word, optional) = match text.strip_suffix('?') {
            Some(word) => (word, true),
            None => (text, false),
        };
        let expect = match TypeWord::from_word(word) {
            Some(word) => Expect::Type { word, optional },
            None => Expect::Constant(text.to_owned()),
        };
        Some(Field { name: field.name().to_owned(), expect })
    };
    view.children().filter_map(field).collect()
}
