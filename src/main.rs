//! Arguments → a face → an exit code; a closed pipe is success. Alone here drivers are connected and guarded.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::Parser;
use redrive::broker::{Brokers, Deadlines, Down, Link, Rights, guard};
use redrive::cli::args::{CheckArgs, Cli, Command, Globals};
use redrive::cli::exit::Exit;
use redrive::cli::{self, Desk};
use redrive::config::model::Role;
use redrive::config::{self, Config, Context, Loaded, ProcessEnvironment, paths};
use redrive::drivers::memory::story::Story;
use redrive::model::ConnId;
use redrive::schema::Declared;
use redrive::triage::permit::Permit;
use redrive::triage::plan::Actor;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return if e.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => cli::complain(&e.to_string(), Exit::Nothing).into(),
    }
}

fn run(cli: Cli) -> io::Result<Exit> {
    let globals = &cli.globals;
    match cli.command {
        Some(Command::Completions { shell }) => cli::completions(shell),
        Some(Command::Man { dir }) => cli::man(dir.as_deref()),
        Some(Command::Check(args)) if !globals.demo => check(globals, args),
        Some(command) => match open(globals) {
            Ok(opened) => headless(opened, globals, command),
            Err(exit) => Ok(exit),
        },
        None => Ok(cli::complain("the terminal UI is still being built", Exit::Usage)),
    }
}

fn check(globals: &Globals, args: CheckArgs) -> io::Result<Exit> {
    let loaded = match load(globals) {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let exit = cli::check(&loaded, &args, globals.output)?;
    match loaded.config {
        Some(config) if args.connect => match enter(config, globals) {
            Ok(opened) => headless(opened, globals, Command::Check(args)),
            Err(exit) => Ok(exit),
        },
        _ => Ok(exit),
    }
}

fn headless(opened: Opened, globals: &Globals, command: Command) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let declared = Declared::new(&opened.context);
        let desk = Desk { format: globals.output, context: opened.context, brokers: opened.brokers, declared };
        let ended = cli::run(&desk, command).await;
        futures::future::join_all(desk.brokers.0.values().map(|b| b.close())).await;
        ended
    });
    // a driver's blocking call must not hold up the end
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    ended
}

/// One context with its connections, guarded; what both faces get.
struct Opened {
    context: Context,
    brokers: Brokers,
}

/// Opens what was asked for: the demo's story, or a context of the config.
fn open(globals: &Globals) -> Result<Opened, Exit> {
    if globals.demo {
        let story = Story::new(1, SystemTime::now());
        let context = Story::context();
        let permit = Permit { actor: actor(), role: Role::Admin, source: "the demo".into() };
        return Ok(guarded(context, story.links(), &permit));
    }
    let loaded = load(globals)?;
    let report = loaded.report(false);
    match loaded.config {
        Some(config) => enter(config, globals),
        None => {
            cli::say(report.trim_end());
            Err(Exit::Usage)
        }
    }
}

fn load(globals: &Globals) -> Result<Loaded, Exit> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(path) = paths::config(globals.config.as_deref(), &here) else {
        let places: Vec<String> = paths::looked_at(&here).iter().map(|p| p.display().to_string()).collect();
        let why = format!("no config found (looked for {}); --config FILE names one, `redrive demo` needs none", places.join(" and "));
        return Err(cli::complain(&why, Exit::Usage));
    };
    Ok(config::load(&path, &ProcessEnvironment))
}

fn enter(config: Config, globals: &Globals) -> Result<Opened, Exit> {
    let name = globals.context.clone().unwrap_or_else(|| config.default_context.clone());
    let Some(context) = config.context(&name).cloned() else {
        let known: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
        return Err(cli::complain(&format!("no context '{name}'; the config has {}", known.join(", ")), Exit::Usage));
    };
    let wished = std::env::var("REDRIVE_ROLE").ok().filter(|r| !r.is_empty());
    let permit = Permit::new(&config, &context, actor(), wished.as_deref()).map_err(|why| cli::complain(&why, Exit::Usage))?;
    let links = context.connections.iter().map(|profile| {
        connect(profile, permit.role > Role::Viewer).unwrap_or_else(|why| {
            let id = ConnId::new(profile.name.as_str());
            Link { eyes: Arc::new(Down::new(id, why)), hand: None }
        })
    });
    let links = links.collect();
    Ok(guarded(context, links, &permit))
}

/// Puts the guards before every connection. Writes are off at the start where the context is read-only.
fn guarded(context: Context, links: Vec<Link>, permit: &Permit) -> Opened {
    let rights = match (permit.role, context.read_only) {
        (Role::Viewer, _) => Rights::looking(format!("the role viewer (from {}) may only look", permit.source)),
        (_, true) => Rights::read_only(),
        (_, false) => Rights::writing(),
    };
    let links: Vec<Link> = links.into_iter().map(|l| guard(l, &rights, Deadlines::default())).collect();
    let brokers = Brokers(links.iter().map(|l| (l.eyes.id().clone(), l.eyes.clone())).collect());
    Opened { context, brokers }
}

/// Who is at the keys: the name claimed and the system's user.
fn actor() -> Actor {
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let os_user = var("USER").or_else(|| var("LOGNAME")).or_else(|| var("USERNAME")).unwrap_or_default();
    Actor { name: var("REDRIVE_ACTOR").unwrap_or_else(|| os_user.clone()), os_user }
}

/// Where the ledger is.
#[allow(dead_code)]
fn ledger(config: &Config, globals: &Globals, here: &Path) -> PathBuf {
    globals.ledger.clone().unwrap_or_else(|| paths::ledger(config, here))
}

// until the Kafka driver is in
fn connect(profile: &redrive::config::Profile, _: bool) -> redrive::broker::Result<Link> {
    Err(redrive::broker::Error::new(redrive::broker::ErrorKind::Unsupported, "connect", "no driver yet").on(&ConnId::new(profile.name.as_str())))
}
