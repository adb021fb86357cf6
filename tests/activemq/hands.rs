//! Messages in somebody else's hand: not shown as all there is, not taken for gone, and carried once they are back.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use futures::StreamExt;
use redrive::broker::{Broker, Done, ErrorKind, Hold, Outgoing, PeekRequest, Peeked, Selection, Why};
use redrive::model::{Address, Typed};

use crate::site::{as_it_is, look, of, sites};

/// How a look ended, and its notes.
async fn end(eyes: &dyn Broker, at: &Address) -> (u64, Why, Vec<String>) {
    let mut flow = eyes.peek(PeekRequest::new(at.clone(), 100));
    while let Some(step) = flow.next().await {
        if let Peeked::End { read, why, notes, .. } = step.expect("a look") {
            return (read, why, notes);
        }
    }
    panic!("{at}: a look without an end")
}

async fn carried(hold: &mut Box<dyn Hold>, outs: Vec<(redrive::broker::HeldId, Outgoing)>) -> Vec<Result<(), (ErrorKind, Done)>> {
    hold.carry(outs).await.into_iter().map(|answer| answer.map(|_| ()).map_err(|e| (e.kind, e.done))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_in_hand_is_not_gone_and_goes_once_it_is_back() {
    for site in sites(&["artemis", "6"]) {
        let pair = site.pair("hands").await;
        site.jms(&["die", &pair.home.name, &pair.dead.name, "1000"]);
        let link = site.link();
        let found = of(look(&link.eyes, &pair.dead).await.0, &pair.home);
        // with a header more, so that it goes by a transaction on both: texts can
        let texts: Vec<_> = found.into_iter().filter(|m| m.body.as_ref().is_some_and(|b| b.len() == 1000)).take(1).collect();
        let want = || Selection::Seats(texts.iter().map(|m| m.seat.clone()).collect());
        let hand = link.hand.expect("a hand");
        let mut hold = hand.hold(&pair.dead, want()).await.expect("hold");
        let held = hold.next(10).await.expect("next").remove(0);
        let mut out = as_it_is(&held.message, &pair.home);
        out.headers.push(("why".into(), Typed::bytes(Some("test".into()))));

        let mut other =
            site.jms_command(&["keep", &pair.dead.name, "10"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a client");
        let mut said = String::new();
        BufReader::new(other.stdout.take().expect("its words")).read_line(&mut said).expect("a word");
        assert_eq!(said, "kept\n", "{}", site.name);
        assert_eq!(carried(&mut hold, vec![(held.id, out.clone())]).await, [Err((ErrorKind::Busy, Done::No))], "{}", site.name);
        if site.artemis {
            let (read, why, notes) = end(link.eyes.as_ref(), &pair.dead).await;
            assert_eq!((read, why), (0, Why::Window), "Artemis shows nobody what is in somebody's hand: {notes:?}");
            assert!(notes[0].starts_with("0 of 10 came: the others are in somebody's hand"), "{notes:?}");
            let mut late = hand.hold(&pair.dead, want()).await.expect("hold");
            let error = late.next(10).await.expect_err("in somebody's hand");
            assert_eq!((error.kind, error.retry), (ErrorKind::Busy, true), "{error}");
        }
        // gives them back
        drop(other.stdin.take());
        assert!(other.wait().expect("an end").success());
        assert_eq!(carried(&mut hold, vec![(held.id, out)]).await, [Ok(())], "{}: it is in hand still, and back in its queue", site.name);
        assert_eq!(end(link.eyes.as_ref(), &pair.dead).await.1, Why::Complete, "{}", site.name);
        site.jms(&["take", &pair.dead.name, &pair.home.name]);
        site.forget(&pair).await;
    }
}
