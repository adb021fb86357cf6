//! Bytes that mean harm, or are large: shown right, and no control byte of theirs reaches the terminal.

use crate::binary::{Place, plain_config};
use crate::commits::commit;
use crate::dead_letters::spring;
use crate::terminal::Terminal;
use crate::testbed::{Rec, filled, fresh, make_topic, plain, rec};

/// Clears, titles, rings, colours, and the same by C1 bytes.
const EVIL: &str = "\u{1b}[31;5;7m\u{1b}[2J\u{1b}]0;pwned\u{7}\u{9b}31mred\u{7f}\r\nnext\u{85}\u{1b}Pq\u{1b}\\";

fn with_headers(mut of: Rec, headers: &[(&str, &[u8])]) -> Rec {
    of.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Some(value.to_vec()))).collect();
    of
}

/// A topic with one of each; their bodies by offset, and a group of an evil name that reads it.
fn hostile(server: &str) -> (String, Vec<Vec<u8>>, String) {
    let name = format!("{}-dlt", fresh("hostile"));
    let million = format!("{{\"text\":\"{}\"}}", "x".repeat(999_989));
    let numbers = "{\"max\":9223372036854775807,\"min\":-9223372036854775808,\"u64\":18446744073709551615,\"big\":123456789012345678901234567890,\"f\":1.10,\"max\":9007199254740993}";
    let bodies: Vec<Vec<u8>> = vec![
        b"7".to_vec(),
        vec![0],
        million.into_bytes(),
        vec![0xff; 1_000_000],
        b"caf\xc3\x28 \xed\xa0\x80 \xf5".to_vec(),
        numbers.into(),
        EVIL.into(),
        serde_json::json!({ "note": EVIL, EVIL: 1 }).to_string().into_bytes(),
        Vec::new(),
    ];
    let mut recs: Vec<Rec> = bodies.iter().map(|b| rec(0, b.clone())).collect();
    for evil in &mut recs[6..8] {
        *evil = with_headers(evil.clone(), &[(EVIL, EVIL.as_bytes()), ("tenant", b"\x1b]52;c;cHduZWQ=\x07")]);
        evil.key = Some(EVIL.as_bytes().to_vec());
    }
    recs[7] = spring(recs[7].clone(), &format!("evil{EVIL}"), 5, EVIL);
    let group = format!("g-{}{EVIL}", fresh("evil"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
        make_topic(server, &name, 1, &[("max.message.bytes", "3000000")]).await;
        filled(server, &name, recs).await;
    });
    commit(server, &group, &name, &[(0, 2)]);
    (name, bodies, group)
}

/// No control character but the end of a line.
#[track_caller]
fn clean(what: &[&str], text: &str) {
    if let Some((at, c)) = text.char_indices().find(|(_, c)| c.is_control() && *c != '\n') {
        let start = text[..at].char_indices().rev().nth(60).map_or(0, |(i, _)| i);
        panic!("{what:?} prints {c:?} after {:?}", &text[start..at]);
    }
}

#[test]
fn by_commands() {
    let Some(server) = plain() else { return };
    let (topic, bodies, group) = hostile(&server);
    let place = Place::new(&plain_config(&server, ""), &[]);
    let seat = |offset: usize| format!("{topic}/p0/{offset}");
    let dead = seat(7);
    let mut asked: Vec<Vec<&str>> = Vec::new();
    for format in ["table", "json", "jsonl"] {
        asked.push(vec!["peek", &topic, "--from", "oldest", "-o", format]);
        asked.push(vec!["causes", &topic, "-o", format]);
        asked.push(vec!["lag", "--topic", &topic, "-o", format]);
        asked.push(vec!["lag", &group, "-o", format]);
        asked.push(vec!["show", &dead, "-o", format]);
        asked.push(vec!["replay", &topic, "--message", "p0/6", "--to", &topic, "--dry-run", "-o", format]);
        asked.push(vec!["peek", EVIL, "-o", format]);
        asked.push(vec!["ledger", EVIL, "-o", format]);
    }
    for args in &asked {
        let ran = place.run(args);
        clean(args, &ran.out);
        clean(args, &ran.err);
    }
    let lag = place.run(&["lag", "--topic", &topic]).exits(0);
    assert!(lag.out.contains("evil"), "the group is there under a name that can be read: {}", lag.out);
    for (offset, body) in bodies.iter().enumerate() {
        let address = seat(offset);
        let raw = place.command(&["show", &address, "--raw"]).output().expect("run");
        assert_eq!(&raw.stdout, body, "{address} to the byte");
        let shown = place.run(&["show", &address]).exits(0);
        clean(&["show", &address], &shown.out);
    }
    let shown = |offset: usize| place.run(&["show", &seat(offset)]).exits(0).out;
    for number in [
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "123456789012345678901234567890",
        "1.10",
        "9007199254740993",
    ] {
        assert!(shown(5).contains(number), "{number} as it is written:\n{}", shown(5));
    }
    assert!(shown(0).contains("1 B") && shown(1).contains("00"), "{}{}", shown(0), shown(1));
    assert!(shown(3).len() > 1_000_000, "all of a large body is shown, as hex");
    assert!(shown(4).contains("63 61 66 c3 28"), "{}", shown(4));
    assert!(shown(6).contains("pwned"), "{}", shown(6));
    // what can be read as text is whole in JSON, escaped; other bytes are hex
    let rows = place.run(&["peek", &topic, "--from", "oldest", "-o", "jsonl"]).exits(0).rows();
    assert_eq!(rows.len(), bodies.len());
    for (row, body) in rows.iter().zip(&bodies) {
        match std::str::from_utf8(body) {
            Ok(text) => assert_eq!(row["body"], text),
            Err(_) => assert_eq!(row["body"]["hex"].as_str().map(str::len), Some(body.len() * 2)),
        }
    }
    assert_eq!(rows[6]["key"], EVIL);
    assert_eq!(rows[6]["headers"][0]["name"], EVIL);
}

/// What a terminal got: whole UTF-8, and of control characters only those that the program itself sends.
#[track_caller]
fn nothing_of_theirs(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("UTF-8 all through");
    for planted in ["\u{1b}[31;5;7m", "\u{1b}]0;", "\u{1b}]52;", "\u{1b}P", "\u{7}", "\u{9b}", "\u{85}", "\u{7f}"] {
        let at = text.find(planted);
        assert!(at.is_none(), "{planted:?} reached the terminal: {:?}", at.map(|at| text[at..].chars().take(80).collect::<String>()));
    }
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control()) {
        rest = &rest[at..];
        let ends = |c: char| ('\u{40}'..='\u{7e}').contains(&c);
        rest = match rest.strip_prefix("\u{1b}[").and_then(|csi| Some(&csi[csi.find(ends)? + 1..])) {
            Some(after) => after,
            None => rest.strip_prefix(['\r', '\n', '\u{8}']).unwrap_or_else(|| panic!("{:?}", rest.chars().take(40).collect::<String>())),
        };
    }
}

#[test]
fn in_a_terminal() {
    let Some(server) = plain() else { return };
    let (topic, bodies, group) = hostile(&server);
    let place = Place::new(&plain_config(&server, ""), &[]);
    let mut t = Terminal::open(&place, &[]);
    t.shows(&["overview", "1 up"]);
    t.press(&format!("/{topic}\r"));
    t.row("dlq  t-hostile");
    t.press("\r");
    t.shows(&["causes", "9 dead", "all read"]);
    t.press("d");
    t.shows(&["› describe"]);
    t.press("2");
    t.shows(&["destinations ", "listed at"]);
    t.press(&format!("/{topic}\r"));
    t.row("t-hostile");
    t.press("m");
    t.shows(&["9 loaded", "all there is"]);
    // the cursor stays on the row that came first, wherever that is in the end
    t.press("g\r");
    for offset in (0..bodies.len()).rev() {
        let place = format!("p0 / {offset} ");
        t.shows(&[&place, "[Body]"]);
        for tab in ["[Headers", "[Death", "[History", "[Raw", "[Body"] {
            t.press("\t");
            t.shows(&[&place, tab]);
            t.press("G");
            t.press("g");
        }
        t.press("n>");
    }
    t.press("3");
    t.shows(&["overview › lag"]);
    // the part of the name that can be typed
    let name: String = group.chars().take_while(|c| !c.is_control()).collect();
    t.press(&format!("/{name}\r"));
    t.row("g-t-evil");
    t.press("\r");
    t.shows(&["stuck on", "p0 / 2"]);
    t.press("d");
    t.press(":q\r");
    assert_eq!(t.ended(), 0);
    nothing_of_theirs(&t.bytes());
}
