//! The clipboard, through the terminal (OSC 52): works over ssh and needs nothing of the machine.

use std::io::{self, Write};

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

/// Bytes of text at most: terminals drop longer sequences.
pub const LONGEST: usize = 74_000;

/// Puts a text on the clipboard, encoded, so that nothing of it is read as a command by the terminal.
pub fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    execute!(out, CopyToClipboard::to_clipboard_from(text))?;
    out.flush()
}
