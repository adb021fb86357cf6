//! The ring: order, bounds, twins, and each row asked once a filter.

use std::time::{Duration, SystemTime};

use super::*;
use crate::model::{Address, ConnId, Message};
use crate::schema::{Declared, see};

/// A message of a topic, written `at` seconds after the epoch.
pub fn seen(at: u64, offset: i64, body: &str) -> Arc<Seen> {
    let message = Message {
        at: Address::topic(&ConnId::new("k"), "orders.dlt"),
        seat: Seat::Offset { partition: 0, offset },
        key: Some(format!("cust-{offset}").into()),
        body: Some(body.to_owned().into()),
        headers: Vec::new(),
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(at)),
        whole: true,
    };
    Arc::new(see(message, &Declared::default()))
}

fn places(ring: &Ring) -> String {
    ring.rows().map(|s| s.message.seat.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_queue_stays_in_the_order_it_was_read_and_twins_are_two() {
    let digest = |seen: Arc<Seen>| {
        let message = Message { seat: Seat::Digest([7; 32]), ..seen.message.as_ref().clone() };
        Arc::new(see(message, &Declared::default()))
    };
    let mut ring = Ring::new(Order::AsRead);
    ring.take(0, [digest(seen(9, 1, "a")), digest(seen(1, 1, "a"))]);
    ring.arrange();
    let sent: Vec<_> = ring.rows().map(|s| s.message.sent).collect();
    assert_eq!(sent, [9, 1].map(|s| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(s))));
}

#[test]
fn one_seat_in_two_destinations_is_two_messages() {
    let mut ring = Ring::new(Order::NewestFirst);
    ring.take(0, [seen(1, 7, "a")]);
    ring.take(1, [seen(2, 7, "b"), seen(2, 7, "b")]);
    ring.arrange();
    let seat = Seat::Offset { partition: 0, offset: 7 };
    assert_eq!((ring.len(), ring.spot(0), ring.spot(1)), (2, Some((1, seat.clone())), Some((0, seat))));
}

#[test]
fn rows_are_in_order_once_and_bounded() {
    let mut ring = Ring::new(Order::NewestFirst);
    ring.most = (3, 1 << 20);
    ring.take(0, [seen(1, 1, "a"), seen(3, 3, "c")]);
    assert!(ring.arrange());
    ring.take(0, [seen(2, 2, "b"), seen(3, 3, "c"), seen(4, 4, "d")]);
    ring.arrange();
    assert!(!ring.arrange());
    assert_eq!((places(&ring), ring.dropped), ("p0/4 p0/3 p0/2".into(), 1));
    ring.turn();
    assert!(ring.arrange());
    assert_eq!(places(&ring), "p0/2 p0/3 p0/4");
    ring.most = (3, 10);
    ring.take(0, [seen(5, 5, "e")]);
    ring.arrange();
    assert_eq!((ring.len(), ring.bytes()), (1, size(&seen(5, 5, "e"))));
}

#[test]
fn each_row_is_asked_once_a_filter_and_counted_while_it_is_there() {
    let mut ring = Ring::new(Order::NewestFirst);
    ring.most = (3, 1 << 20);
    let asked = std::cell::Cell::new(0);
    let odd = |s: &Seen| {
        asked.set(asked.get() + 1);
        matches!(s.message.seat, Seat::Offset { offset, .. } if offset % 2 == 1)
    };
    ring.take(0, (1..=3).map(|i| seen(i, i as i64, "a")));
    ring.arrange();
    assert_eq!(ring.passing(odd), [0, 2]);
    ring.take(0, [seen(5, 5, "a")]);
    ring.arrange();
    assert_eq!((ring.passing(odd), asked.get()), (vec![0, 1], 4));
    ring.ask_again();
    assert_eq!((ring.passing(|_| true), ring.any_dead(), ring.invalid()), (vec![0, 1, 2], false, 0));
}
