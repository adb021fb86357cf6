//! A peer that freezes: at each protocol, from the start and in the middle of a look or a replay, every call ends within its limit and says which
//! broker did not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use redrive::broker::{Brokers, Done, ErrorKind, Link, PeekRequest, Selection};
use redrive::config::profile::Profile;
use redrive::schema::{Declared, see};
use redrive::triage::ledger::TriageLedger;
use redrive::triage::plan::{Actor, Deed, ReplayRequest, Route, Source};
use redrive::triage::replay::{Hands, Means, replay};
use redrive::triage::report::{Ended, Progress, Wish};
use redrive::triage::{preflight, prepare};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::site::{Pair, Site, as_it_is, look, of, sites};

/// Longest that a call may take whose answers have a limit of three seconds: a look asks several things one after the other.
const ENDS: Duration = Duration::from_secs(60);

/// Stands between redrive and a door of a broker; frozen, it passes nothing on and closes nothing, as a stopped process does.
struct Freezer {
    at: String,
    frozen: Arc<AtomicBool>,
}

impl Freezer {
    async fn before(door: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("its address").to_string();
        let frozen = Arc::new(AtomicBool::new(false));
        let (to, now) = (door.to_owned(), frozen.clone());
        tokio::spawn(async move {
            while let Ok((ours, _)) = listener.accept().await {
                let (to, now) = (to.clone(), now.clone());
                tokio::spawn(async move {
                    let Ok(theirs) = TcpStream::connect(&to).await else { return };
                    let ((from_us, to_us), (from_them, to_them)) = (ours.into_split(), theirs.into_split());
                    tokio::join!(pass(from_us, to_them, &now), pass(from_them, to_us, &now));
                });
            }
        });
        Self { at, frozen }
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, frozen: &AtomicBool) {
    let mut some = vec![0; 16 << 10];
    while let Ok(n) = from.read(&mut some).await {
        if frozen.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if n == 0 || to.write_all(&some[..n]).await.is_err() {
            return;
        }
    }
}

/// `scheme://host:port/path` as (scheme, host:port, path).
fn parts(url: &str) -> (String, String, String) {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (at, path) = rest.split_once('/').map_or((rest, String::new()), |(at, path)| (at, format!("/{path}")));
    (scheme.to_owned(), at.to_owned(), path)
}

/// A profile whose doors all have a freezer before them: broker, Jolokia, STOMP.
async fn through(site: &Site) -> (Profile, Vec<Freezer>) {
    let mut profile = site.profile();
    // before it freezes, a busy broker answers within this too
    profile.activemq.connection_timeout = Duration::from_secs(3);
    let mut all = Vec::new();
    let mut doors = vec![&mut profile.activemq.broker_url];
    doors.extend(profile.activemq.jolokia_url.as_mut());
    doors.extend(profile.activemq.stomp_url.as_mut());
    for url in doors {
        let (scheme, at, path) = parts(url);
        let freezer = Freezer::before(&at).await;
        *url = format!("{scheme}://{}{path}", freezer.at);
        all.push(freezer);
    }
    (profile, all)
}

fn is_named(error: &redrive::broker::Error) -> bool {
    matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unreachable) && error.cause.contains("127.0.0.1") && error.conn.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_frozen_from_the_start_is_named() {
    for site in sites(&["artemis", "6", "517"]) {
        let (profile, freezers) = through(&site).await;
        freezers.iter().for_each(|f| f.frozen.store(true, Ordering::Relaxed));
        let eyes = redrive::drivers::connect(&profile, true).expect("a driver").eyes;
        let error = tokio::time::timeout(ENDS, eyes.probe()).await.expect("an end").expect_err("frozen");
        assert!(is_named(&error), "{}: {error}", site.name);
    }
}

/// Each door for itself: the broker's port answers, and management or STOMP behind it does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_is_frozen_is_said_and_the_others_are_used() {
    for site in sites(&["6"]) {
        for (door, others) in [(1, "admin, by STOMP"), (2, "admin, by Jolokia")] {
            let (profile, freezers) = through(&site).await;
            freezers[door].frozen.store(true, Ordering::Relaxed);
            let eyes = redrive::drivers::connect(&profile, true).expect("a driver").eyes;
            let probe = tokio::time::timeout(ENDS, eyes.probe()).await.expect("an end").expect("another door");
            assert_eq!(probe.identity, others);
        }
    }
}

async fn dead_letters(site: &Site) -> Pair {
    let pair = site.pair("frozen").await;
    site.jms(&["die", &pair.home.name, &pair.dead.name, "1000"]);
    pair
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_freezes_in_the_middle_ends_every_call_and_nothing_is_taken_for_gone() {
    for site in sites(&["artemis", "6", "517"]) {
        let pair = dead_letters(&site).await;
        let (profile, freezers) = through(&site).await;
        let Link { eyes, hand } = redrive::drivers::connect(&profile, true).expect("a driver");
        let hand = hand.expect("a hand");
        let mut hold = hand.hold(&pair.dead, Selection::First(1)).await.expect("hold");
        let held = hold.next(1).await.expect("next").remove(0);
        let leaves = eyes.cost(&pair.dead).await.expect("cost").leaves;
        freezers.iter().for_each(|f| f.frozen.store(true, Ordering::Relaxed));
        // as it is by the broker's own move; with a header more by a transaction
        let mut more = as_it_is(&held.message, &pair.home);
        more.headers.push(("why".into(), redrive::model::Typed::bytes(Some("test".into()))));
        let published = tokio::time::timeout(ENDS, hand.publish(vec![more.clone()])).await.expect("an end").remove(0);
        assert!(is_named(published.as_ref().expect_err("frozen")), "{}: {published:?}", site.name);
        let carried = tokio::time::timeout(ENDS, hold.carry(vec![(held.id, more)])).await.expect("an end").remove(0);
        let error = carried.expect_err("frozen");
        assert!(is_named(&error) && error.kind != ErrorKind::Gone && error.done == Done::No, "{}: {error}", site.name);
        tokio::time::timeout(ENDS, hold.close()).await.expect("an end").expect("close");
        let mut flow = eyes.peek(PeekRequest { accept: leaves, ..PeekRequest::new(pair.dead.clone(), 100) });
        let step = tokio::time::timeout(ENDS, flow.next()).await.expect("an end").expect("an answer");
        assert!(is_named(step.as_ref().expect_err("frozen")), "{}: {step:?}", site.name);
        let listed = tokio::time::timeout(ENDS, eyes.list(Default::default()).next()).await.expect("an end").expect("an answer");
        assert!(listed.is_err(), "{}", site.name);
        tokio::time::timeout(ENDS, eyes.close()).await.expect("an end");
        site.jms(&["take", &pair.dead.name, &pair.home.name]);
        if site.jolokia.is_some() {
            site.forget(&pair).await;
        }
    }
}

/// A busy broker misses one answer and gives the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_not_answered_once_goes_on_and_says_so() {
    for site in sites(&["artemis", "6"]) {
        let pair = dead_letters(&site).await;
        let (profile, freezers) = through(&site).await;
        let Link { eyes, hand } = redrive::drivers::connect(&profile, true).expect("a driver");
        let (id, dir) = (eyes.id().clone(), tempfile::tempdir().expect("a folder"));
        let means = Means {
            brokers: Brokers([(id.clone(), eyes.clone())].into()),
            hands: Hands::new([(id, hand.expect("a hand"))].into()),
            ledger: TriageLedger::open(&dir.path().join("ledger.db")).expect("a ledger"),
        };
        let mut ask = ReplayRequest::new(Deed::Replay, Source::Queue(pair.dead.clone()), Route::Origin, Actor::default());
        ask.pace.canary = Vec::new();
        let dead = of(look(&eyes, &pair.dead).await.0, &pair.home);
        let seen: Vec<_> = dead.into_iter().map(|m| Arc::new(see(m, &Declared::default()))).collect();
        let (draft, _) = prepare::prepare_seen(eyes.as_ref(), ask, &seen, 0);
        let plan = preflight::freeze(draft, &means.brokers, &means.hands, &means.ledger).await.unwrap_or_else(|_| panic!("a plan"));
        // only management is silent, until that was said
        let management = &freezers[1].frozen;
        management.store(true, Ordering::Relaxed);
        let say = |p: Progress| {
            if p.lines.iter().any(|line| line.words.contains("asking once more")) {
                management.store(false, Ordering::Relaxed);
            }
        };
        let (_wish, heard) = watch::channel(Wish::Run { per_second: None });
        let report = tokio::time::timeout(ENDS, replay(&plan, &means, &say, heard)).await.expect("an end");
        assert_eq!((&report.ended, report.counts.replayed), (&Ended::Finished, 10), "{}: {report:?}", site.name);
        assert_eq!(site.jms(&["await", &pair.home.name, "10"]).len(), 10, "{}", site.name);
        site.forget(&pair).await;
    }
}
