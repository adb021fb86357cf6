//! The incident that both faces work on: one dead-letter topic with three causes from three frameworks and two letters that say nothing.

use rdkafka::consumer::Consumer;
use serde_json::Value;

use crate::alerts;
use crate::binary::{Place, plain_config};
use crate::dead_letters::spring;
use crate::readback::{Got, looker, read_all};
use crate::smallrye::smallrye;
use crate::testbed::{Rec, filled, listener, make_topic, plain, rec, topic};

/// One incident, freshly made.
pub struct Incident {
    pub server: String,
    pub alertmanager: String,
    pub place: Place,
    /// Where Spring's and SmallRye's came from.
    pub origin: String,
    pub dlt: String,
    /// All of the dead-letter topic, as it was before redrive saw it.
    pub letters: Vec<Got>,
    /// Every consumer group there was.
    groups: Vec<String>,
}

/// Messages by cause.
pub const SPRING: usize = 5;
pub const SMALLRYE: usize = 3;
pub const CONNECT: usize = 1;
pub const SILENT: usize = 2;
/// The causes have these in their titles.
pub const SPRING_ERROR: &str = "PaymentTimeout";
pub const CONNECT_ERROR: &str = "ParseException";

impl Incident {
    /// `None`, and said so, where a broker is missing.
    pub fn new() -> Option<Self> {
        let (server, alertmanager, connect) = (plain()?, alerts::address()?, listener("REDRIVE_TEST_CONNECT_DLQ")?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (origin, dlt) = runtime.block_on(async {
            let origin = topic(&server, "e2e", 3, &[]).await;
            let dlt = format!("{origin}-dlt");
            make_topic(&server, &dlt, 3, &[]).await;
            filled(&server, &dlt, letters(&server, &origin, &connect)).await;
            (origin, dlt)
        });
        let letters = read_all(&server, &dlt);
        assert_eq!(letters.len(), SPRING + SMALLRYE + CONNECT + SILENT);
        let config = format!("[replay]\ncanary = [1]\n{}", alerts::config(&alertmanager));
        let place = Place::new(&plain_config(&server, &config).replace("read_only = false", "read_only = true"), &[]);
        let groups = groups(&server);
        Some(Self { server, alertmanager, place, origin, dlt, letters, groups })
    }

    /// The dead letters of a cause, by what its frameworks put on.
    pub fn of(&self, header: &str) -> Vec<&Got> {
        self.letters.iter().filter(|g| g.header(header).is_some()).collect()
    }

    /// The causes as the command line tells them.
    #[track_caller]
    pub fn causes(&self) -> Vec<Value> {
        self.place.run(&["causes", &self.dlt, "-o", "jsonl"]).exits(0).rows()
    }

    /// The target has exactly Spring's letters: same place, key, bytes and headers but for what the plan said; all else is as it was.
    #[track_caller]
    pub fn replayed_exactly_springs(&self) {
        let there = read_all(&self.server, &self.origin);
        let was = self.of("kafka_dlt-original-topic");
        assert_eq!(there.len(), SPRING, "{there:?}");
        for (is, was) in there.iter().zip(was) {
            assert_eq!((is.partition, &is.key, &is.body), (was.partition, &was.key, &was.body));
            let own = was.headers.iter().filter(|(name, _)| !name.starts_with("kafka_dlt-"));
            assert!(is.headers.iter().take(is.headers.len() - 3).eq(own), "{:?}\n{:?}", is.headers, was.headers);
            let added: Vec<&str> = is.headers.iter().skip(is.headers.len() - 3).map(|(name, _)| name.as_str()).collect();
            assert_eq!(added, ["x-redrive-replay-id", "x-redrive-original-id", "x-redrive-replay-gen"]);
        }
        assert_eq!(read_all(&self.server, &self.dlt), self.letters, "the dead-letter topic is as it was");
        assert_eq!(groups(&self.server), self.groups, "no group came or went");
    }

    /// The ledger speaks of each of Spring's letters once, of one incident, and of nothing in doubt.
    #[track_caller]
    pub fn ledger_agrees(&self) {
        let entries = self.place.run(&["ledger", "-n", "1000", "-o", "jsonl"]).exits(0).rows();
        let mut seats: Vec<&str> =
            entries.iter().filter(|e| e["what"] == "replayed").map(|e| e["seat"].as_str().expect("a seat")).collect();
        seats.sort_unstable();
        let mut expected: Vec<String> =
            self.of("kafka_dlt-original-topic").iter().map(|g| format!("p{}/{}", g.partition, g.offset)).collect();
        expected.sort_unstable();
        assert_eq!(seats, expected);
        assert!(entries.iter().any(|e| e["kind"] == "incident"), "{entries:#?}");
        assert!(entries.iter().all(|e| e["actor"] == "lea"), "{entries:#?}");
        self.place.run(&["jobs", "doubt"]).exits(0);
        let first = format!("{}/{}", self.dlt, expected[0]);
        let shown = self.place.run(&["show", &first]).exits(0);
        assert!(shown.out.contains("replayed by lea"), "{}", shown.out);
    }

    /// Exactly one alert is active for the queue, and it is about Connect's cause.
    #[track_caller]
    pub fn one_alert(&self) {
        let alerts = alerts::of(&self.alertmanager, &self.dlt);
        assert_eq!(alerts.len(), 1, "{alerts:#?}");
        let summary = alerts[0]["annotations"]["summary"].as_str().unwrap_or_default();
        assert!(summary.contains(CONNECT_ERROR), "{alerts:#?}");
    }
}

/// A record of the application's own, with headers that must survive: binary, null, repeated, a trace.
fn own(partition: i32, key: &str, n: usize) -> Rec {
    let mut of = rec(partition, format!("{{\"order\": {n}, \"total\": 18446744073709551616, \"note\": \"gr\u{fc}n\"}}\n"));
    of.key = Some(key.as_bytes().to_vec());
    of.headers = vec![
        ("traceparent".into(), Some(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_vec())),
        ("tenant".into(), Some(b"acme".to_vec())),
        ("blob".into(), Some(vec![0, 0xff, 0x1b, 0x9b])),
        ("nothing".into(), None),
        ("tenant".into(), Some(Vec::new())),
    ];
    of
}

fn letters(server: &str, origin: &str, connect: &str) -> Vec<Rec> {
    let place = |n: usize| i32::try_from(n % 3).expect("few");
    let mut all: Vec<Rec> =
        (0..SPRING).map(|n| spring(own(place(n), &format!("cust-{n}"), n), origin, 1_000 + n as i64, "billing")).collect();
    all.extend((0..SMALLRYE).map(|n| smallrye(own(place(n), &format!("tax-{n}"), 100 + n), origin, 2_000 + n as i64)));
    // real ones: what Kafka Connect wrote, byte for byte
    let real = read_all(server, connect).into_iter().filter(|got| got.header("__connect.errors.stage") == Some("TRANSFORMATION"));
    all.extend(real.take(CONNECT).map(|got| Rec { partition: 1, key: got.key, body: got.body, headers: got.headers, time: None }));
    all.extend((0..SILENT).map(|n| rec(2, format!("who knows {n}"))));
    all
}

fn groups(server: &str) -> Vec<String> {
    let list = looker(server).fetch_group_list(None, crate::testbed::PATIENCE).expect("groups");
    // other tests make groups of theirs meanwhile
    let mut names: Vec<String> =
        list.groups().iter().map(|g| g.name().to_owned()).filter(|n| n.contains("redrive") || n.contains("e2e")).collect();
    names.sort_unstable();
    names
}
