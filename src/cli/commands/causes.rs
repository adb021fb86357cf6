//! `redrive causes`: why the messages of a dead-letter queue died; one row a cause, or one cause in full.

use std::fmt::Write as _;
use std::io;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::broker::Error;
use crate::cli::args::CausesArgs;
use crate::cli::exit::Exit;
use crate::cli::output::{Out, document};
use crate::cli::{Desk, complain, find, say, stopped};
use crate::decode::{human, safe};
use crate::model::Address;
use crate::triage::causes::{CausesAsk, Reading, causes};
use crate::triage::group::{Cause, Share};

/// Prints the causes, most messages first, and the receipt of the reading on stderr.
pub async fn run(desk: &Desk, args: CausesArgs) -> io::Result<Exit> {
    let (causes, reading) = match read(desk, &args.destination, args.all).await {
        Ok(Some(read)) => read,
        Ok(None) => return Ok(complain("stopped before it was read", Exit::Nothing)),
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let whole = reading.receipt.is_complete();
    if let Some(id) = &args.cause {
        let Some(cause) = causes.iter().find(|c| c.id.is_meant(id, &c.fingerprint)) else {
            say(&reading.receipt.to_string());
            return Ok(unknown(id, &causes));
        };
        document(desk.format, "cause", &detail(cause, &reading), object(cause))?;
        return Ok(Exit::All);
    }
    let now = SystemTime::now();
    let columns = ["id", ">count", ">first", ">last", "category", ">invalid", "cause"];
    let mut out = Out::new(desk.format, "causes", &columns);
    for cause in &causes {
        let age = |t: Option<SystemTime>| t.map_or("?".into(), |t| human::age(now.duration_since(t).unwrap_or_default()));
        let cells = vec![
            cause.id.to_string(),
            human::count_plain(cause.count),
            age(cause.first),
            age(cause.last),
            safe(&cause.category.name).into_owned(),
            if cause.valid + cause.invalid == 0 { "-".into() } else { human::count_plain(cause.invalid) },
            safe(&cause.title).into_owned(),
        ];
        out.row(cells, object(cause))?;
    }
    out.end(json!({ "read": reading.receipt.read, "complete": whole, "text": reading.receipt.to_string() }))?;
    say(&reading.receipt.to_string());
    Ok(if whole { Exit::All } else { Exit::Partly })
}

/// Says that there is no such cause, and which there are.
pub fn unknown(id: &str, causes: &[Cause]) -> Exit {
    let known: Vec<&str> = causes.iter().map(|c| c.id.0.as_str()).collect();
    let next = if known.is_empty() { "nothing is unresolved here".to_owned() } else { format!("there are {}", known.join(", ")) };
    complain(
        &format!("no cause '{}' with unresolved messages; {next} (`redrive causes --all` shows settled ones too)", safe(id)),
        Exit::Nothing,
    )
}

/// Reads the causes of a destination named by the user; `None`: the user stopped it.
pub async fn read(desk: &Desk, name: &str, with_settled: bool) -> Result<Option<(Vec<Cause>, Reading)>, Error> {
    let at = find::destination(&desk.means.brokers, &desk.context.name, name).await?.at;
    read_at(desk, at, with_settled).await
}

/// The same for a known address.
pub async fn read_at(desk: &Desk, at: Address, with_settled: bool) -> Result<Option<(Vec<Cause>, Reading)>, Error> {
    let broker = desk.broker(&at.conn)?.clone();
    let ask = CausesAsk { with_settled, accept: desk.accepted(&at).await?, ..CausesAsk::new(at, &desk.context) };
    tokio::select! {
        read = causes(broker.as_ref(), &ask, &desk.context, &desk.declared, &desk.means.ledger, None, &|_| {}) => read.map(Some),
        () = stopped() => Ok(None),
    }
}

fn detail(cause: &Cause, reading: &Reading) -> String {
    let mut out = String::new();
    let mut line = |l: &str, r: String| {
        let _ = writeln!(out, "{l:<14}{}", safe(&r));
    };
    let shares = |all: &[Share]| all.iter().map(|s| format!("{} ({})", s.name, human::count_plain(s.count))).collect::<Vec<_>>().join(", ");
    line("cause", format!("{} {}", cause.id, cause.title));
    line(
        "count",
        format!("{} unresolved of {}", human::count_plain(cause.unresolved), human::count_plain(cause.unresolved + cause.past.settled())),
    );
    line("why grouped", cause.why_grouped());
    line("category", cause.category.explain());
    line("failed by", cause.failed_by.clone().unwrap_or_else(|| "?".into()));
    line("origin", if cause.origins.is_empty() { "?".into() } else { shares(&cause.origins) });
    line("metadata", if cause.families.is_empty() { "none".into() } else { shares(&cause.families) });
    line("first, last", format!("{}, {}", human::utc(cause.first), human::utc(cause.last)));
    line("attempts", cause.attempts.map_or("? (not recorded)".into(), |(a, b)| if a == b { a.to_string() } else { format!("{a} to {b}") }));
    line("schema", cause.schema_words());
    let past = &cause.past;
    line(
        "past",
        format!(
            "{} came back, {} replayed, {} parked, {} discarded, {} in doubt",
            past.came_back, past.replayed, past.parked, past.discarded, past.in_doubt
        ),
    );
    for (name, sample) in [("newest", &cause.newest), ("oldest", &cause.oldest)] {
        line(
            name,
            format!(
                "{}/{}  key {}  {}",
                sample.at,
                sample.seat,
                sample.key.as_deref().unwrap_or("-"),
                sample.error.as_deref().unwrap_or(&sample.preview)
            ),
        );
    }
    line("fingerprint", cause.fingerprint.hex());
    line("read", reading.receipt.to_string());
    out
}

/// A cause as JSON.
pub fn object(cause: &Cause) -> Value {
    let shares = |all: &[Share]| all.iter().map(|s| json!({ "name": s.name, "count": s.count })).collect::<Vec<_>>();
    let time = |t: Option<SystemTime>| t.map(|t| human::utc(Some(t)));
    let sample = |s: &crate::triage::group::Sample| json!({ "address": format!("{}/{}", s.at, s.seat), "id": s.id.0, "key": s.key, "error": s.error, "event": s.event });
    json!({
        "id": cause.id.0, "fingerprint": cause.fingerprint.hex(), "title": cause.title, "count": cause.count, "unresolved": cause.unresolved,
        "first": time(cause.first), "last": time(cause.last), "category": cause.category.name,
        "action": cause.category.action.map(|a| a.word()), "severity": cause.category.severity.word(), "category_because": cause.category.explain(),
        "failed_by": cause.failed_by, "origins": shares(&cause.origins), "families": shares(&cause.families), "events": shares(&cause.events),
        "partitions": cause.partitions, "valid": cause.valid, "invalid": cause.invalid, "unchecked": cause.unchecked,
        "why_grouped": cause.why_grouped(), "newest": sample(&cause.newest), "oldest": sample(&cause.oldest),
        "past": { "came_back": cause.past.came_back, "replayed": cause.past.replayed, "parked": cause.past.parked, "discarded": cause.past.discarded, "in_doubt": cause.past.in_doubt },
    })
}
