//! What became of a replayed plan, headless: looks, and says on stderr what is new.

use crate::cli::{Desk, say, stopped};
use crate::decode::safe;
use crate::triage::ledger::LedgerError;
use crate::triage::plan::PlanId;
use crate::triage::verdict::{self, Look, Watch};

/// Looks once.
pub async fn look(desk: &Desk, plan: &PlanId) -> Result<Look, LedgerError> {
    let look = verdict::follow(plan, &desk.means.brokers, &desk.means.ledger, &desk.context, &desk.config.replay).await?;
    told(&look);
    look.trouble.iter().for_each(|t| say(&format!("no verdict from {}", safe(t))));
    if let Some(words) = look.silence() {
        say(&safe(&words));
    }
    Ok(look)
}

/// Looks again and again until there is a word of each message or their time is over, or the user stops it. Gives the last look.
pub async fn follow(desk: &Desk, plan: &PlanId) -> Result<Look, LedgerError> {
    say("waiting for a word of what was replayed (ctrl-c ends that; nothing is undone)");
    let mut watch = Watch::new(plan, &desk.means.brokers, &desk.means.ledger, &desk.context, &desk.config.replay);
    let mut last = Look::default();
    let all = async {
        while let Some(look) = watch.next().await? {
            told(&look);
            last = look;
        }
        Ok(())
    };
    tokio::select! {
        ended = all => ended?,
        () = stopped() => say("no longer waiting; `redrive jobs verdict` looks again"),
    }
    Ok(last)
}

fn told(look: &Look) {
    for line in &look.lines {
        let about = line.about.as_ref().map_or(String::new(), |(_, seat)| format!("{seat}: "));
        say(&safe(&format!("{about}{}", line.words)));
    }
}
