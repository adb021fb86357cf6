//! Bytes, types and order come back as they were sent.

use redrive::broker::{Outgoing, PeekRequest};
use redrive::drivers::memory::Put;
use redrive::model::{Address, Fields, Message, Seat, Typed};

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

/// A message of which only its place is known.
fn nothing(at: &Address) -> Message {
    Message {
        at: at.clone(),
        seat: Seat::Id(String::new()),
        key: None,
        body: None,
        headers: Vec::new(),
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: None,
        whole: true,
    }
}

pub async fn come_back_as_sent(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let at = host.make("bytes", 1).await;
    // a rehearsal goes by what is known of the broker
    can(host, &eyes).await;
    let message = nothing(&at);
    // what this broker cannot carry at all is not asked of it, and what it carries otherwise is put as it would be: both told by a rehearsal
    let carried = |put: Put| {
        let sent = Outgoing { key: put.key.clone(), body: put.body.clone(), headers: put.headers.clone(), ..out(&at, None, "") };
        let rehearsal = eyes.rehearse(&message, &sent);
        let wire = rehearsal.wire;
        let keyless = put.key.is_some() && wire.key.is_none();
        (rehearsal.refused.is_none() && !keyless).then_some(Put { key: wire.key, body: wire.body, headers: wire.headers, ..put })
    };
    let candidates = vec![
        Put { headers: headers(), ..Put::body("with headers") },
        Put::body(""),
        Put::body(&b"\xff\xfe\x00\xc3\x28 no utf-8"[..]),
        Put::body("größe\t\r\n\u{fffd}😀"),
        Put::keyed("", "empty key"),
        Put::keyed(&b"\x00\x80\x1b[31m"[..], "odd key"),
        Put { key: Some("gone".into()), ..Put::default() },
    ];
    let puts: Vec<_> = candidates.into_iter().filter_map(carried).map(|p| p.to(0)).collect();
    assert!(puts.len() >= 2 && puts[0].headers.len() >= 2, "headers and text go everywhere: {puts:?}");
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
    let mut body: Vec<u8> = (0..n).map(|i| (i * 31 % 251) as u8).collect();
    let sent = Outgoing { body: Some(body.clone().into()), ..out(&at, None, "") };
    let message = nothing(&at);
    if eyes.rehearse(&message, &sent).refused.is_some() {
        // a broker of text only
        body.iter_mut().for_each(|b| *b = b' ' + *b % 95);
    }
    host.put(&at, vec![Put::body("1").to(0), Put::body(body.clone()).to(0), Put::body("2").to(0)]).await;
    let mut want = PeekRequest { max_bytes: 1000, ..PeekRequest::new(at.clone(), 10) };
    want.accept = eyes.cost(&at).await.expect("cost").leaves;
    let got = read(&eyes, want).await.expect("peek");
    assert_eq!(got.messages.len(), 3, "a message larger than a batch comes alone, and whole");
    assert!(got.messages[1].body.as_deref() == Some(&body[..]));
    assert!(can(host, &eyes).await.max_batch > 0);
    Ran::Well
}
