//! Taking messages in hand, settling them, and giving back what was not settled.

use redrive::broker::{Carriage, Done, ErrorKind, Held, Hold, Outgoing, Place, Selection, Settle};
use redrive::model::Seat;

use crate::hosts::{Host, Ran};
use crate::tools::{admin, bodies, body, can, numbered, sorted, unlisted, until};

async fn take_all(hold: &mut Box<dyn Hold>) -> Vec<Held> {
    let mut all = Vec::new();
    loop {
        let next = hold.next(2).await.expect("next");
        assert!(next.len() <= 2);
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

pub async fn seats(host: &dyn Host) -> Ran {
    let (_, hand) = admin(host).await;
    let at = host.make("held", 1).await;
    let seats = host.put(&at, numbered(6)).await;
    let want = Selection::Seats(vec![seats[1].clone(), seats[3].clone(), seats[4].clone()]);
    let mut hold = hand.hold(&at, want).await.expect("hold");
    let held = take_all(&mut hold).await;
    assert_eq!(held.iter().map(|h| body(&h.message)).collect::<Vec<_>>(), ["00001", "00003", "00004"]);
    assert_eq!(held.iter().map(|h| h.message.seat.clone()).collect::<Vec<_>>(), [seats[1].clone(), seats[3].clone(), seats[4].clone()]);
    hold.close().await.expect("close");
    assert_eq!(host.read_back(&at).await.len(), 6);
    Ran::Well
}

pub async fn first(host: &dyn Host) -> Ran {
    let (_, hand) = admin(host).await;
    let at = host.make("first", 1).await;
    host.put(&at, numbered(5)).await;
    let mut hold = hand.hold(&at, Selection::First(3)).await.expect("hold");
    let held = take_all(&mut hold).await;
    assert_eq!(held.iter().map(|h| body(&h.message)).collect::<Vec<_>>(), ["00000", "00001", "00002"]);
    hold.close().await.expect("close");
    Ran::Well
}

pub async fn gone_seats_are_left_out(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let at = host.make("gone", 1).await;
    let mut seats = host.put(&at, numbered(4)).await;
    if can(host, &eyes).await.seek {
        if let Err(why) = host.trim(&at, 0, 2).await {
            return why.into();
        }
        seats.push(Seat::Offset { partition: 0, offset: 99 });
    } else {
        seats[0] = Seat::Id("nobody".into());
        seats[1] = Seat::Digest([7; 32]);
    }
    let mut hold = hand.hold(&at, Selection::Seats(seats)).await.expect("hold");
    let held = take_all(&mut hold).await;
    assert_eq!(held.iter().map(|h| body(&h.message)).collect::<Vec<_>>(), ["00002", "00003"]);
    Ran::Well
}

pub async fn one_answer_each_settled(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let at = host.make("settled", 1).await;
    host.put(&at, numbered(5)).await;
    let mut hold = hand.hold(&at, Selection::First(4)).await.expect("hold");
    let held = take_all(&mut hold).await;
    let how = [Settle::Remove, Settle::Return, Settle::Remove, Settle::Return];
    let answers = hold.settle(held.iter().map(|h| h.id).zip(how).collect()).await;
    assert_eq!(answers.len(), 4);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    hold.close().await.expect("close");
    let left = sorted(bodies(&host.read_back(&at).await));
    if can(host, &eyes).await.remove {
        assert_eq!(left, ["00001", "00003", "00004"]);
    } else {
        assert_eq!(left.len(), 5, "an append-only log keeps all");
    }
    Ran::Well
}

pub async fn dropped_is_given_back(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let at = host.make("let-go", 1).await;
    host.put(&at, numbered(3)).await;
    let mut hold = hand.hold(&at, Selection::First(2)).await.expect("hold");
    assert_eq!(take_all(&mut hold).await.len(), 2);
    if !can(host, &eyes).await.remove {
        return Ran::NotApplicable("nothing is taken from a log".into());
    }
    if !host.holds() {
        drop(hold);
        assert_eq!(host.read_back(&at).await.len(), 3);
        return Ran::NotApplicable("a hold is a list of ids here: nothing is taken before it is carried or removed".into());
    }
    match host.in_hand(&at).await {
        Ok(n) => assert!(n >= 2),
        Err(why) => return why.into(),
    }
    drop(hold);
    until("given back", || async { host.in_hand(&at).await.is_ok_and(|n| n == 0) }).await;
    assert_eq!(host.read_back(&at).await.len(), 3);
    Ran::Well
}

pub async fn closed_gives_back_in_order(host: &dyn Host) -> Ran {
    let (_, hand) = admin(host).await;
    let at = host.make("in-order", 1).await;
    host.put(&at, numbered(5)).await;
    let mut hold = hand.hold(&at, Selection::First(5)).await.expect("hold");
    take_all(&mut hold).await;
    let left = hold.close().await.expect("close");
    assert!(left.0.is_empty(), "{left:?}");
    assert_eq!(bodies(&host.read_back(&at).await), (0..5).map(|i| format!("{i:05}")).collect::<Vec<_>>());
    Ran::Well
}

pub async fn carried_is_published_and_gone(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    if !can(host, &eyes).await.carry {
        return Ran::NotApplicable("it cannot publish and take out as one act".into());
    }
    let (from, to) = (host.make("carried-from", 1).await, host.make("carried-to", 1).await);
    host.put(&from, numbered(5)).await;
    let mut hold = hand.hold(&from, Selection::First(4)).await.expect("hold");
    let held = take_all(&mut hold).await;
    let going = |h: &Held, body: Option<&'static str>, to: &redrive::model::Address| Outgoing {
        to: to.clone(),
        place: Place::Any,
        key: h.message.key.clone(),
        body: body.map(|b| b.into()).or_else(|| h.message.body.clone()),
        headers: h.message.headers.clone(),
        properties: h.message.properties.clone(),
    };
    // two as they are, one edited, one to nowhere
    let mut batch = vec![(held[0].id, going(&held[0], None, &to)), (held[2].id, going(&held[2], None, &to))];
    batch.push((held[1].id, going(&held[1], Some("edited"), &to)));
    for ((_, out), was) in batch.iter().zip([&held[0], &held[2], &held[1]]) {
        let rehearsal = eyes.rehearse(&was.message, out);
        assert!(rehearsal.refused.is_none() && matches!(rehearsal.way, Carriage::Carry { .. }), "{rehearsal:?}");
    }
    let nowhere = unlisted(&eyes).await.is_none();
    if nowhere {
        batch.push((held[3].id, going(&held[3], None, &host.nowhere())));
    }
    let answers = hold.carry(batch).await;
    assert!(answers.iter().take(3).all(Result::is_ok), "{answers:?}");
    if nowhere {
        let error = answers[3].as_ref().expect_err("there is no such queue");
        assert_eq!((error.kind, error.done), (ErrorKind::NotFound, Done::No));
    }
    let again = hold.carry(vec![(held[0].id, going(&held[0], None, &to))]).await.remove(0).expect_err("it is not in hand any more");
    assert_eq!(again.done, Done::No);
    hold.close().await.expect("close");
    assert_eq!(sorted(bodies(&host.read_back(&to).await)), ["00000", "00002", "edited"]);
    assert_eq!(bodies(&host.read_back(&from).await), ["00003", "00004"]);
    Ran::Well
}
