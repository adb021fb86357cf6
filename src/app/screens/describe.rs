//! Describe: facts of one destination, each with where it is from: config of the broker, partitions, readers.

use super::{Ask, Cx, Page, Screen, describe, keys, messages, scrolled};
use crate::app::command::{Command, On};
use crate::app::slots::Place;
use crate::app::text::{Line, Tone};
use crate::app::width::{pad_right, width};
use crate::decode::{human, safe};
use crate::model::{Address, Proof, ReaderKind, Role};

/// Columns of a broker's own name for a fact; longer ones stand out.
const LABEL: usize = 22;

/// Its state.
#[derive(Debug)]
pub struct State {
    pub at: Address,
    pub top: usize,
    pub lines: Vec<Line>,
}

impl State {
    /// Of a destination.
    pub fn new(at: Address) -> Self {
        Self { at, top: 0, lines: Vec::new() }
    }

    fn height(cx: &Cx) -> usize {
        usize::from(cx.areas().rows).saturating_sub(1)
    }
}

/// What is known of a destination, as lines.
pub fn lines(at: &Address, cx: &Cx) -> Vec<Line> {
    let told = cx.facts.details.get(at).and_then(|known| known.value.as_ref()).map_or(&[][..], |(d, _)| d.facts.as_slice());
    let names: Vec<String> = told.iter().map(|(name, ..)| safe(name).into_owned()).collect();
    let room = names.iter().map(|name| width(name)).filter(|w| *w <= LABEL).max().unwrap_or(0).max(13);
    let fact = |name: &str, value: String| Line::new().add(Tone::Muted, format!("   {} ", pad_right(name, room))).plain(value);
    let mut out = Vec::new();
    out.push(fact("name", safe(&at.name).into_owned()));
    out.push(fact("kind", format!("{} on {}", at.kind.word(), safe(at.conn.as_str()))));
    if let Some(d) = cx.facts.destination(at) {
        out.push(fact("depth", human::count(d.depth)));
        if let Role::DeadLetter { of, proof } = &d.role {
            let of = if of.is_empty() { String::new() } else { format!(" of {}", human::some(of.iter().map(|a| a.name.as_str()), 20)) };
            let proof = match proof {
                Proof::Told => "the broker says so",
                Proof::Declared => "by the config",
                Proof::Named => "by its name only",
            };
            out.push(fact("role", format!("DLQ{of} ({proof})")));
        }
    }
    let Some(known) = cx.facts.details.get(at) else {
        out.push(Line::new().add(Tone::Muted, "   asking the broker"));
        return out;
    };
    if let Some((error, when)) = &known.error {
        out.push(
            Line::new().add(Tone::Bad, " ✗ ").plain(safe(&error.to_string())).add(Tone::Muted, format!("  {}", cx.times.clock(*when))),
        );
    }
    let Some((d, cost)) = &known.value else { return out };
    out.push(fact("retention", d.retention.map_or("for ever, or not told".into(), human::age)));
    if let Some(n) = d.max_message_bytes {
        out.push(fact("largest", human::bytes(n)));
    }
    if let Some(n) = d.bytes {
        out.push(fact("size", human::bytes(n)));
    }
    out.push(fact("compacted", (if d.compacted { "yes: older messages of a key go" } else { "no" }).to_owned()));
    out.push(fact("may write", d.may_write.map_or("unknown without trying", |w| if w { "yes" } else { "no" }).to_owned()));
    let price = if let Some(why) = &cost.refused {
        format!("refused: {}", safe(why))
    } else if cost.leaves.is_empty() {
        "nothing: looking leaves no trace".into()
    } else {
        cost.leaves.iter().map(|t| t.words()).collect::<Vec<_>>().join("; ")
    };
    out.push(fact("a look costs", price));
    out.extend(cost.limit_words().map(|limit| fact("the limit", limit)));
    if let Some(n) = cost.sees {
        out.push(fact("a look shows", format!("the first {} at most", human::count_plain(n))));
    }
    for (name, (_, value, source)) in names.iter().zip(&d.facts) {
        let line = fact(name, safe(value).into_owned());
        out.push(line.add(Tone::Muted, if source.is_empty() { String::new() } else { format!("  ({})", safe(source)) }));
    }
    if !d.partitions.is_empty() {
        out.push(Line::new());
        out.push(Line::new().add(Tone::Muted, "   PARTITION        START          END   LEADER  REPLICAS  IN SYNC"));
    }
    for p in &d.partitions {
        let ids = |v: &[i32]| v.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
        let poor = p.in_sync.len() < p.replicas.len();
        let text = format!(
            "   {:<9} {:>12} {:>12} {:>8}  {} {}",
            format!("p{}", p.id),
            human::count_plain(u64::try_from(p.start).unwrap_or(0)),
            human::count_plain(u64::try_from(p.end).unwrap_or(0)),
            p.leader,
            pad_right(&ids(&p.replicas), 9),
            ids(&p.in_sync)
        );
        out.push(Line::new().plain(text).add(Tone::Watch, if poor { " ! fewer than replicas" } else { "" }));
    }
    let readers: Vec<_> = cx.facts.groups().filter(|(c, r)| **c == at.conn && r.at.iter().any(|p| p.of == *at)).collect();
    out.push(Line::new());
    out.push(fact(
        "read by",
        match readers.len() {
            0 => "nobody that is known".to_owned(),
            _ if readers.iter().all(|(_, r)| r.kind == ReaderKind::Queue) => "its own consumers".to_owned(),
            n => human::things(n as u64, "group"),
        },
    ));
    for (_, r) in readers {
        let behind: Option<u64> = r.at.iter().filter(|p| p.of == *at).map(crate::model::Position::behind).sum();
        let behind = behind.map_or("?".into(), human::count_plain);
        let members = r.members.map_or("?".into(), |m| m.to_string());
        let (one, waits) = if r.kind == ReaderKind::Queue { ("consumers", "waiting") } else { ("members", "behind") };
        out.push(fact("", format!("{}  {}, {members} {one}, {behind} {waits}", safe(&r.name), safe(&r.state))));
    }
    out
}

impl Page for State {
    fn on(&self) -> On {
        On::Describe
    }

    fn crumb(&self) -> String {
        format!("{} › describe", safe(&self.at.name))
    }

    fn facts(&self, _cx: &Cx) -> Line {
        format!("{} on {}", self.at.kind.word(), safe(self.at.conn.as_str())).into()
    }

    fn status(&self, cx: &Cx) -> Line {
        match cx.facts.details.get(&self.at).and_then(|f| f.at) {
            Some(at) => Line::new().add(Tone::Muted, format!("described at {}", cx.times.clock(at))),
            None => Line::new().add(Tone::Muted, "asking the broker"),
        }
    }

    fn footer(&self, _cx: &Cx) -> Vec<(Command, String)> {
        keys(&[(Command::Messages, ""), (Command::Retry, "again"), (Command::Back, "back")])
    }

    fn enter(&mut self, _cx: &Cx) -> Vec<Ask> {
        vec![describe(&self.at)]
    }

    fn sync(&mut self, cx: &Cx) {
        let columns = usize::from(cx.size.width).saturating_sub(1);
        self.lines = lines(&self.at, cx).into_iter().flat_map(|line| line.wrapped(columns)).collect();
        self.top = self.top.min(self.lines.len().saturating_sub(Self::height(cx)));
    }

    fn command(&mut self, command: Command, _arg: &str, cx: &Cx) -> Vec<Ask> {
        if scrolled(&mut self.top, command, self.lines.len(), Self::height(cx)) {
            return Vec::new();
        }
        match command {
            Command::Messages | Command::Open => {
                vec![Ask::Push(Box::new(Screen::Messages(Box::new(messages::State::new(self.at.clone())))))]
            }
            Command::Retry => vec![describe(&self.at)],
            _ => Vec::new(),
        }
    }

    fn waits_for(&self, place: &Place) -> bool {
        *place == Place::Detail(self.at.clone())
    }
}
