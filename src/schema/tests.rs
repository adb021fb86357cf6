//! Messages of every event type of the seed config, as declared and otherwise, with the pointers of what is wrong.

mod cases;

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::config::load_text;
use crate::model::{Address, ConnId, Death, Message, Origin, Seat, Told, Typed};
use cases::{Case, cases};

const SEED: &str = include_str!("../../tests/seed/messaging.hyp");
const ID: &str = "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"";
const OTHER: &str = "\"123e4567-e89b-12d3-a456-426614174000\"";
const TIME: &str = "\"2026-11-23T03:11:58.402Z\"";

fn declared() -> Declared {
    let loaded = load_text("messaging.hyp", SEED, &BTreeMap::<String, String>::new());
    let config = loaded.config.unwrap();
    Declared::new(config.context("default").unwrap())
}

fn object(fields: &[(&str, &str)]) -> String {
    format!("{{{}}}", fields.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect::<Vec<_>>().join(","))
}

fn body(case: &Case) -> String {
    format!(
        "{{\"event_type\":\"{}\",\"version\":\"1.0\",\"payload\":{},\"metadata\":{}}}",
        case.event,
        object(&case.payload),
        object(&case.metadata)
    )
}

fn message(topic: &str, key: Option<&str>, body: impl Into<Vec<u8>>) -> Message {
    Message {
        at: Address::topic(&ConnId::new("kafka"), topic),
        seat: Seat::Offset { partition: 0, offset: 1 },
        key: key.map(|key| Bytes::copy_from_slice(key.trim_matches('"').as_bytes())),
        body: Some(Bytes::from(body.into())),
        headers: Vec::new(),
        properties: Vec::new(),
        delivery: Vec::new(),
        sent: None,
        whole: true,
    }
}

/// Pointers and texts of the violations; warnings with a `!`.
fn found(checked: &Checked) -> Vec<String> {
    let mark = |v: &Violation| if v.severity == Severity::Warning { "!" } else { "" };
    checked.violations.iter().map(|v| format!("{}{}: {}", mark(v), v.pointer, v.what)).collect()
}

fn checked(declared: &Declared, message: &Message) -> Checked {
    check(message, &Death::default(), declared)
}

/// A valid user.registered with changed text.
fn changed(declared: &Declared, from: &str, to: &str) -> Checked {
    let text = body(&cases()[4]);
    assert!(text.contains(from), "{text}");
    checked(declared, &message("user-events", Some(ID), text.replacen(from, to, 1)))
}

#[test]
fn each_event_type_as_declared_is_valid() {
    let declared = declared();
    let cases = cases();
    assert_eq!(cases.len(), 8);
    for case in &cases {
        let message = message(case.topic, case.key.map(|_| ID), body(case));
        let checked = checked(&declared, &message);
        assert_eq!(found(&checked), Vec::<String>::new(), "{}", case.event);
        let valid = Verdict::Valid { event: case.event.into(), version: "1.0".into(), assumed: false };
        assert_eq!(checked.verdict, valid);
        assert!(checked.undeclared.is_empty());
    }
}

#[test]
fn each_field_of_each_event_missing_null_or_wrong_is_found_at_its_pointer() {
    let declared = declared();
    for case in cases() {
        for block in ["payload", "metadata"] {
            let fields = if block == "payload" { &case.payload } else { &case.metadata };
            for (name, _) in fields.clone() {
                for wrong in [None, Some("null"), Some("[1]")] {
                    let mut bad = Case { payload: case.payload.clone(), metadata: case.metadata.clone(), ..case };
                    let fields = if block == "payload" { &mut bad.payload } else { &mut bad.metadata };
                    match wrong {
                        None => fields.retain(|(key, _)| *key != name),
                        Some(value) => fields.iter_mut().filter(|(key, _)| *key == name).for_each(|field| field.1 = value),
                    }
                    let checked = checked(&declared, &message(case.topic, case.key.map(|_| ID), body(&bad)));
                    assert_eq!(checked.violations.len(), 1, "{} {name} {:?}", case.event, found(&checked));
                    assert_eq!(checked.violations[0].pointer, format!("/{block}/{name}"));
                    assert_eq!(checked.violations[0].at.is_some(), wrong.is_some());
                    assert!(checked.verdict.is_invalid());
                }
            }
        }
    }
}

#[test]
fn violations_in_words() {
    let declared = declared();
    let of = |from: &str, to: &str| found(&changed(&declared, from, to));
    assert_eq!(of(TIME, "\"2026-11-23\""), ["/payload/registered_at: a date, not a timestamp"]);
    assert_eq!(of("\"a@b\"", "7"), ["/payload/email: a number, not a string"]);
    assert_eq!(
        of("\"hypnoscript-auth\"", "\"other\\u001b\""),
        ["!/metadata/source: control characters, shown escaped", "/metadata/source: \"other\\u001b\", expected \"hypnoscript-auth\"",]
    );
    assert_eq!(
        of(ID, "\"7731\""),
        ["/payload/user_id: not a uuid", "/payload/user_id: not the record key, which is \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"",]
    );
    assert_eq!(of("\"payload\":{", "\"x\":{"), ["/payload: missing"]);
    assert_eq!(of("\"metadata\":{", "\"metadata\":7,\"x\":{"), ["/metadata: a number, not an object"]);
}

#[test]
fn required_fields_and_size_of_the_producer() {
    let declared = declared();
    let of = |topic: &str, body: String| checked(&declared, &message(topic, Some(ID), body));
    assert_eq!(found(&of("script-events", "{\"payload\":null}".into())), ["/event_type: missing", "/metadata: missing", "/payload: null"]);
    assert_eq!(
        found(&of("hypnoscript.events.script-events", "[]".into())),
        ["/event_type: missing", "/payload: missing", "/metadata: missing"]
    );
    assert!(of("elsewhere", "{}".into()).violations.is_empty());
    let case = &cases()[0];
    let big = body(case).replacen("\"a\"", &format!("\"{}\"", "a".repeat(1_048_576)), 1);
    let size = big.len();
    let checked = of("script-events", big);
    assert_eq!(checked.violations.len(), 1);
    assert_eq!(checked.violations[0].what, format!("{} bytes, the limit is 1,048,576", crate::decode::human::count_plain(size as u64)));
}

#[test]
fn versions() {
    let declared = declared();
    let of = |to: &str| changed(&declared, "\"version\":\"1.0\",", to).verdict;
    let event = "user.registered".to_owned();
    assert_eq!(of(""), Verdict::Valid { event: event.clone(), version: "1.0".into(), assumed: true });
    assert_eq!(of("\"version\":1.0,"), Verdict::Valid { event, version: "1.0".into(), assumed: false });
    assert_eq!(of("\"version\":\"1.1\","), Verdict::Unchecked { why: "1.1 is not declared".into() });
}

#[test]
fn an_event_named_in_a_header_has_the_body_as_payload() {
    let declared = declared();
    let mut message = message("user-events", Some(ID), object(&cases()[4].payload));
    message.headers.push(("ce_type".into(), Typed::bytes(Some(Bytes::from_static(b"user.registered")))));
    assert_eq!(
        checked(&declared, &message).verdict,
        Verdict::Valid { event: "user.registered".into(), version: "1.0".into(), assumed: true }
    );
    message.body = Some(Bytes::from_static(b"{\"user_id\":\"x\"}"));
    let found = found(&checked(&declared, &message));
    assert!(found.contains(&"/user_id: not a uuid".to_owned()) && found.contains(&"/email: missing".to_owned()), "{found:?}");
}

#[test]
fn the_record_key() {
    let declared = declared();
    let text = body(&cases()[4]);
    let of = |key: Option<&str>| found(&checked(&declared, &message("user-events", key, text.clone())));
    assert_eq!(of(Some("x\u{1b}")), ["/payload/user_id: not the record key, which is \"x\\u001b\""]);
    assert_eq!(of(None), ["/payload/user_id: not the record key: there is none"]);
}

#[test]
fn a_dead_letter_is_held_to_the_rules_of_its_origin() {
    let declared = declared();
    let message = message("user-events-dlt", None, body(&cases()[4]));
    assert!(checked(&declared, &message).violations.is_empty(), "nobody knows where it was sent to");
    let origin = Origin { name: "user-events".into(), ..Origin::default() };
    let death = Death { origin: Told::header(origin, "h"), ..Death::default() };
    assert_eq!(check(&message, &death, &declared).violations.len(), 1);
}

#[test]
fn what_cannot_be_checked_says_why() {
    let declared = declared();
    let why = |message: &Message| match checked(&declared, message).verdict {
        Verdict::Unchecked { why } => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(&message("user-events", None, "not json")), "the body is not JSON");
    assert_eq!(why(&message("x", None, "{}")), "it names no event_type");
    assert_eq!(why(&message("x", None, "{\"event_type\":\"no.such\"}")), "event no.such is not declared");
    assert_eq!(why(&Message { body: None, ..message("x", None, "") }), "no body");
    assert_eq!(why(&Message { whole: false, ..message("x", None, "") }), "only a part of the message is here");
    let nothing = Declared::default();
    assert!(matches!(checked(&nothing, &message("x", None, "{}")).verdict, Verdict::Unchecked { .. }));
}

#[test]
fn duplicates_odd_characters_and_undeclared_fields() {
    let declared = declared();
    let twice = changed(&declared, "\"username\":\"a\"", "\"username\":7,\"username\":\"a\",\"more\":1");
    assert_eq!(found(&twice), ["!/payload/username: a duplicate key: readers differ in which one they take"]);
    assert!(matches!(twice.verdict, Verdict::Valid { .. }), "the last one counts");
    assert_eq!(twice.undeclared, ["/payload/more"]);
    let odd = changed(&declared, "\"username\":\"a\"", "\"username\":\"a\u{202e}\\n\",\"k\u{1}\":1");
    assert_eq!(
        found(&odd),
        ["!/payload/username: invisible characters, shown escaped", "!/payload/k\u{1}: control characters in the key, shown escaped",]
    );
}

#[test]
fn an_event_on_anothers_topic_is_marked() {
    let declared = declared();
    let checked = checked(&declared, &message("execution-events", Some(ID), body(&cases()[4])));
    assert_eq!(found(&checked), ["!/event_type: unexpected here: declared for user-events"]);
}

#[test]
fn topics_that_are_not_checked_are_on_request() {
    let text = SEED.replacen("schema_validation: true", "schema_validation: false", 1);
    let loaded = load_text("messaging.hyp", &text, &BTreeMap::<String, String>::new());
    let declared = Declared::new(loaded.config.unwrap().context("default").unwrap());
    let message = message("script-events", None, "{\"payload\":1}");
    assert_eq!(checked(&declared, &message).verdict, Verdict::Unchecked { why: "not checked (config)".into() });
    assert!(check_on_request(&message, &Death::default(), &declared).verdict.is_invalid());
}

#[test]
fn seen_has_it_all() {
    let mut message = message("user-events-dlt", None, body(&cases()[4]));
    message.headers.push(("kafka_dlt-original-topic".into(), Typed::bytes(Some(Bytes::from_static(b"user-events")))));
    let seen = see(message, &declared());
    assert_eq!(seen.event.as_deref(), Some("user.registered"));
    assert_eq!(seen.death.family, "Spring Kafka");
    assert_eq!(seen.violations.len(), 1);
    assert!(seen.derived && seen.preview.starts_with("{\"event_type\":\"user.registered\""));
}

proptest! {
    #[test]
    fn any_body_is_survived(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}:,\"a0-9eE. ]{0,40}", key in any::<Option<Vec<u8>>>()) {
        static DECLARED: std::sync::LazyLock<Declared> = std::sync::LazyLock::new(declared);
        let declared = &*DECLARED;
        let wrapped = format!("{{\"event_type\":\"user.registered\",\"payload\":{{{text}}}}}");
        for body in [bytes, text.into_bytes(), wrapped.into_bytes()] {
            let mut message = message("user-events", None, body);
            message.key = key.clone().map(Bytes::from);
            let seen = see(message, declared);
            prop_assert!(seen.violations.iter().all(|v| !v.what.chars().any(crate::decode::is_unsafe)));
            prop_assert!(!seen.preview.chars().any(crate::decode::is_unsafe));
        }
    }
}
