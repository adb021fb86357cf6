//! What a screen wants of the app.

use super::{Screen, messages};
use crate::app::command::Command;
use crate::app::effect::{Effect, Job};
use crate::app::facts::Edited;
use crate::app::overlay::Overlay;
use crate::app::slots::Place;
use crate::app::text::Tone;
use crate::model::{Address, Seat};
use crate::triage::report::Wish;

/// What a screen wants.
pub enum Ask {
    /// Opens a screen on top of this one.
    Push(Box<Screen>),
    /// Puts another in its place (the next message).
    Swap(Box<Screen>),
    /// Goes back one screen.
    Pop,
    /// Starts a job for a part of this screen.
    Start(&'static str, Job),
    StopPart(&'static str),
    /// Starts a job for a fact that all screens see, unless it runs.
    Fact(Place, Job),
    /// Starts a small job that finishes wherever one goes.
    Small(Job),
    /// Starts a replay, by its plan: it outlives every screen.
    Deed(String, Job),
    /// Tells a running replay.
    Wish(String, Wish),
    /// Keeps a body as it was edited, or drops what was kept.
    Keep(Address, Seat, Option<Box<Edited>>),
    /// Runs a command on what is shown by now: the screen that was opened just before.
    Run(Command),
    /// Keeps the columns chosen for a destination's messages.
    Columns(Address, messages::Columns),
    /// The price of a look there is agreed to.
    Agree(Address),
    Toast(Tone, String),
    Overlay(Box<Overlay>),
    Do(Effect),
}
