//! A queue and its dead-letter queue on a real broker, made, filled, counted and read by a client that is not redrive.
//!
//! What a broker provides: a program in `tests/clients` that answers the requests of `site_loop.py`, and a function in `sites.rs` that says
//! how to start it and what redrive's config for that broker is.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longest wait for one line of the client.
const PATIENCE: Duration = Duration::from_secs(180);

/// Longest wait for a queue to count what was put in or taken out.
const COUNTED: Duration = Duration::from_secs(60);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The dead-letter queue.
    Source,
    /// The queue that its messages came from.
    Target,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            End::Source => "source",
            End::Target => "target",
        }
    }
}

/// A message as the client read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lying {
    /// What its body says.
    pub number: u64,
    /// redrive's mark, where a replay puts one on.
    pub replay_id: Option<String>,
}

/// One broker's place for an incident; its two queues are deleted when it is dropped.
pub struct Site {
    /// For people: `rabbitmq 4.0, quorum`.
    pub name: String,
    /// The whole of a `redrive.toml`, but for what a test adds at its end.
    pub config: String,
    /// Name of the dead-letter queue.
    pub source: String,
    /// Name of the queue that its messages came from.
    pub target: String,
    client: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Site {
    /// Starts the client, which makes the queues. `messaging` is the connection as TOML below `[contexts.test.messaging]`.
    pub fn start(name: &str, messaging: &str, client: &mut Command) -> Self {
        let mut child = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a client");
        let (out, requests) = (child.stdout.take().expect("its answers"), child.stdin.take());
        let (tell, answers) = channel();
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).all(|line| tell.send(line).is_ok()));
        let config = format!("default_context = \"test\"\n[contexts.test]\nread_only = false\n{messaging}\n");
        let mut site =
            Self { name: name.to_owned(), config, source: String::new(), target: String::new(), client: child, requests, answers };
        let names = site.answer();
        let (source, target) = names.split_once('\t').expect("two names");
        (site.source, site.target) = (source.to_owned(), target.to_owned());
        site
    }

    #[track_caller]
    fn answer(&mut self) -> String {
        self.answers
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|e| panic!("{}: its client does not answer: {e}; {:?}", self.name, self.client.try_wait()))
    }

    #[track_caller]
    fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests.as_mut().expect("until dropped"), "{request}").unwrap_or_else(|e| panic!("{}: {request}: {e}", self.name));
        self.answer()
    }

    /// Makes so many messages with the numbers from `first` on die of a cause: 0, 1 or 2, and those that its client has
    /// beyond. Those of cause 0 come from the target, and the
    /// broker itself, or the client that gives up, writes how they died.
    #[track_caller]
    pub fn bury(&mut self, cause: usize, first: usize, count: usize) {
        assert_eq!(self.ask(&format!("bury {cause} {first} {count}")), "buried");
    }

    /// How many are there; what somebody has in hand need not be counted.
    #[track_caller]
    pub fn count(&mut self, end: End) -> u64 {
        let said = self.ask(&format!("count {}", end.word()));
        said.parse().unwrap_or_else(|e| panic!("{}: {e}: {said}", self.name))
    }

    /// Waits until nobody has anything of the dead-letter queue in hand any more: a killed program's messages come back in the broker's time.
    #[track_caller]
    pub fn settle(&mut self) {
        let began = Instant::now();
        while self.ask("settled") != "yes" {
            assert!(began.elapsed() < PATIENCE, "{}: what was in hand does not come back", self.name);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until so many are there: a quorum queue counts what was acknowledged for a moment longer.
    #[track_caller]
    pub fn comes_to(&mut self, end: End, count: u64) {
        let began = Instant::now();
        loop {
            let now = self.count(end);
            if now == count {
                return;
            }
            assert!(began.elapsed() < COUNTED, "{}: {now} at the {}, not {count}", self.name, end.word());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All that is, or was at an earlier reading, there, each with what the client had put on it. It may take them out or in hand: the last
    /// thing that a test does with the queue.
    #[track_caller]
    pub fn read(&mut self, end: End) -> Vec<Lying> {
        let mut all = Vec::new();
        let mut line = self.ask(&format!("read {}", end.word()));
        while line != "end" {
            let fields: Vec<&str> = line.split('\t').collect();
            let [_, replay_id, body, changed] = fields[..] else { panic!("{}: {line}", self.name) };
            assert_eq!(changed, "-", "{}: {line}", self.name);
            let number = number(body).unwrap_or_else(|| panic!("{}: not a message of this test: {line}", self.name));
            all.push(Lying { number, replay_id: Some(replay_id.to_owned()).filter(|id| id != "-") });
            line = self.answer();
        }
        all
    }
}

/// The number in `{"order":N}`, nothing more and nothing less.
fn number(hex: &str) -> Option<u64> {
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let body: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
    let number = std::str::from_utf8(&body?).ok()?.strip_prefix("{\"order\":")?.strip_suffix('}')?.to_owned();
    number.parse().ok()
}

impl Drop for Site {
    /// The client deletes the queues when its input ends.
    fn drop(&mut self) {
        self.requests.take();
        let end = Instant::now() + Duration::from_secs(20);
        while self.client.try_wait().is_ok_and(|ended| ended.is_none()) {
            if Instant::now() > end {
                let _ = self.client.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
