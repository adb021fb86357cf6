//! App, runtime and look together, without a terminal: what the loop drives, and what tests drive in its place.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::look::Look;
use super::view::view;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::layout::Size;
use crate::app::{self, App, Start};
use crate::runtime::{Inbox, Rooms, Runtime};
use crate::triage::report::Wish;

/// What the terminal's loop itself must do.
#[derive(Debug)]
pub enum Chore {
    Copy(String),
    Write(std::path::PathBuf, Bytes),
    Edit(String, Bytes),
    Visit(std::path::PathBuf, usize),
    Suspend,
    Quit,
}

/// The TUI without its terminal.
pub struct Shell {
    pub app: App,
    pub runtime: Runtime,
    pub inbox: Inbox,
    pub look: Look,
    pub chores: VecDeque<Chore>,
    dirty: bool,
}

impl Shell {
    /// Starts the app; its first jobs run from here on.
    pub fn new(start: Start, rooms: Rooms, look: Look) -> Self {
        let (runtime, inbox) = Runtime::new(rooms);
        let (app, effects) = app::start(start);
        let mut shell = Self { app, runtime, inbox, look, chores: VecDeque::new(), dirty: true };
        shell.perform(effects);
        shell
    }

    /// One thing happened at a time.
    pub fn act(&mut self, action: Action, now: SystemTime) {
        self.app.cx.now = now;
        let effects = app::update(&mut self.app, action);
        self.perform(effects);
        self.dirty = true;
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Start(id, job) => self.runtime.start(id, *job),
                Effect::Tell(id, wish) => self.runtime.tell(id, wish),
                Effect::Stop(id) => self.runtime.stop(id),
                Effect::Copy(text) => self.chores.push_back(Chore::Copy(text)),
                Effect::Write(path, bytes) => self.chores.push_back(Chore::Write(path, bytes)),
                Effect::Edit(name, bytes) => self.chores.push_back(Chore::Edit(name, bytes)),
                Effect::Visit(path, line) => self.chores.push_back(Chore::Visit(path, line)),
                Effect::Writes(until) => self.runtime.writes(until),
                Effect::Suspend => self.chores.push_back(Chore::Suspend),
                Effect::Quit => self.chores.push_back(Chore::Quit),
            }
        }
    }

    /// Stops every replay after its batch in flight and waits for that, `patience` at most. What is cut off then is in doubt and
    /// cleared up by the next run.
    pub async fn stop_replays(&mut self, patience: Duration) {
        for job in self.app.slots.deeds() {
            self.runtime.tell(job, Wish::Stop);
        }
        let work = async {
            while self.app.deeds() > 0 {
                let news = tokio::select! {
                    biased;
                    Some(news) = self.inbox.control.recv() => news,
                    Some(news) = self.inbox.bulk.recv() => news,
                    else => return,
                };
                self.act(Action::News(news.0, news.1), SystemTime::now());
            }
        };
        let _ = tokio::time::timeout(patience, work).await;
    }

    /// Whether anything happened since it was last painted.
    pub fn dirty(&self) -> bool {
        self.dirty
    }

    /// Paints what is so now; the cursor's place, if it is to be seen.
    pub fn paint(&mut self) -> (Buffer, Option<Position>) {
        self.app.sync();
        self.dirty = false;
        let Size { width, height } = self.app.cx.size;
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        let cursor = view(&self.app, &self.look, &mut buf);
        (buf, cursor)
    }
}
