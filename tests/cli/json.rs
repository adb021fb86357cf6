//! JSON: every document of every kind against its schema, and the reference `docs/json.md` against the schemas.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{demo, place};

/// Each kind and a command that prints it.
const KINDS: [(&str, &[&str]); 16] = [
    ("destinations", &["ls"]),
    ("messages", &["peek", "orders.dlt", "-n", "500", "--from", "oldest"]),
    ("message", &["show", "orders.dlt/p4/142543"]),
    ("causes", &["causes", "orders.dlt"]),
    ("cause", &["causes", "orders.dlt", "--cause", "8d99"]),
    ("readers", &["lag"]),
    ("positions", &["lag", "billing"]),
    ("plan", &["replay", "orders.dlt", "--message", "p4/142543", "--dry-run"]),
    ("report", &["replay", "orders.dlt", "--message", "p4/142543", "--yes", "--reason", "x"]),
    ("move", &["replay", "orders.dlt", "--bulk", "--dry-run"]),
    ("entries", &["ledger"]),
    ("plans", &["jobs"]),
    ("doubts", &["jobs", "doubt"]),
    ("connections", &["check", "--connect"]),
    ("incident", &["escalate", "orders.dlt", "--cause", "-", "--dry-run"]),
    ("escalation", &["escalate", "--flush"]),
];

fn schema(kind: &str) -> Value {
    let path = format!("{}/tests/cli/schema/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))).expect("a schema")
}

/// The part of JSON Schema that the schemas use: `type const required properties additionalProperties items`.
fn check(value: &Value, by: &Value, at: &str, wrong: &mut Vec<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = |t: &Value| t == kind || (t == "number" && kind == "integer");
    if by.get("const").is_some_and(|c| c != value) {
        wrong.push(format!("{at} is {value}"));
    }
    if by.get("type").is_some_and(|t| t.as_array().map_or_else(|| !fits(t), |all| !all.iter().any(fits))) {
        wrong.push(format!("{at} is {kind}, not {}", by["type"]));
    }
    if let (Some(all), Some(each)) = (value.as_array(), by.get("items")) {
        all.iter().for_each(|v| check(v, each, &format!("{at}[]"), wrong));
    }
    if let Some(fields) = value.as_object() {
        let missing = by["required"].as_array().into_iter().flatten().filter_map(Value::as_str).filter(|k| !fields.contains_key(*k));
        wrong.extend(missing.map(|k| format!("{at}.{k} is missing")));
        for (name, v) in fields {
            match by["properties"].get(name).or_else(|| by.get("additionalProperties")) {
                Some(Value::Bool(false)) => wrong.push(format!("{at}.{name} is not in the schema")),
                Some(each) => check(v, each, &format!("{at}.{name}"), wrong),
                None => {}
            }
        }
    }
}

#[test]
fn every_document_is_as_its_schema_says() {
    for (kind, args) in KINDS {
        let ran = demo(&[args, &["-o", "json"]].concat()).exits(0);
        let document: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!((&document["version"], &document["kind"]), (&Value::from(1), &Value::from(kind)));
        let mut wrong = Vec::new();
        check(&document, &schema(kind), kind, &mut wrong);
        wrong.dedup();
        assert!(wrong.is_empty(), "{kind}: {wrong:#?}");
    }
    let here = place("");
    std::fs::write(here.path().join("messaging.hyp"), include_str!("../seed/messaging.hyp")).expect("the config");
    let said = here.run(&["--config", "messaging.hyp", "check", "-o", "json"]).exits(0).out;
    let mut wrong = Vec::new();
    check(&serde_json::from_str(&said).expect("JSON"), &schema("check"), "check", &mut wrong);
    assert!(wrong.is_empty(), "check: {wrong:#?}");
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let by = serde_json::json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } }, "additionalProperties": false });
    for bad in [serde_json::json!({}), serde_json::json!({ "a": "x" }), serde_json::json!({ "a": 1, "b": 2 })] {
        let mut wrong = Vec::new();
        check(&bad, &by, "it", &mut wrong);
        assert_eq!(wrong.len(), 1, "{bad}: {wrong:?}");
    }
}

/// One line a field, as `items[].depth`.
fn fields(by: &Value, at: &str, out: &mut String) {
    if let Some(each) = by.get("items").filter(|i| i.get("type").is_some()) {
        line(each, &format!("{at}[]"), out);
        fields(each, &format!("{at}[]"), out);
    }
    for (name, field) in by["properties"].as_object().into_iter().flatten() {
        let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        line(field, &at, out);
        fields(field, &at, out);
    }
}

fn line(field: &Value, at: &str, out: &mut String) {
    let kind = match &field["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(one) => one.clone(),
        _ => field["const"].to_string(),
    };
    let _ = writeln!(out, "| `{at}` | {kind} |");
}

#[test]
fn the_reference_lists_every_field() {
    let mut text = String::from(
        "# JSON of the command line\n\nMade from `tests/cli/schema/`, which a test holds against the real program (`REDRIVE_BLESS=1` writes it anew).\n\n\
         `--output json` prints one document: `version` (raised when a field changes its meaning or goes), `kind`, then `items` and a `receipt`, or one \
         `item`.\n`--output jsonl` prints one item a line, with `version` in each; what is one `item` is one line. The receipt is on stderr then.\n\
         Errors are text on stderr; the exit code tells how a command ended (`redrive --help`). Bytes that are not text are `{\"hex\": \"…\"}`. Times are RFC 3339, UTC.\n",
    );
    for kind in KINDS.iter().map(|k| k.0).chain(["check"]) {
        let _ = write!(text, "\n## {kind}\n\n| field | type |\n|---|---|\n");
        fields(&schema(kind), "", &mut text);
    }
    let path = format!("{}/docs/json.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("REDRIVE_BLESS").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "run the test with REDRIVE_BLESS=1 to write docs/json.md anew");
}
