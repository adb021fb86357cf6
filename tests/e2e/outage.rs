//! A broker that dies in the middle of a look and of a replay, and comes back: said in words, and nothing is lost.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use crate::binary::{Place, finish, plain_config};
use crate::dead_letters::numbered;
use crate::judge::judge;
use crate::own_broker::OwnBroker;
use crate::readback::{ends, looker};
use crate::terminal::Terminal;
use crate::testbed::{PATIENCE, filled, make_topic, plain, topic};

const MESSAGES: usize = 1_000;

#[test]
fn a_broker_dies_in_the_middle_and_comes_back() {
    // where there is no Kafka at all, none is fetched for this either
    let Some(broker) = plain().and_then(|_| OwnBroker::up()) else { return };
    let server = broker.address();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (origin, dlt) = runtime.block_on(async {
        let origin = topic(&server, "outage", 2, &[]).await;
        let dlt = format!("{origin}-dlt");
        make_topic(&server, &dlt, 2, &[]).await;
        filled(&server, &dlt, numbered(MESSAGES, 20, 2, &origin)).await;
        (origin, dlt)
    });
    let place = Place::new(&plain_config(&server, "[replay]\ncanary = []"), &[]);
    let start = |args: &[&str]| place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut screen = Terminal::open(&place, &[]);
    screen.shows(&["1 up", &dlt[..8]]);

    // a look and a replay are under way
    let mut tail = start(&["peek", &dlt, "--from", "oldest", "--follow", "-o", "jsonl"]);
    let mut rows = BufReader::new(tail.stdout.take().expect("its rows"));
    for _ in 0..MESSAGES {
        rows.read_line(&mut String::new()).expect("a row");
    }
    // slowly: it is to be in the middle of it however late the kill comes
    let replay = start(&["replay", &dlt, "--all", "--yes", "--rate", "60"]);
    let looks = looker(&server);
    let written = || ends(&looks, &origin).iter().map(|(_, start, end)| end - start).sum::<i64>();
    let began = Instant::now();
    while written() < 100 {
        assert!(began.elapsed() < PATIENCE, "the replay goes on");
    }
    broker.signal("KILL");

    let began = Instant::now();
    let tail = finish(tail, &["peek"]).exits(3);
    assert!(tail.err.contains("kafka") && tail.err.contains("refused"), "{}", tail.err);
    println!("the look said so after {:.1} s: {}", began.elapsed().as_secs_f64(), tail.err.trim());
    let replay = finish(replay, &["replay"]);
    assert!(matches!(replay.code, Some(3 | 4)) && replay.err.contains("kafka"), "{replay}");
    println!(
        "the replay said so after {:.1} s: {}{}",
        began.elapsed().as_secs_f64(),
        replay.out.lines().last().unwrap_or_default(),
        replay.err.trim()
    );
    screen.shows(&["1 down", "next try in"]);
    let listed = place.run(&["ls"]).exits(1);
    assert!(listed.err.contains("refused"), "{}", listed.err);

    broker.up_again();
    screen.shows(&["1 up"]);
    place.run(&["peek", &dlt]).exits(0);
    let plans = place.run(&["jobs", "-o", "jsonl"]).exits(0).rows();
    let plan = plans[0]["plan"].as_str().expect("an id").to_owned();
    println!("before the resume: {}", plans[0]["counts"]);
    place.run(&["replay", "--plan", &plan, "--yes", "--rate", "0"]).exits(0);
    println!("{}", judge(&place, &server, &origin, &dlt, &plan));

    // a broker that hangs is no broker that answers, and no reason to hang
    broker.signal("STOP");
    let began = Instant::now();
    let hung = place.run(&["ls"]);
    println!("a hung broker: {:.1} s, {}", began.elapsed().as_secs_f64(), hung.err.trim());
    broker.signal("CONT");
    assert!(hung.code == Some(1) && hung.err.contains("kafka") && began.elapsed() < PATIENCE, "{hung:?}");
    place.run(&["ls"]).exits(0);
    screen.press(":q\r");
    assert_eq!(screen.ended(), 0);
}
