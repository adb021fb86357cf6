//! Messages: columns by choice, sorting, whole names, committed or not, two compared.

use redrive::config::Context;
use redrive::drivers::memory::{Clock, Hidden, Login, Memory, Put, Shape, Spec};
use redrive::model::{ConnId, Typed};

use crate::{Tui, noon};

fn order(key: &str, tenant: &str, total: u32) -> Put {
    Put {
        key: Some(key.to_owned().into()),
        headers: vec![("x-tenant".into(), Typed::bytes(Some(tenant.to_owned().into())))],
        sent: Some(noon()),
        ..Put::body(format!("{{\"order\":{{\"total\":{total}}},\"note\":\"{key}\"}}"))
    }
}

async fn opened() -> (Memory, Tui) {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    kafka.create("a-destination-with-a-name-that-no-narrow-column-can-hold.created.v1", Spec::default());
    let name = "orders";
    kafka.create(name, Spec::default());
    for (key, tenant, total) in [("k1", "acme", 9), ("k2", "globex", 10), ("k3", "initech", 8)] {
        kafka.put(name, order(key, tenant, total));
    }
    kafka.put(name, Put { hidden: Hidden::Aborted, ..order("k-aborted", "acme", 1) });
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin())], 80, 24);
    tui.settle().await;
    (kafka, tui)
}

async fn messages() -> Tui {
    let (_kafka, mut tui) = opened().await;
    tui.press("2 / o r d e r s enter m").await;
    tui
}

#[tokio::test]
async fn headers_and_body_fields_become_columns_and_rows_are_sorted_by_them() {
    let mut tui = messages().await;
    tui.press("o").await.expect("columns").expect("headers, body fields").press("h").await;
    tui.type_text("x-tenant .order.total").await.press("enter").await;
    tui.expect("x-tenant").expect(".order.total").expect("globex");
    // by the number, not by its text
    tui.press("right right right right right s").await.expect("by .order.total");
    let at = |tui: &mut Tui, tenant: &str| tui.lines().iter().position(|l| l.contains(tenant)).expect("its row");
    let (nine, ten, eight) = (at(&mut tui, "acme"), at(&mut tui, "globex"), at(&mut tui, "initech"));
    assert!(eight < nine && nine < ten, "{}", tui.text());
    tui.press("s").await.expect("by .order.total, reversed");
    assert!(at(&mut tui, "globex") < at(&mut tui, "initech"));
    tui.press("s").await.expect("newest first");
    // the menu stays open for the next choice; what was chosen holds when one comes back
    tui.press("o k").await.expect("columns").press("esc").await;
    let head = tui.line("WRITTEN");
    assert!(!head.contains("KEY"), "{head}");
    tui.press("esc m").await;
    let head = tui.line("WRITTEN");
    assert!(head.contains("x-tenant") && !head.contains("KEY"), "{head}");
    tui.press("o a").await;
    assert!(tui.line("WRITTEN").contains("KEY") && !tui.text().contains("x-tenant"));
}

#[tokio::test]
async fn added_columns_leave_the_body_its_room_and_come_by_the_arrow_keys() {
    let mut tui = messages().await;
    tui.press("o h").await.type_text("x-tenant .order.total h-one h-two h-three h-four h-five h-six").await.press("enter").await;
    tui.expect("x-tenant").expect("6 columns more (←→ or w)").expect("{\"order\":{");
    assert!(!tui.line("WRITTEN").contains("h-six"), "{}", tui.text());
    tui.press("right right right right right right right right right right right").await;
    assert!(tui.line("WRITTEN").contains("h-six"), "{}", tui.text());
    tui.expect("{\"order\":{");
}

#[tokio::test]
async fn what_no_transaction_committed_is_read_when_asked_for_and_the_receipt_says_which() {
    let mut tui = messages().await;
    tui.expect("3 loaded").expect(", read_committed").press("o u").await.expect("4 loaded").expect("k-aborted");
    tui.shell.app.toast = None;
    tui.expect(", read_uncommitted").press("o u").await.expect("3 loaded");
}

#[tokio::test]
async fn two_marked_messages_are_compared() {
    let mut tui = messages().await;
    tui.press("=").await.expect("two are compared: mark two with space (0 marked now)");
    tui.press("space space").await.expect("= compare").press("=").await;
    tui.expect("compare").expect("- key").expect("+ key").expect("\"total\": 8").expect("x-tenant");
    tui.press("c").await.expect("copied: what differs").press("esc").await.expect("2 marked");
}

#[tokio::test]
async fn w_shows_whole_names_and_the_picked_column_beside_them() {
    let (_kafka, mut tui) = opened().await;
    let whole = "a-destination-with-a-name-that-no-narrow-column-can-hold.created.v1";
    tui.press("2").await;
    assert!(!tui.text().contains(whole), "{}", tui.text());
    tui.press("w").await.expect(whole).expect("whole names and all columns");
    tui.press("right right right right right").await.expect("ROLE");
    tui.press("w").await;
    assert!(!tui.text().contains(whole), "{}", tui.text());
}

#[tokio::test]
async fn n_goes_to_the_next_message_that_breaks_its_schema_and_says_when_there_is_none() {
    let mut tui = messages().await;
    tui.press("n").await.expect("no other of these breaks its schema");
    let mut tui = Tui::story(80, 24);
    tui.settle().await;
    tui.press("/ o r d e r s . d l t enter m n").await;
    let lines = tui.lines();
    assert!(lines.iter().any(|l| l.starts_with(" ✗")), "{}", lines.join("\n"));
    tui.press("enter tab tab tab").await.expect("violation");
}
