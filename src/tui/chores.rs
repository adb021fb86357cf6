//! What only the loop can do, for it has the terminal: clipboard, files, the editor, suspending.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::process::Command as Process;
use std::time::SystemTime;

use super::clipboard;
use super::shell::{Chore, Shell};
use super::terminal::{self, Tty};
use crate::app::action::Action;
use crate::app::text::Tone;

/// Does one; what comes of it is told to the app.
pub(super) fn chore(chore: Chore, shell: &mut Shell, tty: &mut Tty) -> io::Result<()> {
    match chore {
        Chore::Copy(text) if text.len() > clipboard::LONGEST => {
            shell.app.say(Tone::Bad, format!("too long for the terminal's clipboard ({} bytes); ctrl-s saves it", text.len()));
        }
        Chore::Copy(text) => clipboard::copy(&text)?,
        Chore::Write(path, bytes) => {
            let result = std::fs::File::create_new(&path).and_then(|mut f| io::Write::write_all(&mut f, &bytes));
            match result {
                Ok(()) => shell.app.say(Tone::Ok, format!("saved {}", path.display())),
                Err(e) => shell.app.say(Tone::Bad, format!("not saved: {}: {e}", path.display())),
            }
        }
        Chore::Edit(name, bytes) => {
            terminal::leave();
            let edited = edit(&name, &bytes);
            tty.resume()?;
            shell.act(Action::Edited(edited), SystemTime::now());
        }
        Chore::Visit(path, line) => {
            terminal::leave();
            let place = format!("+{}", line.max(1));
            let visited = editor().and_then(|editor| run_editor(&editor, &[place.as_ref(), path.as_os_str()]));
            tty.resume()?;
            match visited {
                Ok(()) => shell.app.say(Tone::Muted, "what was changed there holds from the next start on, or after :ctx"),
                Err(why) => shell.app.say(Tone::Bad, why),
            }
        }
        Chore::Suspend => {
            terminal::leave();
            // Sent to ourselves by the one portable way that needs no unsafe code.
            let _ = Process::new("kill").args(["-TSTP", &std::process::id().to_string()]).status();
            tty.resume()?;
            let size = tty.terminal.size()?;
            shell.act(Action::Resize(size.width, size.height), SystemTime::now());
        }
        Chore::Quit => {}
    }
    Ok(())
}

/// The program that `$VISUAL` or `$EDITOR` names.
fn editor() -> Result<String, String> {
    let named = ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|e| !e.trim().is_empty()));
    named.ok_or_else(|| "no editor: set EDITOR (or VISUAL) and try again".into())
}

fn run_editor(editor: &str, args: &[&std::ffi::OsStr]) -> Result<(), String> {
    let mut words = editor.split_whitespace();
    let status = Process::new(words.next().unwrap_or("vi")).args(words).args(args).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{editor} ended with {status}: what it wrote is not taken")),
        Err(e) => Err(format!("{editor} could not be started: {e}; EDITOR names another")),
    }
}

/// Runs the editor on a copy; what it holds afterwards.
fn edit(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let editor = editor()?;
    let failed = |e: io::Error| format!("editing failed: {e}");
    let dir = std::env::temp_dir().join(format!("redrive-{}", uuid::Uuid::now_v7()));
    // made anew, and nobody else may read what is in it
    std::fs::DirBuilder::new().mode(0o700).create(&dir).map_err(failed)?;
    let path = dir.join(name);
    let written = std::fs::write(&path, bytes).map_err(failed);
    let edited = written.and_then(|()| run_editor(&editor, &[path.as_os_str()])).and_then(|()| std::fs::read(&path).map_err(failed));
    let _ = std::fs::remove_dir_all(&dir);
    edited
}
