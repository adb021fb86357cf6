//! The tokenizer changes no token, and no input makes it fail otherwise than by saying so.

use bytes::Bytes;
use proptest::prelude::*;

use super::rows::Rows;
use super::*;
use crate::decode::TokenKind;

fn rows(text: &str) -> Rows {
    Rows::new(parse(&Bytes::copy_from_slice(text.as_bytes())).unwrap())
}

fn shown(text: &str) -> Vec<String> {
    let rows = rows(text);
    (0..rows.len()).filter_map(|i| rows.line(i)).map(|l| format!("{}{}", "  ".repeat(l.indent), l.text())).collect()
}

/// Every token but the blanks between them.
fn tokens(text: &str) -> String {
    let rows = rows(text);
    let lines = (0..rows.len()).filter_map(|i| rows.line(i));
    lines.flat_map(|l| l.tokens).filter(|t| t.kind != TokenKind::Space).map(|t| t.text).collect()
}

#[test]
fn numbers_keys_and_order_stay_as_they_are() {
    let text = r#"{"b":18446744073709551616,"a":1e400,"b":-0.10,"e":{ },"l":[1,[ ],"x y"]}"#;
    assert_eq!(
        shown(text),
        [
            "{",
            "  \"b\": 18446744073709551616,",
            "  \"a\": 1e400,",
            "  \"b\": -0.10,",
            "  \"e\": {},",
            "  \"l\": [",
            "    1,",
            "    [],",
            "    \"x y\"",
            "  ]",
            "}",
        ]
    );
}

#[test]
fn folds_pointers_and_places() {
    let rows = rows("{\"a/b\": [10, {\"~\": null}],\n \"c\": 1}");
    assert_eq!(rows.line(0).unwrap().fold, Some(8));
    assert_eq!(rows.line(1).unwrap().fold, Some(6));
    assert_eq!(rows.line(3).unwrap().pointer, "/a~1b/1");
    assert_eq!(rows.line(4).unwrap().pointer, "/a~1b/1/~0");
    let (node, whole) = rows.json().find("/a~1b/1/~0");
    assert!(whole);
    assert_eq!(rows.row_of(node), 4);
    let (near, whole) = rows.json().find("/a~1b/7/x");
    assert!(!whole);
    assert_eq!(rows.row_of(near), 1);
    assert_eq!(rows.line(rows.row_of(rows.json().find("/c").0)).unwrap().text(), "\"c\": 1");
    for id in rows.json().ids() {
        assert_eq!(rows.json().node_at(rows.json().range(id).start), id);
    }
}

#[test]
fn duplicates_keep_their_own_lines() {
    let rows = rows("{\"a\":1,\"a\":2}");
    assert_eq!(rows.row_of(rows.json().find("/a").0), 2, "readers take the last");
    assert_eq!(rows.line(1).unwrap().text(), "\"a\": 1,");
}

#[test]
fn control_characters_are_written_out() {
    let line = rows("{\"no\u{1b}te\":\"a\u{1b}[2J\\u001b\u{202e}\"}").line(1).unwrap();
    assert_eq!(line.text(), "\"no\\u001bte\": \"a\\u001b[2J\\u001b\\u202e\"");
    assert!(line.escaped);
}

#[test]
fn what_is_not_json_says_where() {
    for (text, at) in
        [("{\"a\":01}", 6), ("[1,]", 3), ("{a:1}", 1), ("1 2", 2), ("\"x", 2), ("", 0), ("[\"\\x\"]", 2), ("tru", 0), ("-", 1)]
    {
        assert_eq!(parse(&Bytes::copy_from_slice(text.as_bytes())).unwrap_err().at, at, "{text}");
    }
    assert_eq!(parse(&Bytes::from_static(b"[\"\xff\"]")).unwrap_err().at, 2);
}

#[test]
fn nesting_is_bounded() {
    let deep = |n: usize| Bytes::from(format!("{}{}", "[".repeat(n), "]".repeat(n)));
    assert!(parse(&deep(512)).is_ok());
    assert!(parse(&deep(513)).is_err());
    assert!(parse(&Bytes::from("[".repeat(1_000_000))).is_err());
}

#[test]
fn strings_mean_what_their_escapes_say() {
    assert_eq!(unescape(r#""a\n\u00e4\ud83d\ude00\/\"\ud800x""#), "a\nä😀/\"\u{fffd}x");
}

#[test]
fn a_long_value_goes_on_in_further_lines_of_one_number() {
    let text = format!("[\"{}\"]", "ä\\n".repeat(4000));
    let rows = rows(&text);
    assert!(rows.len() > 4);
    assert!((1..rows.len() - 1).all(|i| rows.line(i).is_some_and(|l| l.number == 2 && l.continued == (i > 1))));
    assert_eq!(tokens(&text), text);
}

/// JSON as text, with blanks where they may stand, odd numbers and duplicate keys.
fn json() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
    let string = "\"([a-zäß€😀 ]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,8}\"";
    let leaf = prop_oneof![number, string, Just("true".to_owned()), Just("false".to_owned()), Just("null".to_owned())];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let gap = "[ \n\t\r]{0,2}";
        let member = (string, gap, inner.clone()).prop_map(|(k, g, v)| format!("{g}{k}{g}:{g}{v}{g}"));
        prop_oneof![
            (prop::collection::vec(inner, 0..6), gap).prop_map(|(v, g)| format!("[{g}{}{g}]", v.join(&format!("{g},{g}")))),
            (prop::collection::vec(member, 0..6), gap).prop_map(|(v, g)| format!("{{{g}{}{g}}}", v.join(","))),
        ]
    })
}

/// The text without blanks outside strings.
fn dense(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    text.chars()
        .filter(|c| {
            let keep = inside || !matches!(c, ' ' | '\t' | '\n' | '\r');
            match c {
                '"' if !escaped => inside = !inside,
                _ => {}
            }
            escaped = inside && *c == '\\' && !escaped;
            keep
        })
        .collect()
}

proptest! {
    #[test]
    fn pretty_printing_changes_no_token(text in json()) {
        prop_assert_eq!(tokens(&text), dense(&text));
    }

    #[test]
    fn serde_agrees_on_what_is_json(text in "([\\[\\]{}:,\"0-9eE.+-]|true|null|\\\\|a| ){0,12}") {
        let ours = parse(&Bytes::copy_from_slice(text.as_bytes())).is_ok();
        prop_assert_eq!(ours, serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok());
    }
}
