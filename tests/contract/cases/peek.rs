//! Reading: starts, ends, limits and cursors.

use std::time::{Duration, SystemTime};

use redrive::broker::{ErrorKind, PeekRequest, Start, Stop, Why};
use redrive::drivers::memory::Put;
use redrive::model::Seat;

use crate::hosts::{Host, Ran};
use crate::tools::{accepting, admin, all, bodies, can, cost, numbered, read, sorted};

const NO_SEEK: &str = "messages have no positions to seek to";

fn spread(n: usize, partitions: i32) -> Vec<Put> {
    (0..n).map(|i| Put::body(format!("{i:05}")).to(i32::try_from(i).unwrap() % partitions)).collect()
}

pub async fn all_in_order(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let seek = can(host, &eyes).await.seek;
    let at = host.make("all", 3).await;
    host.put(&at, spread(30, if seek { 3 } else { 1 })).await;
    let got = all(&eyes, &at, 1000).await;
    assert_eq!(got.why, Why::Complete);
    assert_eq!((got.messages.len(), got.read), (30, 30));
    assert_eq!(got.more, None);
    let there = host.read_back(&at).await;
    if !seek && there.iter().all(|m| m.key.is_some()) {
        // a FIFO queue keeps order within a group only, and here each message is one
        assert_eq!(sorted(got.bodies()), bodies(&there));
        return Ran::Well;
    }
    for p in 0..3 {
        let of = |m: &&redrive::model::Message| matches!(m.seat, Seat::Offset { partition, .. } if partition == p) || (!seek && p == 0);
        let want: Vec<_> = there.iter().filter(of).map(|m| (m.seat.clone(), m.body.clone())).collect();
        let have: Vec<_> = got.messages.iter().filter(of).map(|m| (m.seat.clone(), m.body.clone())).collect();
        assert_eq!(have, want, "partition {p}");
    }
    assert!(got.messages.iter().all(|m| m.at == at && m.whole && m.sent.is_some()));
    Ran::Well
}

pub async fn empty_is_complete(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("empty", 2).await;
    let got = all(&eyes, &at, 10).await;
    assert_eq!((got.messages.len(), got.why, got.read), (0, Why::Complete, 0));
    assert!(got.left.is_empty(), "nothing looked at, no trace");
    Ran::Well
}

pub async fn limit_and_cursor(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let seek = can(host, &eyes).await.seek;
    let at = host.make("limit", 3).await;
    host.put(&at, spread(20, if seek { 3 } else { 1 })).await;
    let mut got = all(&eyes, &at, 7).await;
    assert_eq!((got.messages.len(), got.why), (7, Why::Limit));
    if !seek {
        return Ran::Well;
    }
    let mut seen = got.bodies();
    for _ in 0..10 {
        let Some(more) = got.more.take() else { break };
        assert!(more.0.chars().all(|c| c.is_ascii_graphic()), "a cursor can be printed and typed: {more:?}");
        got = read(&eyes, PeekRequest { start: Start::From(more), ..PeekRequest::new(at.clone(), 7) }).await.expect("go on");
        seen.extend(got.bodies());
    }
    let want: Vec<_> = (0..20).map(|i| format!("{i:05}")).collect();
    assert_eq!(sorted(seen), want, "each once, none left out");
    Ran::Well
}

pub async fn newest(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    if !can(host, &eyes).await.seek {
        return Ran::NotApplicable(NO_SEEK.into());
    }
    let at = host.make("newest", 3).await;
    let began = SystemTime::now() - Duration::from_secs(600);
    let put = spread(30, 3).into_iter().enumerate().map(|(i, put)| put.at(began + Duration::from_secs(i as u64)));
    host.put(&at, put.collect()).await;
    let want = |limit| PeekRequest { start: Start::Newest, ..PeekRequest::new(at.clone(), limit) };
    let got = read(&eyes, want(6)).await.expect("newest");
    assert_eq!(sorted(got.bodies()), (24..30).map(|i| format!("{i:05}")).collect::<Vec<_>>());
    assert_eq!(got.why, Why::Limit, "older ones were left out");
    let more = got.more.expect("a cursor to the older ones");
    let got = read(&eyes, PeekRequest { start: Start::From(more), ..PeekRequest::new(at.clone(), 6) }).await.expect("older");
    assert_eq!(sorted(got.bodies()), (18..24).map(|i| format!("{i:05}")).collect::<Vec<_>>());
    assert_eq!(got.why, Why::Limit);
    let got = read(&eyes, want(100)).await.expect("newest of few");
    assert_eq!((got.messages.len(), got.why), (30, Why::Complete));
    Ran::Well
}

fn timed() -> (SystemTime, Vec<Put>) {
    // whole milliseconds, as brokers keep them
    let ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64 - 3_600_000;
    let began = SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
    (began, numbered(10).into_iter().enumerate().map(|(i, put)| put.at(began + Duration::from_secs(60 * i as u64))).collect())
}

pub async fn from_a_time(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    if !can(host, &eyes).await.seek {
        return Ran::NotApplicable(NO_SEEK.into());
    }
    let at = host.make("from-time", 2).await;
    let (began, put) = timed();
    host.put(&at, put).await;
    let from = |t| PeekRequest { start: Start::Time(t), ..PeekRequest::new(at.clone(), 100) };
    let got = read(&eyes, from(began + Duration::from_secs(240))).await.expect("from");
    assert_eq!(got.bodies(), (4..10).map(|i| format!("{i:05}")).collect::<Vec<_>>());
    let got = read(&eyes, from(SystemTime::now() + Duration::from_secs(60))).await.expect("from after all");
    assert_eq!((got.messages.len(), got.why), (0, Why::Complete));
    Ran::Well
}

pub async fn to_a_time(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    if !can(host, &eyes).await.seek {
        return Ran::NotApplicable(NO_SEEK.into());
    }
    let at = host.make("to-time", 2).await;
    let (began, put) = timed();
    host.put(&at, put).await;
    let want = PeekRequest { stop: Stop::Time(began + Duration::from_secs(180)), ..PeekRequest::new(at, 100) };
    let got = read(&eyes, want).await.expect("until");
    assert_eq!(got.bodies(), (0..4).map(|i| format!("{i:05}")).collect::<Vec<_>>());
    assert_eq!(got.why, Why::TimeReached);
    Ran::Well
}

pub async fn a_seat(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("seat", 2).await;
    let seek = can(host, &eyes).await.seek;
    let seats = host.put(&at, numbered(6)).await;
    if seek {
        host.put(&at, vec![Put::body("elsewhere").to(1)]).await;
    }
    let want = accepting(&eyes, PeekRequest { start: Start::Seat(seats[2].clone()), ..PeekRequest::new(at, 3) }).await;
    let got = read(&eyes, want).await.expect("seat");
    assert_eq!(got.bodies(), ["00002", "00003", "00004"]);
    assert_eq!(got.messages[0].seat, seats[2]);
    Ran::Well
}

pub async fn below_the_start_is_gone(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    if !can(host, &eyes).await.seek {
        return Ran::NotApplicable(NO_SEEK.into());
    }
    let at = host.make("trimmed", 1).await;
    host.put(&at, numbered(10)).await;
    if let Err(why) = host.trim(&at, 0, 4).await {
        return why.into();
    }
    let seat = Start::Seat(Seat::Offset { partition: 0, offset: 1 });
    let error = read(&eyes, PeekRequest { start: seat, ..PeekRequest::new(at.clone(), 1) }).await.expect_err("below the start");
    assert_eq!(error.kind, ErrorKind::Gone);
    assert_eq!(all(&eyes, &at, 100).await.bodies(), (4..10).map(|i| format!("{i:05}")).collect::<Vec<_>>());
    Ran::Well
}

pub async fn batches_are_bounded(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("bounded", 1).await;
    let many = host.many();
    host.put(&at, (0..many).map(|i| Put::keyed(format!("k{i}"), vec![b'x'; 500]).to(0)).collect()).await;
    let sees = cost(&eyes, &at).await.sees.unwrap_or(u64::MAX).min(many as u64);
    let want = PeekRequest { max_bytes: 20_000, ..PeekRequest::new(at, 1000) };
    let got = read(&eyes, accepting(&eyes, want).await).await.expect("peek");
    assert_eq!(got.messages.len() as u64, sees);
    assert!(got.batches.iter().all(|b| *b <= 20_000 + 600), "{:?}", got.batches);
    Ran::Well
}

pub async fn window(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("window", 1).await;
    let Some(sees) = cost(&eyes, &at).await.sees else { return Ran::NotApplicable("a look sees everything".into()) };
    let n = usize::try_from(sees).unwrap() + 5;
    host.put(&at, numbered(n)).await;
    let got = all(&eyes, &at, n * 2).await;
    assert_eq!((got.messages.len() as u64, got.why), (sees, Why::Window));
    assert_eq!(bodies(&host.read_back(&at).await).len(), n);
    Ran::Well
}
