//! Looking at the source for what was to be carried: publishing and removal were one act, so what has left it has arrived.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt;

use super::{Doubtful, Finding};
use crate::broker::{Broker, Brokers, PeekRequest, Peeked, ReadersRequest, Receipt, Start, Trace, Why};
use crate::model::{Address, Seat};
use crate::triage::plan::{ReplayPlan, Source};

/// Messages of a source read at most.
const READ: usize = 1_000_000;
/// Messages asked for one by one at most: a batch that was cut off is of 256.
const ONE_BY_ONE: usize = 512;

/// Longest wait for what a run that was cut off may still have under way there: a busy broker hears its last words, a commit among them, late.
const LAST_WORDS: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 30 });

/// Judges those of `which` that were carried from the plan's source to the same broker. Gone: done. There, and the broker has run on since:
/// untouched. Else it is a person's word.
pub(super) async fn look(plan: &ReplayPlan, which: &[usize], found: &mut [Doubtful], brokers: &Brokers) {
    let near = |to: &Option<Address>| match &plan.ask.from {
        Source::Queue(at) => to.as_ref().filter(|to| to.conn == at.conn && plan.removes).map(|_| at.clone()),
        Source::Ledger(_) => None,
    };
    let from: Option<Address> = which.iter().find_map(|i| near(&found.get(*i)?.to));
    let Some((from, broker)) = from.and_then(|from| brokers.get(&from.conn).map(|b| (from, b))) else {
        for i in which {
            if let Some(doubtful) = found.get_mut(*i) {
                doubtful.finding = Finding::Ask("it was published from elsewhere, and the target cannot show what arrived".into());
            }
        }
        return;
    };
    quiet(broker.as_ref(), &from).await;
    let (mut seats, started) = futures::join!(seats(broker.as_ref(), &from), broker.probe());
    if let Ok(read) = &mut seats {
        let wanted = which.iter().filter_map(|i| found.get(*i)).map(|doubtful| doubtful.seat.clone()).collect();
        read.ask(broker.as_ref(), &from, wanted).await;
    }
    for i in which {
        let Some(doubtful) = found.get_mut(*i) else { continue };
        doubtful.finding = match (near(&doubtful.to), doubtful.to.clone(), &seats, &started) {
            (None, ..) | (_, None, ..) => Finding::Ask("it was published from elsewhere, and the target cannot show what arrived".into()),
            (_, _, Err(why), _) => Finding::Ask(why.clone()),
            (_, _, _, Err(e)) => Finding::Ask(format!("the broker could not be asked: {e}")),
            (_, Some(to), Ok(read), Ok(probe)) => match (read.seats.contains(&doubtful.seat), probe.started) {
                (true, Some(started)) if started > doubtful.at => {
                    Finding::Ask("it is still at its source, and the broker was started anew meanwhile: it may be at its target too".into())
                }
                (true, _) => Finding::NotThere,
                (false, _) if read.whole || read.gone.contains(&doubtful.seat) => Finding::Left(Receipt { to, seat: None }),
                (false, _) => Finding::Ask("the broker does not show all of its source now, and it is not among what is shown".into()),
            },
        };
    }
}

/// Waits until nobody has anything of the source in hand any more, where the broker counts that; false if somebody has it for longer.
pub(in crate::triage) async fn quiet(broker: &dyn Broker, from: &Address) -> bool {
    let last_words = async {
        while in_hand(broker, from).await > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    // after that it is a consumer of its own, and the look says what can be said
    tokio::time::timeout(LAST_WORDS, last_words).await.is_ok()
}

async fn in_hand(broker: &dyn Broker, from: &Address) -> u64 {
    let mut flow = broker.readers(ReadersRequest::Of(from.clone()));
    let mut most = 0;
    while let Some(Ok(readers)) = flow.next().await {
        let backlogs = readers.iter().flat_map(|r| &r.at).filter(|at| at.of == *from).filter_map(|at| at.backlog.as_ref());
        most = backlogs.filter_map(|backlog| backlog.in_flight.value()).fold(most, u64::max);
    }
    most
}

struct Read {
    seats: HashSet<Seat>,
    /// Whether that is all that there is.
    whole: bool,
    /// Asked for one by one, where it is not, and not there.
    gone: HashSet<Seat>,
    accept: Vec<Trace>,
}

impl Read {
    /// Asks for those that are not among what the broker shows, one by one: some can be asked for a message wherever it is.
    async fn ask(&mut self, broker: &dyn Broker, from: &Address, wanted: Vec<Seat>) {
        if self.whole {
            return;
        }
        for seat in wanted.into_iter().take(ONE_BY_ONE) {
            if self.seats.contains(&seat) {
                continue;
            }
            let want = PeekRequest { start: Start::Seat(seat.clone()), accept: self.accept.clone(), ..PeekRequest::new(from.clone(), 1) };
            let mut flow = broker.peek(want);
            match flow.next().await {
                Some(Ok(Peeked::Batch(messages))) if messages.iter().any(|m| m.seat == seat) => self.seats.extend([seat]),
                Some(Ok(Peeked::End { why: Why::Complete, .. })) => self.gone.extend([seat]),
                // this broker cannot be asked for one, and would be read as a whole for each
                Some(Ok(Peeked::End { why: Why::Window, .. })) => return,
                // it is not said
                _ => {}
            }
        }
    }
}

/// Where messages sit at the source now; the error says why that is not known.
async fn seats(broker: &dyn Broker, from: &Address) -> Result<Read, String> {
    let cost = broker.cost(from).await.map_err(|e| format!("the source could not be asked: {e}"))?;
    // these say of a queue that was looked into for the plan nothing new; anything else is not to be left without a word
    let accept: Vec<Trace> = cost.leaves.into_iter().filter(|t| matches!(t, Trace::Expires | Trace::Creates | Trace::Moves)).collect();
    let mut flow = broker.peek(PeekRequest { accept: accept.clone(), ..PeekRequest::new(from.clone(), READ) });
    let mut seats = HashSet::new();
    while let Some(step) = flow.next().await {
        match step.map_err(|e| format!("the source could not be read: {e}"))? {
            Peeked::Batch(messages) => seats.extend(messages.into_iter().map(|m| m.seat)),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { why, .. } => return Ok(Read { seats, whole: why == Why::Complete, gone: HashSet::new(), accept }),
        }
    }
    Err("the source could not be read to its end".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Selection;
    use crate::drivers::memory::{Login, Memory, Put, Shape, Spec};
    use crate::model::ConnId;

    #[tokio::test]
    async fn what_a_killed_run_has_still_in_hand_is_waited_for() {
        let memory = Memory::new(ConnId::new("q"), Shape::activemq());
        let at = memory.create("q", Spec::default());
        memory.put("q", Put::body("1"));
        let link = memory.connect(Login::admin());
        let mut hold = link.hand.unwrap().hold(&at, Selection::First(1)).await.unwrap();
        hold.next(1).await.unwrap();
        let mut wait = std::pin::pin!(quiet(link.eyes.as_ref(), &at));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut wait).await.is_err(), "one is in hand");
        hold.close().await.unwrap();
        assert!(wait.await);
        assert_eq!(in_hand(link.eyes.as_ref(), &at).await, 0);
    }
}
