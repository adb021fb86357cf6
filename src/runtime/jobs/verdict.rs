//! The job that follows a replayed plan: looks again and again at what became of it, until all is known or its window is over.

use std::time::{Duration, SystemTime};

use crate::app::effect::News;
use crate::broker::{Error, ErrorKind, Result};
use crate::runtime::{Out, Rooms};
use crate::triage::plan::PlanId;
use crate::triage::report::{Level, Line};
use crate::triage::verdict::follow;

/// Waits before a look, in seconds; the last one is that of all that follow.
const WAITS: [u64; 9] = [2, 5, 15, 30, 60, 60, 60, 120, 300];

/// Follows a plan. The last look is the first after the proof window's end.
pub async fn watch(plan: &PlanId, rooms: &Rooms, out: &Out) -> Result<()> {
    let mut trouble = Vec::new();
    let mut end: Option<SystemTime> = None;
    for wait in WAITS.iter().chain(std::iter::repeat(&WAITS[WAITS.len() - 1])) {
        let mut wait = Duration::from_secs(*wait);
        if let Some(left) = end.and_then(|end| end.duration_since(SystemTime::now()).ok()) {
            wait = wait.min(left + Duration::from_millis(100));
        }
        tokio::time::sleep(wait).await;
        let begun = SystemTime::now();
        let look = follow(plan, &rooms.brokers, &rooms.ledger, &rooms.context, &rooms.config.replay).await;
        let mut look = look.map_err(|e| Error::new(ErrorKind::Unexpected, "look for verdicts", e.to_string()))?;
        // the same trouble is said once
        if look.trouble != trouble {
            trouble.clone_from(&look.trouble);
            let said = trouble.iter().map(|t| Line { at: begun, level: Level::Watch, about: None, words: format!("no verdict from {t}") });
            look.lines.extend(said);
        }
        let over = look.is_over(begun);
        if let Some(words) = look.silence().filter(|_| over) {
            let words = format!("{words}; its time is over, nothing more is waited for");
            look.lines.push(Line { at: begun, level: Level::Watch, about: None, words });
        }
        end = look.until;
        out.tell(News::Verdicts(Box::new(look))).await;
        if over {
            break;
        }
    }
    Ok(())
}
