//! Arguments → a face → an exit code; a closed pipe is success. Alone here drivers are connected and guarded.

mod log;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::Parser;
use redrive::broker::{Down, Limits, Link, Pace, Rights, guard};
use redrive::cli::args::{CheckArgs, Cli, Command, Globals};
use redrive::cli::exit::Exit;
use redrive::cli::{self, Desk};
use redrive::config::model::Role;
use redrive::config::{self, Config, Context, Diagnostic, Loaded, ProcessEnvironment, paths};
use redrive::drivers;
use redrive::drivers::memory::story::{BEAT, Story};
use redrive::model::ConnId;
use redrive::schema::Declared;
use redrive::triage::ledger::TriageLedger;
use redrive::triage::permit::Permit;
use redrive::triage::plan::Actor;
use redrive::triage::replay::{self, Hands, Means};
use redrive::tui;

use log::Log;

/// Gives memory back that is used no more: a read decompresses megabytes on several threads, and glibc would keep each
/// thread's for the next time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn lean() {
    // SAFETY: called before any other thread is there; unknown settings are ignored.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 256 << 10);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 20);
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn lean() {}

fn main() -> ExitCode {
    lean();
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
    let globals = &cli.globals;
    let exit = match cli.command {
        Some(Command::Completions { shell }) => cli::completions(shell)?,
        Some(Command::Man { dir }) => cli::man(dir.as_deref())?,
        Some(Command::Check(args)) if !globals.demo => check(globals, args)?,
        Some(Command::Demo(args)) => return watch(demo(args.seed), globals),
        None if globals.demo => return watch(demo(1), globals),
        Some(command) => {
            let wrote = globals.demo && command.writes();
            let exit = match open(globals) {
                Ok(opened) => headless(opened, globals, command)?,
                Err(exit) => exit,
            };
            if wrote && !matches!(exit, Exit::Usage | Exit::Nothing) {
                cli::say("this was the demo: nothing of it lasts");
            }
            exit
        }
        None => match open(globals) {
            Ok(opened) => return watch(opened, globals),
            Err(exit) => exit,
        },
    };
    Ok(exit.into())
}

/// Opens the terminal UI and waits until it is left; `:ctx` opens it again in another context.
fn watch(mut opened: Opened, globals: &Globals) -> io::Result<ExitCode> {
    let _log = opened.log.take();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = loop {
        let ledger = TriageLedger::open_in(&opened.ledger, &opened.context.name).map_err(io::Error::other)?;
        let can_switch = opened.story.is_none();
        let mut setup = tui::Setup::new(opened.config, opened.context, opened.links, opened.rights, opened.permit, ledger);
        setup.warnings = opened.warnings;
        setup.beside = opened.story.map(|story| Box::pin(tell(story)) as _);
        setup.can_switch = can_switch;
        match runtime.block_on(tui::run(setup)) {
            Ok(tui::Ended::Switch(context)) => match open(&Globals { context: Some(context), ..globals.clone() }) {
                Ok(there) => opened = there,
                Err(exit) => return Ok(exit.into()),
            },
            ended => break ended,
        }
    };
    // what a job still computes is not waited for
    runtime.shutdown_background();
    if opened.scratch {
        forget(&opened.ledger);
    }
    ended.map(Into::into)
}

/// Lets the story go on for as long as it is watched.
async fn tell(mut story: Story) {
    let mut beat = tokio::time::interval(BEAT);
    loop {
        beat.tick().await;
        story.tick(SystemTime::now());
    }
}

/// The embedded story: nothing of it lasts, its ledger neither.
fn demo(seed: u64) -> Opened {
    let story = Story::new(seed, SystemTime::now());
    let context = Story::context();
    let permit = Permit { actor: actor(), role: Role::Admin, source: "the demo".into() };
    let config = Config { contexts: vec![context.clone()], default_context: context.name.clone(), ..Config::default() };
    let ledger = std::env::temp_dir().join(format!("redrive-demo-{}.db", std::process::id()));
    // asked for by name only: the demo leaves nothing behind
    let log = wished_log().and_then(|_| logged(&config).ok().flatten());
    let mut opened = guarded(config, context, story.links(), permit, ledger);
    opened.scratch = true;
    opened.story = Some(story);
    opened.log = log;
    opened
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
    let scratch = opened.scratch.then(|| opened.ledger.clone());
    match opened.warnings.len() {
        0 => {}
        1 => cli::say("redrive: the config has a warning; `redrive check` shows it"),
        n => cli::say(&format!("redrive: the config has {n} warnings; `redrive check` shows them")),
    }
    let what = command.word();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), context = opened.context.name, command = what, "started");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let ledger = match TriageLedger::open_in(&opened.ledger, &opened.context.name) {
            Ok(ledger) => ledger,
            Err(e) => return Ok(cli::complain(&e.to_string(), Exit::Nothing)),
        };
        let Opened { config, context, links, rights, permit, log, .. } = opened;
        let brokers = replay::eyes(&links, &ledger, &permit.actor, command.reseat());
        let hands = Hands::new(links.into_iter().filter_map(|l| Some((l.eyes.id().clone(), l.hand?))).collect());
        let declared = Declared::new(&context);
        let means = Means { brokers, hands, ledger };
        let (traces_agreed, reseat_agreed) = (command.agreed(), command.reseat().is_some());
        let desk = Desk { format: globals.output, config, context, means, rights, permit, declared, traces_agreed, reseat_agreed };
        let ended = cli::run(&desk, command).await;
        futures::future::join(desk.means.hands.close(), futures::future::join_all(desk.means.brokers.0.values().map(|b| b.close()))).await;
        if let Ok(exit) = &ended {
            tracing::info!(command = what, exit = exit.code(), "ended");
        }
        drop(log);
        ended
    });
    // a driver's blocking call must not hold up the end
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    if let Some(ledger) = scratch {
        forget(&ledger);
    }
    ended
}

/// Takes a ledger's files away; those that are not there need none of it.
fn forget(ledger: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = ledger.as_os_str().to_owned();
        name.push(end);
        let _ = std::fs::remove_file(name);
    }
}

/// One context with its connections, guarded; what both faces get.
struct Opened {
    config: Config,
    context: Context,
    links: Vec<Link>,
    rights: Rights,
    permit: Permit,
    ledger: PathBuf,
    /// The ledger is the demo's and goes with it.
    scratch: bool,
    log: Option<Log>,
    /// What of the config loads and is safe, but somebody should look at.
    warnings: Vec<Diagnostic>,
    /// The demo's, which the terminal UI lets go on.
    story: Option<Story>,
}

/// Opens what was asked for: the demo's story, or a context of the config.
fn open(globals: &Globals) -> Result<Opened, Exit> {
    if globals.demo {
        return Ok(demo(1));
    }
    let loaded = load(globals)?;
    let report = loaded.report(false);
    match loaded.config {
        Some(config) => {
            let mut warnings = loaded.diagnostics;
            warnings.sort_by_key(|d| d.span);
            Ok(Opened { warnings, ..enter(config, globals)? })
        }
        None => {
            cli::say(report.trim_end());
            Err(Exit::Usage)
        }
    }
}

fn load(globals: &Globals) -> Result<Loaded, Exit> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(path) = paths::config(globals.config.as_deref(), &here) else {
        return Err(cli::no_config(&paths::looked_at(&here)));
    };
    Ok(config::load(&path, &ProcessEnvironment))
}

fn enter(config: Config, globals: &Globals) -> Result<Opened, Exit> {
    let log = logged(&config)?;
    let name = globals.context.clone().unwrap_or_else(|| config.default_context.clone());
    let Some(context) = config.context(&name).cloned() else {
        let known: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
        return Err(cli::complain(&format!("no context '{name}'; the config has {}", known.join(", ")), Exit::Usage));
    };
    let wished = std::env::var("REDRIVE_ROLE").ok().filter(|r| !r.is_empty());
    let permit = Permit::new(&config, &context, actor(), wished.as_deref()).map_err(|why| cli::complain(&why, Exit::Usage))?;
    let links = context.connections.iter().map(|profile| {
        drivers::connect(profile, permit.role > Role::Viewer).unwrap_or_else(|why| {
            let id = ConnId::new(profile.name.as_str());
            Link { eyes: Arc::new(Down::new(id, why)), hand: None }
        })
    });
    let links = links.collect();
    let here = std::env::current_dir().unwrap_or_default();
    let ledger = globals.ledger.clone().unwrap_or_else(|| paths::ledger(&config, &here));
    Ok(Opened { log, ..guarded(config, context, links, permit, ledger) })
}

/// How much is to be logged, by the environment.
fn wished_log() -> Option<String> {
    std::env::var("REDRIVE_LOG").ok().filter(|w| !w.is_empty())
}

/// Starts the log. One that cannot be written is said and done without.
fn logged(config: &Config) -> Result<Option<Log>, Exit> {
    // another context of the same run goes on in the same log
    if tracing::dispatcher::has_been_set() {
        return Ok(None);
    }
    let here = std::env::current_dir().unwrap_or_default();
    let level = log::level(wished_log().as_deref(), &config.log).map_err(|why| cli::complain(&why, Exit::Usage))?;
    let path = paths::log(config, &here);
    Ok(log::start(&path, level, config.log.json).unwrap_or_else(|e| {
        cli::say(&format!("redrive: no log: {}: {e}; [log] file sets another place, REDRIVE_LOG=off switches it off", path.display()));
        None
    }))
}

/// Puts the guards before every connection. Writes are off at the start where the context is read-only.
fn guarded(config: Config, context: Context, links: Vec<Link>, permit: Permit, ledger: PathBuf) -> Opened {
    let rights = match (permit.role, context.read_only) {
        (Role::Viewer, _) => Rights::looking(format!("the role viewer (from {}) may only look", permit.source)),
        (_, true) => Rights::read_only(),
        (_, false) => Rights::writing(),
    };
    let limits = Limits { reading: Pace::new(context.read_bytes_per_second), ..Limits::default() };
    let links = links.into_iter().map(|l| guard(l, &rights, &limits)).collect();
    Opened { config, context, links, rights, permit, ledger, scratch: false, log: None, warnings: Vec::new(), story: None }
}

/// Who is at the keys: the name claimed and the system's user.
fn actor() -> Actor {
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let os_user = var("USER").or_else(|| var("LOGNAME")).or_else(|| var("USERNAME")).or_else(process_owner).unwrap_or_default();
    Actor { name: var("REDRIVE_ACTOR").unwrap_or_else(|| os_user.clone()), os_user }
}

/// The system's user by the process itself, where the environment does not say (containers, services).
#[cfg(target_os = "linux")]
fn process_owner() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().map(|l| l.split(':').collect::<Vec<_>>()).find(|f| f.get(2) == Some(&uid.as_str())).map(|f| f[0].to_owned())
}

#[cfg(not(target_os = "linux"))]
fn process_owner() -> Option<String> {
    None
}
