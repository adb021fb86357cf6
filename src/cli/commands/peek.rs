//! `redrive peek`: messages of a destination in a table, or as they arrive, leaving no trace that was not agreed to.

use std::io;
use std::time::{Instant, SystemTime};

use futures::StreamExt;
use serde_json::{Value, json};

use crate::broker::{Error, PeekRequest, Peeked, Start, Stop, Why, parse_position, parse_time};
use crate::cli::args::PeekArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, complain, find, say, stopped};
use crate::decode::{human, safe, safe_bytes, safe_cut};
use crate::model::{Fields, Kind, Typed, Value as Held, WireType};
use crate::schema::{Seen, Verdict, see};

const DEFAULT_LIMIT: usize = 20;

/// Prints one row a message, then a receipt on stderr.
pub async fn run(desk: &Desk, args: PeekArgs) -> io::Result<Exit> {
    let now = SystemTime::now();
    let start = match args.from.as_deref().map(|from| parse_position(from, now)).transpose() {
        Ok(start) => start,
        Err(why) => return Ok(complain(&why, Exit::Usage)),
    };
    let stop = match args.until.as_deref().map(|t| parse_time(t, now)) {
        None if args.follow => Stop::Never,
        None => Stop::Now,
        Some(Ok(time)) => Stop::Time(time),
        Some(Err(why)) => return Ok(complain(&why, Exit::Usage)),
    };
    let at = match find::destination(&desk.means.brokers, &desk.context.name, &args.destination).await {
        Ok(found) => found.at,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let limit = args.limit.unwrap_or(if args.follow { usize::MAX } else { DEFAULT_LIMIT });
    // a queue shows its head and nothing else, and what arrives there is its consumers'
    if at.kind == Kind::Queue && (args.follow || !matches!(start, None | Some(Start::Oldest))) {
        return Ok(complain("a queue is read from its head: it has no offsets or times to go to, and cannot be followed", Exit::Usage));
    }
    let usual = if at.kind == Kind::Queue { Start::Oldest } else { Start::Newest };
    let start = start.unwrap_or(usual);
    let committed_only = !args.uncommitted && desk.context.committed_only(at.conn.as_str());
    let mut want = PeekRequest { start, stop, committed_only, ..PeekRequest::new(at, limit) };
    match desk.accepted(&want.from).await {
        Ok(traces) => want.accept = traces,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    }
    rows(desk, want, &args).await
}

async fn rows(desk: &Desk, want: PeekRequest, args: &PeekArgs) -> io::Result<Exit> {
    let began = Instant::now();
    let broker = match desk.broker(&want.from.conn) {
        Ok(broker) => broker,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    let live = want.stop == Stop::Never && desk.format == crate::cli::args::Format::Table;
    let columns = ["written", "message", "key", "body", "error"];
    let mut out = if live { Out::live("messages", &columns)? } else { Out::new(desk.format, "messages", &columns) };
    let at = want.from.clone();
    let newest = want.start == Start::Newest;
    let mut flow = broker.peek(want);
    // one listener for all of it: a signal between two steps is not lost
    let stop = stopped();
    tokio::pin!(stop);
    let (mut seen, mut invalid, mut undecodable) = (0u64, 0u64, 0u64);
    let end = loop {
        let step = tokio::select! {
            // first, so that the signals are heard before the first row is out
            biased;
            () = &mut stop => break Ending::Stopped,
            step = flow.next() => step,
        };
        match step {
            Some(Ok(Peeked::Batch(messages))) => {
                for message in messages {
                    let one = see(message, &desk.declared);
                    seen += 1;
                    invalid += u64::from(one.verdict.is_invalid());
                    undecodable += u64::from(one.message.body.as_ref().is_some_and(|b| std::str::from_utf8(b).is_err()));
                    if !args.invalid || one.verdict.is_invalid() {
                        out.row(cells(&one, &args.destination), object(&one))?;
                    }
                }
            }
            Some(Ok(Peeked::Progress { .. } | Peeked::Doomed(_))) => {}
            Some(Ok(Peeked::End { why, notes, .. })) => break Ending::Ended(why, notes),
            Some(Err(e)) => break Ending::Failed(e),
            None => break Ending::Stopped,
        }
    };
    drop(flow);
    let took = began.elapsed();
    let reason = match &end {
        Ending::Ended(Why::Complete, ..) => "all there is",
        Ending::Ended(Why::Limit, ..) if newest => "the newest; --limit takes more",
        Ending::Ended(Why::Limit, ..) => "stopped at the limit; --limit takes more",
        Ending::Ended(Why::TimeReached, ..) => "up to the time asked for",
        Ending::Ended(Why::Undecided, ..) => "all before a transaction that is still open; --uncommitted shows what is behind",
        Ending::Ended(Why::Window, ..) => "the broker shows no more",
        Ending::Stopped => "stopped by you",
        Ending::Failed(_) => "broken off",
    };
    let receipt = json!({ "read": seen, "invalid": invalid, "undecodable": undecodable, "end": reason, "seconds": took.as_secs_f64() });
    out.end(receipt)?;
    let n = human::count_plain(seen);
    say(&format!(
        "read {n} of {} in {:.1}s: {reason}; {invalid} invalid, {undecodable} not UTF-8",
        safe(&at.to_string()),
        took.as_secs_f64()
    ));
    match end {
        Ending::Failed(e) => Ok(complain(&e.to_string(), if seen > 0 { Exit::Partly } else { Exit::Nothing })),
        Ending::Ended(_, notes) => {
            notes.iter().for_each(|n| say(&safe(n)));
            Ok(Exit::All)
        }
        Ending::Stopped => Ok(Exit::All),
    }
}

enum Ending {
    Ended(Why, Vec<String>),
    Stopped,
    Failed(Error),
}

/// The message as `redrive show` takes it: by the name the user gave the destination.
fn cells(one: &Seen, destination: &str) -> Vec<String> {
    let m = &one.message;
    let error = one.death.error.value.as_ref().and_then(|e| e.class.as_deref().or(e.message.as_deref()).or(e.stage.as_deref()));
    let mark = if one.verdict.is_invalid() { "invalid" } else { "" };
    vec![
        human::utc(m.sent),
        safe(&format!("{destination}/{}", m.seat)).into_owned(),
        m.key.as_ref().map_or("-".into(), |k| safe_cut(&safe_bytes(k), 24)),
        if m.body.is_none() { "(tombstone)".into() } else { safe_cut(&one.preview, 60) },
        error.map_or(mark.to_owned(), |e| safe_cut(e.rsplit('.').next().unwrap_or(e), 40)),
    ]
}

/// A message as JSON: text where it is text, else base64-free hex, so that nothing is hidden and nothing is raw.
pub fn object(one: &Seen) -> Value {
    let m = &one.message;
    let text = |b: &[u8]| std::str::from_utf8(b).map_or_else(|_| json!({ "hex": hex(b) }), |t| json!(t));
    let violations: Vec<Value> = one.violations.iter().map(|v| json!({ "pointer": v.pointer, "what": v.what })).collect();
    json!({
        "address": format!("{}/{}", m.at, m.seat), "destination": m.at.name, "broker": m.at.conn.as_str(), "seat": m.seat.to_string(),
        "id": one.id.0, "time": m.sent.map(|t| human::utc(Some(t))), "key": m.key.as_deref().map(text), "body": m.body.as_deref().map(text),
        "tombstone": m.body.is_none(), "whole": m.whole, "headers": fields(&m.headers), "properties": fields(&m.properties), "delivery": fields(&m.delivery), "bytes": m.size(), "event": one.event, "verdict": verdict(&one.verdict),
        "violations": violations, "death": super::show::death(&one.death),
    })
}

/// Headers or properties as JSON: order and repeats kept, with the protocol's type where it has types.
pub fn fields(fields: &Fields) -> Vec<Value> {
    let one = |(name, typed): &(String, Typed)| match typed.wire == WireType::BYTES {
        true => json!({ "name": name, "value": held(typed) }),
        false => json!({ "name": name, "value": held(typed), "type": typed.wire.0 }),
    };
    fields.iter().map(one).collect()
}

/// A value as JSON: bytes that are no text as hex, times in ISO 8601, what does not fit a number as text.
fn held(typed: &Typed) -> Value {
    match &typed.value {
        Held::Null => Value::Null,
        Held::Bool(b) => json!(b),
        Held::Int(n) => i64::try_from(*n).map_or_else(|_| json!(n.to_string()), |n| json!(n)),
        Held::Float(f) => json!(f),
        Held::Text(t) => json!(t),
        Held::Bytes(b) => std::str::from_utf8(b).map_or_else(|_| json!({ "hex": hex(b) }), |t| json!(t)),
        Held::Time(ms) => crate::decode::death::timestamp(*ms).map_or_else(|| json!(ms), |t| json!(human::utc(Some(t)))),
        Held::List(items) => Value::Array(items.iter().map(held).collect()),
        Held::Table(table) => json!({ "fields": fields(table) }),
    }
}

/// `valid`, `invalid`, or `unchecked: why`.
pub fn verdict(v: &Verdict) -> String {
    match v {
        Verdict::Valid { .. } => "valid".into(),
        Verdict::Invalid { .. } => "invalid".into(),
        Verdict::Unchecked { why } => format!("unchecked: {why}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
