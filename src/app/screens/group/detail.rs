//! What a group's lag means, in words: what it is stuck on, what is lost when, where the dead letters go; of a queue its backlog.

use super::State;
use crate::app::screens::{Cx, whole};
use crate::app::text::{Line, Tone};
use crate::app::times::ago;
use crate::decode::{human, safe};
use crate::model::{Address, Backlog, Role, Seat};
use crate::monitor::{Lag, LagRow, Loss, Motion};

impl State {
    /// A queue's backlog, in words.
    fn backlog(at: &Address, backlog: &Backlog, cx: &Cx) -> Vec<Line> {
        let mut out =
            vec![Line::fact("waiting", format!("{} ready, {} in flight", human::count(backlog.ready), human::count(backlog.in_flight)))];
        let oldest = match backlog.oldest {
            Some(time) => format!("{} ago, {}", ago(time, cx.now), cx.times.full(Some(time), cx.now)),
            None if backlog.ready.value() == Some(0) => "-".into(),
            None => "?  (this broker does not tell it without a look)".into(),
        };
        out.push(Line::fact("oldest", oldest));
        if backlog.came.is_none() {
            out.push(Line::fact("rates", "?  (this broker does not count what comes and goes)"));
        }
        let dead = cx.facts.destination(at).is_some_and(|d| d.role.is_dlq());
        let dlq = cx.facts.destinations().find(|d| matches!(&d.role, Role::DeadLetter { of, .. } if of.contains(at)));
        out.push(match (dead, dlq) {
            (true, _) => Line::fact("role", "a dead-letter queue: nothing is meant to read it"),
            (false, Some(d)) => Line::fact("its DLQ", format!("{}, {} there", safe(&d.at.name), human::count(d.depth))),
            (false, None) => Line::fact("no DLQ", "none is known for this queue: what is given up may be dropped"),
        });
        out
    }

    /// What the lag means, in words.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        whole(self.meaning(cx), 3, cx)
    }

    fn meaning(&self, cx: &Cx) -> Vec<Line> {
        let Some(reader) = cx.facts.group(&self.conn, &self.name) else {
            return vec![" the broker does not know this group; it may be declared, or has never joined".into()];
        };
        let mut out = Vec::new();
        if !reader.note.is_empty() {
            out.push(Line::new().add(Tone::Watch, " ! ").plain(safe(&reader.note)));
        }
        if let Some((at, backlog)) = self.queue() {
            out.extend(Self::backlog(at, backlog, cx));
            return out;
        }
        let Some(stuck) = self.lag.as_ref().and_then(Lag::stuck) else {
            out.push(" nothing is behind: the group keeps up".into());
            return out;
        };
        let place = stuck.partition.map_or("it".to_owned(), |p| format!("p{p}"));
        out.push(match stuck.motion {
            Motion::Stalled { since } => {
                Line::new().add(Tone::Bad, format!(" {place} has not moved for {} while messages wait: stalled.", ago(since, cx.now)))
            }
            Motion::Growing => format!(" {place} is {} behind and falls further back.", behind(stuck)).into(),
            Motion::Draining => format!(" {place} is {} behind and catches up.", behind(stuck)).into(),
            _ => format!(" {place} is {} behind; two readings tell which way it goes.", behind(stuck)).into(),
        });
        if let Some(seat @ Seat::Offset { partition, offset }) = Self::seat(stuck) {
            let at = format!("p{partition} / {}", human::count_plain(u64::try_from(offset).unwrap_or(0)));
            let rest = match &self.stuck {
                Some((s, key, time)) if *s == seat => format!("   key {key}   {}", cx.times.full(*time, cx.now)),
                _ => String::new(),
            };
            out.push(Line::fact("stuck on", format!("{at}{rest}")));
        }
        let word = match stuck.loss {
            Loss::Due => "is reaching it now: messages are being lost".to_owned(),
            Loss::In { left, about } => {
                format!("reaches it in {}{}; from then on messages are lost", if about { "~" } else { "" }, human::age(left))
            }
            Loss::Never => "keeps it for ever".into(),
            Loss::Unknown => "?  (d of the topic shows what the broker tells)".into(),
        };
        out.push(Line::fact("retention", word));
        if stuck.lost > 0 {
            out.push(Line::fact("lost", format!("{} were deleted before they were read", human::count_plain(stuck.lost))));
        }
        let dlq = cx
            .facts
            .destinations()
            .find(|d| matches!(&d.role, Role::DeadLetter { of, .. } if of.contains(&stuck.of)) && d.at.conn == self.conn);
        match dlq {
            Some(d) => out.push(Line::fact("its DLQ", safe(&d.at.name).into_owned())),
            None => out.push(Line::fact("no DLQ", "none is known for this topic: poison would be tried for ever")),
        }
        if let Some(owner) = &stuck.owner {
            out.push(Line::fact("owner", safe(owner).into_owned()));
        }
        out
    }
}

fn behind(row: &LagRow) -> String {
    row.behind.map_or("?".into(), human::count_plain)
}
