//! What the block language means, and that no text at all stops the reader.

use proptest::prelude::*;

use super::*;
use crate::config::tree::View;

fn read(text: &str) -> (Node, Vec<String>) {
    let (node, mistakes) = parse(0, text);
    let said = mistakes.iter().map(|m| format!("{}: {}", m.at.start, m.message)).collect();
    (node, said)
}

#[test]
fn blocks_lists_scalars_and_comments() {
    let text = r#"
// Größe
messaging {
    kafka: { servers: ["a:1", "b:2",], n: -3, x: 0.5 } // Kommentar
    "grüße.an": true,,
    secret: env.KAFKA_PASSWORD
    list: [
        { name: "a" },
        { name: "b" }
    ]
}
"#;
    let (node, said) = read(text);
    assert_eq!(said, Vec::<String>::new());
    let messaging = View::of(&node).get("messaging");
    assert_eq!(messaging.at("kafka.servers").texts().unwrap(), ["a:1", "b:2"]);
    assert_eq!(messaging.at("kafka.n").int::<i32>(), Some(-3));
    assert_eq!(messaging.at("kafka.x").float(), Some(0.5));
    assert_eq!(messaging.get("grüße.an").bool(), Some(true));
    assert_eq!(messaging.get("list").items().len(), 2);
    let secret = messaging.get("secret").node.unwrap();
    assert_eq!(secret.value, Value::Env("KAFKA_PASSWORD".into()));
    assert_eq!(&text[secret.span.range()], "env.KAFKA_PASSWORD");
}

#[test]
fn several_mistakes_in_one_run() {
    let (node, said) = read("a: 5672x\nb 3\nc: \"open\nd: 4\ne: 1 f: 2\ng: {\n");
    assert_eq!(said.len(), 5, "{said:?}");
    assert_eq!(View::of(&node).get("d").int::<u8>(), Some(4));
    assert_eq!(View::of(&node).get("f").int::<u8>(), Some(2));
}

#[test]
fn a_leaf_twice_is_an_error_and_blocks_are_joined() {
    let (node, said) = read("a { x: 1 }\na: { y: 2 }\na { x: 3 }");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("x stands here twice"));
    assert_eq!(View::of(&node).at("a.x").int::<u8>(), Some(1));
    assert_eq!(View::of(&node).at("a.y").int::<u8>(), Some(2));
}

#[test]
fn deep_nesting_ends() {
    let (_, said) = read(&"a: [".repeat(100_000));
    assert!(!said.is_empty());
    let (_, said) = read(&"a {".repeat(100_000));
    assert!(!said.is_empty());
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*") {
        parse(0, &text);
    }

    #[test]
    fn any_soup_of_tokens_is_read(
        soup in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(":"), Just(","), Just("\n"),
                Just("\""), Just("\\u12"), Just("//"), Just("env."), Just("env.X"), Just("a"),
                Just("1"), Just("-"), Just("ü"), Just("="), Just(" "), Just("1e999"),
            ],
            0..200,
        )
    ) {
        let text = soup.concat();
        let (node, mistakes) = parse(0, &text);
        prop_assert!(mistakes.iter().all(|m| m.at.end <= text.len()));
        prop_assert!(node.span.range().end <= text.len());
    }
}
