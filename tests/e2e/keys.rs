//! The whole job by keys alone, in a terminal of 80x24: from the start to the replay of one cause and the escalation of another.

use crate::incident::{CONNECT_ERROR, Incident, SPRING, SPRING_ERROR};
use crate::terminal::Terminal;

#[test]
fn one_cause_is_replayed_and_another_escalated_by_keys_alone() {
    let Some(incident) = Incident::new() else { return };
    let before = incident.causes();
    // what the screen is to say too
    assert_eq!((before.len(), before.iter().filter_map(|c| c["count"].as_u64()).sum::<u64>()), (4, 11));
    let mut t = Terminal::open(&incident.place, &[]);
    t.shows(&["overview", "1 up", "READ-ONLY"]);
    t.press("/");
    t.press(&incident.dlt);
    t.press("\r");
    t.row("dlq  t-e2e");
    t.press("\r");
    t.shows(&["causes", "11 dead, 4 causes, all read", SPRING_ERROR]);

    t.press(&format!("/{SPRING_ERROR}\r"));
    t.until("Spring's cause alone", |s| s.contains("replay 5"));
    t.press("R");
    t.shows(&["› replay", "5 messages", "READ-ONLY: it can be looked at"]);
    t.press("W");
    t.shows(&["reason"]);
    t.press("\rthe gateway is back\r");
    t.shows(&["WRITES", "then type"]);
    t.press("\r");
    t.press(&format!("{}\r", incident.dlt));
    t.shows(&["finished in", &format!("{SPRING} of {SPRING}")]);
    t.press("\u{1b}");
    t.shows(&["5 done with", "no cause matches"]);
    // the filter off; what was hidden shows that
    t.press("\u{1b}");
    t.shows(&["3 causes", CONNECT_ERROR]);

    t.press(&format!("/{CONNECT_ERROR}\r"));
    t.shows(&["1 of 3"]);
    t.press("E");
    t.shows(&["escalate?", "am (alertmanager)"]);
    t.press("y");
    t.shows(&["escalated; 1 told"]);
    t.press(":q\r");
    assert_eq!(t.ended(), 0);

    incident.replayed_exactly_springs();
    incident.one_alert();
    incident.ledger_agrees();
    let left = incident.causes();
    assert!(left.len() == 3 && left.iter().all(|c| before.contains(c)), "the others are untouched: {left:#?}");
}
