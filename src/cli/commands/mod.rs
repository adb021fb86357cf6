//! One file a command: ask the rooms below, print rows, say on stderr what the result means.

pub mod check;
pub mod lag;
pub mod ls;
pub mod peek;
pub mod show;
