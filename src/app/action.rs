//! All that can happen to the app.

use super::command::Command;
use super::effect::News;
use super::key::Key;
use super::slots::JobId;

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    Click { x: u16, y: u16 },
    Wheel { up: bool },
}

/// One thing that happened.
#[derive(Debug)]
pub enum Action {
    /// A key was pressed.
    Type(Key),
    /// Text was pasted.
    Paste(String),
    Point(Mouse),
    /// A command was asked for, with what followed its name.
    Do(Command, String),
    /// A job has news.
    News(JobId, News),
    Resize(u16, u16),
    /// Time went by.
    Clock,
    /// `$EDITOR` was left; the file as it is now, or why there is none.
    Edited(Result<Vec<u8>, String>),
}
