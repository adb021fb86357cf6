//! `redrive ls`: destinations of every broker, dead-letter queues first.

use std::io;

use serde_json::json;

use crate::cli::args::LsArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Out;
use crate::cli::{Desk, find, say};
use crate::decode::{human, safe};
use crate::model::{Count, Destination, Proof, Role};

/// Prints one row a destination; brokers that did not answer are named on stderr.
pub async fn run(desk: &Desk, args: LsArgs) -> io::Result<Exit> {
    let listing = find::list(&desk.means.brokers, None, args.internal).await;
    let mut rows: Vec<Destination> = desk.roles(listing.found);
    rows.retain(|d| args.pattern.as_ref().is_none_or(|p| d.at.name.contains(p.as_str())));
    rows.retain(|d| !args.dlq || d.role.is_dlq());
    rows.sort_by_key(|d| (d.at.conn.clone(), !d.role.is_dlq(), d.at.name.clone()));
    let mut out = Out::new(desk.format, "destinations", &["name", "broker", "kind", ">depth", ">partitions", "role"]);
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
    let failed: Vec<String> = listing.failed.iter().map(ToString::to_string).collect();
    out.end(json!({ "destinations": rows.len(), "failed": failed }))?;
    failed.iter().for_each(|e| say(&format!("redrive: {}", safe(e))));
    Ok(Exit::of_parts(failed.is_empty(), rows.is_empty()))
}

/// `DLQ of orders`, `DLQ (by its name)`, `-`.
fn role(role: &Role) -> String {
    match role {
        Role::Plain => "-".into(),
        Role::DeadLetter { of, proof } => {
            let names: Vec<String> = of.iter().map(|a| safe(&a.name).into_owned()).collect();
            let of = if names.is_empty() { String::new() } else { format!(" of {}", names.join(", ")) };
            let by = if *proof == Proof::Named { " (by its name)" } else { "" };
            format!("DLQ{of}{by}")
        }
    }
}
