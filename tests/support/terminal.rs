//! The terminal UI in a terminal of 80x24: keys go in, the screen is looked at, every byte that came out is kept.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::binary::Place;

/// Longest wait for something to appear: longer than the minute that the program leaves between two tries of a broker that is down.
const PATIENCE: Duration = Duration::from_secs(150);

/// What came out so far.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    ended: bool,
}

/// One run of the program in a terminal; ended when dropped.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the program.
    pub fn open(place: &Place, args: &[&str]) -> Self {
        let size = PtySize { rows: 24, cols: 80, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_redrive"));
        command.args(args);
        command.cwd(place.path());
        command.env_clear();
        for (name, value) in place.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("started");
        drop(pair.slave);
        let shown =
            Arc::new((Mutex::new(Shown { parser: vt100::Parser::new(24, 80, 0), bytes: Vec::new(), ended: false }), Condvar::new()));
        let mut from = pair.master.try_clone_reader().expect("its output");
        let keeper = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                // a terminal whose program has ended gives an error, not an end
                let n = from.read(&mut buffer).unwrap_or(0);
                let mut shown = keeper.0.lock().unwrap_or_else(PoisonError::into_inner);
                shown.parser.process(&buffer[..n]);
                shown.bytes.extend_from_slice(&buffer[..n]);
                shown.ended = n == 0;
                keeper.1.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().expect("its input");
        Self { child, keys, shown, _master: pair.master }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every byte that came out.
    pub fn bytes(&self) -> Vec<u8> {
        self.shown().bytes.clone()
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("typed");
    }

    /// Waits until the screen is as wanted, and gives it.
    #[track_caller]
    pub fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        let mut shown = self.shown();
        loop {
            let screen = shown.parser.screen().contents();
            if is(&screen) {
                return screen;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !shown.ended, "{what}: not within {PATIENCE:?}; the screen:\n{screen}");
            shown = self.shown.1.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until all of these are on the screen.
    #[track_caller]
    pub fn shows(&self, texts: &[&str]) -> String {
        self.until(&format!("{texts:?}"), |screen| texts.iter().all(|t| screen.contains(t)))
    }

    /// Waits for a row of the list that is shown by how it begins: a filter is said in another line, and may be fulfilled by other rows.
    #[track_caller]
    pub fn row(&self, begins: &str) -> String {
        let sign = |c: char| !c.is_alphanumeric() && c != '/';
        let is = |line: &str| line.trim_start_matches(sign).starts_with(begins);
        self.until(&format!("a row {begins:?}"), |screen| screen.lines().any(is))
    }

    /// Waits for the end of the program, and gives its exit code.
    pub fn ended(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        let mut shown = self.shown();
        while !shown.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it does not end; the screen:\n{}", shown.parser.screen().contents());
            shown = self.shown.1.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(shown);
        self.child.wait().expect("waited").exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
