//! What is known of the chosen cause: why grouped, origin, sample, error, schema, past, what is lost when, who is on it.

use super::{State, key};
use crate::app::screens::{Cx, whole};
use crate::app::text::{Line, Span, Tone};
use crate::decode::{human, safe};
use crate::monitor::loss_of_oldest;

impl State {
    /// What is known of the chosen cause.
    pub fn detail(&self, cx: &Cx) -> Vec<Line> {
        let Some(c) = self.chosen() else { return Vec::new() };
        let mut out = Vec::new();
        let partitions = cx.facts.destination(&self.at).and_then(|d| d.partitions);
        let spread = partitions.map_or(String::new(), |of| format!(", {} of {of} partitions", c.partitions));
        let who = c.failed_by.as_deref().map_or(String::new(), |g| format!(", {}", safe(g)));
        let title = Line::new().add(Tone::Strong, safe(&c.title)).add(Tone::Muted, format!("   cause {}{who}{spread}", c.id));
        let room = usize::from(cx.size.width).saturating_sub(2);
        out.extend(
            title
                .folded(room, usize::MAX)
                .into_iter()
                .map(|part| Line(std::iter::once(Span { tone: Tone::Plain, text: " ".into() }).chain(part.0).collect())),
        );
        out.push(Line::fact("why grouped", safe(&c.why_grouped())));
        out.push(Line::fact("category", safe(&c.category.explain())));
        let attempts = match c.attempts {
            None => "attempts not recorded".to_owned(),
            Some((1, 1)) => "1 attempt".to_owned(),
            Some((a, b)) if a == b => format!("{a} attempts"),
            Some((a, b)) => format!("{a} to {b} attempts"),
        };
        let n = human::count_plain;
        let origin = match c.origins.first() {
            Some(o) => format!("{} ({} of {}), {attempts}", safe(&o.name), n(o.count), n(c.count)),
            None => format!("?, no message names one, {attempts}"),
        };
        out.push(Line::fact("origin", origin));
        let s = &c.newest;
        let sample = [s.event.clone(), s.key.clone(), Some(s.seat.to_string())].into_iter().flatten().collect::<Vec<_>>().join(", ");
        out.push(Line::fact(
            "sample",
            format!("{}, {}", safe(&sample), s.when.map_or("?".into(), |t| format!("{} {}", cx.times.clock(t), cx.times.word(t)))),
        ));
        if let Some(error) = &s.error {
            out.push(Line::fact("error", safe(error)));
        }
        out.push(Line::fact("schema", c.schema_words()));
        let p = &c.past;
        let past = match (&p.by, p.came_back) {
            (Some((who, when)), back) if back > 0 => {
                format!("{} were replayed by {} at {} and came back", n(back), safe(who), cx.times.clock(*when))
            }
            _ if p.settled() > 0 => {
                format!("{} replayed, {} parked, {} discarded before (not counted here)", n(p.replayed), n(p.parked), n(p.discarded))
            }
            _ => "none of these was replayed, parked or discarded here before".into(),
        };
        out.push(Line::fact("past", past));
        let keep = cx.facts.detail(&self.at).and_then(|d| d.retention);
        let lost = match (loss_of_oldest(c.first.or(c.oldest.when), keep, false, cx.now).left(), keep) {
            (Some(left), Some(keep)) => format!("the first in {} ({} keeps {})", human::age(left), safe(&self.at.name), human::age(keep)),
            _ => "?  (no word on retention, or no time of death)".into(),
        };
        out.push(Line::fact("lost", lost));
        let claims = self.read.as_ref().map(|r| r.claims.as_slice()).unwrap_or_default();
        let claim = claims.iter().find(|(m, end)| (m.subject.is_empty() || m.subject == key(c)) && *end > cx.now);
        let on_it = match claim {
            Some((m, end)) => format!("{}, {} left", safe(&m.actor), human::age(end.duration_since(cx.now).unwrap_or_default())),
            None => "nobody".into(),
        };
        out.push(Line::fact("on it", format!("{on_it} (only the local ledger is known)")));
        whole(out, 3, cx)
    }
}
