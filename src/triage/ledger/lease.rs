//! Who runs a plan: one runner at a time, known by a heartbeat; a stale lease is taken over.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::desk::Trouble;
use super::rows::{now, time};
use super::state::lease_name;
use super::{Result, TriageLedger};
use crate::triage::plan::PlanId;

/// Without a heartbeat for this long a lease is stale.
pub const LEASE: Duration = Duration::from_secs(20);

/// A lease that this process holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for: `plan:7f3a-19c2`, `outbox`.
    pub name: String,
    pub(super) holder: String,
    /// The holder before was cut off: until when it may have been at work.
    pub cut_off: Option<SystemTime>,
    /// The holder before fell silent, but its process may live on.
    pub may_live: bool,
}

impl TriageLedger {
    /// Takes the lease of this name, from a dead or silent holder too. `Err` inside: who holds it, and until when at least.
    pub async fn lease(&self, name: String, who: String) -> Result<std::result::Result<Lease, (String, SystemTime)>> {
        self.writes
            .ask("take a lease", move |c| {
                let work = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let held = work
                    .query_row("SELECT who, process, until FROM leases WHERE name = ?1", [&name], |r| {
                        Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, i64>(2)?))
                    })
                    .optional()?;
                let (mut cut_off, mut may_live) = (None, false);
                if let Some((by, process, until)) = held {
                    let dead = is_dead(&process);
                    if until > now() && !dead {
                        return Ok(Err((by, time(until))));
                    }
                    // of one that fell silent but may live on nothing is sure: its client may go on sending for as long as that tries
                    may_live = !dead;
                    cut_off = Some(if dead { time(until.min(now())) } else { SystemTime::now() });
                }
                let holder = uuid::Uuid::now_v7().to_string();
                work.execute(
                    "INSERT OR REPLACE INTO leases (name, holder, who, process, until) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![name, holder, who, this_process(), end()],
                )?;
                work.commit()?;
                Ok(Ok(Lease { name, holder, cut_off, may_live }))
            })
            .await
    }

    /// The lease of a plan.
    pub async fn lease_plan(&self, plan: &PlanId, who: String) -> Result<std::result::Result<Lease, (String, SystemTime)>> {
        self.lease(lease_name(plan), who).await
    }

    /// The heartbeat. An error with `lease_lost` if somebody has taken over.
    pub async fn keep(&self, lease: &Lease) -> Result<()> {
        let lease = lease.clone();
        self.writes.ask("keep a lease", move |c| beat(c, &lease)).await
    }

    /// Gives it back.
    pub async fn release(&self, lease: Lease) -> Result<()> {
        self.writes
            .ask("give back a lease", move |c| {
                c.execute("DELETE FROM leases WHERE name = ?1 AND holder = ?2", params![lease.name, lease.holder])?;
                Ok(())
            })
            .await
    }
}

fn end() -> i64 {
    now().saturating_add(i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX))
}

/// Lengthens the lease, and proves that it is still ours: what follows in the same transaction is fenced by it.
pub(super) fn beat(c: &Connection, lease: &Lease) -> std::result::Result<(), Trouble> {
    let mine = c.prepare_cached("UPDATE leases SET until = ?3 WHERE name = ?1 AND holder = ?2")?.execute(params![
        lease.name,
        lease.holder,
        end()
    ])?;
    if mine == 1 {
        return Ok(());
    }
    let by = c.query_row("SELECT who FROM leases WHERE name = ?1", [&lease.name], |r| r.get(0)).optional()?;
    Err(Trouble::LeaseLost(by.unwrap_or_else(|| "it has been given back since".into())))
}

/// Who holds a lease now, and until when at least.
pub(super) fn holder(c: &Connection, name: &str) -> std::result::Result<Option<(String, SystemTime)>, Trouble> {
    let mut find = c.prepare_cached("SELECT who, process, until FROM leases WHERE name = ?1 AND until > ?2")?;
    let held =
        find.query_row(params![name, now()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, i64>(2)?))).optional()?;
    Ok(held.filter(|(_, process, _)| !is_dead(process)).map(|(who, _, until)| (who, time(until))))
}

/// `boot/pid namespace/pid/start`: says of a process of this very machine and namespace whether it still lives. Empty where that cannot be told.
fn this_process() -> String {
    match (machine(), birth(std::process::id())) {
        (Some(machine), Some(birth)) => format!("{machine}/{}/{birth}", std::process::id()),
        _ => String::new(),
    }
}

fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), space.display()))
}

/// When a process started, in clock ticks: tells it from a later one with its number (proc(5), field 22 of stat).
fn birth(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Certain only: of another machine or namespace nothing is known, and the lease has to run out.
fn is_dead(process: &str) -> bool {
    let Some((rest, born)) = process.rsplit_once('/') else { return false };
    let Some((place, pid)) = rest.rsplit_once('/') else { return false };
    let Ok(pid) = pid.parse() else { return false };
    machine().is_some_and(|m| m == place) && birth(pid).is_none_or(|b| b != born)
}

#[cfg(test)]
impl TriageLedger {
    /// As if the holder had died without a word.
    pub async fn break_lease(&self, plan: &PlanId) {
        let name = lease_name(plan);
        let broken = self.writes.ask("break a lease", move |c| Ok(c.execute("UPDATE leases SET until = 0 WHERE name = ?1", [name])?)).await;
        assert!(broken.is_ok());
    }
}
