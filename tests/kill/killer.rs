//! Starts the replay, kills it at a random moment, says what the ledger then knows, and goes on until it is done.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;
use serde_json::Value;

use crate::binary::{Place, finish};
use crate::readback::{early_looker, ends};

/// Longest wait for a run to come as far as it should before it is killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Numbers by chance, the same for the same seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    /// Up to and with `most`.
    pub fn upto(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % (most + 1)
    }
}

/// When a run is killed.
#[derive(Debug)]
enum Moment {
    /// So long after its start: while it reads, plans, clears up doubt, or goes slowly.
    After(Duration),
    /// So many further messages are on the target, and a little later: in the middle of the work.
    Written(u64, Duration),
}

/// One replay, run again and again.
pub struct Killer<'a> {
    place: &'a Place,
    looker: BaseConsumer,
    origin: &'a str,
    dlt: &'a str,
    messages: u64,
}

impl<'a> Killer<'a> {
    pub fn new(place: &'a Place, server: &str, origin: &'a str, dlt: &'a str, messages: usize) -> Self {
        Self { place, looker: early_looker(server), origin, dlt, messages: messages as u64 }
    }

    fn written(&self) -> u64 {
        ends(&self.looker, self.origin).iter().map(|(_, start, end)| (end - start).unsigned_abs()).sum()
    }

    /// The one plan of the ledger, if it came to that.
    fn plan(&self) -> Option<Value> {
        let mut plans = self.place.run(&["jobs", "-o", "jsonl"]).exits(0).rows();
        assert!(plans.len() <= 1, "a resume makes no second plan: {plans:?}");
        plans.pop()
    }

    fn start(&self, plan: Option<&str>, rate: u64) -> Child {
        let rate = rate.to_string();
        let mut args = vec!["replay", "--yes", "--rate", &rate];
        match plan {
            Some(id) => args.extend(["--plan", id]),
            None => args.extend([self.dlt, "--all", "--reason", "the gateway is back"]),
        }
        self.place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
    }

    /// So many kills, then one run to the end. Gives the plan's id.
    pub fn work(&self, kills: usize, dice: &mut Dice) -> String {
        for kill in 1..=kills {
            let plan = self.plan();
            let id = plan.as_ref().and_then(|p| p["plan"].as_str());
            let left_kills = (kills - kill + 1) as u64;
            let before = self.written();
            let left = self.messages.saturating_sub(before);
            // one in four anywhere in time, the others in the midst of publishing
            let (moment, rate) = if dice.upto(3) == 0 {
                (Moment::After(Duration::from_millis(dice.upto(7_000))), (self.messages / 20).max(1))
            } else {
                let share = (left / (2 * left_kills)).max(1);
                (Moment::Written(1 + dice.upto(share - 1), Duration::from_micros(dice.upto(8_000))), 0)
            };
            let child = self.start(id, rate);
            self.strike(child, &moment, before);
            let known = self.plan();
            let counts = known.as_ref().map_or("no plan yet".into(), |p| self.counts(p));
            println!("kill {kill} {moment:?}: {} more on the target; the ledger: {counts}", self.written() - before);
        }
        self.to_the_end()
    }

    /// What the ledger says of the plan, and that it speaks of every message.
    fn counts(&self, plan: &Value) -> String {
        let of = |name: &str| plan["counts"][name].as_u64().unwrap_or_else(|| panic!("no count {name}: {plan}"));
        let (done, doubt, untouched) = (of("replayed"), of("in_doubt"), of("untouched"));
        assert_eq!(done + doubt + untouched, self.messages, "done, in doubt and untouched are all there is: {plan}");
        format!("{done} done, {doubt} in doubt, {untouched} untouched, {}", plan["status"].as_str().unwrap_or("?"))
    }

    fn strike(&self, mut child: Child, moment: &Moment, before: u64) {
        let began = Instant::now();
        let due = || match moment {
            Moment::After(time) => began.elapsed() >= *time,
            Moment::Written(more, _) => self.written() >= before + more,
        };
        while !due() {
            if child.try_wait().expect("waited").is_some() {
                let ran = finish(child, &["replay"]);
                panic!("it ended before it was killed at {moment:?}: {:?}\n{}\n{}", ran.code, ran.out, ran.err);
            }
            assert!(began.elapsed() < PATIENCE, "{moment:?} has not come within {PATIENCE:?}");
            if let Moment::After(_) = moment {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        if let Moment::Written(_, later) = moment {
            std::thread::sleep(*later);
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("waited");
    }

    fn to_the_end(&self) -> String {
        let known = self.plan();
        let child = self.start(known.as_ref().and_then(|p| p["plan"].as_str()), 0);
        let ran = finish(child, &["replay"]).exits(0);
        let plan = self.plan().expect("a plan");
        assert_eq!(plan["status"], "finished", "{}\n{}", ran.out, ran.err);
        assert_eq!(plan["counts"]["replayed"], self.messages, "{plan}");
        plan["plan"].as_str().expect("an id").to_owned()
    }
}
