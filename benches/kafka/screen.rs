//! The real program in a terminal of its own: keys in, screens out, and what the system says of its process.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Failed;

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    said: Receiver<Vec<u8>>,
    shown: vt100::Parser,
    pub began: Instant,
    /// Held: the terminal ends with it.
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Starts the program; `trace` has it log its frames.
    pub fn start(config: &Path, trace: bool) -> Result<Self, Failed> {
        let pty = native_pty_system().openpty(PtySize { rows: 50, cols: 160, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_redrive"));
        command.args(["--config", &config.display().to_string()]);
        command.env("TERM", "xterm-256color");
        command.env("REDRIVE_LOG", if trace { "trace" } else { "off" });
        let began = Instant::now();
        let child = pty.slave.spawn_command(command)?;
        drop(pty.slave);
        let mut out = pty.master.try_clone_reader()?;
        let (tell, said) = sync_channel(256);
        std::thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while let Ok(n) = out.read(&mut buffer) {
                if n == 0 || tell.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pty.master.take_writer()?;
        Ok(Self { child, keys, said, shown: vt100::Parser::new(50, 160, 0), began, _master: pty.master })
    }

    /// Reads until the screen is as wanted; the time since `from`.
    pub fn until(&mut self, what: &str, from: Instant, wanted: impl Fn(&str) -> bool) -> Result<Duration, Failed> {
        let end = Instant::now() + PATIENCE;
        while !wanted(&self.shown.screen().contents()) {
            match self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.shown.process(&bytes),
                Err(e) => return Err(format!("{what}: {e}; the screen:\n{}", self.shown.screen().contents()).into()),
            }
        }
        Ok(from.elapsed())
    }

    pub fn press(&mut self, keys: &str) -> Result<(), Failed> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Lets it run, reading what it says; how many bytes that was.
    pub fn let_run(&mut self, time: Duration) -> usize {
        let end = Instant::now() + time;
        let mut bytes = 0;
        loop {
            match self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(more) => {
                    bytes += more.len();
                    self.shown.process(&more);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return bytes,
            }
        }
    }

    pub fn contents(&self) -> String {
        self.shown.screen().contents()
    }

    fn pid(&self) -> Result<u32, Failed> {
        self.child.process_id().ok_or_else(|| "it has ended".into())
    }

    /// Processor time so far.
    pub fn cpu(&self) -> Result<Duration, Failed> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// A line of /proc/PID/status in MiB: `VmRSS`, `VmHWM`.
    pub fn memory(&self, line: &str) -> Result<f64, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let kb = status.lines().find_map(|l| l.strip_prefix(line)?.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok());
        Ok(kb.ok_or("no such line")? / 1024.0)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
