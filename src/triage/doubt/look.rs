//! Looking at targets for what is in doubt: which way of looking each has, and what its silence proves.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use futures::StreamExt;

use super::{Doubtful, Finding, delivered_once, source};
use crate::broker::{Broker, Brokers, Detail, Doubt, PeekRequest, Peeked, REPLAY_ID, Receipt, Start, Stop, Why};
use crate::model::{Address, Message, Seat, text_field};
use crate::triage::ledger::OpenIntent;
use crate::triage::plan::{ReplayPlan, Way, Where};

/// Messages of a target read in one go.
const READ: usize = 100_000;

/// Bytes in one batch of such a read.
const READ_BYTES: usize = 4 << 20;

/// Left of a target's window when it is still safe to count on it: what is sent again must be there before it is over.
const MARGIN: Duration = Duration::from_secs(60);

/// Looks for each where its target can show it. `sends`: what may be sent again is sent at once, under the same mark.
pub(super) async fn look(plan: &ReplayPlan, open: &[OpenIntent], brokers: &Brokers, sends: bool) -> Vec<Doubtful> {
    let mut found: Vec<Doubtful> = Vec::new();
    let mut scans: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    let mut at_source = Vec::new();
    for intent in open {
        let item = plan.item(intent.n);
        let to = item.and_then(|i| plan.to(i)).cloned();
        let replay_id = format!("{}/{}", plan.id, intent.n);
        let way = to.as_ref().and_then(|to| plan.targets.iter().find(|t| &t.at == to)).map_or(Doubt::Ask, |t| t.doubt);
        let finding = match (item.map(|i| &i.way), way) {
            // a mark touches no broker: making it again changes nothing
            (Some(Way::Mark), _) => Finding::NotThere,
            (Some(Way::Remove), _) => {
                Finding::Ask("whether it was taken out of its source shows only there; its copy is in the ledger".into())
            }
            (_, Doubt::ScanTarget) => Finding::Ask("not looked for yet".into()),
            (_, Doubt::Ask) => Finding::Ask("the target cannot show what arrived".into()),
            (_, Doubt::SendAgain(window)) => again(intent, window, sends, SystemTime::now()),
            (_, Doubt::LookAtSource) => Finding::Ask("its source was not looked into".into()),
        };
        if way == Doubt::LookAtSource && matches!(item.map(|i| &i.way), Some(Way::Publish)) {
            at_source.push(found.len());
        }
        if let (Some(to), Some(Way::Publish), Doubt::ScanTarget) = (&to, item.map(|i| &i.way), way) {
            scans.entry(to.clone()).or_default().push(found.len());
        }
        found.push(Doubtful {
            plan: plan.id.clone(),
            n: intent.n,
            id: intent.id.clone(),
            seat: intent.seat.clone(),
            to,
            replay_id,
            at: intent.at,
            finding,
        });
    }
    source::look(plan, &at_source, &mut found, brokers).await;
    for (target, which) in scans {
        let wanted: Vec<(usize, &OpenIntent)> = which.iter().filter_map(|i| Some((*i, open.get(*i)?))).collect();
        let findings = match brokers.get(&target.conn) {
            None => wanted.iter().map(|(i, _)| (*i, Finding::Ask(format!("no connection {} in this context", target.conn)))).collect(),
            Some(broker) => scan(plan, &target, &wanted, broker.as_ref()).await,
        };
        for (i, finding) in findings {
            if let Some(doubtful) = found.get_mut(i) {
                doubtful.finding = finding;
            }
        }
    }
    found
}

/// A target that knows a mark again for a while takes the same message a second time without delivering it: so within that time it may be
/// sent again, whether or not it had arrived. After it, nothing proves anything.
fn again(intent: &OpenIntent, window: Duration, sends: bool, now: SystemTime) -> Finding {
    let minutes = window.as_secs() / 60;
    // a clock that went back says nothing about how much of the window is left
    let left = now.duration_since(intent.at).ok().and_then(|age| window.checked_sub(age)).filter(|left| *left > MARGIN);
    match (left, sends) {
        (Some(left), true) => Finding::Again(left - MARGIN),
        (Some(left), false) => Finding::Ask(delivered_once(left - MARGIN)),
        (None, _) => Finding::Ask(format!("the target knew it again for {minutes} minutes, which are over, and cannot show what arrived")),
    }
}

/// Reads the target from the noted ends on and looks for the replay ids.
async fn scan(plan: &ReplayPlan, target: &Address, wanted: &[(usize, &OpenIntent)], broker: &dyn Broker) -> Vec<(usize, Finding)> {
    let detail = match broker.describe(target).await {
        Ok(detail) => detail,
        Err(e) => return wanted.iter().map(|(i, _)| (*i, Finding::Ask(format!("the target could not be asked: {e}")))).collect(),
    };
    // partitions to read, each from the earliest end that was noted for it
    let mut from: BTreeMap<i32, i64> = BTreeMap::new();
    let mut sought: HashMap<String, usize> = HashMap::new();
    for (i, intent) in wanted {
        sought.insert(format!("{}/{}", plan.id, intent.n), *i);
        for (partition, end) in aims(plan, target, intent, &detail) {
            from.entry(partition).and_modify(|e| *e = (*e).min(end)).or_insert(end);
        }
    }
    let mut there: HashMap<usize, Receipt> = HashMap::new();
    // found, but in or behind a transaction that is still open: whether anybody else will see it is not decided
    let mut open: HashMap<usize, Receipt> = HashMap::new();
    // partition → why its silence proves nothing
    let mut blind: BTreeMap<i32, String> = BTreeMap::new();
    for (partition, start) in from {
        let Some(now) = detail.partitions.iter().find(|p| p.id == partition) else {
            blind.insert(partition, format!("partition {partition} is no longer there"));
            continue;
        };
        if now.end < 0 {
            blind.insert(partition, format!("partition {partition} does not say where it ends now, as one without a leader: look again"));
            continue;
        }
        if now.end < start {
            blind.insert(partition, format!("partition {partition} ends at {} and once ended at {start}: it was made anew", now.end));
            continue;
        }
        if detail.compacted {
            blind.insert(partition, "the target is compacted: a newer value may have taken its place".into());
        } else if now.start > start {
            blind.insert(
                partition,
                format!("partition {partition} begins at {} now, after the {start} to look from: retention took part of it", now.start),
            );
        }
        let begin = start.max(now.start);
        if begin >= now.end {
            continue;
        }
        let mut found: HashMap<usize, Receipt> = HashMap::new();
        let mut committed: BTreeSet<usize> = BTreeSet::new();
        let sought_in = |message: &Message| text_field(&message.headers, REPLAY_ID).and_then(|id| sought.get(id)).copied();
        let mut see = |message: &Message| {
            if let Some(i) = sought_in(message) {
                found.entry(i).or_insert_with(|| Receipt { to: target.clone(), seat: Some(message.seat.clone()) });
            }
        };
        if let Err(why) = read(broker, target, partition, begin, false, &mut see).await {
            blind.insert(partition, why);
        }
        if found.is_empty() {
            continue;
        }
        // an end that cannot be read leaves what was found before it certain all the same
        let decided = read(broker, target, partition, begin, true, &mut |message| committed.extend(sought_in(message))).await;
        let decided = decided.ok().flatten().and_then(|passed| begin.checked_add_unsigned(passed)).unwrap_or(begin);
        for (i, receipt) in found {
            match receipt.seat {
                _ if committed.contains(&i) => drop(there.insert(i, receipt)),
                // given up: it takes up an offset, and no reader of what is committed will ever see it
                Some(Seat::Offset { offset, .. }) if offset < decided => {}
                _ => drop(open.insert(i, receipt)),
            }
        }
    }
    let verdict = |(i, intent): &(usize, &OpenIntent)| {
        if let Some(receipt) = there.get(i) {
            return (*i, Finding::Arrived(receipt.clone()));
        }
        if let Some(seat) = open.get(i).and_then(|r| r.seat.as_ref()) {
            return (
                *i,
                Finding::Ask(format!(
                    "it is at {seat}, in or behind a transaction that is still open: look again once that has ended; one of this plan ends when it is resumed"
                )),
            );
        }
        if made_anew(target, intent, detail.id.as_deref()) {
            return (*i, Finding::Ask("the target was deleted and made anew since: what had arrived went with it".into()));
        }
        let aims = aims(plan, target, intent, &detail);
        if aims.is_empty() {
            return (*i, Finding::Ask("the ends of the target were not noted".into()));
        }
        match aims.keys().find_map(|p| blind.get(p)) {
            Some(why) => (*i, Finding::Ask(why.clone())),
            None => (*i, Finding::NotThere),
        }
    };
    wanted.iter().map(verdict).collect()
}

/// Whether a target has another id than when its ends were noted.
fn made_anew(target: &Address, intent: &OpenIntent, now: Option<&str>) -> bool {
    let noted = intent.ends.as_ref().and_then(|e| e.of(target)).and_then(|t| t.id.as_deref());
    noted.zip(now).is_some_and(|(noted, now)| noted != now)
}

/// Partitions that a message may have gone to, with the noted end of each. One that was made since began empty, and keys go there too.
fn aims(plan: &ReplayPlan, target: &Address, intent: &OpenIntent, now: &Detail) -> BTreeMap<i32, i64> {
    let Some(ends) = intent.ends.as_ref().and_then(|e| e.of(target)).map(|t| &t.ends) else { return BTreeMap::new() };
    match plan.item(intent.n).map(|i| i.place) {
        Some(Where::Partition(p)) => ends.get(&p).map(|end| (p, *end)).into_iter().collect(),
        _ if ends.is_empty() => BTreeMap::new(),
        _ => now.partitions.iter().map(|p| (p.id, 0)).chain(ends.iter().map(|(p, end)| (*p, *end))).collect(),
    }
}

/// Reads one partition from an offset to its present end; unless `committed_only`, open and aborted transactions too. Gives how many offsets were
/// passed, `None` where some of them vanished under the read. The error says why it is not all that there is.
pub(in crate::triage) async fn read(
    broker: &dyn Broker,
    target: &Address,
    partition: i32,
    offset: i64,
    committed_only: bool,
    see: &mut (dyn FnMut(&Message) + Send),
) -> Result<Option<u64>, String> {
    let mut passed = Some(0);
    let mut start = Start::Seat(Seat::Offset { partition, offset });
    loop {
        let want = PeekRequest { start, stop: Stop::Now, max_bytes: READ_BYTES, committed_only, ..PeekRequest::new(target.clone(), READ) };
        let mut flow = broker.peek(want);
        let mut more = None;
        let mut why = None;
        while let Some(step) = flow.next().await {
            match step.map_err(|e| format!("the target could not be read to its end: {e}"))? {
                Peeked::Batch(messages) => messages.iter().for_each(&mut *see),
                Peeked::Progress { .. } | Peeked::Doomed(_) => {}
                Peeked::End { why: end, more: next, read, notes, .. } => {
                    // one partition is read, so one note is of its open transaction, and any other of offsets that went
                    let whole = notes.len() <= usize::from(end == Why::Undecided);
                    passed = passed.filter(|_| whole).map(|before: u64| before + read);
                    why = Some(end);
                    more = next;
                    break;
                }
            }
        }
        match (why, more) {
            // of what is committed there is no more before an open transaction
            (Some(Why::Complete | Why::Undecided), _) => return Ok(passed),
            (Some(Why::Limit), Some(cursor)) => start = Start::From(cursor),
            _ => return Err("the target could not be read to its end".into()),
        }
    }
}
