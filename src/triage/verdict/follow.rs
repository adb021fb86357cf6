//! One look at what became of a plan's messages: loads what was replayed, gathers evidence, judges, and writes the verdicts down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Evidence, Look, Replayed, Silence, Verdict, gather, judge, window};
use crate::broker::{Brokers, ErrorKind};
use crate::config::Context;
use crate::config::model::ReplaySettings;
use crate::decode::identity::original_id;
use crate::model::{Address, MessageId, Seat};
use crate::triage::ledger::{LedgerError, Sent, TriageLedger, Verdict as Kept};
use crate::triage::plan::{Deed, PlanId, ReplayPlan, Source, replay_id};
use crate::triage::report::{Level, Line};

/// Lines that one look adds for messages that came back, at most.
const LINES: usize = 20;

/// Looks once, and only where looking is free. What is once found to have come back stays so; a plan that is no replay, or has
/// replayed nothing, gives an empty look.
pub async fn follow(
    id: &PlanId,
    brokers: &Brokers,
    ledger: &TriageLedger,
    context: &Context,
    settings: &ReplaySettings,
) -> Result<Look, LedgerError> {
    let mut look = Look { plan: id.clone(), ..Look::default() };
    let Some(plan) = ledger.plan(id.clone()).await? else { return Ok(look) };
    let sent = if plan.ask.deed == Deed::Replay { ledger.replayed(id.clone()).await? } else { Vec::new() };
    // a dead letter may be gone by the next look: that it came back is a fact all the same
    let open: Vec<&Sent> = sent.iter().filter(|s| s.verdict != Some(Kept::CameBack)).collect();
    let replayed: Vec<Replayed> = open.iter().filter_map(|s| one(&plan, s)).collect();
    if !replayed.is_empty() {
        let before: BTreeMap<u32, Kept> = open.iter().filter_map(|s| Some((s.n, s.verdict?))).collect();
        let dlqs = dlqs(&plan, brokers, context).await;
        let evidence = gather(brokers, context, &dlqs, &replayed).await;
        let found = judge_all(&replayed, &evidence, context, settings, &before, &mut look);
        if !found.is_empty() {
            ledger.verdicts(Arc::new(plan), found).await?;
        }
        look.trouble = evidence.trouble;
    }
    if let Some(row) = ledger.plan_row(id.clone()).await? {
        look.counts = row.counts;
    }
    Ok(look)
}

/// A replayed message as it is judged.
fn one(plan: &ReplayPlan, sent: &Sent) -> Option<Replayed> {
    let item = plan.item(sent.n)?;
    Some(Replayed {
        n: sent.n,
        replay_id: replay_id(plan, item),
        id: item.id.clone(),
        own_id: original_id(&item.id).starts_with("id:"),
        from: item.seat.clone(),
        to: sent.receipt.to.clone(),
        seat: sent.receipt.seat.clone(),
        at: sent.at,
        failed_by: failed_by(&item.id),
    })
}

/// The first half of an id, with its two escaped characters back: who failed it.
fn failed_by(id: &MessageId) -> Option<String> {
    let (group, _) = id.0.split_once('|')?;
    (!group.is_empty()).then(|| group.replace("%7C", "|").replace("%25", "%"))
}

/// Where dead letters of the plan's targets go: its own source, and what the config pairs with a target. A queue that the plan
/// itself publishes to proves nothing.
async fn dlqs(plan: &ReplayPlan, brokers: &Brokers, context: &Context) -> Vec<Address> {
    let targets: BTreeSet<&Address> = plan.targets.iter().filter(|t| t.messages > 0).map(|t| &t.at).collect();
    let mut all = BTreeSet::new();
    if let Source::Queue(at) = &plan.ask.from {
        all.insert(at.clone());
    }
    for target in &targets {
        let paired = |p: &&crate::config::model::DeadLetterPair| {
            p.main == target.name && p.connection.as_deref().is_none_or(|c| c == target.conn.as_str())
        };
        for pair in context.dead_letters.pairs.iter().filter(paired) {
            let at = Address { name: pair.dlq.clone(), ..(*target).clone() };
            if all.contains(&at) {
                continue;
            }
            // one that is declared and was never made holds nothing
            let Some(broker) = brokers.get(&at.conn) else { continue };
            let described = tokio::time::timeout(Duration::from_secs(10), broker.describe(&at)).await;
            if !matches!(described, Ok(Err(e)) if e.kind == ErrorKind::NotFound) {
                all.insert(at);
            }
        }
    }
    all.into_iter().filter(|at| !targets.contains(at)).collect()
}

/// Judges each, says what is new, and gives the verdicts to be written down.
fn judge_all(
    replayed: &[Replayed],
    evidence: &Evidence,
    context: &Context,
    settings: &ReplaySettings,
    before: &BTreeMap<u32, Kept>,
    look: &mut Look,
) -> Vec<(u32, Kept)> {
    let mut windows: BTreeMap<(Option<&str>, &str), Duration> = BTreeMap::new();
    let mut found = Vec::new();
    let mut past: BTreeMap<(String, bool), Passed> = BTreeMap::new();
    let mut back = Vec::new();
    for one in replayed {
        let (group, topic) = (one.failed_by.as_deref(), one.to.name.as_str());
        let window = *windows.entry((group, topic)).or_insert_with(|| window(settings, context, group, topic, &[]));
        let verdict = judge(one, evidence, window);
        match &verdict {
            Verdict::Verified { group, by_clock } => {
                if before.get(&one.n) != Some(&Kept::Verified) {
                    past.entry((group.clone(), *by_clock)).or_default().add(one);
                    found.push((one.n, Kept::Verified));
                }
            }
            Verdict::CameBack { .. } => {
                back.push((one, verdict.words()));
                found.push((one.n, Kept::CameBack));
            }
            // evidence was there before and is out of reach now
            Verdict::NoWordYet { .. } if before.contains_key(&one.n) => {}
            Verdict::NoWordYet { until, why } => {
                *look.silent.entry(*why).or_default() += 1;
                look.until = look.until.max(Some(*until));
            }
        }
    }
    let at = SystemTime::now();
    for ((group, by_clock), passed) in past {
        look.lines.push(Line { at, level: Level::Ok, about: None, words: passed.words(&group, by_clock) });
    }
    let more = back.len().saturating_sub(LINES);
    for (one, words) in back.into_iter().take(LINES) {
        let about = Some((one.id.clone(), one.from.clone()));
        look.lines.push(Line { at, level: Level::Bad, about, words: format!("came back: {words}") });
    }
    if more > 0 {
        look.lines.push(Line { at, level: Level::Bad, about: None, words: format!("came back: {more} more") });
    }
    found
}

/// How far a group is past what was replayed.
#[derive(Default)]
struct Passed {
    count: u64,
    /// The last one, by partition.
    last: BTreeMap<i32, i64>,
}

impl Passed {
    fn add(&mut self, one: &Replayed) {
        self.count += 1;
        if let Some(Seat::Offset { partition, offset }) = one.seat {
            let last = self.last.entry(partition).or_insert(offset);
            *last = offset.max(*last);
        }
    }

    fn words(&self, group: &str, by_clock: bool) -> String {
        let n = crate::decode::human::count_plain;
        let place =
            |(partition, offset): (&i32, &i64)| format!("p{partition}/{}", u64::try_from(*offset).map_or_else(|_| offset.to_string(), n));
        let mut places: Vec<String> = self.last.iter().take(3).map(place).collect();
        if self.last.len() > 3 {
            places.push(format!("and in {} more partitions", self.last.len() - 3));
        }
        let how = if by_clock { " by automatic commit" } else { "" };
        let these = if self.count == 1 { "it".to_owned() } else { format!("these {}", n(self.count)) };
        format!("verified: {group} is past {}{how}, {these} did not come back", places.join(", "))
    }
}

impl Look {
    /// Whether there is nothing to be waited for: all is known, or silence means what it means.
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// Why there is no word yet, in words; `None`: of each there is one.
    pub fn silence(&self) -> Option<String> {
        let total: u64 = self.silent.values().sum();
        let whys: Vec<&str> = self.silent.keys().map(|why: &Silence| why.words()).collect();
        (total > 0).then(|| format!("no word yet of {}: {}", crate::decode::human::count_plain(total), whys.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::broker::murmur2;
    use crate::decode;
    use crate::drivers::memory::Login;
    use crate::drivers::memory::story::Story;
    use crate::model::Message;
    use crate::triage::plan::{Actor, Draft, ReplayRequest, Route};
    use crate::triage::preflight::freeze;
    use crate::triage::replay::{Hands, Means, replay};
    use crate::triage::report::{Ended, Wish};

    #[tokio::test]
    async fn in_the_story_billing_passes_most_and_the_unlucky_come_back() {
        let now = SystemTime::now();
        let mut story = Story::new(1, now);
        let kafka = story.kafka().clone();
        let (link, dir) = (kafka.connect(Login::admin()), tempfile::tempdir().unwrap());
        let brokers = Brokers([(kafka.id().clone(), link.eyes)].into());
        let hands = Hands::new([(kafka.id().clone(), link.hand.unwrap())].into());
        let means = Means { brokers, hands, ledger: TriageLedger::open(&dir.path().join("ledger.db")).unwrap() };
        let gateway = |m: &&Message| {
            let body = m.body.as_deref().unwrap_or_default();
            body.windows(10).any(|w| w == b"\"northpay\"")
                && m.key.is_some()
                && decode::death(m).failed_by.value.as_deref() == Some("billing")
        };
        let all = kafka.messages("orders.dlt");
        let chosen: Vec<&Message> = all.iter().filter(gateway).take(40).collect();
        let unlucky = chosen.iter().filter(|m| murmur2(m.key.as_ref().unwrap()).is_multiple_of(8)).count() as u64;
        assert!(chosen.len() == 40 && unlucky > 0, "{} {unlucky}", chosen.len());
        let by = Actor { name: "lea".into(), os_user: "lea".into() };
        let mut ask = ReplayRequest::new(Deed::Replay, Source::Queue(kafka.at("orders.dlt")), Route::Origin, by);
        ask.pace.canary = Vec::new();
        let mut draft = Draft::new(ask);
        for m in chosen {
            let death = decode::death(m);
            draft.add(m, &decode::identity(m, &death), &death, None);
        }
        let plan = freeze(draft, &means.brokers, &means.hands, &means.ledger).await.unwrap();
        let (_wish, wishes) = watch::channel(Wish::Run { per_second: None });
        let report = replay(&plan, &means, &|_| {}, wishes).await;
        assert_eq!((&report.ended, report.counts.replayed), (&Ended::Finished, 40), "{report:?}");

        let (context, settings) = (Story::context(), ReplaySettings::default());
        let before = kafka.snapshot();
        let look = follow(&plan.id, &means.brokers, &means.ledger, &context, &settings).await.unwrap();
        assert_eq!(kafka.snapshot(), before, "a look leaves nothing");
        assert_eq!((look.counts.no_word_yet(), look.silent.get(&Silence::NotReached)), (40, Some(&40)), "{look:?}");
        assert!(!look.is_over(SystemTime::now()) && look.lines.is_empty());

        story.tick(now + Duration::from_secs(120));
        let look = follow(&plan.id, &means.brokers, &means.ledger, &context, &settings).await.unwrap();
        assert_eq!((look.counts.verified, look.counts.came_back), (40 - unlucky, unlucky), "{look:?}");
        assert!(look.is_over(SystemTime::now()) && look.silence().is_none());
        assert!(look.lines[0].words.starts_with("verified: billing is past p"), "{:?}", look.lines[0]);
        let back = look.lines.iter().filter(|l| l.words.starts_with("came back: it is in orders.dlt again, at p")).count() as u64;
        assert_eq!(back, unlucky);

        // what came back stays so when its dead letter is gone, and nothing is said twice
        for (p, (_, end)) in (0..).zip(kafka.ends("orders.dlt")) {
            kafka.trim("orders.dlt", p, end);
        }
        let again = follow(&plan.id, &means.brokers, &means.ledger, &context, &settings).await.unwrap();
        assert_eq!((again.counts, again.lines.len()), (look.counts, 0));
    }

    #[test]
    fn an_id_tells_who_failed_it() {
        let of = |id: &str| failed_by(&MessageId(id.into()));
        assert_eq!(of("billing|id:7|x"), Some("billing".into()));
        assert_eq!((of("a%7Cb%257C|id:7"), of("|id:7"), of("odd")), (Some("a|b%7C".into()), None, None));
    }
}
