//! The whole job by commands: look, understand, replay one cause, escalate another, and look again.

use serde_json::Value;

use crate::alerts;
use crate::incident::{CONNECT, Incident, SILENT, SMALLRYE, SPRING};

fn family(cause: &Value) -> &str {
    cause["families"][0]["name"].as_str().unwrap_or("none")
}

fn id(of: &[Value], wanted: &str) -> String {
    let cause = of.iter().find(|c| family(c) == wanted).unwrap_or_else(|| panic!("no cause of {wanted}: {of:#?}"));
    cause["id"].as_str().expect("an id").to_owned()
}

#[test]
fn one_cause_is_replayed_and_another_escalated() {
    let Some(incident) = Incident::new() else { return };
    let Incident { place, dlt, origin, .. } = &incident;

    let listed = place.run(&["ls", dlt, "-o", "jsonl"]).exits(0).rows();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].to_string().contains(origin.as_str()), "its origin is told: {listed:?}");

    let causes = incident.causes();
    let mut counts: Vec<(&str, u64)> = causes.iter().map(|c| (family(c), c["count"].as_u64().expect("a count"))).collect();
    counts.sort_unstable();
    let expected = [("Kafka Connect", CONNECT), ("SmallRye", SMALLRYE), ("Spring Kafka", SPRING), ("none", SILENT)];
    assert_eq!(counts, expected.map(|(name, n)| (name, n as u64)), "{causes:#?}");

    let cause = id(&causes, "Spring Kafka");
    let dry = place.run(&["replay", dlt, "--cause", &cause, "--dry-run", "-o", "json"]).exits(0);
    let plan: Value = serde_json::from_str(&dry.out).expect("JSON");
    let plan = &plan["item"];
    assert_eq!(plan["todo"], SPRING, "{plan:#}");
    assert_eq!(plan["stripped"].as_object().expect("headers").len(), 10, "{plan:#}");
    assert!(plan["wire"][0]["added"].to_string().contains("x-redrive-replay-id"), "{plan:#}");
    assert!(crate::readback::read_all(&incident.server, origin).is_empty(), "a dry run writes nothing");

    for (args, missing) in [(&["--reason", "the gateway is back"][..], "--yes"), (&["--yes"], "--reason")] {
        let refused = place.run(&[&["replay", dlt, "--cause", &cause], args].concat()).exits(1);
        assert!(refused.err.contains(missing), "{}", refused.err);
    }
    assert!(crate::readback::read_all(&incident.server, origin).is_empty(), "nothing is written without a word");

    place.run(&["replay", dlt, "--cause", &cause, "--yes", "--reason", "the gateway is back"]).exits(0);
    incident.replayed_exactly_springs();
    let left: Vec<Value> = incident.causes();
    assert!(left.iter().all(|c| causes.contains(c)), "the others are untouched: {left:#?}");
    assert_eq!(left.len(), 3, "{left:#?}");

    let cause = id(&causes, "Kafka Connect");
    for time in ["once", "twice"] {
        place.run(&["escalate", dlt, "--cause", &cause, "--yes", "--reason", time]).exits(0);
        incident.one_alert();
    }
    incident.ledger_agrees();
    place.run(&["replay", dlt, "--cause", &id(&causes, "Spring Kafka"), "--yes", "--reason", "again"]).exits(1);
    incident.replayed_exactly_springs();

    place.run(&["escalate", dlt, "--cause", &cause, "--resolve", "--yes"]).exits(0);
    alerts::gone(&incident.alertmanager, dlt);
}
