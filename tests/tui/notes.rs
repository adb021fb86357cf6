//! Notes and edits from wherever one is; plans that were never started.

use std::time::Duration;

use redrive::tui::shell::Chore;

use crate::Tui;

#[tokio::test]
async fn a_note_on_a_message_is_in_its_history_and_in_the_ledger() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter enter enter a").await.expect("on 1 message; enter keeps it");
    tui.type_text("asked the gateway's people").await.press("enter").await.expect("noted in the ledger");
    tui.press("enter tab").await.expect("[History 1]").expect("note").expect("asked the gateway's people");
    tui.press("a").await.type_text("they will mend it").await.press("enter").await.expect("noted in the ledger");
    tui.expect("[History 2]").expect("they will mend it");
    tui.press("5").await.expect("2 entries").expect("they will mend it").press("down").await.expect("asked the gateway's people");
    tui.press("a").await.expect("on 1 message").type_text("done").await.press("enter").await.expect("noted in the ledger");
    tui.press("r").await.expect("3 entries").press("s").await.expect("by when");
}

#[tokio::test]
async fn a_note_on_nothing_but_words_is_not_kept() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter enter a").await.expect("on cause").press("space enter").await.expect("nothing noted");
    tui.press("5").await.expect("nothing has been done yet");
}

#[tokio::test]
async fn e_opens_the_editor_on_the_message_under_the_cursor_and_on_a_causes_newest() {
    let mut tui = Tui::live();
    tui.settle().await;
    for keys in ["/ o r d e r s . d l t enter enter e", "esc enter e"] {
        tui.press(keys).await;
        let edits = tui.shell.chores.drain(..).filter(|c| matches!(c, Chore::Edit(name, _) if name == "body.json")).count();
        assert_eq!(edits, 1, "after {keys}:\n{}", tui.text());
    }
}

#[tokio::test]
async fn plans_that_nobody_started_leave_the_jobs_after_an_hour_and_are_shown_when_asked_for() {
    let mut tui = Tui::live();
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter enter R 4").await.expect("1 plan, 0 open").expect("frozen");
    tui.now += Duration::from_secs(2 * 3600);
    tui.press("r").await.expect("1 never started hidden").expect("none frozen in the last hour");
    tui.press("o").await.expect("frozen").expect("1 plan, 0 open");
}
