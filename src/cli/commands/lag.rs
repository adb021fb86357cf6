//! `redrive lag`: how far every consumer group is behind and what waits in every queue, or one group by partition.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::broker::{ErrorKind, ReadersRequest};
use crate::cli::args::LagArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, complain, find, say};
use crate::decode::{human, safe};
use crate::model::{Address, Backlog, ConnId, Count, Position, Reader};
use crate::triage::reach;

/// How long a broker may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Prints groups (or one group's partitions), those furthest behind first.
pub async fn run(desk: &Desk, args: LagArgs) -> io::Result<Exit> {
    let (mut readers, failed) = ask(desk, args.group.as_deref()).await;
    if let Some(topic) = &args.topic {
        readers.iter_mut().for_each(|(_, r)| r.at.retain(|p| p.of.name == *topic));
        readers.retain(|(_, r)| !r.at.is_empty());
    }
    readers.sort_by(|(_, a), (_, b)| b.behind().cmp(&a.behind()).then_with(|| a.name.cmp(&b.name)));
    failed.iter().for_each(|e| say(&format!("redrive: {}", safe(e))));
    if let Some(group) = &args.group
        && readers.is_empty()
        && failed.is_empty()
    {
        return Ok(complain(&format!("no group '{}'; `redrive lag` shows those there are", safe(group)), Exit::Nothing));
    }
    if let (Some(topic), true) = (&args.topic, readers.is_empty() && failed.is_empty()) {
        match find::destination(&desk.means.brokers, &desk.context.name, topic).await {
            Err(e) if e.kind == ErrorKind::NotFound => return Ok(complain(&e.to_string(), Exit::Nothing)),
            _ => say(&format!("nobody is known to read {}", safe(topic))),
        }
    }
    if args.group.is_some() {
        by_partition(desk, &readers, &failed)?
    } else {
        by_group(desk, &readers, &failed)?
    }
    Ok(Exit::of_parts(failed.is_empty(), readers.is_empty()))
}

/// Readers of all brokers at once, and the errors of those that could not say.
async fn ask(desk: &Desk, group: Option<&str>) -> (Vec<(ConnId, Reader)>, Vec<String>) {
    let asks = desk.means.brokers.0.iter().map(|(id, broker)| async move {
        let want = group.map_or(ReadersRequest::All, |g| ReadersRequest::Named(g.to_owned()));
        let (found, error) = find::rows(broker.readers(want), id, "list groups", PATIENCE).await;
        // a group that was asked for by name and is on another broker is no failure
        let error = error.filter(|e| group.is_none() || e.kind != ErrorKind::NotFound);
        (found.into_iter().map(|r| (id.clone(), r)).collect::<Vec<_>>(), error)
    });
    let mut readers = Vec::new();
    let mut failed = Vec::new();
    for (found, error) in join_all(asks).await {
        readers.extend(found);
        failed.extend(error.map(|e| e.to_string()));
    }
    let declared = if failed.is_empty() { absent(desk, &readers, group).await } else { Vec::new() };
    readers.extend(declared);
    (readers, failed)
}

/// Groups that ought to be there and are not; only where every broker answered may that be said.
async fn absent(desk: &Desk, found: &[(ConnId, Reader)], group: Option<&str>) -> Vec<(ConnId, Reader)> {
    let topics: BTreeSet<Address> = find::list(&desk.means.brokers, None, false).await.found.into_iter().map(|d| d.at).collect();
    let of = |conn: &ConnId| {
        let listed: Vec<Reader> = found.iter().filter(|(c, _)| c == conn).map(|(_, r)| r.clone()).collect();
        reach::absent(&desk.context, conn, &listed, &topics)
    };
    let all = desk.means.brokers.ids().flat_map(|conn| of(conn).into_iter().map(|r| (conn.clone(), r)));
    all.filter(|(_, r)| group.is_none_or(|g| g == r.name)).collect()
}

fn by_group(desk: &Desk, readers: &[(ConnId, Reader)], failed: &[String]) -> io::Result<()> {
    let mut out =
        Out::new(desk.format, "readers", &["group", "broker", "type", "state", ">members", ">behind", ">in flight", ">lost", "topics"]);
    for (conn, reader) in readers {
        let mut topics: Vec<&str> = reader.at.iter().map(|p| p.of.name.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        let cells = vec![
            safe(&reader.name).into_owned(),
            safe(conn.as_str()).into_owned(),
            reader.kind.word().into(),
            reader.state.clone(),
            reader.members.map_or("-".into(), |m| m.to_string()),
            backlog(reader).map_or_else(|| reader.behind().map_or("?".into(), human::count_plain), |b| human::count(b.ready)),
            backlog(reader).map_or("-".into(), |b| human::count(b.in_flight)),
            lost(reader.at.iter().map(Position::lost).sum()),
            if reader.note.is_empty() { safe(&topics.join(",")).into_owned() } else { reader.note.clone() },
        ];
        out.row(cells, object(conn, reader))?;
    }
    out.end(json!({ "groups": readers.len(), "failed": failed }))
}

fn by_partition(desk: &Desk, readers: &[(ConnId, Reader)], failed: &[String]) -> io::Result<()> {
    let columns = ["broker", "topic", ">partition", ">committed", ">start", ">end", ">behind", ">lost", "owner"];
    let mut out = Out::new(desk.format, "positions", &columns);
    for (conn, reader) in readers {
        let members = reader.members.map_or("members unknown".into(), |m| format!("{m} members"));
        say(&format!("{} on {conn}: {}, {}, {members}", safe(&reader.name), reader.kind.word(), reader.state));
        if !reader.note.is_empty() {
            say(&reader.note);
        }
        if let Some(b) = backlog(reader) {
            let oldest = b.oldest.map_or("not told".into(), |t| human::utc(Some(t)));
            say(&format!("{} ready, {} in flight, oldest {oldest}", human::count(b.ready), human::count(b.in_flight)));
        }
        for p in &reader.at {
            let cells = vec![
                safe(conn.as_str()).into_owned(),
                safe(&p.of.name).into_owned(),
                p.partition.map_or("-".into(), |p| p.to_string()),
                p.committed.map_or(if p.backlog.is_some() { "-".into() } else { "?".into() }, |c| c.to_string()),
                if p.backlog.is_some() { "-".into() } else { p.start.to_string() },
                if p.backlog.is_some() { "-".into() } else { p.end.to_string() },
                p.behind().map_or("?".into(), human::count_plain),
                lost(p.lost()),
                p.owner.as_deref().map_or("-".into(), |o| safe(o).into_owned()),
            ];
            out.row(cells, position(p))?;
        }
    }
    out.end(json!({ "groups": readers.iter().map(|(c, r)| object(c, r)).collect::<Vec<_>>(), "failed": failed }))
}

fn lost(n: u64) -> String {
    if n == 0 { "-".into() } else { human::count_plain(n) }
}

/// The queue's, where the reader is a queue.
fn backlog(reader: &Reader) -> Option<&Backlog> {
    reader.at.first()?.backlog.as_ref()
}

fn object(conn: &ConnId, reader: &Reader) -> Value {
    json!({
        "group": reader.name, "broker": conn.as_str(), "type": reader.kind.word(), "state": reader.state, "members": reader.members,
        "behind": reader.behind(), "note": reader.note, "positions": reader.at.iter().map(position).collect::<Vec<_>>(),
    })
}

fn position(p: &Position) -> Value {
    json!({
        "topic": p.of.name, "partition": p.partition, "committed": p.committed, "start": p.start, "end": p.end,
        "behind": p.behind(), "lost": p.lost(), "owner": p.owner, "read_at": human::utc(Some(p.read_at)),
        "backlog": p.backlog.as_ref().map(|b| json!({
            "ready": b.ready.value(), "ready_exact": matches!(b.ready, Count::Exact(_)), "in_flight": b.in_flight.value(),
            "oldest": b.oldest.map(|t| human::utc(Some(t))), "came": b.came, "went": b.went,
        })),
    })
}
