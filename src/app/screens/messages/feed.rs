//! Reading: one destination page by page, or several followed into one list; where each read stands, and its receipt.

use super::{FIRST, PAGE, State};
use crate::app::command::Command;
use crate::app::effect::{Job, News};
use crate::app::ring::{Order, ROWS, Ring};
use crate::app::screens::{Ask, Cx, price};
use crate::app::text::{Line, Tone};
use crate::broker::{Cursor as Token, Error, ErrorKind, PeekRequest, Start, Stop, Why};
use crate::decode::{human, safe};
use crate::model::{Address, Count, Kind};

/// Destinations followed in one list at most: each is a reader of its own at its broker.
pub const MOST: usize = 8;

/// The parts of the screen that they feed.
const PARTS: [&str; MOST] = ["rows", "rows 2", "rows 3", "rows 4", "rows 5", "rows 6", "rows 7", "rows 8"];

/// Where a read stands.
#[derive(Clone, Debug)]
pub enum Read {
    Running {
        read: u64,
        of: Count,
    },
    Done {
        why: Why,
        read: u64,
        notes: Vec<String>,
    },
    Failed(Error),
    /// Stopped by `esc` or `ctrl-c`, or paused.
    Stopped,
}

/// One destination that is read for the list.
#[derive(Debug)]
pub struct Feed {
    pub at: Address,
    pub read: Read,
    pub missed: u64,
    /// It is read: of what is followed, nothing is missed from now on.
    pub begun: bool,
    pub(super) more: Option<Token>,
}

impl Feed {
    /// Nothing is read of it yet.
    pub fn new(at: Address) -> Self {
        Self { at, read: Read::Running { read: 0, of: Count::Unknown }, missed: 0, begun: false, more: None }
    }
}

/// Why a destination cannot be followed, in words.
pub fn not_followed(at: &Address, cx: &Cx) -> Option<&'static str> {
    if at.kind == Kind::Queue {
        return Some("a queue cannot be followed: what arrives is its consumers' (r looks again)");
    }
    let able = cx.facts.capabilities(&at.conn).map(|c| c.of(at.kind));
    able.is_some_and(|c| !c.tail).then_some("this broker does not show what arrives")
}

impl State {
    /// Whether anything is being read.
    pub fn reading(&self) -> bool {
        self.feeds.iter().any(|f| matches!(f.read, Read::Running { .. }))
    }

    /// Whether looks show only what is committed, where the broker has transactions to tell apart; `None` where it has none (all but Kafka's
    /// topics).
    pub fn committed_only(&self, cx: &Cx) -> Option<bool> {
        let at = self.at();
        let log = at.kind == Kind::Topic && cx.facts.capabilities(&at.conn).is_some_and(|c| c.seek);
        log.then(|| self.isolation.unwrap_or_else(|| cx.facts.context.committed_only(at.conn.as_str())))
    }

    /// Why there is no such way to read here, in words.
    pub(super) fn cannot(&self, command: Command, cx: &Cx) -> Option<String> {
        let at = self.at();
        match command {
            Command::Goto if self.several() => Some("several are followed here; @ works where one is read (2, enter)".into()),
            Command::Goto if at.kind == Kind::Queue => {
                Some("a queue is read from its head: it has no offsets and no times to go to".into())
            }
            Command::Goto if cx.facts.capabilities(&at.conn).is_some_and(|c| !c.of(at.kind).seek) => {
                Some("this broker cannot be read from a place of one's choice".into())
            }
            Command::Follow => not_followed(at, cx).map(str::to_owned),
            _ => None,
        }
    }

    fn want(&self, at: &Address, cx: &Cx) -> PeekRequest {
        let now = self.consent.then(|| cx.facts.price(at)).flatten().map(|c| c.leaves.clone());
        let accept = now.unwrap_or_else(|| cx.facts.accepted(at, cx.now));
        let committed_only = self.isolation.unwrap_or_else(|| cx.facts.context.committed_only(at.conn.as_str()));
        PeekRequest { start: self.start.clone(), committed_only, accept, ..PeekRequest::new(at.clone(), self.limit) }
    }

    pub(super) fn load(&mut self, cx: &Cx) -> Vec<Ask> {
        let wants: Vec<PeekRequest> = self.feeds.iter().map(|f| self.want(&f.at, cx)).collect();
        let follow = self.follow;
        let start = |(want, part): (PeekRequest, &'static str)| {
            let tail = PeekRequest { stop: Stop::Never, start: Start::Newest, limit: usize::MAX, ..want.clone() };
            Ask::Start(part, Job::Peek(if follow { tail } else { want }))
        };
        self.feeds.iter_mut().for_each(|f| (f.read, f.begun) = (Read::Running { read: 0, of: Count::Unknown }, false));
        wants.into_iter().zip(PARTS).map(start).collect()
    }

    /// Stops every read; what was read stays.
    pub(super) fn stop(&mut self) -> Vec<Ask> {
        let stopped = |(feed, part): (&mut Feed, &'static str)| {
            feed.read = Read::Stopped;
            Ask::StopPart(part)
        };
        let running = |(feed, _): &(&mut Feed, &'static str)| matches!(feed.read, Read::Running { .. });
        self.feeds.iter_mut().zip(PARTS).filter(running).map(stopped).collect()
    }

    /// Starts over at a place.
    pub(super) fn seek(&mut self, start: Start, cx: &Cx) -> Vec<Ask> {
        let order = match start {
            _ if self.at().kind == Kind::Queue => Order::AsRead,
            Start::Newest => Order::NewestFirst,
            _ => Order::OldestFirst,
        };
        (self.start, self.follow, self.ring, self.kept) = (start, false, Ring::new(order), false);
        self.cursor = Default::default();
        self.feeds.iter_mut().for_each(|f| (f.more, f.missed) = (None, 0));
        self.shown.clear();
        self.load(cx)
    }

    /// Reads on: from the cursor where there is one, else further back by asking for more of the newest.
    pub(super) fn load_more(&mut self, cx: &Cx) -> Vec<Ask> {
        let all = || vec![Ask::Toast(Tone::Muted, "that is all there is".into())];
        if self.follow || self.several() || self.reading() {
            return Vec::new();
        }
        let feed = &mut self.feeds[0];
        if let Some(token) = feed.more.take() {
            let at = feed.at.clone();
            feed.read = Read::Running { read: 0, of: Count::Unknown };
            let want = PeekRequest { start: Start::From(token), ..self.want(&at, cx) };
            return vec![Ask::Start(PARTS[0], Job::Peek(want))];
        }
        if self.start != Start::Newest || (!matches!(feed.read, Read::Done { why: Why::Limit, .. }) && self.ring.len() < self.limit) {
            return all();
        }
        if self.limit >= ROWS {
            return vec![Ask::Toast(Tone::Watch, "as many as are kept at once; @ goes to an older place".into())];
        }
        self.limit = (self.limit * 2).min(ROWS);
        self.load(cx)
    }

    /// Follows what is written from now on, or stops following.
    pub(super) fn turn_follow(&mut self, cx: &Cx) -> Vec<Ask> {
        if self.follow && self.reading() {
            self.follow = false;
            return self.stop();
        }
        if self.ring.order() != Order::NewestFirst {
            self.ring = Ring::new(Order::NewestFirst);
            self.shown.clear();
        }
        (self.follow, self.start, self.sort.by) = (true, Start::Newest, None);
        self.load(cx)
    }

    /// Reads again from where it started, or follows again; `arg` says what was agreed to where that leaves a trace.
    pub(super) fn read_again(&mut self, arg: &str, cx: &Cx) -> Vec<Ask> {
        let which = arg.strip_prefix(price::LOOK);
        if which.is_none() && cx.facts.price(self.at()).is_some() && !self.several() {
            return self.price(cx);
        }
        self.consent |= which.is_some();
        if self.follow || self.several() {
            self.follow = true;
            return self.load(cx);
        }
        let (start, mut asks) = (self.start.clone(), Vec::new());
        self.limit = if which == Some("first") { FIRST } else { PAGE };
        if which.is_some() {
            asks.push(Ask::Agree(self.at().clone()));
        }
        asks.extend(self.seek(start, cx));
        asks
    }

    /// The look leaves a trace: its price, before anything is read.
    pub(super) fn price(&self, cx: &Cx) -> Vec<Ask> {
        let cli = format!("redrive peek {} --accept-traces", safe(&self.at().to_string()));
        vec![price::ask(self.at(), cli, cx).unwrap_or_else(|| crate::app::screens::describe(self.at()))]
    }

    /// News of one of the reads.
    pub(super) fn hear(&mut self, part: &str, news: News, cx: &Cx) -> Vec<Ask> {
        let Some(i) = PARTS.iter().position(|p| *p == part).filter(|i| *i < self.feeds.len()) else { return Vec::new() };
        let feed = &mut self.feeds[i];
        feed.begun |= matches!(news, News::Rows(_) | News::Reading { .. });
        match news {
            News::Rows(rows) => self.ring.take(i, rows),
            News::Reading { read, of } => feed.read = Read::Running { read, of },
            News::Missed(n) => feed.missed += n,
            News::Read { why, read, more, notes } => {
                feed.more = more;
                feed.read = Read::Done { why, read, notes };
                self.settled = false;
            }
            News::Failed(error) => {
                let asks = error.kind == ErrorKind::Unsafe && !self.consent && self.feeds.len() == 1;
                self.feeds[i].read = Read::Failed(*error);
                self.settled = false;
                if asks {
                    self.priced = cx.facts.price(self.at()).is_some();
                    return self.price(cx);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// What line 23 says of the reads: how far, why they ended, what was left out.
    pub(super) fn receipt(&self, cx: &Cx) -> Line {
        let n = human::count_plain;
        let missed = match self.feeds.iter().map(|f| f.missed).sum() {
            0 => String::new(),
            some => format!("; {} came too fast and were not kept", n(some)),
        };
        let dropped = if self.ring.dropped > 0 { format!("; {} fell out of view", n(self.ring.dropped)) } else { String::new() };
        if self.several() || self.follow {
            return self.followed(&format!("{missed}{dropped}"));
        }
        match &self.feeds[0].read {
            Read::Running { read, of } => {
                let of = of.value().map_or(String::new(), |_| format!(" of {}", human::count(*of)));
                format!("reading, {}{of} so far{dropped}  (esc stops)", n(*read)).into()
            }
            Read::Failed(error) => Line::new().add(Tone::Bad, "✗ ").plain(safe(&error.to_string())).add(Tone::Muted, "  (r)"),
            Read::Stopped => {
                Line::new().add(Tone::Watch, format!("stopped after {}{missed}  (r reads again, f follows)", n(self.ring.len() as u64)))
            }
            Read::Done { why, read, notes } => {
                let depth = cx.facts.destination(self.at()).map_or(Count::Unknown, |d| d.depth);
                let why = match why {
                    _ if self.kept => "as they were read for the causes; r looks again".to_owned(),
                    Why::Complete if self.start == Start::Newest || self.start == Start::Oldest => "all there is".to_owned(),
                    Why::Complete => "to the end".to_owned(),
                    Why::Limit => format!("the rest of {} is not read (down reads on)", human::count(depth)),
                    Why::TimeReached => "to the time asked for".to_owned(),
                    Why::Undecided => "all before a transaction that is still open".to_owned(),
                    Why::Window => format!("the first of {}, the broker shows no more", human::count(depth)),
                };
                let which = self.committed_only(cx).map_or("", |only| if only { ", read_committed" } else { ", read_uncommitted" });
                let notes = if notes.is_empty() { String::new() } else { format!("; {}", safe(&notes.join("; "))) };
                let narrowed = if self.filter.is_empty() { String::new() } else { format!("/ looks only at these {}: ", self.ring.len()) };
                format!("{narrowed}read {}{which}: {why}{notes}{dropped}", n(*read)).into()
            }
        }
    }

    /// Whether what is written from now on comes, of all that is followed.
    pub fn hears(&self) -> bool {
        self.feeds.iter().all(|f| f.begun || !matches!(f.read, Read::Running { .. }))
    }

    fn followed(&self, lost: &str) -> Line {
        let failed = self.feeds.iter().find_map(|f| match &f.read {
            Read::Failed(error) => Some((f, error)),
            _ => None,
        });
        let running = self.feeds.iter().filter(|f| matches!(f.read, Read::Running { .. })).count();
        if let Some((feed, error)) = failed {
            let rest = if running > 0 { format!("; the other {running} go on") } else { String::new() };
            let of = if self.several() { format!("{}: ", safe(&feed.at.name)) } else { String::new() };
            return Line::new().add(Tone::Bad, "✗ ").plain(format!("{of}{}{rest}", safe(&error.to_string()))).add(Tone::Muted, "  (r)");
        }
        if running == 0 {
            let got = human::count_plain(self.ring.len() as u64);
            return Line::new().add(Tone::Watch, format!("stopped after {got}{lost}  (r, f or p goes on from the end as it is then)"));
        }
        if !self.hears() {
            let ready = self.feeds.iter().filter(|f| f.begun).count();
            let ready = if self.several() { format!(", {ready} of {} found", self.feeds.len()) } else { String::new() };
            return Line::from(format!("finding the end, from where it follows{ready}  (p pauses)"));
        }
        let many = if self.several() { format!(" {running}") } else { String::new() };
        let line = Line::new().add(Tone::Ok, format!("following{many}")).plain(format!(": what is written from now on{lost}"));
        let line = match self.left_out.as_slice() {
            [] => line,
            [one] => line.add(Tone::Watch, format!("; left out: {one}")),
            [one, rest @ ..] => line.add(Tone::Watch, format!("; left out: {one} and {} more", rest.len())),
        };
        line.plain("  (p pauses)")
    }
}
