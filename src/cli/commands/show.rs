//! `redrive show`: one message whole: body with its violations, headers, death, history; or its body's bytes.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::SystemTime;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::broker::{Error, ErrorKind, PeekRequest, Peeked, Start};
use crate::cli::args::ShowArgs;
use crate::cli::exit::Exit;
use crate::cli::output::document;
use crate::cli::{Desk, complain, find, say};
use crate::decode::{self, Form, Hint, human, safe, safe_bytes};
use crate::model::{Address, Death, Kind, Message, Seat, Told, WireType};
use crate::schema::{Seen, Verdict, see};

/// Characters of one header value that are shown; `--output json` has them whole.
const LONG: usize = 2_000;
/// Messages of a queue that are looked through for one.
const FROM_THE_HEAD: usize = 1_000;

/// Prints the message; with `--raw` only the bytes of its body.
pub async fn run(desk: &Desk, args: ShowArgs) -> io::Result<Exit> {
    let (name, seat) = match find::message(&args.message) {
        Ok(parts) => parts,
        Err(why) => return Ok(complain(&why, Exit::Usage)),
    };
    let found = async {
        let at = find::destination(&desk.means.brokers, &desk.context.name, name).await?.at;
        let message = fetch(desk, &at, seat).await?;
        if desk.context.committed_only(at.conn.as_str()) && !is_committed(desk, &message).await? {
            say("it is of a transaction that is open or was given up: readers of committed messages do not see it");
        }
        Ok::<_, Error>(message)
    };
    let message = match found.await {
        Ok(message) => message,
        Err(e) => return Ok(complain(&e.to_string(), Exit::Nothing)),
    };
    if args.raw {
        let mut out = io::stdout().lock();
        out.write_all(message.body.as_deref().unwrap_or_default())?;
        out.flush()?;
        return Ok(Exit::All);
    }
    let mut one = see(message, &desk.declared);
    desk.fill_past(std::slice::from_mut(&mut one)).await;
    document(desk.format, "message", &text(&one), super::peek::object(&one))?;
    Ok(Exit::All)
}

/// Reads the one message at a seat.
pub async fn fetch(desk: &Desk, at: &Address, seat: Seat) -> Result<Message, Error> {
    let accept = desk.accepted(at).await?;
    // a queue has no seats to go to: it is read from its head until the message comes by
    let (start, limit) = if at.kind == Kind::Queue { (Start::Oldest, FROM_THE_HEAD) } else { (Start::Seat(seat.clone()), 1) };
    let want = PeekRequest { start, committed_only: false, accept, ..PeekRequest::new(at.clone(), limit) };
    let shown = seat.to_string();
    let mut flow = desk.broker(&at.conn)?.peek(want);
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(messages) = step?
            && let Some(message) = messages.into_iter().find(|m| m.seat == seat || m.seat.to_string() == shown)
        {
            return Ok(message);
        }
    }
    Err(Error::new(ErrorKind::NotFound, "read", format!("nothing at {}", safe(&shown)))
        .about(at)
        .next("it may have been compacted away or fallen to retention; `redrive peek` shows what is there"))
}

/// Whether readers of committed messages see it too; off logs there is nothing else.
async fn is_committed(desk: &Desk, message: &Message) -> Result<bool, Error> {
    if !matches!(message.seat, Seat::Offset { .. }) {
        return Ok(true);
    }
    let want = PeekRequest { start: Start::Seat(message.seat.clone()), ..PeekRequest::new(message.at.clone(), 1) };
    let mut flow = desk.broker(&message.at.conn)?.peek(want);
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(messages) = step? {
            return Ok(messages.iter().any(|m| m.seat == message.seat));
        }
    }
    Ok(false)
}

fn text(one: &Seen) -> String {
    let m = &one.message;
    let mut out = String::new();
    let mut line = |l: &str, r: String| {
        let _ = writeln!(out, "{l:<12}{r}");
    };
    line("message", safe(&format!("{}/{}", m.at, m.seat)).into_owned());
    line("id", safe(&one.id.0).into_owned());
    line("time", human::utc(m.sent));
    line("key", m.key.as_ref().map_or("- (none)".into(), |k| safe_bytes(k)));
    let cut = if m.whole { "" } else { "; a cut view: the broker showed no more" };
    line("size", format!("{}{cut}", human::bytes(m.size() as u64)));
    line("schema", verdict(one));
    death_text(&one.death, &mut line);
    for past in &one.past {
        line(
            "past",
            format!(
                "{} {} by {} in plan {} {}",
                human::utc(Some(past.when)),
                past.kind.word(),
                safe(&past.actor),
                past.plan,
                safe(&past.detail)
            ),
        );
    }
    for (what, fields) in [("headers", &m.headers), ("properties", &m.properties), ("delivery", &m.delivery)] {
        if fields.is_empty() && what != "headers" {
            continue;
        }
        let _ = writeln!(out, "{what:<12}{}", fields.len());
        for (name, value) in fields {
            // Kafka's headers are all bytes: that goes without saying
            let wire = if value.wire == WireType::BYTES { String::new() } else { format!("   ({})", safe(&value.wire.0)) };
            let _ = writeln!(out, "  {}: {}{wire}", safe(name), decode::header(name, value, LONG).text);
        }
    }
    body(one, &mut out);
    out
}

/// The body's lines, each violation below the line it is about.
fn body(one: &Seen, out: &mut String) {
    let Some(bytes) = &one.message.body else {
        out.push_str("body        (tombstone: no body at all)\n");
        return;
    };
    let decoded = decode::body(bytes, Hint::Auto);
    let why = match &decoded.form {
        Form::Hex(why) if !why.is_empty() => format!(", {why}"),
        _ => String::new(),
    };
    let _ = writeln!(out, "body        {}, {}{why}", decoded.form.word(), human::bytes(bytes.len() as u64));
    let mut below: Vec<(usize, &crate::schema::Violation)> =
        one.violations.iter().map(|v| (v.at.map_or_else(|| decoded.line_of(&v.pointer).line, |b| decoded.line_at(b)), v)).collect();
    below.sort_by_key(|(line, _)| *line);
    let mut below = below.into_iter().peekable();
    for index in 0..decoded.len() {
        let Some(line) = decoded.line(index) else { break };
        let _ = writeln!(out, "  {}{}", "  ".repeat(line.indent), line.text());
        while let Some((_, v)) = below.next_if(|(at, _)| *at <= index) {
            let mark = if v.severity == crate::schema::Severity::Error { '✗' } else { '!' };
            let _ = writeln!(out, "{mark} {}└ {}: {}", "  ".repeat(line.indent), safe(&v.pointer), v.what);
        }
    }
    for (_, v) in below {
        let _ = writeln!(out, "✗ {}: {}", safe(&v.pointer), v.what);
    }
}

fn verdict(one: &Seen) -> String {
    match &one.verdict {
        Verdict::Valid { event, version, assumed } => {
            format!("valid: event {} {version}{}", safe(event), if *assumed { " (version assumed)" } else { "" })
        }
        Verdict::Invalid { .. } => {
            let n = one.violations.iter().filter(|v| v.severity == crate::schema::Severity::Error).count();
            format!(
                "invalid: {n} violation{}{}",
                if n == 1 { "" } else { "s" },
                one.event.as_ref().map_or(String::new(), |e| format!(", event {}", safe(e)))
            )
        }
        Verdict::Unchecked { why } => format!("unchecked: {}", safe(why)),
    }
}

fn death_text(death: &Death, line: &mut impl FnMut(&str, String)) {
    if death.family.is_empty() {
        return;
    }
    line("death", death.family.to_owned());
    if let Some(e) = &death.error.value {
        let class = e.class.as_deref().unwrap_or("?");
        line("  error", format!("{}: {}   ({})", safe(class), safe(e.message.as_deref().unwrap_or("-")), safe(&death.error.source)));
    }
    if let Some(o) = &death.origin.value {
        let place = o.partition.zip(o.offset).map_or(String::new(), |(p, o)| format!(" p{p}/{o}"));
        line("  origin", format!("{}{place}   ({})", safe(&o.name), safe(&death.origin.source)));
    }
    if let Some(by) = &death.failed_by.value {
        line("  failed by", format!("{}   ({})", safe(by), safe(&death.failed_by.source)));
    }
    line("  attempts", told(&death.attempts, |n| n.to_string()));
    line("  died", told(&death.last, |t| human::utc(Some(*t))));
}

fn told<T>(fact: &Told<T>, text: impl Fn(&T) -> String) -> String {
    let value = fact.value.as_ref().map_or("?".into(), text);
    if fact.source.is_empty() { value } else { format!("{value}   ({})", safe(&fact.source)) }
}

/// A death as JSON, each field with its source.
pub fn death(death: &Death) -> Value {
    if death.family.is_empty() {
        return Value::Null;
    }
    let time = |t: &Told<SystemTime>| json!({ "value": t.value.map(|t| human::utc(Some(t))), "source": t.source });
    let error = death.error.value.as_ref();
    let origin = death.origin.value.as_ref();
    json!({
        "family": death.family,
        "origin": { "name": origin.map(|o| &o.name), "kind": origin.and_then(|o| o.kind).map(|k| k.word()), "exchange": origin.and_then(|o| o.exchange.as_ref()), "routing_keys": origin.map(|o| &o.routing_keys),
            "partition": origin.and_then(|o| o.partition), "offset": origin.and_then(|o| o.offset), "source": death.origin.source },
        "failed_by": { "value": death.failed_by.value, "source": death.failed_by.source },
        "error": { "class": error.and_then(|e| e.class.as_ref()), "wrapper": error.and_then(|e| e.wrapper.as_ref()), "message": error.and_then(|e| e.message.as_ref()),
            "stage": error.and_then(|e| e.stage.as_ref()), "stack": error.and_then(|e| e.stack.as_ref()), "source": death.error.source },
        "attempts": { "value": death.attempts.value, "source": death.attempts.source },
        "first": time(&death.first), "last": time(&death.last), "sent": time(&death.sent), "pointer": death.pointer,
    })
}
