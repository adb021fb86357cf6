//! redrive: look into message brokers and triage their dead-letter queues.
//!
//! Three promises, in this order, each held by a test that the README names: **looking changes nothing; nothing is lost; nothing
//! is hidden.**
//!
//! # The rooms
//! One folder each; `tests/rooms.rs` holds who may import whom.
//!
//! | room | what it is |
//! |---|---|
//! | [`model`] | the nouns: address, destination, message, death, reader, count; imports nothing of ours |
//! | [`broker`] | the contract: `Broker` looks, `Writer` and `Hold` act; errors, capabilities, rights |
//! | [`drivers`] | one folder per broker, the only place that names its SDK; `connect` is the one match on broker kind |
//! | [`config`] | TOML and HypnoScript files → one model, with every setting accounted for |
//! | [`decode`] | bytes → readable: bodies, hostile text made safe, deaths of frameworks |
//! | [`schema`] | declared events → verdicts and violations; [`schema`]'s `Seen` is what every face shows |
//! | [`triage`] | the heart: causes, rules, plans, replay, doubt, ledger, escalation |
//! | [`cli`] | the headless face |
//!
//! # The data's way
//! Keys and timers become actions, `update` turns them into state and effects, the runtime starts jobs, jobs call the rooms below,
//! drivers speak to brokers, and facts come back as news. The command line takes the short cut: arguments → the same rooms → output.
//! Only `triage/replay.rs` writes to a broker.

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
