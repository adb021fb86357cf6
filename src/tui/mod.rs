//! The terminal UI: the terminal itself, the loop, and how the app's state is painted.

mod chores;
mod clipboard;
pub mod input;
pub mod look;
mod run;
mod setup;
pub mod sheet;
pub mod shell;
pub mod terminal;
pub mod view;
mod views;
mod widgets;

pub use run::{Ended, run};
pub use setup::Setup;
