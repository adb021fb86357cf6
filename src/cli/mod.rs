//! The headless face: arguments → the same rooms as the terminal UI → rows on stdout, words on stderr, an exit code.

pub mod args;
mod commands;
pub mod exit;
mod find;
mod output;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::SystemTime;

use clap::CommandFactory;

use crate::broker::{Broker, Cost, Error, ErrorKind, Rights, Trace};
use crate::config::{Config, Context, Loaded};
use crate::decode::safe;
use crate::model::{Address, ConnId, Destination};
use crate::schema::{Declared, Seen};
use crate::triage::permit::Permit;
use crate::triage::plan::Deed;
use crate::triage::reach;
use crate::triage::replay::Means;
use args::{Cli, Command, Format};
use exit::Exit;

/// What a command works with: one context, open.
pub struct Desk {
    pub format: Format,
    pub config: Config,
    pub context: Context,
    pub means: Means,
    pub rights: Rights,
    pub permit: Permit,
    pub declared: Declared,
    /// The user agreed (`--yes`) to looks that leave a trace.
    pub traces_agreed: bool,
    /// The user gave the word (`--reseat`) to put in again what a look would destroy.
    pub reseat_agreed: bool,
}

impl Desk {
    /// The broker of a connection.
    fn broker(&self, conn: &ConnId) -> Result<&Arc<dyn Broker>, Error> {
        self.means.brokers.get(conn).ok_or_else(|| {
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

    /// What the ledger knows of these messages; without it they are shown all the same.
    async fn fill_past(&self, seen: &mut [Seen]) {
        match self.means.ledger.past(seen.iter().map(|s| s.id.clone()).collect()).await {
            Ok(mut past) => seen.iter_mut().for_each(|s| s.past = past.remove(&s.id).unwrap_or_default()),
            Err(e) => say(&format!("redrive: the past of these messages is unknown: {e}")),
        }
    }

    /// The traces that a look here leaves: none, or those that the user has agreed to. Else an error that says the price.
    async fn accepted(&self, at: &Address) -> Result<Vec<Trace>, Error> {
        let cost = self.broker(&at.conn)?.cost(at).await?;
        if let Some(why) = &cost.refused {
            return Err(Error::new(ErrorKind::Unsafe, "look", why.clone()).about(at));
        }
        if cost.leaves.contains(&Trace::Reseats) {
            self.may_reseat(at, &cost)?;
        }
        if cost.leaves.is_empty() || self.traces_agreed {
            return Ok(cost.leaves);
        }
        let traces: Vec<String> = cost.leaves.iter().map(|t| t.words()).collect();
        let limit = cost.limit_words().map_or(String::new(), |words| format!("; {words}"));
        let why = format!("looking {}{limit}", traces.join(", "));
        Err(Error::new(ErrorKind::Unsafe, "look", why).about(at).next("--accept-traces agrees to it"))
    }

    /// Whether the word was given to put in again what a look would destroy, by somebody who may; turns writes on for it.
    fn may_reseat(&self, at: &Address, cost: &Cost) -> Result<(), Error> {
        let safer = cost.safer.as_ref().map_or_else(String::new, |safer| format!("; looking is safe as long as this is set: {safer}"));
        let refused = |kind, why: String| Err(Error::new(kind, "look", format!("{why}{safer}")).about(at));
        if let Err(why) = self.permit.allows(Deed::Reseat, self.context.dead_letters.rules_for(&at.name)) {
            return refused(ErrorKind::Denied, format!("giving back may destroy messages here; {why}"));
        }
        if let Some(why) = self.rights.never() {
            return refused(ErrorKind::ReadOnly, format!("giving back may destroy messages here, and nothing may be written: {why}"));
        }
        if !self.reseat_agreed {
            let traces: Vec<String> = cost.leaves.iter().map(|t| t.words()).collect();
            let why = format!("giving back may destroy messages here, so looking {}{safer}", traces.join(", "));
            let next =
                "--reseat REASON gives the word for it: each is copied to the ledger first; a kill meanwhile can cost the one on its way";
            return Err(Error::new(ErrorKind::Unsafe, "look", why).about(at).next(next));
        }
        let now = SystemTime::now();
        if self.rights.on(now).is_none() && !self.rights.switch_on(now + self.context.writes_for) {
            return refused(ErrorKind::ReadOnly, "writes are off".into());
        }
        Ok(())
    }
}

/// Carries out one command on an open desk. The caller has dealt with those that need none.
pub async fn run(desk: &Desk, command: Command) -> io::Result<Exit> {
    match command {
        Command::Ls(args) => commands::ls::run(desk, args).await,
        Command::Peek(args) => commands::peek::run(desk, args).await,
        Command::Show(args) => commands::show::run(desk, args).await,
        Command::Causes(args) => commands::causes::run(desk, args).await,
        Command::Categorise(args) => commands::categorise::run(desk, args).await,
        Command::Replay(args) => commands::deeds::replay_command(desk, args).await,
        Command::Park(args) => commands::deeds::mark_command(desk, Deed::Park, args).await,
        Command::Discard(args) => commands::deeds::mark_command(desk, Deed::Discard, args).await,
        Command::Restore(args) => commands::deeds::mark_command(desk, Deed::Restore, args).await,
        Command::Escalate(args) => commands::escalate::run(desk, args).await,
        Command::Jobs(args) => commands::jobs::run(desk, args).await,
        Command::Ledger(args) => commands::ledger::run(desk, args).await,
        Command::Lag(args) => commands::lag::run(desk, args).await,
        Command::Check(_) => commands::check::connect(desk).await,
        // the caller answers these without a desk
        Command::Demo(_) | Command::Completions { .. } | Command::Man { .. } => Ok(Exit::All),
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
    tracing::warn!(exit = exit.code(), "{}", lines.join("; "));
    exit
}

/// Where there is no config: what to do without, and what one looks like.
pub fn no_config(places: &[std::path::PathBuf]) -> Exit {
    let places: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
    let config: String = FIRST_CONFIG.lines().map(|l| format!("\n    {l}")).collect();
    let why = format!(
        "no config found (looked for {})\n`redrive demo` shows everything without one; --config FILE names one; or write redrive.toml:{config}",
        places.join(" and ")
    );
    complain(&why, Exit::Usage)
}

/// The smallest config there is.
const FIRST_CONFIG: &str = "[contexts.dev.messaging.kafka]\nbootstrap_servers = [\"localhost:9092\"]\n";

/// Asks a person at a terminal to type `answer`; without a terminal there is nobody to ask.
fn asked(answer: &str, to: &str) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    let mut err = io::stderr().lock();
    let _ = write!(err, "type {answer} to {to}: ");
    let _ = err.flush();
    let mut line = String::new();
    io::stdin().read_line(&mut line).is_ok() && line.trim() == answer
}

/// A result that nobody reads any more is no failure, and does not hide how the command ended.
fn even_unread(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_config_that_is_proposed_loads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("redrive.toml");
        std::fs::write(&path, FIRST_CONFIG).unwrap();
        let loaded = crate::config::load(&path, &crate::config::ProcessEnvironment);
        assert!(!loaded.failed(), "{}", loaded.report(false));
    }
}
