//! Classic by Jolokia: the bytes of a body as the broker holds them, for messages of which a browse shows a part or nothing.
//!
//! Jolokia can take a message apart by its fields (`browseMessages` with a path), whatever its kind; seen on 5.18.3 (Jolokia 1.7) and 6.3.1 (2.6).

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::Jolokia;
use crate::drivers::activemq::error::Outcome;
use crate::drivers::activemq::place::Place;
use crate::drivers::activemq::selector;

/// Messages asked about at a time.
pub(in crate::drivers::activemq) const GROUP: usize = 50;
/// Bytes of content fetched at a time: Jolokia writes a byte as a number, a MiB of them takes it about 2 seconds (measured on 6.3.1).
const AT_ONCE: u64 = 1 << 20;
/// Bytes of one content at most; a larger one stays a cut view.
const LARGEST: u64 = 2 << 20;

/// What a message is made of.
pub(in crate::drivers::activemq) struct Content {
    /// The kind of JMS message.
    pub kind: &'static str,
    /// Of an object its serialized form, of maps and streams OpenWire's; empty where there is none.
    pub bytes: Bytes,
}

/// A message that is there, before its content is fetched.
struct Known {
    kind: &'static str,
    size: u64,
}

/// Contents by id, and how many of the ids were asked for: as many, from the first on, as are not too much at a time. One that cannot be had whole
/// is left out: compressed, too large, gone, or not among those that a browse shows.
pub(in crate::drivers::activemq) async fn contents(
    jolokia: &Jolokia,
    place: &Place,
    ids: &[String],
) -> Outcome<(HashMap<String, Content>, usize)> {
    let known = kinds(jolokia, place, ids).await?;
    let (mut group, mut bytes, mut asked) = (Vec::new(), 0, 0);
    for id in ids {
        if let Some(one) = known.get(id).filter(|one| one.size <= LARGEST) {
            if bytes + one.size > AT_ONCE && !group.is_empty() {
                break;
            }
            bytes += one.size;
            group.push(id.clone());
        }
        asked += 1;
    }
    if group.is_empty() {
        return Ok((HashMap::new(), asked));
    }
    let rows = rows(jolokia, place, &group, &["content"]).await?;
    let found = rows.into_iter().filter_map(|(id, cells)| {
        let bytes = content(cells.first()?)?;
        Some((id.clone(), Content { kind: known.get(&id)?.kind, bytes }))
    });
    Ok((found.collect(), asked))
}

fn field(place: &Place, ids: &[String], name: &str) -> Json {
    json!({
        "type": "exec", "mbean": place.mbean, "operation": "browseMessages(java.lang.String)",
        "arguments": [selector::one_of("JMSMessageID", ids)], "path": format!("*/{name}"), "config": {"ignoreErrors": true},
    })
}

/// Fields of the same messages, row by row; each is a browse of its own, so that the ids are asked for before and after: nothing where they changed.
async fn rows(jolokia: &Jolokia, place: &Place, ids: &[String], names: &[&str]) -> Outcome<Vec<(String, Vec<Json>)>> {
    let asked = ["jMSMessageID"].iter().chain(names).chain(&["jMSMessageID"]).map(|name| field(place, ids, name)).collect();
    let mut columns = Vec::new();
    for column in jolokia.bulk(asked).await? {
        // what finds nothing is null
        columns.push(match column? {
            Json::Array(column) => column,
            _ => Vec::new(),
        });
    }
    let (Some(after), Some(before)) = (columns.pop(), columns.first()) else { return Ok(Vec::new()) };
    if *before != after || columns.iter().any(|c| c.len() != after.len()) {
        return Ok(Vec::new());
    }
    let row = |(i, id): (usize, &Json)| {
        let cells = columns.iter().skip(1).filter_map(|c| c.get(i).cloned()).collect();
        Some((id.as_str()?.to_owned(), cells))
    };
    Ok(after.iter().enumerate().filter_map(row).collect())
}

async fn kinds(jolokia: &Jolokia, place: &Place, ids: &[String]) -> Outcome<HashMap<String, Known>> {
    let rows = rows(jolokia, place, ids, &["dataStructureType", "size", "compressed"]).await?;
    let known = |(id, cells): (String, Vec<Json>)| match cells.as_slice() {
        [kind, size, Json::Bool(false)] => Some((id, Known { kind: kind_of(kind.as_u64()?)?, size: size.as_u64()? })),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

/// By CommandTypes.java.
fn kind_of(number: u64) -> Option<&'static str> {
    Some(match number {
        23 => "message",
        24 => "bytes",
        25 => "map",
        26 => "object",
        27 => "stream",
        28 => "text",
        _ => return None,
    })
}

/// A ByteSequence: a part of an array of Java's signed bytes.
fn content(of: &Json) -> Option<Bytes> {
    if of.is_null() {
        return Some(Bytes::new());
    }
    let number = |name: &str| usize::try_from(of.get(name)?.as_u64()?).ok();
    let (from, length) = (number("offset")?, number("length")?);
    let data = of.get("data")?.as_array()?.get(from..from.checked_add(length)?)?;
    data.iter().map(|b| i8::try_from(b.as_i64()?).ok().map(i8::cast_unsigned)).collect::<Option<Vec<u8>>>().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_the_part_that_it_says() {
        let of = json!({"offset": 1, "length": 2, "data": [9, 0, -1, 9]});
        assert_eq!(content(&of).as_deref(), Some(&[0, 0xff][..]));
        assert_eq!(content(&Json::Null).as_deref(), Some(&[][..]), "a message without a body");
        assert_eq!(content(&json!({"offset": 1, "length": 9, "data": [1]})), None);
        assert_eq!(content(&json!({"offset": 0, "length": 1, "data": "[B@1b3b3844"})), None);
    }
}
