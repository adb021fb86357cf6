//! The headless face: arguments → the same rooms as the terminal UI → rows on stdout, words on stderr, an exit code.

pub mod args;
mod commands;
pub mod exit;
mod find;
mod output;

use std::io::{self, Write};
use std::sync::Arc;

use clap::CommandFactory;

use crate::broker::{Broker, Brokers, Error, ErrorKind};
use crate::config::{Context, Loaded};
use crate::decode::safe;
use crate::model::{ConnId, Destination};
use crate::schema::{Declared, Seen};
use crate::triage::reach;
use args::{Cli, Command, Format};
use exit::Exit;

/// What a command works with: one context, open.
pub struct Desk {
    pub format: Format,
    pub context: Context,
    pub brokers: Brokers,
    pub declared: Declared,
}

impl Desk {
    /// The broker of a connection.
    fn broker(&self, conn: &ConnId) -> Result<&Arc<dyn Broker>, Error> {
        self.brokers.get(conn).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "find",
                format!("no connection '{}' in context {}", safe(conn.as_str()), safe(&self.context.name)),
            )
        })
    }

    /// Destinations with the roles that config and names give them.
    fn roles(&self, mut found: Vec<Destination>) -> Vec<Destination> {
        reach::roles(&mut found, &self.context);
        found
    }

    /// What the ledger knows of these messages.
    async fn fill_past(&self, _seen: &mut [Seen]) {}
}

/// Carries out one command on an open desk. The caller has dealt with those that need none.
pub async fn run(desk: &Desk, command: Command) -> io::Result<Exit> {
    match command {
        Command::Ls(args) => commands::ls::run(desk, args).await,
        Command::Peek(args) => commands::peek::run(desk, args).await,
        Command::Show(args) => commands::show::run(desk, args).await,
        Command::Lag(args) => commands::lag::run(desk, args).await,
        Command::Check(_) => commands::check::connect(desk).await,
        _ => Ok(complain("this command is still being built", Exit::Nothing)),
    }
}

/// What the config says; the caller goes on with [`run`] where brokers are to be tried too.
pub fn check(loaded: &Loaded, args: &args::CheckArgs, format: Format) -> io::Result<Exit> {
    commands::check::config(loaded, args, format)
}

/// The shell's completions on stdout.
pub fn completions(shell: clap_complete::Shell) -> io::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "redrive", &mut text);
    io::stdout().lock().write_all(&text)?;
    Ok(Exit::All)
}

/// The manual page on stdout, or that of every command in a directory.
pub fn man(dir: Option<&std::path::Path>) -> io::Result<Exit> {
    match dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            clap_mangen::generate_to(Cli::command(), dir)?;
        }
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text)?;
            io::stdout().lock().write_all(&text)?;
        }
    }
    Ok(Exit::All)
}

/// A line on stderr; a closed stderr is nobody to tell.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Says why a command ends, and with what.
pub fn complain(why: &str, exit: Exit) -> Exit {
    // an error's words may come from a broker or a message
    let lines: Vec<String> = why.lines().map(|l| safe(l).into_owned()).collect();
    say(&format!("redrive: {}", lines.join("\n  ")));
    exit
}

/// Ends when the user presses ctrl-c or the process is told to end.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
