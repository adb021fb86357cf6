//! A person's word on a cause: its category, a claim, a note.

use super::{State, key};
use crate::app::command::Command;
use crate::app::effect::Job;
use crate::app::key::Key;
use crate::app::overlay::{Confirm, Dialog, Menu, Overlay, Pick, Then};
use crate::app::screens::{Ask, Cx, notes};
use crate::app::text::Line;
use crate::decode::{human, safe};
use crate::triage::report::{Mark, MarkKind};
use crate::triage::rules::Rules;

impl State {
    /// A note on the marked causes, else on the one under the cursor.
    pub(super) fn note(&self, text: &str, cx: &Cx) -> Vec<Ask> {
        let taken = self.list.taken();
        let on = taken.iter().map(|c| (self.at.clone(), key(c)));
        match (text, taken.as_slice()) {
            (_, []) => super::none(),
            ("", [one]) => vec![notes::ask(&format!("cause {}", one.id), on)],
            ("", several) => vec![notes::ask(&human::things(several.len() as u64, "cause"), on)],
            (text, _) => vec![notes::keep(on, text, cx)],
        }
    }

    fn mark(&self, kind: MarkKind, subject: String, value: String, reason: Option<String>, cx: &Cx) -> Ask {
        let mark =
            Mark { seq: 0, kind, place: self.at.clone(), subject, value, actor: cx.facts.permit.actor.name.clone(), reason, at: cx.now };
        Ask::Small(Job::Mark(vec![mark]))
    }

    /// `arg` is a category; behind it `=` and the cause's key where a question was about that.
    pub(super) fn category(&self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let (arg, about) = arg.split_once('=').map_or((arg, None), |(arg, about)| (arg, Some(about)));
        let chosen = about.map_or_else(|| self.chosen(), |about| self.cause(about));
        let Some(c) = chosen else { return if about.is_some() { super::gone() } else { super::none() } };
        let rules = Rules::of(&cx.facts.context, &self.at.name);
        if let Some(name) = arg.strip_prefix('!') {
            return vec![self.mark(MarkKind::Category, key(c), name.to_owned(), None, cx)];
        }
        if arg.is_empty() {
            let items = rules
                .names()
                .zip('a'..='z')
                .map(|(name, letter)| {
                    let hint = rules
                        .named(name)
                        .map_or("nothing is done by itself".to_owned(), |r| format!("{}, {}", r.action.word(), r.severity.word()));
                    (Key::char(letter), name.to_owned(), hint, Pick::Tell(Command::Category, format!("{name}={}", key(c))))
                })
                .collect();
            let title = format!("category of {}", safe(&c.title));
            return vec![Ask::Overlay(Box::new(Overlay::Menu(Menu { title, right: format!("now {}", safe(&c.category.name)), items })))];
        }
        let action = rules
            .named(arg)
            .map_or("none: nothing is done by itself".to_owned(), |r| format!("{}, {}", r.action.word(), r.severity.word()));
        let lines = vec![
            Line::fact("cause", format!("{} {}", c.id, safe(&c.title))),
            Line::fact("from", safe(&c.category.explain())),
            Line::fact("to", arg.to_owned()),
            Line::fact("its action", action),
            Line::fact("starts", "nothing: the action is offered, a person starts it"),
        ];
        let mut dialog = Dialog::new("set the category?", lines, Confirm::Yes, Then::Tell(Command::Category, format!("!{arg}={}", key(c))));
        dialog.cli = format!("redrive categorise {} --cause {} {arg}", safe(&self.at.name), c.id);
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }

    pub(super) fn claim(&self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let yes = arg.strip_prefix("yes=");
        let subject = yes.map(str::to_owned).or_else(|| self.chosen().map(key)).unwrap_or_default();
        let claims = self.read.as_ref().map(|r| r.claims.as_slice()).unwrap_or_default();
        let now = claims.iter().find(|(m, end)| (m.subject == subject || m.subject.is_empty()) && *end > cx.now);
        let hours = std::time::Duration::from_secs(2 * 3600);
        if yes.is_some() {
            let mine = now.filter(|(m, _)| m.actor == cx.facts.permit.actor.name);
            let value = if mine.is_some() {
                String::new()
            } else {
                let end = (cx.now + hours).duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                end.as_secs().to_string()
            };
            let subject = mine.map_or(subject, |(m, _)| m.subject.clone());
            return vec![self.mark(MarkKind::Claim, subject, value, None, cx)];
        }
        let whose = now.map_or("nobody's".to_owned(), |(m, end)| {
            format!("{}'s for another {}", safe(&m.actor), human::age(end.duration_since(cx.now).unwrap_or_default()))
        });
        let release = now.is_some_and(|(m, _)| m.actor == cx.facts.permit.actor.name);
        let lines = vec![
            Line::fact("cause", self.chosen().map_or(String::new(), |c| safe(&c.title).into_owned())),
            Line::fact("now", whose),
            Line::fact("until", if release { "released at once".into() } else { human::age(hours) + " from now" }),
            Line::fact("who sees it", "only this machine: only the local ledger is known"),
        ];
        let title = if release { "release it?" } else { "claim it: I am on it?" };
        let dialog = Dialog::new(title, lines, Confirm::Yes, Then::Tell(Command::Claim, format!("yes={subject}")));
        vec![Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog))))]
    }
}
