//! The terminal: entered once, left exactly once, whatever ends the program; a panic's message is printed after leaving.

use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

static ENTERED: AtomicBool = AtomicBool::new(false);
/// The thread that draws. A panic elsewhere must not take the screen away under it.
static DRAWS: Mutex<Option<ThreadId>> = Mutex::new(None);
/// What panicked on other threads while the screen was ours; printed when it is left.
static LATER: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The screen while it is ours. Dropping it gives it back.
pub struct Tty {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

/// Takes the terminal. Fails in words when input or output is none.
pub fn enter() -> io::Result<Tty> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        let why = "the TUI needs a terminal on input and output; in scripts use the commands, for example `redrive causes TOPIC` (`redrive --help`)";
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    hook();
    let mut tty = Tty { terminal: Terminal::new(CrosstermBackend::new(io::stdout()))? };
    tty.resume()?;
    Ok(tty)
}

impl Tty {
    /// Takes the screen again after [`leave`] (an editor ran, or the program was suspended).
    pub fn resume(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        *DRAWS.lock().unwrap_or_else(|e| e.into_inner()) = Some(std::thread::current().id());
        execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide)?;
        // Not `clear`: that asks the terminal where its cursor is and waits for an answer, which not every terminal gives.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        leave();
    }
}

/// Gives the terminal back; does nothing if that has been done. Errors are ignored: the terminal may be gone.
pub fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
    for said in LATER.lock().unwrap_or_else(|e| e.into_inner()).drain(..) {
        let _ = writeln!(io::stderr(), "{said}");
    }
}

/// Makes a panic leave the terminal before it says anything. Outside the drawing thread it is kept and printed at the end:
/// the job that panicked ends in an error on the screen.
fn hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let draws = *DRAWS.lock().unwrap_or_else(|e| e.into_inner());
            if ENTERED.load(Ordering::SeqCst) && draws != Some(std::thread::current().id()) {
                let mut later = LATER.lock().unwrap_or_else(|e| e.into_inner());
                if later.len() < 20 {
                    later.push(info.to_string());
                }
                return;
            }
            leave();
            before(info);
        }));
    });
}
