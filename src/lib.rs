//! redrive: look into message brokers and triage their dead-letter queues.
//!
//! Three promises, in this order, each held by a test that the README names: **looking changes nothing; nothing is lost; nothing
//! is hidden.**
//!
//! # The rooms
//! One folder each. `tests/rooms.rs` holds this table against every `crate::` path of the code.
//!
//! | room | what it is | may import |
//! |---|---|---|
//! | [`model`] | the nouns: address, destination, message, seat, death, reader, count; std, bytes and blake3 only | nothing of ours |
//! | [`broker`] | the contract: `Broker` looks, `Writer` and `Hold` act; one error; rights, deadlines and consent as decorators | model |
//! | [`config`] | TOML and HypnoScript files → one model, with every setting accounted for; profiles for drivers, secrets, keys, themes | model |
//! | [`decode`] | bytes → readable: bodies as lines, hostile text made safe, frameworks' headers → `Death`, who a message is; pure | model |
//! | [`drivers`] | one folder a broker (Kafka, RabbitMQ, ActiveMQ, AWS, and memory: the fake behind tests and `--demo`); only here are SDKs named | broker, config, model |
//! | [`schema`] | declared events → violations with their places; `Seen`, the message as every face shows it | config, decode, model |
//! | [`monitor`] | samples over time → trends, time to drain, races with retention, what needs a human; pure | schema, config, decode, model |
//! | [`triage`] | the heart: causes, rules, reach, plans, replay, doubt, verdicts, escalation, ledger | schema, broker, config, decode, model |
//! | [`app`] | the TUI's mind: actions in, state and effects out; no I/O, no clock, no widgets | of triage and schema the pure files; monitor, broker (types), config, decode, model |
//! | [`runtime`] | one task a job; news back over two bounded channels; dropped to stop | app, and what it may import, with the deeds |
//! | [`tui`] | the terminal, the loop, one view a screen | runtime, app, and what app may import |
//! | [`cli`] | the headless face: one file a verb; table, JSON, lines; exit codes | triage, monitor and all below; not app |
//!
//! `main.rs` alone calls [`drivers::connect`], puts the guard around what it gives, and hands eyes, hands and ledger to one of the faces.
//!
//! # The data's way
//! In the terminal: keys, news and a timer become an `Action`; `app::update` takes it in and gives `Effect`s; [`runtime`] starts, tells and
//! stops jobs; a job is one call of a room below; drivers speak to brokers; what they say comes back as `News` with the job's id, and news of a
//! job that no longer feeds its place is dropped. `tui` paints the state when it changed. The command line takes the short cut: arguments → the
//! same calls → rows. What both do lies below both and is written once:
//!
//! | question | where it is answered |
//! |---|---|
//! | why did these die? | `triage::causes` |
//! | may this person do that? | `triage::permit` |
//! | what would happen? | `triage::prepare` (chosen messages → draft) → `triage::preflight` (draft → frozen plan, kept in the ledger) |
//! | do it | `triage::replay`: hold → copy → intend → publish → settle; `resume` goes on after a crash |
//! | did it happen? | `triage::doubt`, at the end of a run and at the next start |
//! | did it come back? | `triage::verdict` |
//!
//! # What is done in one place only
//! Each held by `tests/rooms.rs`.
//! - Only `triage/replay` writes to a broker, and only with `Hands`, whose inside nobody else sees. That holds for looks too: what a look has in
//!   hand and giving back would destroy is put into its own queue again there, with the user's word (`replay::eyes`), never by a driver.
//! - Tasks are spawned in `runtime` and `broker/keeper.rs`; threads in the Kafka driver and the ledger.
//! - Time, files, network and tokio do not occur in `app` and `triage/plan`.
//! - No unwrap, expect or panic outside tests; no default body in a contract's trait: a decorator that forgets one would switch it off in silence.
//!
//! A screen is one state file in `app/screens` (its parts in a folder of its name), one view in `tui/views`, and rows in the command table. A
//! driver is one folder in [`drivers`], one arm of the match in [`drivers::connect`], one host of the contract suite in `tests/contract`.

pub mod app;
pub mod broker;
pub mod cli;
pub mod config;
pub mod decode;
pub mod drivers;
pub mod model;
pub mod monitor;
pub mod runtime;
pub mod schema;
pub mod triage;
pub mod tui;
