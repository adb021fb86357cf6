//! Columns of the messages: which are shown, chosen by hand or as they fit, what stands in them, and how rows are sorted by one.

use std::time::SystemTime;

use crate::app::screens::death::class;
use crate::app::screens::message::value;
use crate::decode::{json, safe, safe_bytes, safe_cut};
use crate::model::Seat;
use crate::schema::Seen;

/// Columns beside the fixed ones, at most.
pub const MORE: usize = 8;
/// Of larger bodies no field is shown: each is decoded whenever it is painted.
const LARGEST: usize = 64 << 10;
/// Characters of a cell at most.
const CELL: usize = 200;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Time,
    Place,
    /// Which of several destinations it is from.
    From,
    Key,
    /// A header, property or delivery field, by its name.
    Header(String),
    /// A field of a JSON body: `.payload.order_id`.
    Inside(String),
    Event,
    Size,
    Body,
    Error,
}

/// Those that every message has, in their order, with the letter that chooses each.
pub const FIXED: [(char, Field); 8] = [
    ('w', Field::Time),
    ('o', Field::Place),
    ('f', Field::From),
    ('k', Field::Key),
    ('e', Field::Event),
    ('s', Field::Size),
    ('b', Field::Body),
    ('r', Field::Error),
];

/// What a message is sorted by.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Time(Option<SystemTime>),
    Seat(Seat),
    Number(i128),
    Text(String),
}

impl Field {
    /// The column's title.
    pub fn title(&self, queue: bool) -> &str {
        match self {
            Field::Time if queue => "SENT",
            Field::Time => "WRITTEN",
            Field::Place if queue => "MESSAGE",
            Field::Place => "OFFSET",
            Field::From => "FROM",
            Field::Key => "KEY",
            Field::Header(name) | Field::Inside(name) => name,
            Field::Event => "EVENT",
            Field::Size => "SIZE",
            Field::Body => "BODY",
            Field::Error => "ERROR",
        }
    }

    /// What stands there as text that a terminal can take; `None` where the message has no such thing.
    pub fn text(&self, seen: &Seen) -> Option<String> {
        let m = &seen.message;
        match self {
            Field::Key => m.key.as_deref().map(|k| safe_bytes(&k[..k.len().min(CELL)])),
            Field::Header(name) => {
                let all = m.headers.iter().chain(&m.properties).chain(&m.delivery);
                let found: Vec<String> = all.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| value(&v.value)).collect();
                (!found.is_empty()).then(|| safe_cut(&found.join(", "), CELL))
            }
            Field::Inside(path) => inside(seen, path),
            Field::Event => seen.event.as_deref().map(|e| safe_cut(e, CELL)),
            Field::Body => Some(seen.preview.clone()),
            Field::Error => error(seen, true),
            Field::From => Some(safe(&m.at.name).into_owned()),
            Field::Time | Field::Place | Field::Size => None,
        }
    }

    /// What it is sorted by: times, places and numbers as such, the largest first; else as text.
    pub fn rank(&self, seen: &Seen) -> Rank {
        let m = &seen.message;
        match self {
            Field::Time => Rank::Time(m.sent),
            Field::Place => Rank::Seat(m.seat.clone()),
            Field::Size => Rank::Number(-i128::try_from(m.size()).unwrap_or(i128::MAX)),
            other => {
                let text = other.text(seen).unwrap_or_default();
                text.parse().map_or(Rank::Text(text), Rank::Number)
            }
        }
    }
}

/// The error in a few words: its class, and where there is room what it said.
pub fn error(seen: &Seen, whole: bool) -> Option<String> {
    let e = seen.death.error.value.as_ref()?;
    let name = e.class.as_deref().map(class);
    let said = e.message.as_deref().map(|m| safe_cut(m, CELL));
    match (name, said) {
        (Some(n), Some(s)) if whole => Some(format!("{n}: {s}")),
        (Some(n), _) => Some(n),
        (None, Some(s)) => Some(s),
        // no error is recorded: the broker's reason
        _ => e.stage.as_deref().map(|s| safe_cut(s, 60)),
    }
}

/// A field of a JSON body: a text without its quotes, all else as it stands there.
fn inside(seen: &Seen, path: &str) -> Option<String> {
    let body = seen.message.body.as_ref()?;
    if body.len() > LARGEST {
        return Some("? (large body)".into());
    }
    let json = json::parse(body).ok()?;
    let pointer = |path: &str| -> String { path.split('.').skip(1).map(|step| format!("/{}", json::escape_step(step))).collect() };
    let found = |path: &str| match json.find(&pointer(path)) {
        (node, true) => Some(node),
        _ => None,
    };
    let node = found(path).or_else(|| found(path.strip_prefix(".body")?))?;
    Some(json.string(node).map_or_else(|| safe_cut(json.raw(node), CELL), |text| safe_cut(&text, CELL)))
}

/// What was chosen by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The fixed ones; `None`: those that fit what is read.
    pub fixed: Option<Vec<Field>>,
    /// Headers and fields of the body.
    pub more: Vec<Field>,
}

impl Columns {
    /// The columns that are shown, of which `fitting` are those for what is read.
    pub fn fields(&self, fitting: Vec<Field>) -> Vec<Field> {
        let mut all = self.fixed.clone().unwrap_or(fitting);
        let at = all.iter().position(|f| matches!(f, Field::Event | Field::Size | Field::Body | Field::Error)).unwrap_or(all.len());
        all.splice(at..at, self.more.iter().cloned());
        all
    }

    /// Shows a fixed one, or takes it away; one is always left.
    pub fn turn(&mut self, field: &Field, fitting: Vec<Field>) {
        let now = self.fixed.take().unwrap_or(fitting);
        let next: Vec<Field> = FIXED.iter().map(|(_, f)| f).filter(|f| now.contains(f) != (*f == field)).cloned().collect();
        self.fixed = Some(if next.is_empty() { now } else { next });
    }

    /// Takes names of headers and `.fields` of the body, separated by blanks.
    pub fn name(&mut self, text: &str) {
        let field = |word: &str| match word.strip_prefix("headers.").or(word.strip_prefix("header.")) {
            Some(name) => Field::Header(name.to_owned()),
            None if word.starts_with('.') => Field::Inside(word.to_owned()),
            None => Field::Header(word.to_owned()),
        };
        self.more = text.split_whitespace().map(field).take(MORE).collect();
    }

    /// The names, as they are typed.
    pub fn names(&self) -> String {
        let word = |f: &Field| f.title(false).to_owned();
        self.more.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

/// The columns that fit what is read into so many columns of the terminal; `None`: whatever its width.
pub fn fitting(dead: bool, keyless: bool, several: bool, room: Option<u16>) -> Vec<Field> {
    let from = |dead_from: u16, plain_from: u16| room.is_none_or(|r| r >= if dead || several { dead_from } else { plain_from });
    let shown = |f: &Field| match f {
        Field::From => several,
        Field::Key => !keyless,
        Field::Event => from(130, 110),
        Field::Size => from(110, 100),
        Field::Error => dead,
        _ => true,
    };
    FIXED.iter().map(|(_, f)| f).filter(|f| shown(f)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ring::tests::seen;

    #[test]
    fn a_field_of_the_body_is_shown_as_it_stands_there() {
        let seen = seen(1, 1, r#"{"payload":{"id":"77\u001b[2J","n":18446744073709551616,"all":[1,2]},"body":{"x":1}}"#);
        let text = |path: &str| Field::Inside(path.into()).text(&seen);
        assert_eq!(text(".payload.id").as_deref(), Some("77\\u001b[2J"));
        assert_eq!(text(".payload.n").as_deref(), Some("18446744073709551616"));
        assert_eq!(text(".body.payload.all.1").as_deref(), Some("2"));
        assert_eq!((text(".body.x").as_deref(), text(".none")), (Some("1"), None));
        assert!(Field::Inside(".payload.n".into()).rank(&seen) < Field::Inside(".payload.id".into()).rank(&seen));
    }

    #[test]
    fn columns_are_shown_taken_away_and_named_and_one_is_always_left() {
        let fit = || fitting(false, false, false, None);
        let mut c = Columns::default();
        c.name("x-tenant .payload.id header.y");
        assert_eq!(c.names(), "x-tenant .payload.id y");
        c.turn(&Field::Event, fit());
        let titles: Vec<String> = c.fields(fit()).iter().map(|f| f.title(false).to_owned()).collect();
        assert_eq!(titles, ["WRITTEN", "OFFSET", "KEY", "x-tenant", ".payload.id", "y", "SIZE", "BODY"]);
        c.turn(&Field::Error, fit());
        assert!(c.fields(fit()).contains(&Field::Error));
        for (_, field) in FIXED.iter().filter(|(_, f)| *f != Field::From) {
            if c.fields(fit()).contains(field) {
                c.turn(field, fit());
            }
        }
        assert_eq!(c.fixed.as_ref().map(Vec::len), Some(1));
    }
}
