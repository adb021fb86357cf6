//! Following what is written: one destination, or the marked ones in one list.

use redrive::app::screens::Screen;
use redrive::config::Context;
use redrive::drivers::memory::{Clock, Fault, Login, Memory, Put, Shape, Spec, Step, What};
use redrive::model::ConnId;

use crate::{Tui, noon};

/// A Kafka with topics `t0`, `t1`, … and a queue's broker beside it.
async fn opened(topics: usize) -> (Memory, Tui) {
    let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), Clock::at(noon()));
    let rabbit = Memory::with_clock(ConnId::new("rabbit-eu"), Shape::rabbitmq(), Clock::at(noon()));
    (0..topics).for_each(|i| drop(kafka.create(format!("t{i}"), Spec::default())));
    rabbit.create("work", Spec::default());
    let mut tui = Tui::open(Context::default(), vec![kafka.connect(Login::admin()), rabbit.connect(Login::admin())], 80, 24);
    tui.settle().await;
    tui.press("2").await;
    (kafka, tui)
}

fn say(kafka: &Memory, topic: &str, word: &str) {
    kafka.put(topic, Put { sent: Some(noon()), ..Put::body(format!("{{\"say\":\"{word}\"}}")) });
}

#[tokio::test]
async fn f_follows_the_marked_destinations_in_one_list_and_each_row_says_where_it_is_from() {
    let (kafka, mut tui) = opened(3).await;
    tui.press("space down space").await.expect("follow 2").press("f").await;
    tui.expect("2 destinations › messages").expect("t0, t2");
    tui.until("following 2").await;
    say(&kafka, "t0", "apple");
    say(&kafka, "t2", "berry");
    say(&kafka, "t1", "of nobody's business");
    tui.until("apple").await.until("berry").await;
    assert!(tui.line("apple").contains(" t0 "), "{}", tui.text());
    assert!(tui.line("berry").contains(" t2 "), "{}", tui.text());
    let text = tui.text();
    assert!(!text.contains("nobody's"), "{text}");
    // the same offset in two topics is two messages
    tui.expect("2 loaded").press("space").await.expect("1 marked");
    tui.press("p").await.expect("stopped after 2").press("p").await.until("following 2").await;
}

#[tokio::test]
async fn until_its_end_is_found_nothing_is_said_to_be_followed() {
    let (kafka, mut tui) = opened(1).await;
    kafka.faults().add(Fault::at(Step::Peek, What::Never));
    tui.press("f").await.expect("finding the end, from where it follows");
    assert!(!tui.text().contains("following"), "{}", tui.text());
    kafka.faults().clear();
    tui.press("p p").await.until("following: what is written from now on").await;
}

#[tokio::test]
async fn a_queue_or_a_ninth_that_is_marked_is_left_out_and_that_is_said() {
    let (kafka, mut tui) = opened(10).await;
    tui.press("* f").await.expect("8 destinations").until("following 8").await;
    tui.expect("left out: t8 (8 at most) and 2 more");
    say(&kafka, "t7", "heard");
    tui.until("heard").await;
    tui.press("esc").await.expect("destinations").press("esc / w o r k enter f").await;
    tui.expect("a queue cannot be followed");
    // no field for a place is opened where there is none to go to
    tui.press("m esc @").await.expect("it has no offsets and no times to go to");
    assert!(tui.shell.app.overlay.is_none());
}

#[tokio::test]
async fn what_is_written_while_a_message_is_open_is_there_when_it_is_left() {
    let (kafka, mut tui) = opened(1).await;
    tui.press("f").await.until("following").await;
    say(&kafka, "t0", "apple");
    tui.until("apple").await.press("enter").await.expect("[Body]");
    say(&kafka, "t0", "berry");
    // the message is open: what comes is kept for the list below it
    let below = |tui: &Tui| match &tui.shell.app.screens[tui.shell.app.screens.len() - 2].screen {
        Screen::Messages(page) => page.ring.bytes(),
        other => panic!("{other:?}"),
    };
    let before = below(&tui);
    tui.until_so("the second message", |tui| below(tui) > before).await;
    tui.press("esc").await.expect("berry");
    tui.expect("2 loaded").expect("apple");
}

#[tokio::test]
async fn a_read_that_is_left_for_another_place_says_so_when_it_is_come_back_to() {
    let (kafka, mut tui) = opened(1).await;
    tui.press("f").await.until("following").await;
    say(&kafka, "t0", "apple");
    tui.until("apple").await.press("3 -").await.expect("stopped after 1").expect("apple").press("f").await.until("following").await;
    say(&kafka, "t0", "berry");
    tui.until("berry").await;
}
