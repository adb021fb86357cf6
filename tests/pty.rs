//! The program in a pseudo-terminal: it starts, resizes, gives the terminal back whatever ends it, and is silent while nothing changes.
#![cfg(unix)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(60);

/// A program in a terminal of its own.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    said: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Terminal {
    fn start(program: &str, args: &[&str]) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).expect("a pty");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("USER", "lea");
        command.env("RUST_BACKTRACE", "0");
        let child = pty.slave.spawn_command(command).expect("it starts");
        drop(pty.slave);
        let mut out = pty.master.try_clone_reader().expect("its output");
        let (tell, said) = channel();
        std::thread::spawn(move || {
            let mut buf = [0; 8192];
            while let Ok(n) = out.read(&mut buf) {
                if n == 0 || tell.send(buf[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pty.master.take_writer().expect("its input");
        Self { child, master: pty.master, keys, said, screen: vt100::Parser::new(24, 80, 500) }
    }

    fn demo() -> Self {
        Self::start(env!("CARGO_BIN_EXE_redrive"), &["demo"])
    }

    /// Reads until the screen is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            match self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(e) => panic!("{what}: {e:?}; the screen:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn shows(&mut self, text: &str) {
        self.until(text, |s| s.contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys");
        self.keys.flush().expect("keys");
    }

    /// Waits for the end and reads what was said last.
    fn end(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.screen.process(&bytes);
        }
        self.child.wait().expect("it ends").exit_code()
    }

    fn given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown again");
        assert!(!screen.bracketed_paste(), "bracketed paste is off again");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is free again");
    }
}

#[test]
fn it_starts_resizes_and_quits() {
    let mut t = Terminal::demo();
    t.shows("orders.dlt");
    t.master.resize(PtySize { rows: 30, cols: 110, pixel_width: 0, pixel_height: 0 }).expect("resized");
    t.screen.screen_mut().set_size(30, 110);
    t.press("2");
    t.shows("destinations");
    t.until("the keys are in the last line", |s| s.rows(0, 110).last().is_some_and(|l| l.contains("? all")));
    t.press("1");
    t.shows("a human");
    t.press("q");
    assert_eq!(t.end(), 0);
    t.given_back();
}

#[test]
fn signals_give_the_terminal_back() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut t = Terminal::demo();
        t.shows("overview");
        let pid = t.child.process_id().expect("its id").to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().expect("kill").success());
        assert_eq!(t.end(), code, "{signal}");
        t.given_back();
    }
}

/// Runs only as a child of the next test: takes the terminal and panics.
#[test]
#[ignore = "started by a_panic_gives_the_terminal_back"]
fn a_child_that_panics() {
    let _tty = redrive::tui::terminal::enter().expect("a terminal");
    panic!("what went wrong is said after");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let me = std::env::current_exe().expect("this test");
    let mut t = Terminal::start(&me.to_string_lossy(), &["a_child_that_panics", "--exact", "--ignored", "--nocapture"]);
    t.end();
    t.given_back();
    t.screen.screen_mut().set_scrollback(usize::MAX);
    let text = t.screen.screen().contents();
    assert!(text.contains("what went wrong is said after"), "{text}");
}

#[test]
fn without_a_terminal_it_refuses_in_words() {
    let out = Command::new(env!("CARGO_BIN_EXE_redrive")).arg("demo").stdin(Stdio::null()).output().expect("it runs");
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("needs a terminal"), "{out:?}");
    assert!(out.stdout.is_empty(), "not one byte for a terminal that is none");
}

#[test]
fn nothing_is_drawn_while_nothing_changes() {
    let mut t = Terminal::demo();
    t.shows("a human");
    t.press("?");
    t.shows("opens a dialog, writes nothing by itself");
    // The help covers everything but line 1, where a broker may still come up and the minute turns. Once that is done there is rest.
    let began = Instant::now();
    loop {
        match t.said.recv_timeout(Duration::from_secs(3)) {
            Ok(said) => t.screen.process(&said),
            Err(RecvTimeoutError::Timeout) => break,
            Err(e) => panic!("{e:?}"),
        }
        assert!(began.elapsed() < PATIENCE, "something was written in every 3 seconds:\n{}", t.screen.screen().contents());
    }
    t.press("\u{1b}");
    t.shows("a human");
    t.press("q");
    assert_eq!(t.end(), 0);
}
