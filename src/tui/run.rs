//! The loop: what came first is handled first, input before news, drawn only when something changed and not too often.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use crossterm::event::EventStream;
use futures::StreamExt;
use futures::future::poll_immediate;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::chores::chore;
use super::input;
use super::setup::Setup;
use super::shell::{Chore, Shell};
use super::terminal::{self, Tty};
use crate::app::action::Action;
use crate::app::layout::Size;
use crate::config::Diagnostic;

/// Between two frames at least.
const FRAME: Duration = Duration::from_millis(16);
/// News handled before the next look at the keyboard.
const DRAIN: usize = 64;
const DRAIN_TIME: Duration = Duration::from_millis(4);

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Quit,
    /// Start again in this context.
    Switch(String),
    /// By a signal: exit with 128 and its number.
    Signal(i32),
}

/// Runs the TUI until it is left. The terminal is as before when this returns, whatever happened.
pub async fn run(setup: Setup) -> io::Result<Ended> {
    let mut tty = terminal::enter()?;
    let mut signals = Signals::new()?;
    let size = tty.terminal.size()?;
    let (look, trouble) = setup.look();
    let mut setup = setup;
    setup.warnings.extend(trouble.map(Diagnostic::late));
    let mut shell = setup.shell(Size { width: size.width, height: size.height }, SystemTime::now(), look);
    let ended = turn(&mut shell, &mut tty, &mut signals).await;
    // The batch in flight is brought to its end while the screen still stands; then the terminal is free.
    shell.stop_replays(Duration::from_secs(10)).await;
    drop(tty);
    shell.runtime.close().await;
    ended
}

struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())?, hup: signal(SignalKind::hangup())? })
    }

    /// The number of the next signal that ends the program.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.hup.recv() => 1,
            _ = self.int.recv() => 2,
            _ = self.term.recv() => 15,
        }
    }
}

/// What is on the terminal now, to draw only what differs, and nothing if nothing does.
struct Shown {
    last: Option<(Buffer, Option<Position>)>,
    at: Option<Instant>,
}

impl Shown {
    fn draw(&mut self, shell: &mut Shell, tty: &mut Tty) -> io::Result<()> {
        // The event of a resize may be late or lost: what is painted fits the terminal as it is now.
        let size = tty.terminal.size()?;
        if (size.width, size.height) != (shell.app.cx.size.width, shell.app.cx.size.height) {
            shell.act(Action::Resize(size.width, size.height), SystemTime::now());
        }
        let began = Instant::now();
        let now = shell.paint();
        self.at = Some(Instant::now());
        if self.last.as_ref() == Some(&now) {
            return Ok(());
        }
        let mut fits = false;
        tty.terminal.draw(|frame| {
            fits = *now.0.area() == frame.area();
            if fits {
                *frame.buffer_mut() = now.0.clone();
                if let Some(cursor) = now.1 {
                    frame.set_cursor_position(cursor);
                }
            }
        })?;
        if !fits {
            // it changed again in this instant, and nothing was painted: the next frame is of the new size
            self.last = None;
            let size = tty.terminal.size()?;
            shell.act(Action::Resize(size.width, size.height), SystemTime::now());
            return Ok(());
        }
        self.last = Some(now);
        // what `cargo bench --bench kafka` counts
        tracing::trace!(target: "redrive::frame", us = began.elapsed().as_micros() as u64, "frame");
        Ok(())
    }
}

async fn turn(shell: &mut Shell, tty: &mut Tty, signals: &mut Signals) -> io::Result<Ended> {
    let mut events = EventStream::new();
    let mut shown = Shown { last: None, at: None };
    shown.draw(shell, tty)?;
    loop {
        let frame = shown.at.map_or_else(Instant::now, |at| at + FRAME);
        let wake = shell.app.wake().duration_since(SystemTime::now()).unwrap_or_default();
        let clock = Instant::now() + wake;
        // Biased: typing never waits for a flood of news, and a signal for nobody.
        tokio::select! {
            biased;
            number = signals.next() => return Ok(Ended::Signal(number)),
            event = events.next() => match event {
                Some(Ok(event)) => {
                    if let Some(action) = input::action(event) {
                        shell.act(action, SystemTime::now());
                    }
                }
                // The terminal is gone.
                Some(Err(_)) | None => return Ok(Ended::Signal(1)),
            },
            Some((id, news)) = shell.inbox.control.recv() => shell.act(Action::News(id, news), SystemTime::now()),
            Some((id, news)) = shell.inbox.bulk.recv(), if !(shell.dirty() && frame <= Instant::now()) => {
                shell.act(Action::News(id, news), SystemTime::now());
            }
            () = sleep_until(frame), if shell.dirty() => {}
            () = sleep_until(clock), if !shell.dirty() => shell.act(Action::Clock, SystemTime::now()),
        }
        drain(shell, &mut events).await;
        while let Some(chore) = shell.chores.pop_front() {
            match chore {
                Chore::Quit => {
                    return Ok(match shell.app.switch_to.take() {
                        Some(context) => Ended::Switch(context),
                        None => Ended::Quit,
                    });
                }
                chore => {
                    // The reader of events holds the terminal's input: it goes while another program has it.
                    drop(events);
                    self::chore(chore, shell, tty)?;
                    events = EventStream::new();
                    shown.last = None;
                }
            }
        }
        if shell.dirty() && shown.at.is_none_or(|at| at.elapsed() >= FRAME) {
            shown.draw(shell, tty)?;
        }
    }
}

/// Takes what is there already: input first, then news, a handful at most. Polled with the loop's own waker: the event
/// stream remembers only the first it is given.
async fn drain(shell: &mut Shell, events: &mut EventStream) {
    let started = Instant::now();
    for _ in 0..DRAIN {
        if started.elapsed() > DRAIN_TIME || !shell.chores.is_empty() {
            return;
        }
        if let Some(Some(Ok(event))) = poll_immediate(events.next()).await {
            if let Some(action) = input::action(event) {
                shell.act(action, SystemTime::now());
            }
        } else if let Ok((id, news)) = shell.inbox.control.try_recv() {
            shell.act(Action::News(id, news), SystemTime::now());
        } else if let Ok((id, news)) = shell.inbox.bulk.try_recv() {
            shell.act(Action::News(id, news), SystemTime::now());
        } else {
            return;
        }
    }
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Signal(n) => ExitCode::from(128u8.saturating_add(u8::try_from(n).unwrap_or(0))),
            Ended::Quit | Ended::Switch(_) => ExitCode::SUCCESS,
        }
    }
}
