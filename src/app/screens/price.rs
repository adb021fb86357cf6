//! The price of a look that leaves a trace, before it is taken: what it does to each message, what is left, who is disturbed.

use super::{Ask, Cx};
use crate::app::Writes;
use crate::app::command::Command;
use crate::app::overlay::{Confirm, Dialog, Overlay, Then};
use crate::app::text::Line;
use crate::app::width::wrap;
use crate::broker::Trace;
use crate::decode::{human, safe};
use crate::model::Address;

/// The argument that a screen's [`Command::Retry`] is told with when the price was agreed to, for all or for the first 10.
pub const LOOK: &str = "look ";

/// What a look that has to write asks for.
const WORD: &str = "is needed before: what is in hand cannot go back as it came. It is copied to the ledger, published to its own queue, \
confirmed, and only then taken out. Should redrive be killed meanwhile, the one just on its way can be lost";

/// The dialog that asks; `cli` does the same on the command line. Nothing where a look is free, or its price not known yet.
pub fn ask(at: &Address, cli: String, cx: &Cx) -> Option<Ask> {
    let cost = cx.facts.price(at)?;
    let destination = cx.facts.destination(at);
    let depth = destination.map(|d| d.depth);
    let (hides, leaves): (Vec<&Trace>, Vec<&Trace>) = cost.leaves.iter().partition(|t| matches!(t, Trace::Hides(_) | Trace::LocksGroup));
    let mut lines: Vec<Line> = Vec::new();
    let room = usize::from(cx.size.width).saturating_sub(18);
    let long = |name: &str, text: &str| -> Vec<Line> {
        wrap(text, room).into_iter().enumerate().map(|(i, part)| Line::fact(if i == 0 { name } else { "" }, part)).collect()
    };
    for (i, trace) in leaves.into_iter().enumerate() {
        lines.push(Line::fact(if i == 0 { "the price" } else { "" }, trace.words()));
    }
    let writes = cost.leaves.contains(&Trace::Reseats);
    if writes {
        lines.extend(long("your word", WORD));
    }
    if let Some(safer) = &cost.safer {
        lines.extend(long("or first", &safe(safer)));
        lines.extend(long("", "with that set, and as long as it stays, a look puts nothing in again"));
    }
    let refused = cost.refused.clone().or_else(|| no_writes(writes, cx));
    if let Some(why) = &refused {
        lines.extend(long("refused", &safe(why)));
    }
    lines.extend(cost.limit_words().map(|limit| Line::fact("the limit", limit)));
    if let Some(n) = cost.sees {
        lines.push(Line::fact("shows", format!("the first {} at most", human::count_plain(n))));
    }
    let mut name = "meanwhile";
    for trace in hides {
        lines.push(Line::fact(std::mem::take(&mut name), trace.words()));
    }
    let consumers = match destination.and_then(|d| d.consumers) {
        Some(0) => "no consumers are connected".to_owned(),
        Some(n) => format!("{n} consumer{} connected: what is looked at is out of their reach", if n == 1 { " is" } else { "s are" }),
        None => "whether consumers are connected is not told".to_owned(),
    };
    lines.push(Line::fact(name, consumers));
    lines.push(Line::fact("without it", "d depth, config, readers: no trace"));
    let confirm = if refused.is_some() {
        Confirm::Nothing
    } else {
        let most = cost.sees.and_then(|sees| depth.and_then(|d| d.value()).map(|all| all.min(sees)));
        Confirm::AllOrFirst(match (most, depth) {
            (Some(n), _) => format!("the first {}", human::count_plain(n)),
            (None, Some(depth)) if depth.value().is_some() => format!("all {}", human::count(depth)),
            _ => "all".to_owned(),
        })
    };
    let mut dialog =
        Dialog::new(format!("look into {}?", safe(&at.name)), lines, confirm, Then::Tell(Command::Retry, format!("{LOOK}{{}}")));
    let probe = cx.facts.brokers.get(&at.conn).and_then(|b| b.probe.value.as_ref());
    let product = probe.map_or(String::new(), |p| format!(" {} {}", safe(&p.product), safe(&p.version)).trim_end().to_owned());
    dialog.right = format!("{}{product}, {}", safe(at.conn.as_str()), at.kind.word());
    dialog.cli = if cost.refused.is_some() {
        // it would be refused there too
        String::new()
    } else if writes {
        cli.replace("--accept-traces", "--reseat REASON")
    } else {
        cli
    };
    Some(Ask::Overlay(Box::new(Overlay::Dialog(Box::new(dialog)))))
}

/// Why a look that has to write is not taken now.
fn no_writes(needed: bool, cx: &Cx) -> Option<String> {
    match cx.writes {
        _ if !needed || cx.writes.allowed(cx.now) => None,
        Writes::Never => Some("putting in again is a write, and nothing may be written here".into()),
        _ => Some("READ-ONLY: putting in again is a write (W turns writes on)".into()),
    }
}
