//! Starts the replay, kills it at a random moment, says what the ledger then knows, and goes on until it is done.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::binary::{Place, Ran, finish};

/// Longest wait for a run to come as far as it should before it is killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs at most from the last kill to the end.
const MOST_ENDS: usize = 5;

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
    pub place: &'a Place,
    pub dlq: &'a str,
    pub messages: u64,
    /// How many messages are on the target.
    pub written: &'a dyn Fn() -> u64,
    /// Messages a second at most while it waits for a number of them on the target; 0: no limit. A batch is in doubt as a whole.
    pub rate: u64,
    /// Waits until the broker has noticed that the killed program is gone.
    pub settle: &'a dyn Fn(),
    /// Settles by hand what the program cannot: whether a message arrived at a target that redrive may not look into, or cannot.
    pub clear_up: &'a dyn Fn(),
    /// In what words a run may refuse to go on, because one more look would cost messages; `None`: it may not.
    pub may_refuse: Option<&'a str>,
}

/// How it came to its end.
pub enum Worked {
    /// All is replayed; the plan's id.
    Done(String),
    /// A run refused, in the words that it may; the plan's id.
    Refused(String),
}

impl<'a> Killer<'a> {
    fn written(&self) -> u64 {
        (self.written)()
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
            None => args.extend([self.dlq, "--all", "--reason", "the gateway is back"]),
        }
        self.place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
    }

    /// So many kills, then one run to the end.
    pub fn work(&self, kills: usize, dice: &mut Dice) -> Worked {
        for kill in 1..=kills {
            let plan = self.plan();
            let id = plan.as_ref().and_then(|p| p["plan"].as_str());
            let left_kills = (kills - kill + 1) as u64;
            let before = self.written();
            let left = self.messages.saturating_sub(before);
            // one in four anywhere in time, the others in the midst of publishing
            let (moment, rate) = if dice.upto(3) == 0 {
                (Moment::After(Duration::from_millis(dice.upto(7_000))), (left / 20).max(1))
            } else {
                let share = (left / (2 * left_kills)).max(1);
                (Moment::Written(1 + dice.upto(share - 1), Duration::from_micros(dice.upto(8_000))), self.rate)
            };
            let child = self.start(id, rate);
            match self.strike(child, &moment, before) {
                None => {}
                // all is done, or what is left is in doubt: no more kills would meet anything
                Some(ran) if matches!(ran.code, Some(0 | 4)) && !self.refuses(&ran) => break,
                Some(ran) => return self.refused(&ran, id),
            }
            (self.settle)();
            let known = self.plan();
            let counts = known.as_ref().map_or("no plan yet".into(), |p| self.counts(p));
            println!("kill {kill} {moment:?}: {} more on the target; the ledger: {counts}", self.written() - before);
        }
        self.to_the_end()
    }

    fn refuses(&self, ran: &Ran) -> bool {
        ran.code != Some(0) && self.may_refuse.is_some_and(|words| ran.err.contains(words) || ran.out.contains(words))
    }

    /// The only failure of a run that is right.
    fn refused(&self, ran: &Ran, plan: Option<&str>) -> Worked {
        assert!(self.refuses(ran), "it ended by itself: {ran}");
        println!("refused: {}", ran.err.trim());
        Worked::Refused(plan.expect("a plan, of a run before").to_owned())
    }

    /// What the ledger says of the plan, and that it speaks of every message.
    fn counts(&self, plan: &Value) -> String {
        let of = |name: &str| plan["counts"][name].as_u64().unwrap_or_else(|| panic!("no count {name}: {plan}"));
        let (done, unsettled, doubt, untouched) = (of("replayed"), of("unsettled"), of("in_doubt"), of("untouched"));
        assert_eq!(done + unsettled + doubt + untouched, self.messages, "done, in doubt and untouched are all there is: {plan}");
        format!(
            "{done} done, {unsettled} still to be taken out, {doubt} in doubt, {untouched} untouched, {}",
            plan["status"].as_str().unwrap_or("?")
        )
    }

    /// Kills it at that moment; `Some` if it had ended by then.
    fn strike(&self, mut child: Child, moment: &Moment, before: u64) -> Option<Ran> {
        let began = Instant::now();
        let due = || match moment {
            Moment::After(time) => began.elapsed() >= *time,
            Moment::Written(more, _) => self.written() >= before + more,
        };
        while !due() {
            if child.try_wait().expect("waited").is_some() {
                let ran = finish(child, &["replay"]);
                println!("it ended before it was killed at {moment:?}: {ran}");
                return Some(ran);
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
        None
    }

    /// As somebody would: again while something could not be taken out of its source yet, and after a word on what stays in doubt.
    fn to_the_end(&self) -> Worked {
        for _ in 0..MOST_ENDS {
            let known = self.plan();
            if let Some(plan) = known.as_ref().filter(|p| p["status"] == "finished") {
                assert_eq!(plan["counts"]["replayed"], self.messages, "{plan}");
                return Worked::Done(plan["plan"].as_str().expect("an id").to_owned());
            }
            let id = known.as_ref().and_then(|p| p["plan"].as_str());
            let ran = finish(self.start(id, 0), &["replay"]);
            println!("{ran}");
            (self.settle)();
            match ran.code {
                Some(0) => {}
                Some(3 | 4) if !self.refuses(&ran) => (self.clear_up)(),
                _ => return self.refused(&ran, id),
            }
        }
        panic!("not done after {MOST_ENDS} more runs: {:?}", self.plan());
    }
}
