//! Arguments → a face → an exit code; a closed pipe is success. Alone here drivers are connected and guarded.

use std::io;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;
use redrive::broker::{Brokers, Link};
use redrive::broker::{Deadlines, Rights, guard};
use redrive::cli::args::{Cli, Command, Globals};
use redrive::cli::exit::Exit;
use redrive::cli::{self, Desk};
use redrive::config::Context;
use redrive::drivers::memory::story::{BEAT, Story};
use redrive::schema::Declared;
use redrive::tui;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return if e.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match run(cli) {
        Ok(code) => code,
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => cli::complain(&e.to_string(), Exit::Nothing).into(),
    }
}

fn run(cli: Cli) -> io::Result<ExitCode> {
    match cli.command {
        Some(Command::Demo(args)) => watch(demo(args.seed)),
        Some(Command::Completions { shell }) => cli::completions(shell).map(Into::into),
        Some(Command::Man { dir }) => cli::man(dir.as_deref()).map(Into::into),
        Some(command) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(async {
                let desk = match open(&cli.globals) {
                    Ok(desk) => desk,
                    Err(exit) => return Ok(exit.into()),
                };
                let ended = cli::run(&desk, command).await;
                for broker in desk.brokers.0.values() {
                    broker.close().await;
                }
                ended.map(Into::into)
            })
        }
        None => Ok(cli::complain("the terminal UI opens on the demo only so far: redrive demo", Exit::Usage).into()),
    }
}

/// Opens the terminal UI and waits until it is left.
fn watch(setup: tui::Setup) -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(tui::run(setup));
    // What a job still computes is not waited for.
    runtime.shutdown_background();
    ended.map(Into::into)
}

/// The embedded story, moving while it is watched.
fn demo(seed: u64) -> tui::Setup {
    let mut story = Story::new(seed, SystemTime::now());
    let context = Story::context();
    let rights = rights(&context);
    let links: Vec<Link> = story.links().into_iter().map(|l| guard(l, &rights, Deadlines::default())).collect();
    let mut setup = tui::Setup::new(context, links, rights);
    setup.beside = Some(Box::pin(async move {
        let mut beat = tokio::time::interval(BEAT);
        loop {
            beat.tick().await;
            story.tick(SystemTime::now());
        }
    }));
    setup
}

/// Opens the context that was asked for.
fn open(globals: &Globals) -> Result<Desk, Exit> {
    if !globals.demo {
        return Err(cli::complain("only --demo is built yet", Exit::Usage));
    }
    let story = Story::new(1, SystemTime::now());
    let context = Story::context();
    let rights = rights(&context);
    let links: Vec<Link> = story.links().into_iter().map(|l| guard(l, &rights, Deadlines::default())).collect();
    let brokers = Brokers(links.iter().map(|l| (l.eyes.id().clone(), l.eyes.clone())).collect());
    let declared = Declared::new(&context);
    Ok(Desk { format: globals.output, context, brokers, declared })
}

/// Writes are off at the start where the context is read-only.
fn rights(context: &Context) -> Rights {
    if context.read_only { Rights::read_only() } else { Rights::writing() }
}
