//! Brokers with queues, where a replay takes the message out of its source: each message ends at the target or is still where it lay.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::binary::Place;
use crate::killer::{Dice, Killer, Worked};
use crate::site::{End, Site};
use crate::sites::{activemq, rabbitmq, sqs};
use crate::told::{Told, told};
use crate::{seed, size};

/// Messages of a full run.
const FULL: usize = 2_000;
/// Messages that Classic shows of a queue, so the most that one plan has.
const WINDOW: usize = 400;
/// Messages a second: what is published at once is small then, so that a kill leaves little in doubt and something for the next.
const RATE: u64 = 75;

/// Kills a replay of everything at this site, in full of so many messages; `may_refuse` as in [`Killer`].
fn killed_at_any_moment(site: Option<Site>, full: usize, may_refuse: Option<&str>) {
    let Some(site) = site else { return };
    let (messages, kills) = size((300, 4), (full, 20));
    let (seed, began, name) = (seed(), Instant::now(), site.name.clone());
    println!("{name}: {messages} messages, {kills} kills, REDRIVE_KILL_SEED={seed}");
    let place = Place::new(&format!("{}[replay]\ncanary = [1, 25]\n", site.config), &[]);
    let (dlq, site) = (site.source.clone(), RefCell::new(site));
    site.borrow_mut().bury(0, 0, messages);
    let (written, settle) = (|| site.borrow_mut().count(End::Target), || site.borrow_mut().settle());
    let clear_up = || clear_up(&place, &mut site.borrow_mut());
    let messages = messages as u64;
    let killer =
        Killer { place: &place, dlq: &dlq, messages, written: &written, rate: RATE, settle: &settle, clear_up: &clear_up, may_refuse };
    let worked = killer.work(kills, &mut Dice(seed));
    settle();
    let mut site = site.into_inner();
    match worked {
        Worked::Done(plan) => {
            place.run(&["jobs", "doubt"]).exits(0);
            let told = told(&place, &plan);
            assert_eq!(told.len() as u64, messages, "the ledger tells of every message");
            for (n, told) in &told {
                assert_eq!(told.outcomes.iter().filter(|o| *o == "replayed").count(), 1, "{plan}/{n}: {:?}", told.outcomes);
            }
            site.comes_to(End::Source, 0);
            nothing_is_lost(&mut site, messages, &plan, &told);
        }
        Worked::Refused(plan) => nothing_is_lost(&mut site, messages, &plan, &told(&place, &plan)),
    }
    println!("{name}: {:.1} s in all", began.elapsed().as_secs_f64());
}

/// Says of each message in doubt whether it arrived, as the independent client sees it by its mark.
fn clear_up(place: &Place, site: &mut Site) {
    let arrived: BTreeSet<String> = site.read(End::Target).into_iter().filter_map(|m| m.replay_id).collect();
    for row in place.run(&["jobs", "doubt", "-o", "jsonl"]).rows() {
        let id = row["replay_id"].as_str().unwrap_or_else(|| panic!("no replay id: {row}"));
        let word = if arrived.contains(id) { "--arrived" } else { "--missing" };
        place.run(&["jobs", "settle", word, id, "--yes", "--reason", "looked at the target"]).exits(0);
    }
}

/// Every message is at one of the ends; at the target twice, or at both ends, only if the ledger had it in doubt or knows that it has still to
/// be taken out.
fn nothing_is_lost(site: &mut Site, messages: u64, plan: &str, told: &BTreeMap<u64, Told>) {
    let (target, source) = (site.read(End::Target), site.read(End::Source));
    let there: BTreeSet<u64> = target.iter().chain(&source).map(|m| m.number).collect();
    let lost: Vec<u64> = (0..messages).filter(|n| !there.contains(n)).collect();
    assert!(lost.is_empty(), "{}: lost: {lost:?}", site.name);
    let mut copies: BTreeMap<u64, Vec<Option<&str>>> = BTreeMap::new();
    target.iter().for_each(|m| copies.entry(m.number).or_default().push(m.replay_id.as_deref()));
    let twice: Vec<_> = copies.into_iter().filter(|(_, ids)| ids.len() > 1).collect();
    let doubted = told.values().filter(|t| t.doubted()).count();
    assert!(twice.len() <= doubted, "{}: {} are there twice, {doubted} were in doubt: {twice:?}", site.name, twice.len());
    for (number, ids) in &twice {
        // a message that the broker itself moved carries no mark: of those only the counts are compared
        for id in ids.iter().flatten() {
            let n = id.strip_prefix(plan).and_then(|n| n.strip_prefix('/')).and_then(|n| n.parse().ok());
            let of = told.get(&n.unwrap_or_else(|| panic!("of another plan: {id}"))).unwrap_or_else(|| panic!("{id} is not in the ledger"));
            assert!(of.doubted(), "{}: {number} is there {} times, and never was in doubt: {of:?}", site.name, ids.len());
        }
    }
    println!(
        "{}: {messages} messages, {} at the target, {} twice, {doubted} in doubt at some time, {} still where they lay",
        site.name,
        target.len(),
        twice.len(),
        source.len()
    );
}

#[test]
fn rabbitmq_classic() {
    killed_at_any_moment(rabbitmq("4", "classic", "{}"), FULL, None);
}

/// Every kill uses up a look: at the floor of the delivery limit it has to refuse.
#[test]
fn rabbitmq_quorum() {
    killed_at_any_moment(rabbitmq("4", "quorum", "{}"), FULL, Some("delivery limit"));
}

#[test]
fn sqs_standard() {
    killed_at_any_moment(sqs(), FULL, None);
}

#[test]
fn activemq_classic() {
    killed_at_any_moment(activemq("ACTIVEMQ_6"), WINDOW, None);
}

#[test]
fn artemis() {
    killed_at_any_moment(activemq("ARTEMIS"), FULL, None);
}
