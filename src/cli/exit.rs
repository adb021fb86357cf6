//! Exit codes: one meaning each, for scripts.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked is done.
    All,
    /// Nothing was done, or it failed.
    Nothing,
    /// The command line or the config is wrong.
    Usage,
    /// Done in part.
    Partly,
    /// Something is in doubt.
    Doubt,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::All => 0,
            Exit::Nothing => 1,
            Exit::Usage => 2,
            Exit::Partly => 3,
            Exit::Doubt => 4,
        }
    }

    /// From a report's exit code.
    pub fn from_number(code: i32) -> Self {
        match code {
            0 => Exit::All,
            3 => Exit::Partly,
            4 => Exit::Doubt,
            _ => Exit::Nothing,
        }
    }

    /// Of a question to several brokers: whether all answered, and whether there is nothing to show.
    pub fn of_parts(all_answered: bool, nothing: bool) -> Self {
        match (all_answered, nothing) {
            (true, _) => Exit::All,
            (false, false) => Exit::Partly,
            (false, true) => Exit::Nothing,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
