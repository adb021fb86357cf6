//! What goes wrong has a name, a place, and says whether it happened all the same.

use std::time::Duration;

use futures::StreamExt;
use redrive::broker::{Done, Error, ErrorKind, Limits, Link, ListRequest, PeekRequest, Rights, Selection, guard};

use crate::hosts::{Host, Ran, Who};
use crate::tools::{accepting, admin, can, list, numbered, out, read, until};

macro_rules! connect {
    ($host:expr, $who:expr) => {
        match $host.connect($who).await {
            Ok(link) => link,
            Err(why) => return why.into(),
        }
    };
}

fn says_what_to_do(error: &Error) {
    assert!(error.conn.is_some() || error.at.is_some(), "names the broker: {error}");
    assert!(!error.op.is_empty() && !error.cause.is_empty() && !error.next.is_empty(), "operation, cause, next step: {error:?}");
    assert!(!error.to_string().contains("-pw"), "no secret: {error}");
}

pub async fn wrong_password_is_login(host: &dyn Host) -> Ran {
    let Link { eyes, .. } = connect!(host, Who::WrongPassword);
    let error = eyes.probe().await.expect_err("wrong password");
    assert_eq!((error.kind, error.retry), (ErrorKind::Login, false));
    says_what_to_do(&error);
    let listed = eyes.list(Default::default()).next().await.expect("an answer").expect_err("wrong password");
    assert_eq!(listed.kind, ErrorKind::Login);
    Ran::Well
}

pub async fn missing_right_is_denied(host: &dyn Host) -> Ran {
    let Link { eyes, hand } = connect!(host, Who::Viewer);
    let at = host.make("forbidden", 1).await;
    host.put(&at, numbered(2)).await;
    let want = accepting(&eyes, PeekRequest::new(at.clone(), 10)).await;
    assert_eq!(read(&eyes, want).await.expect("a viewer may read").messages.len(), 2);
    let hand = hand.expect("a hand that the broker denies");
    let error = hand.publish(vec![out(&at, Some("k"), "b")]).await.remove(0).expect_err("a viewer may not write");
    assert_eq!((error.kind, error.done, error.retry), (ErrorKind::Denied, Done::No, false));
    says_what_to_do(&error);
    assert_eq!(host.read_back(&at).await.len(), 2);
    Ran::Well
}

pub async fn nobody_reads_nothing(host: &dyn Host) -> Ran {
    let Link { eyes, hand } = connect!(host, Who::Nobody);
    let at = host.make("hidden", 1).await;
    host.put(&at, numbered(2)).await;
    // either it shows nothing, or says that nothing may be shown, or it has nobody to ask (Classic without management)
    let mut listed = eyes.list(ListRequest { internal: true });
    while let Some(batch) = listed.next().await {
        match batch {
            Ok(found) => assert!(found.iter().all(|d| d.at != at)),
            Err(e) => assert!(matches!(e.kind, ErrorKind::Denied | ErrorKind::Login | ErrorKind::Unsupported), "{e}"),
        }
    }
    let error = read(&eyes, PeekRequest::new(at.clone(), 10)).await.expect_err("nobody may read");
    assert_eq!(error.kind, ErrorKind::Denied);
    says_what_to_do(&error);
    if let Some(hand) = hand {
        let refused = match hand.hold(&at, Selection::First(1)).await {
            Err(e) => e,
            Ok(mut hold) => hold.next(1).await.expect_err("nobody may take"),
        };
        assert_eq!(refused.kind, ErrorKind::Denied);
    }
    Ran::Well
}

pub async fn wrong_host_is_unreachable(host: &dyn Host) -> Ran {
    let Link { eyes, hand } = connect!(host, Who::WrongHost);
    let error = eyes.probe().await.expect_err("nothing listens there");
    assert_eq!((error.kind, error.retry), (ErrorKind::Unreachable, true));
    says_what_to_do(&error);
    let at = host.nowhere();
    assert_eq!(read(&eyes, PeekRequest::new(at, 1)).await.expect_err("peek").kind, ErrorKind::Unreachable);
    if let Some(hand) = hand {
        hand.close().await;
    }
    Ran::Well
}

const SHORT: Duration = Duration::from_millis(400);
/// Nothing of it takes so long, however busy the machine is.
const HANGS: Duration = Duration::from_secs(60);

/// Late by our own short limit, or refused before: not after a limit of the driver's.
fn is_late(error: &Error) {
    match error.kind {
        ErrorKind::Timeout => assert!(error.cause.contains("0.4s"), "{error}"),
        kind => assert_eq!(kind, ErrorKind::Unreachable, "{error}"),
    }
}

pub async fn late_look(host: &dyn Host) -> Ran {
    let link = connect!(host, Who::Silent);
    let eyes = guard(link, &Rights::writing(), &Limits { look: SHORT, write: SHORT, ..Limits::default() }).eyes;
    let began = std::time::Instant::now();
    let error = eyes.probe().await.expect_err("no answer");
    is_late(&error);
    assert_eq!(error.done, Done::No);
    says_what_to_do(&error);
    let listed = eyes.list(Default::default()).next().await.expect("an answer").expect_err("no answer");
    is_late(&listed);
    is_late(&read(&eyes, PeekRequest::new(host.nowhere(), 1)).await.expect_err("no answer"));
    assert!(began.elapsed() < HANGS, "{:?}", began.elapsed());
    Ran::Well
}

pub async fn late_write_is_in_doubt(host: &dyn Host) -> Ran {
    let link = connect!(host, Who::Silent);
    let hand = guard(link, &Rights::writing(), &Limits { look: SHORT, write: SHORT, ..Limits::default() }).hand.expect("a hand");
    let began = std::time::Instant::now();
    let to = host.nowhere();
    for answer in hand.publish(vec![out(&to, Some("a"), "1"), out(&to, Some("b"), "2")]).await {
        let error = answer.expect_err("no answer");
        assert_eq!((error.kind, error.done, error.retry), (ErrorKind::Timeout, Done::Perhaps, false), "{error}");
        says_what_to_do(&error);
    }
    assert!(began.elapsed() < HANGS, "{:?}", began.elapsed());
    Ran::Well
}

pub async fn comes_back_after_it_was_down(host: &dyn Host) -> Ran {
    let (eyes, hand) = admin(host).await;
    let at = host.make("back", 1).await;
    host.put(&at, numbered(3)).await;
    can(host, &eyes).await;
    if let Err(why) = host.down().await {
        return why.into();
    }
    assert_eq!(eyes.probe().await.expect_err("down").kind, ErrorKind::Unreachable);
    let error = hand.publish(vec![out(&at, Some("k"), "b")]).await.remove(0).expect_err("down");
    assert!(error.kind == ErrorKind::Unreachable || error.done == Done::Perhaps, "{error}");
    host.up().await.expect("up");
    until("reachable again", || async { eyes.probe().await.is_ok() }).await;
    assert!(list(&eyes, false).await.iter().any(|d| d.at == at), "the same link works again");
    hand.publish(vec![out(&at, Some("k"), "after")]).await.remove(0).expect("publish");
    Ran::Well
}
