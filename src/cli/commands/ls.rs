//! `redrive ls`: destinations of every broker, dead-letter queues first.

use std::io;
use std::time::Duration;

use futures::StreamExt;
use serde_json::json;

use crate::cli::args::LsArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, find, say};
use crate::decode::{human, safe};
use crate::model::{Count, Destination, Proof, Role};

/// Brokers that answer within this are shown together; what comes later stands below.
const TOGETHER: Duration = Duration::from_millis(800);

/// Names of the queues whose dead letters come to one, in its row: where a broker has one for all, more would be no help.
const NAMES: usize = 3;

/// Prints one row a destination; brokers that did not answer are named on stderr.
pub async fn run(desk: &Desk, args: LsArgs) -> io::Result<Exit> {
    let mut answers = find::answers(&desk.means.brokers, None, args.internal);
    let mut out = Out::new(desk.format, "destinations", &["name", "broker", "kind", ">depth", ">partitions", "role"]);
    let (mut found, mut failed): (Vec<Destination>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut shown, mut said) = (0, 0);
    let late = tokio::time::sleep(TOGETHER);
    tokio::pin!(late);
    loop {
        // those that answer at once stand in one order; whom the others would wait for comes below them
        let more = tokio::select! {
            biased;
            answer = answers.next() => answer,
            () = &mut late, if !late.is_elapsed() => {
                if !found.is_empty() {
                    shown += show(&mut out, desk.roles(std::mem::take(&mut found)), &args)?;
                    out.flush()?;
                }
                failed[said..].iter().for_each(|e| say(&format!("redrive: {}", safe(e))));
                said = failed.len();
                continue;
            }
        };
        let Some((rows, error)) = more else { break };
        found.extend(rows);
        failed.extend(error.map(|e| e.to_string()));
        if late.is_elapsed() {
            late.as_mut().reset(tokio::time::Instant::now());
        }
    }
    shown += show(&mut out, desk.roles(found), &args)?;
    failed[said..].sort();
    out.end(json!({ "destinations": shown, "failed": failed }))?;
    failed[said..].iter().for_each(|e| say(&format!("redrive: {}", safe(e))));
    Ok(Exit::of_parts(failed.is_empty(), shown == 0))
}

/// Adds the rows that are wanted, by broker, its dead-letter queues first; how many they are.
fn show(out: &mut Out, mut rows: Vec<Destination>, args: &LsArgs) -> io::Result<usize> {
    rows.retain(|d| args.pattern.as_ref().is_none_or(|p| d.at.name.contains(p.as_str())));
    rows.retain(|d| !args.dlq || d.role.is_dlq());
    rows.sort_by_key(|d| (d.at.conn.clone(), !d.role.is_dlq(), d.at.name.clone()));
    for row in &rows {
        let cells = vec![
            safe(&row.at.name).into_owned(),
            safe(row.at.conn.as_str()).into_owned(),
            row.at.kind.word().into(),
            human::count(row.depth),
            row.partitions.map_or("-".into(), |p| p.to_string()),
            role(&row.role),
        ];
        let object = json!({
            "address": row.at.to_string(), "name": row.at.name, "broker": row.at.conn.as_str(), "kind": row.at.kind.word(),
            "depth": row.depth.value(), "depth_exact": matches!(row.depth, Count::Exact(_)), "partitions": row.partitions,
            "consumers": row.consumers, "dlq": row.role.is_dlq(), "role": role(&row.role), "internal": row.internal,
        });
        out.row(cells, object)?;
    }
    Ok(rows.len())
}

/// `DLQ of orders`, `DLQ of orders, billing, stock and 12 more`, `DLQ (by its name)`, `-`.
fn role(role: &Role) -> String {
    match role {
        Role::Plain => "-".into(),
        Role::DeadLetter { of, proof } => {
            let of = if of.is_empty() { String::new() } else { format!(" of {}", human::some(of.iter().map(|a| a.name.as_str()), NAMES)) };
            let by = if *proof == Proof::Named { " (by its name)" } else { "" };
            format!("DLQ{of}{by}")
        }
    }
}
