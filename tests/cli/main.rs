//! The headless face from outside: what it prints, on which stream, with which exit code, on the demo's story and on config files.
//!
//! The story is the same each time but for the clock, so what the clock decides is masked ([`mask`]). New snapshots: `INSTA_UPDATE=always`.

#[path = "../support/binary.rs"]
mod binary;
mod mask;

mod checks;
mod deeds;
mod ends;
mod help;
mod hostile;
mod json;
mod logs;
mod looks;
mod secrets;

use binary::{Place, Ran, plain_config};

/// Runs a command on the demo's story.
#[track_caller]
fn demo(args: &[&str]) -> Ran {
    let mut all = vec!["--demo"];
    all.extend(args);
    place("").run(&all)
}

/// Both streams as one text, with what the clock decides masked.
fn both(ran: &Ran) -> String {
    mask::mask(&format!("{}--- stderr\n{}", ran.out, ran.err))
}

/// A run on the story against its snapshot.
macro_rules! golden {
    ($code:literal, $name:literal, $($arg:expr),+) => {{
        let ran = $crate::demo(&[$($arg),+]).exits($code);
        insta::assert_snapshot!($name, $crate::both(&ran));
    }};
}
use golden;

/// A folder with this config.
fn place(config: &str) -> Place {
    Place::new(config, &[])
}

/// A config whose one Kafka is not there.
fn nobody_home(more: &str) -> Place {
    place(&plain_config("127.0.0.1:9", more))
}
