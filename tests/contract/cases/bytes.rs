//! Bytes, types and order come back as they were sent.

use redrive::broker::PeekRequest;
use redrive::drivers::memory::Put;
use redrive::model::{Fields, Typed};

use crate::hosts::{Host, Ran};
use crate::tools::{admin, all, can, out, read};

fn headers() -> Fields {
    let bytes = |b: &'static [u8]| Typed::bytes(Some(b.into()));
    vec![
        ("z-last".into(), bytes(b"1")),
        ("a-first".into(), bytes(b"\x00\xff\x1b[2J")),
        ("again".into(), bytes(b"one")),
        ("null".into(), Typed::bytes(None)),
        ("again".into(), bytes(b"two")),
        ("empty".into(), bytes(b"")),
        ("ümlaut".into(), bytes("größe".as_bytes())),
    ]
}

pub async fn come_back_as_sent(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let at = host.make("bytes", 1).await;
    let was = out(&at, Some("k"), "b");
    let mut probe = was.clone();
    (probe.headers, probe.body) = (headers(), None);
    // what this broker cannot carry at all is not asked of it; that is told by a rehearsal
    let message = redrive::model::Message {
        at: at.clone(),
        seat: redrive::model::Seat::Id(String::new()),
        key: None,
        body: None,
        headers: Vec::new(),
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: None,
        whole: true,
    };
    let rehearsal = eyes.rehearse(&message, &probe);
    let tombstones = rehearsal.refused.is_none();
    let carried = rehearsal.wire.headers;
    let keys = rehearsal.wire.key.is_some();
    let mut puts = vec![
        Put { headers: carried.clone(), ..Put::body("with headers") },
        Put::body(""),
        Put::body(&b"\xff\xfe\x00\xc3\x28 no utf-8"[..]),
    ];
    if keys {
        puts.extend([Put::keyed("", "empty key"), Put::keyed(&b"\x00\x80\x1b[31m"[..], "odd key")]);
    }
    if tombstones {
        puts.push(Put { key: Some("gone".into()), ..Put::default() });
    }
    let puts: Vec<_> = puts.into_iter().map(|p| p.to(0)).collect();
    host.put(&at, puts.clone()).await;
    let got = all(&eyes, &at, 100).await.messages;
    assert_eq!(got.len(), puts.len());
    for (m, put) in got.iter().zip(&puts) {
        assert_eq!((&m.key, &m.body, &m.headers), (&put.key, &put.body, &put.headers));
    }
    hand.close().await;
    Ran::Well
}

pub async fn big_and_odd(host: &dyn Host) -> Ran {
    let (eyes, _) = admin(host).await;
    let at = host.make("big", 1).await;
    let limit = eyes.describe(&at).await.expect("describe").max_message_bytes.unwrap_or(1 << 20);
    // nearly a mebibyte: the broker's own framing has to fit too
    let n = usize::try_from(limit.min(1 << 20)).unwrap() - 1024;
    let body: Vec<u8> = (0..n).map(|i| (i * 31 % 251) as u8).collect();
    host.put(&at, vec![Put::body("1").to(0), Put::body(body.clone()).to(0), Put::body("2").to(0)]).await;
    let mut want = PeekRequest { max_bytes: 1000, ..PeekRequest::new(at.clone(), 10) };
    want.accept = eyes.cost(&at).await.expect("cost").leaves;
    let got = read(&eyes, want).await.expect("peek");
    assert_eq!(got.messages.len(), 3, "a message larger than a batch comes alone, and whole");
    assert!(got.messages[1].body.as_deref() == Some(&body[..]));
    assert!(can(&eyes).await.max_batch > 0);
    Ran::Well
}
