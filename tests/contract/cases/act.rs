//! Publishing: what arrives is what was rehearsed, confirmed and routed.

use redrive::broker::{Done, ErrorKind, Outgoing, Place, REPLAY_ID, partition_for};
use redrive::model::{Message, Seat, Typed, field};

use crate::hosts::{Host, Ran};
use crate::tools::{admin, bodies, can, numbered, out, unlisted};

pub async fn rehearsal_is_what_arrives(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let from = host.make("rehearsed-from", 1).await;
    host.put(&from, numbered(1)).await;
    let was: Message = host.read_back(&from).await.remove(0);
    // a rehearsal asks nothing of the broker: it goes by what is known
    can(host, &eyes).await;
    let to = host.make("rehearsed-to", 3).await;
    let bytes = |b: &'static [u8]| Typed::bytes(Some(b.into()));
    let mut sent = out(&to, Some("k7"), "a body");
    sent.headers = vec![
        ("b".into(), bytes(b"1")),
        ("a".into(), bytes(b"\x00\x01")),
        ("b".into(), bytes(b"2")),
        ("n".into(), Typed::bytes(None)),
        (REPLAY_ID.into(), bytes(b"7f3a-19c2/1")),
    ];
    let rehearsal = eyes.rehearse(&was, &sent);
    assert_eq!(rehearsal.refused, None);
    assert_eq!(rehearsal.losses.is_empty(), rehearsal.wire == sent, "a change is a loss, and is said");
    assert!(field(&rehearsal.wire.headers, REPLAY_ID).is_some(), "the mark stays");
    hand.publish(vec![sent]).await.remove(0).expect("publish");
    let arrived = host.read_back(&to).await;
    assert_eq!(arrived.len(), 1);
    let wire = rehearsal.wire;
    assert_eq!((&arrived[0].key, &arrived[0].body, &arrived[0].headers), (&wire.key, &wire.body, &wire.headers));
    let cut = eyes.rehearse(&Message { whole: false, ..was }, &out(&to, None, "x"));
    assert!(cut.refused.is_some(), "a cut view is never published");
    Ran::Well
}

pub async fn confirmed_with_a_seat(host: &dyn Host) -> Ran {
    let (_, hand) = admin(host).await;
    let to = host.make("confirmed", 3).await;
    let place = |place, body| Outgoing { place, ..out(&to, Some("k"), body) };
    let sent = vec![place(Place::Partition(2), "two"), place(Place::Partition(0), "zero"), place(Place::Any, "any")];
    let receipts: Vec<_> = hand.publish(sent).await.into_iter().map(|r| r.expect("publish")).collect();
    let there = host.read_back(&to).await;
    assert_eq!(there.len(), 3);
    for (receipt, body) in receipts.iter().zip(["two", "zero", "any"]) {
        assert_eq!(receipt.to, to);
        if let Some(seat) = &receipt.seat {
            let at = there.iter().find(|m| m.seat == *seat).expect("the seat of a receipt is taken");
            assert_eq!(at.body.as_deref(), Some(body.as_bytes()));
        }
    }
    if host.partitions(3) == 3 {
        assert!(matches!(receipts[0].seat, Some(Seat::Offset { partition: 2, offset: 0 })));
        assert!(matches!(receipts[1].seat, Some(Seat::Offset { partition: 0, .. })));
    }
    Ran::Well
}

pub async fn by_key_as_java_does(host: &dyn Host) -> Ran {
    let (_, hand) = admin(host).await;
    if host.partitions(2) == 1 {
        return Ran::NotApplicable("no partitions".into());
    }
    let to = host.make("by-key", 5).await;
    let keys: Vec<String> = (0..20).map(|i| format!("cust-{i:04}")).collect();
    let sent = keys.iter().map(|k| out(&to, Some(k), "b")).collect();
    for (key, receipt) in keys.iter().zip(hand.publish(sent).await) {
        let seat = receipt.expect("publish").seat;
        assert!(matches!(seat, Some(Seat::Offset { partition, .. }) if partition == partition_for(key.as_bytes(), 5)), "{key}: {seat:?}");
    }
    Ran::Well
}

pub async fn too_large_is_refused(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let to = host.make("too-large", 1).await;
    let Some(limit) = eyes.describe(&to).await.expect("describe").max_message_bytes else {
        return Ran::NotApplicable("the broker tells no limit".into());
    };
    let sent = out(&to, Some("k"), &"x".repeat(usize::try_from(limit).unwrap() + 1000));
    let error = hand.publish(vec![sent, out(&to, None, "small")]).await;
    let kinds: Vec<_> = error.into_iter().map(|r| r.map_err(|e| (e.kind, e.done, e.retry)).map(|_| ())).collect();
    assert_eq!(kinds, [Err((ErrorKind::Invalid, Done::No, false)), Ok(())]);
    assert_eq!(bodies(&host.read_back(&to).await), ["small"]);
    Ran::Well
}

pub async fn one_answer_each(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    if let Some(why) = unlisted(&eyes).await {
        return Ran::NotApplicable(why);
    }
    let to = host.make("answers", 1).await;
    let sent = vec![out(&to, None, "first"), out(&host.nowhere(), None, "nowhere"), out(&to, None, "second")];
    let answers = hand.publish(sent).await;
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(bodies(&host.read_back(&to).await), ["first", "second"], "in the order given");
    assert!(hand.publish(Vec::new()).await.is_empty());
    Ran::Well
}

pub async fn no_such_partition(host: &dyn Host) -> Ran {
    let (_, hand) = admin(host).await;
    if host.partitions(2) == 1 {
        return Ran::NotApplicable("no partitions".into());
    }
    let to = host.make("few", 2).await;
    let sent = Outgoing { place: Place::Partition(7), ..out(&to, Some("k"), "b") };
    let error = hand.publish(vec![sent]).await.remove(0).expect_err("p7 of 2");
    assert_eq!((error.kind, error.done), (ErrorKind::Invalid, Done::No));
    assert!(host.read_back(&to).await.is_empty());
    Ran::Well
}
