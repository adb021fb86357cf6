//! `redrive check`: what every setting is used for; with `--connect`, what each broker lets us do.

use std::io;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use serde_json::json;

use crate::broker::{Broker, Error, ErrorKind, ListRequest, PeekRequest};
use crate::cli::args::{CheckArgs, Format};
use crate::cli::exit::Exit;
use crate::cli::output::{Out, document, plain};
use crate::cli::{Desk, find, say};
use crate::config::{Loaded, as_toml, explain};
use crate::decode::safe;
use crate::model::{Address, Destination};

/// How long a broker may be silent.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the config says; its errors and warnings go to stderr.
pub fn config(loaded: &Loaded, args: &CheckArgs, format: Format) -> io::Result<Exit> {
    let report = loaded.report(false);
    if !report.is_empty() {
        say(report.trim_end());
    }
    if args.language.is_some() {
        plain(&as_toml(loaded))?;
    } else if !args.connect || loaded.failed() {
        document(format, "check", &explain::text(loaded), explain::explain(loaded))?;
    }
    Ok(if loaded.failed() { Exit::Usage } else { Exit::All })
}

/// Tries every broker of the open context.
pub async fn connect(desk: &Desk) -> io::Result<Exit> {
    let tried = join_all(desk.means.brokers.0.values().map(|b| probe(desk, b.as_ref()))).await;
    let columns = ["broker", "reachable", "signed in", "list", "read", "write", "what it is"];
    let mut out = Out::new(desk.format, "connections", &columns);
    for t in &tried {
        let cells = vec![
            safe(&t.name).into_owned(),
            word(t.reachable).into(),
            word(t.login).into(),
            word(t.list).into(),
            word(t.read).into(),
            word(t.write).into(),
            safe(&t.what).into_owned(),
        ];
        let errors: Vec<String> = t.errors.iter().map(ToString::to_string).collect();
        let object = json!({
            "broker": t.name, "reachable": t.reachable, "signed_in": t.login, "list": t.list, "read": t.read, "write": t.write,
            "what": t.what, "errors": errors,
        });
        out.row(cells, object)?;
    }
    let bad = tried.iter().filter(|t| !t.errors.is_empty()).count();
    out.end(json!({ "connections": tried.len(), "with_trouble": bad }))?;
    tried.iter().flat_map(|t| &t.errors).for_each(|e| say(&format!("redrive: {}", safe(&e.to_string()))));
    Ok(match bad {
        0 => Exit::All,
        n if n == tried.len() => Exit::Nothing,
        _ => Exit::Partly,
    })
}

/// What one broker lets us do; `None`: not found out.
struct Tried {
    name: String,
    reachable: Option<bool>,
    login: Option<bool>,
    list: Option<bool>,
    read: Option<bool>,
    write: Option<bool>,
    what: String,
    errors: Vec<Error>,
}

fn word(answer: Option<bool>) -> &'static str {
    match answer {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "?",
    }
}

async fn probe(desk: &Desk, broker: &dyn Broker) -> Tried {
    let name = broker.id().as_str().to_owned();
    let mut t = Tried { name, reachable: None, login: None, list: None, read: None, write: None, what: String::new(), errors: Vec::new() };
    match broker.probe().await {
        Ok(p) => {
            (t.reachable, t.login) = (Some(true), Some(true));
            t.what = [p.product, p.version, p.identity].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
        }
        Err(e) => {
            match e.kind {
                ErrorKind::Unreachable | ErrorKind::Timeout => t.reachable = Some(false),
                ErrorKind::Login => (t.reachable, t.login) = (Some(true), Some(false)),
                _ => {}
            }
            t.errors.push(e);
            return t;
        }
    }
    let (found, failed) = find::rows(broker.list(ListRequest::default()), broker.id(), "list", PATIENCE).await;
    if let Some(e) = failed {
        t.list = Some(false);
        t.errors.push(e);
        return t;
    }
    // a user without any right sees an empty cluster, not an error
    t.list = Some(!found.is_empty());
    if found.is_empty() {
        t.what.push_str(", no destinations visible (none there, or no right to see them)");
    }
    if let Some(at) = pick(desk, &found) {
        match read(broker, &at).await {
            Ok(()) => t.read = Some(true),
            Err(e) => {
                t.read = (e.kind == ErrorKind::Denied).then_some(false);
                t.errors.push(e);
            }
        }
        t.write = broker.describe(&at).await.ok().and_then(|d| d.may_write);
    }
    t
}

/// One that can be read for nothing: a declared dead-letter queue's main queue if it is there, else the first.
fn pick(desk: &Desk, found: &[Destination]) -> Option<Address> {
    let declared = |d: &&Destination| desk.context.dead_letters.pairs.iter().any(|p| p.main == d.at.name);
    found.iter().find(declared).or_else(|| found.first()).map(|d| d.at.clone())
}

/// Reads one message if that leaves no trace; a costly look is not taken just to check.
async fn read(broker: &dyn Broker, at: &Address) -> Result<(), Error> {
    let cost = broker.cost(at).await?;
    if cost.refused.is_some() || !cost.leaves.is_empty() {
        return Ok(());
    }
    let mut flow = broker.peek(PeekRequest::new(at.clone(), 1));
    while let Some(step) = flow.next().await {
        step?;
    }
    Ok(())
}
