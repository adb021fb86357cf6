//! The loop: what came first is handled first, input before news, drawn only when something changed and not too often.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::process::{Command as Process, ExitCode};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crossterm::event::EventStream;
use futures::StreamExt;
use futures::future::{BoxFuture, poll_immediate};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::look::Look;
use super::shell::{Chore, Shell};
use super::terminal::{self, Tty};
use super::{clipboard, input, look};
use crate::app::action::Action;
use crate::app::command::Keys;
use crate::app::layout::Size;
use crate::app::text::Tone;
use crate::app::times::Times;
use crate::app::{Start, Writes};
use crate::broker::{Brokers, Link, Rights, Writer};
use crate::config::theme::theme;
use crate::config::{Config, Context, Diagnostic};
use crate::model::ConnId;
use crate::runtime::Rooms;
use crate::schema::Declared;
use crate::triage::ledger::TriageLedger;
use crate::triage::permit::Permit;
use crate::triage::replay::{self, Hands};

/// Between two frames at least.
const FRAME: Duration = Duration::from_millis(16);
/// News handled before the next look at the keyboard.
const DRAIN: usize = 64;
const DRAIN_TIME: Duration = Duration::from_millis(4);

/// What the TUI is started with.
pub struct Setup {
    pub config: Arc<Config>,
    pub context: Arc<Context>,
    pub brokers: Brokers,
    /// Who may write: the connections' writing sides and the switch that they ask at each write.
    pub hands: BTreeMap<ConnId, Arc<dyn Writer>>,
    pub rights: Rights,
    /// Who is at the keys, and what their role allows.
    pub permit: Permit,
    pub ledger: TriageLedger,
    /// Whether the caller starts again when [`Ended::Switch`] is answered.
    pub can_switch: bool,
    /// What the config has that loads and is safe, but somebody should look at.
    pub warnings: Vec<Diagnostic>,
    /// Runs beside the TUI and ends with it: the demo's story.
    pub beside: Option<BoxFuture<'static, ()>>,
}

impl Setup {
    /// One context with its guarded connections.
    pub fn new(config: Config, context: Context, links: Vec<Link>, rights: Rights, permit: Permit, ledger: TriageLedger) -> Self {
        Self {
            brokers: replay::eyes(&links, &ledger, &permit.actor, None),
            hands: links.iter().filter_map(|l| Some((l.eyes.id().clone(), l.hand.clone()?))).collect(),
            rights,
            permit,
            ledger,
            config: Arc::new(config),
            context: Arc::new(context),
            can_switch: false,
            warnings: Vec::new(),
            beside: None,
        }
    }

    /// The look that config and environment ask for, and what is wrong with it.
    fn look(&self) -> (Look, Option<String>) {
        if look::no_color() {
            return (Look::plain(), None);
        }
        let color = self.context.color.as_deref();
        match self.context.theme.as_ref().or(self.config.theme.as_ref()) {
            None => (Look::sixteen(color), None),
            Some(name) => match theme(name, None) {
                Ok(theme) => (Look::themed(&theme, color), None),
                Err(why) => (Look::sixteen(color), Some(why)),
            },
        }
    }
}

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

impl Setup {
    /// The TUI of this setup without its terminal: its jobs run from here on.
    pub fn shell(mut self, size: Size, now: SystemTime, look: Look) -> Shell {
        let (keys, refused) = Keys::new(self.config.keymap.iter().map(|b| (b.command.as_str(), b.key.as_str())));
        self.warnings.extend(refused.into_iter().map(Diagnostic::late));
        let writes = match (self.hands.is_empty() || self.rights.never().is_some(), self.context.read_only) {
            (true, _) => Writes::Never,
            (false, true) => Writes::ReadOnly,
            (false, false) => Writes::On,
        };
        let start = Start {
            context: self.context.clone(),
            contexts: self.config.contexts.iter().map(|c| c.name.clone()).collect(),
            conns: self.brokers.ids().cloned().collect(),
            permit: self.permit.clone(),
            writes,
            replay: self.config.replay.clone(),
            keys,
            times: Times { local: jiff::tz::TimeZone::system(), ..Times::default() },
            size,
            now,
            warnings: self.warnings,
            can_switch: self.can_switch,
        };
        let declared = Declared::new(&self.context);
        let rooms = Rooms {
            brokers: self.brokers,
            config: self.config,
            context: self.context,
            declared,
            rights: self.rights,
            permit: self.permit,
            hands: Hands::new(self.hands),
            ledger: self.ledger,
        };
        let mut shell = Shell::new(start, rooms, look);
        shell.runtime.tend_outbox();
        if let Some(task) = self.beside {
            shell.runtime.beside(task);
        }
        shell
    }
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
        if (size.width, size.height) != (shell.app.size.width, shell.app.size.height) {
            shell.act(Action::Resize(size.width, size.height), SystemTime::now());
        }
        let began = Instant::now();
        let now = shell.paint();
        self.at = Some(Instant::now());
        if self.last.as_ref() == Some(&now) {
            return Ok(());
        }
        tty.terminal.draw(|frame| {
            let area = frame.area();
            // It may have changed again in this instant: the next frame follows at once then.
            if *now.0.area() == area {
                *frame.buffer_mut() = now.0.clone();
                if let Some(cursor) = now.1 {
                    frame.set_cursor_position(cursor);
                }
            }
        })?;
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

fn chore(chore: Chore, shell: &mut Shell, tty: &mut Tty) -> io::Result<()> {
    match chore {
        Chore::Copy(text) if text.len() > clipboard::LONGEST => {
            shell.app.say(Tone::Bad, format!("too long for the terminal's clipboard ({} bytes); ctrl-s saves it", text.len()));
        }
        Chore::Copy(text) => clipboard::copy(&text)?,
        Chore::Write(path, bytes) => {
            let result = std::fs::File::create_new(&path).and_then(|mut f| io::Write::write_all(&mut f, &bytes));
            match result {
                Ok(()) => shell.app.say(Tone::Ok, format!("saved {}", path.display())),
                Err(e) => shell.app.say(Tone::Bad, format!("not saved: {}: {e}", path.display())),
            }
        }
        Chore::Edit(name, bytes) => {
            terminal::leave();
            let edited = edit(&name, &bytes);
            tty.resume()?;
            shell.act(Action::Edited(edited), SystemTime::now());
        }
        Chore::Visit(path, line) => {
            terminal::leave();
            let place = format!("+{}", line.max(1));
            let visited = editor().and_then(|editor| run_editor(&editor, &[place.as_ref(), path.as_os_str()]));
            tty.resume()?;
            match visited {
                Ok(()) => shell.app.say(Tone::Muted, "what was changed there holds from the next start on, or after :ctx"),
                Err(why) => shell.app.say(Tone::Bad, why),
            }
        }
        Chore::Suspend => {
            terminal::leave();
            // Sent to ourselves by the one portable way that needs no unsafe code.
            let _ = Process::new("kill").args(["-TSTP", &std::process::id().to_string()]).status();
            tty.resume()?;
            let size = tty.terminal.size()?;
            shell.act(Action::Resize(size.width, size.height), SystemTime::now());
        }
        Chore::Quit => {}
    }
    Ok(())
}

/// The program that `$VISUAL` or `$EDITOR` names.
fn editor() -> Result<String, String> {
    let named = ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|e| !e.trim().is_empty()));
    named.ok_or_else(|| "no editor: set EDITOR (or VISUAL) and try again".into())
}

fn run_editor(editor: &str, args: &[&std::ffi::OsStr]) -> Result<(), String> {
    let mut words = editor.split_whitespace();
    let status = Process::new(words.next().unwrap_or("vi")).args(words).args(args).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{editor} ended with {status}: what it wrote is not taken")),
        Err(e) => Err(format!("{editor} could not be started: {e}; EDITOR names another")),
    }
}

/// Runs the editor on a copy; what it holds afterwards.
fn edit(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let editor = editor()?;
    let failed = |e: io::Error| format!("editing failed: {e}");
    let dir = std::env::temp_dir().join(format!("redrive-{}", uuid::Uuid::now_v7()));
    // made anew, and nobody else may read what is in it
    std::fs::DirBuilder::new().mode(0o700).create(&dir).map_err(failed)?;
    let path = dir.join(name);
    let written = std::fs::write(&path, bytes).map_err(failed);
    let edited = written.and_then(|()| run_editor(&editor, &[path.as_os_str()])).and_then(|()| std::fs::read(&path).map_err(failed));
    let _ = std::fs::remove_dir_all(&dir);
    edited
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Signal(n) => ExitCode::from(128u8.saturating_add(u8::try_from(n).unwrap_or(0))),
            Ended::Quit | Ended::Switch(_) => ExitCode::SUCCESS,
        }
    }
}
