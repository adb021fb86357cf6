//! What is said while a plan is carried out, and what came of it.

use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use serde_json::json;

use crate::cli::exit::Exit;
use crate::cli::output::document;
use crate::cli::{Desk, even_unread, say};
use crate::decode::{human, safe};
use crate::triage::plan::ReplayPlan;
use crate::triage::report::{Ended, Progress, ReplayReport};

/// Lines of the run, and a bar where somebody watches.
pub fn progress(p: &Progress, quiet: bool) {
    // hundreds may be passed over for one reason
    for alike in p.lines.chunk_by(|a, b| a.words == b.words) {
        let about = alike[0].about.as_ref().map_or(String::new(), |(_, seat)| format!("{seat}: "));
        let more = if alike.len() > 1 { format!(" (and {} more)", alike.len() - 1) } else { String::new() };
        say(&safe(&format!("{about}{}{more}", alike[0].words)));
    }
    if !quiet {
        let done = p.counts.total() - p.counts.untouched;
        let left = p.left.filter(|l| *l > Duration::ZERO).map_or(String::new(), |l| format!(", {} to go", human::age(l)));
        let mut err = io::stderr().lock();
        let _ = write!(err, "\r\x1b[K{} of {}, {:.0}/s{left}", human::count_plain(done), human::count_plain(p.counts.total()), p.rate);
        let _ = err.flush();
    }
}

/// Prints the report; the exit code is the report's, whether or not anybody reads it. `followed`: verdicts were waited for already.
pub fn said(desk: &Desk, plan: &ReplayPlan, report: &ReplayReport, followed: bool) -> io::Result<Exit> {
    if io::stderr().is_terminal() {
        say("");
    }
    let c = &report.counts;
    let mut parts = vec![format!("{} {}", human::count_plain(c.done()), plan.ask.deed.past())];
    let others = [
        (c.verified, "verified"),
        (c.came_back, "came back"),
        (c.unsettled, "published but not taken out"),
        (c.skipped, "skipped"),
        (c.failed, "failed"),
        (c.in_doubt, "in doubt"),
        (c.untouched, "untouched"),
        (c.left_out, "left out of the plan"),
    ];
    parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", human::count_plain(*n))));
    let text = format!("plan {}: {} in {:.1}s\n", plan.id, parts.join(", "), report.took.as_secs_f64());
    let ended = match &report.ended {
        Ended::Finished => "finished".to_owned(),
        Ended::Stopped => "stopped".to_owned(),
        Ended::Broke(why) | Ended::Failed(why) => safe(why).into_owned(),
    };
    let lines: Vec<&str> = report.lines.iter().map(|l| l.words.as_str()).collect();
    let object = json!({ "plan": plan.id.0, "ended": ended, "counts": c, "seconds": report.took.as_secs_f64(), "lines": lines });
    even_unread(document(desk.format, "report", &text, object))?;
    match &report.ended {
        Ended::Finished => {}
        Ended::Stopped => say(&format!("stopped; {} goes on", plan.command())),
        Ended::Broke(why) | Ended::Failed(why) => say(&format!("redrive: {}", safe(why))),
    }
    if report.ended == Ended::Finished && c.unsettled > 0 {
        let n = human::count_plain(c.unsettled);
        say(&format!("{n} published and still at their source: `redrive jobs resume {}` takes them out and sends none again", plan.id));
    }
    if report.ended == Ended::Finished && c.failed > 0 {
        say(&format!("{} failed: `redrive jobs resume {}` tries them again once that is mended", human::count_plain(c.failed), plan.id));
    }
    if c.no_word_yet() > 0 && !followed {
        say(&format!("no word yet of {}: `redrive jobs verdict {} --follow` waits for it", human::count_plain(c.no_word_yet()), plan.id));
    }
    if c.in_doubt > 0 {
        say("in doubt: `redrive jobs doubt` shows what is known, `redrive jobs settle` settles it");
    }
    if c.came_back > 0 && report.exit_code() == 0 {
        return Ok(Exit::Partly);
    }
    Ok(Exit::from_number(report.exit_code()))
}
