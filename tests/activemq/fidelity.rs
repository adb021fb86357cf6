//! What a replay changes is what the plan said, judged by clients that are not redrive: JMS by OpenWire, and qpid-proton by AMQP 1.0.

use std::collections::{BTreeMap, BTreeSet};

use redrive::broker::{Carriage, Outgoing, Rehearsal, Selection};
use redrive::model::{Message, Typed, text_field};

use crate::site::{Pair, Site, as_it_is, look, of, sites};

const AS_IT_IS: Carriage = Carriage::Carry { marked: false };
const MARKED: Carriage = Carriage::Carry { marked: true };

/// A printed message's fields by name.
fn fields(line: &str) -> BTreeMap<String, String> {
    line.split('\t').filter_map(|field| field.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Printed messages by their number, which the sender gave them.
fn numbered(lines: &[String], number: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    // its type may have been lost
    let plain = |value: &str| value.rsplit([':', ' ']).next().unwrap_or_default().to_owned();
    lines.iter().map(|line| fields(line)).map(|fields| (plain(&fields[number]), fields)).collect()
}

/// Names of the fields that are not the same in both; but for how often it was delivered.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> BTreeSet<String> {
    let names = before.keys().chain(after.keys()).filter(|name| !name.contains("JMSXDeliveryCount"));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// Carries dead letters home, each as `make` says; what was said of each before, and by which number it is known.
async fn carry(site: &Site, pair: &Pair, make: impl Fn(&Message) -> Outgoing) -> Vec<(Message, Rehearsal)> {
    let link = site.link();
    let found = of(look(&link.eyes, &pair.dead).await.0, &pair.home);
    let seats = found.iter().map(|m| m.seat.clone()).collect();
    let mut hold = link.hand.expect("a hand").hold(&pair.dead, Selection::Seats(seats)).await.expect("hold");
    let (mut batch, mut said) = (Vec::new(), Vec::new());
    for held in hold.next(100).await.expect("next") {
        let rehearsal = link.eyes.rehearse(&held.message, &make(&held.message));
        if rehearsal.refused.is_none() {
            batch.push((held.id, make(&held.message)));
        }
        said.push((held.message, rehearsal));
    }
    assert_eq!(said.len(), found.len(), "{}: all that was seen is in hand", site.name);
    for answer in hold.carry(batch).await {
        answer.unwrap_or_else(|e| panic!("{}: {e}", site.name));
    }
    hold.close().await.expect("close");
    said
}

fn kind(message: &Message) -> &str {
    text_field(&message.properties, "body").unwrap_or("?")
}

/// A header more: the broker's own retry cannot put that on.
fn with_a_header(message: &Message, pair: &Pair) -> Outgoing {
    let mut out = as_it_is(message, &pair.home);
    out.headers.push(("why".into(), Typed::bytes(Some("test".into()))));
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_jms_go_home_as_they_are_whatever_their_kind() {
    for site in sites(&["artemis", "6", "518"]) {
        let pair = site.pair("home").await;
        site.jms(&["die", &pair.home.name, &pair.dead.name]);
        let before = site.jms(&["browse", &pair.dead.name, &pair.home.name]);
        let said = carry(&site, &pair, |m| as_it_is(m, &pair.home)).await;
        assert!(said.iter().all(|(_, r)| r.way == AS_IT_IS && r.refused.is_none() && r.losses.len() == 1), "{}", site.name);
        let after = site.jms(&["await", &pair.home.name, "10"]);
        let (before, after) = (numbered(&before, "number"), numbered(&after, "number"));
        assert_eq!((before.len(), after.len()), (10, 10), "{}", site.name);
        for (number, was) in &before {
            let unsaid: Vec<String> = changed(was, &after[number]).into_iter().filter(|name| !is_said(name, &said[0].1)).collect();
            assert!(unsaid.is_empty(), "{} {number}: {unsaid:?}: {was:?} became {:?}", site.name, after[number]);
        }
        assert!(of(look(&site.link().eyes, &pair.dead).await.0, &pair.home).is_empty());
        site.forget(&pair).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_jms_with_a_header_more_lose_what_the_plan_said_and_no_more() {
    for site in sites(&["artemis", "6", "518"]) {
        let pair = site.pair("marked").await;
        site.jms(&["die", &pair.home.name, &pair.dead.name]);
        let before = numbered(&site.jms(&["browse", &pair.dead.name, &pair.home.name]), "number");
        let said = carry(&site, &pair, |m| with_a_header(m, &pair)).await;
        let carried = said.iter().filter(|(_, rehearsal)| rehearsal.refused.is_none()).count();
        let after = numbered(&site.jms(&["await", &pair.home.name, &carried.to_string()]), "number");
        for (message, rehearsal) in &said {
            let number = text_of(message, "number");
            let refused =
                if site.artemis { matches!(kind(message), "stream" | "object") } else { !matches!(kind(message), "text" | "bytes") };
            if refused {
                assert!(rehearsal.refused.is_some() && !after.contains_key(&number), "{} {}: {rehearsal:?}", site.name, kind(message));
                continue;
            }
            assert_eq!((rehearsal.way, &rehearsal.refused), (MARKED, &None), "{} {}", site.name, kind(message));
            let Some(now) = after.get(&number) else { panic!("{} {number} {} did not arrive", site.name, kind(message)) };
            let unsaid: Vec<String> = changed(&before[&number], now).into_iter().filter(|name| !is_said(name, rehearsal)).collect();
            assert!(
                unsaid.is_empty(),
                "{} {} {unsaid:?} of {:#?}\nbecame {now:#?}\nsaid: {:#?}",
                site.name,
                kind(message),
                before[&number],
                rehearsal.losses
            );
        }
        site.jms(&["take", &pair.dead.name, &pair.home.name]);
        site.forget(&pair).await;
    }
}

fn text_of(message: &Message, header: &str) -> String {
    let value = &message.headers.iter().find(|(name, _)| name == header).expect("its number").1.value;
    match value {
        redrive::model::Value::Int(n) => n.to_string(),
        other => format!("{other:?}"),
    }
}

/// Whether a change of this field is the header that was put on, or among the losses that were named: by its name, or by a beginning with a star.
fn is_said(name: &str, rehearsal: &Rehearsal) -> bool {
    let name = name.strip_prefix("annotation ").or(name.strip_prefix("property ")).unwrap_or(name);
    let names = |word: &str| word.strip_suffix('*').map_or(word == name, |start| name.starts_with(start));
    let words = |loss: &String| loss.split([' ', ':', ',', ';', '(', ')']).any(names);
    // that the time is new is a line of every plan that publishes
    ["why", "JMSTimestamp"].contains(&name) || rehearsal.losses.iter().any(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_amqp_go_home_as_they_are_with_every_type_of_value() {
    for site in sites(&["artemis", "6", "518"]) {
        let pair = site.pair("amqp").await;
        site.proton(&["die", &pair.home.name, &pair.dead.name]);
        let before = numbered(&site.proton(&["browse", &pair.dead.name, &pair.home.name]), "property number");
        let said = carry(&site, &pair, |m| as_it_is(m, &pair.home)).await;
        assert!(said.iter().all(|(_, r)| r.way == AS_IT_IS && r.refused.is_none()), "{}", site.name);
        let after = numbered(&site.proton(&["take", &pair.home.name, "9"]), "property number");
        assert_eq!((before.len(), after.len()), (9, 9), "{}", site.name);
        for (number, was) in &before {
            let unsaid: Vec<String> = changed(was, &after[number]).into_iter().filter(|name| !is_said(name, &said[0].1)).collect();
            assert!(unsaid.is_empty(), "{} {number}: {unsaid:?}: {was:?} became {:?}", site.name, after[number]);
        }
        site.forget(&pair).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_amqp_with_a_header_more_keep_every_type_of_value_on_artemis() {
    for site in sites(&["artemis"]) {
        let pair = site.pair("typed").await;
        site.proton(&["die", &pair.home.name, &pair.dead.name]);
        let before = numbered(&site.proton(&["browse", &pair.dead.name, &pair.home.name]), "property number");
        let said = carry(&site, &pair, |m| with_a_header(m, &pair)).await;
        let after = numbered(&site.proton(&["take", &pair.home.name, "9"]), "property number");
        assert_eq!(after.len(), 9);
        for (message, rehearsal) in &said {
            assert_eq!((rehearsal.way, &rehearsal.refused), (MARKED, &None), "{}", kind(message));
            assert!(rehearsal.losses.iter().all(|loss| loss.contains("header why")), "{:?}", rehearsal.losses);
        }
        for (number, was) in &before {
            let changed: Vec<String> = changed(was, &after[number]).into_iter().filter(|name| name != "property why").collect();
            assert!(changed.is_empty(), "{number}: {changed:?}: {was:?} became {:?}", after[number]);
        }
        site.forget(&pair).await;
    }
}
