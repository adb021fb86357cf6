//! Dead letters that a transaction wrote: what readers of committed messages do not see is said, not passed over.

use rdkafka::producer::Producer;

use crate::binary::{Place, plain_config};
use crate::dead_letters::spring;
use crate::testbed::{PATIENCE, filled, fresh, make_topic, plain, producer, rec, send};

#[test]
fn what_is_given_up_and_what_is_still_open_is_said() {
    let Some(server) = plain() else { return };
    let dlt = format!("{}-dlt", fresh("undecided"));
    let letter = |n: i64| spring(rec(0, format!("{{\"order\": {n}}}")), "orders", n, "billing");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let open = runtime.block_on(async {
        make_topic(&server, &dlt, 1, &[]).await;
        filled(&server, &dlt, [letter(0)]).await;
        let p = producer(&server, &[("transactional.id", &fresh("undecided"))]);
        p.init_transactions(PATIENCE).expect("ready");
        p.begin_transaction().expect("begun");
        send(&p, &dlt, [letter(1)]).await;
        p.abort_transaction(PATIENCE).expect("given up");
        p.begin_transaction().expect("begun");
        send(&p, &dlt, [letter(2)]).await;
        // of somebody else, and committed: but behind what is open
        filled(&server, &dlt, [letter(3)]).await;
        p
    });
    let place = Place::new(&plain_config(&server, ""), &[]);
    let causes = |code: i32| {
        let ran = place.run(&["causes", &dlt, "-o", "jsonl"]).exits(code);
        (ran.rows().iter().map(|c| c["count"].as_u64().expect("a count")).sum::<u64>(), ran.err)
    };
    let (count, said) = causes(3);
    assert_eq!(count, 1, "{said}");
    assert!(said.contains("up to a transaction that is still open") && said.contains("2 offsets hold no message"), "{said}");
    assert!(said.contains("p0: 2 offsets from 3 on are in or behind a transaction that is still open"), "{said}");
    let peeked = place.run(&["peek", &dlt, "-o", "jsonl"]).exits(0);
    assert!(peeked.rows().len() == 1 && peeked.err.contains("still open"), "{}", peeked.err);
    assert_eq!(place.run(&["peek", &dlt, "--uncommitted", "-o", "jsonl"]).exits(0).rows().len(), 4);
    for (offset, is_seen) in [(0, true), (1, false), (3, false)] {
        let shown = place.run(&["show", &format!("{dlt}/p0/{offset}")]).exits(0);
        assert_eq!(!shown.err.contains("readers of committed messages do not see it"), is_seen, "{}", shown.err);
    }
    open.commit_transaction(PATIENCE).expect("committed");
    // the mark of its end is written a moment after
    let until = std::time::Instant::now() + PATIENCE;
    while place.run(&["causes", &dlt, "-o", "jsonl"]).code == Some(3) && std::time::Instant::now() < until {}
    let (count, said) = causes(0);
    assert!(count == 3 && said.contains("read all 3") && said.contains("3 offsets hold no message"), "{said}");
}
