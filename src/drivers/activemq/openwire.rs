//! The bodies of JMS map and stream messages as Classic holds them: OpenWire's marshalled primitives, read with their types.
//!
//! Source: MarshallingSupport.java (activemq-client): a type's byte, then its value as Java's DataOutput writes it.

use std::borrow::Cow;

use bytes::{Buf, Bytes};

use crate::model::{Fields, Typed, Value, WireType};

/// Values within values at most.
const DEEPEST: usize = 16;

/// A map message's entries, by name; `None`: these bytes are no such map.
pub(super) fn map(body: &Bytes) -> Option<Typed> {
    let mut rest = body.clone();
    let map = entries(&mut rest, 0)?;
    rest.is_empty().then_some(map)
}

/// A stream message's values, in order; `None`: these bytes are no such stream.
pub(super) fn stream(body: &Bytes) -> Option<Typed> {
    let mut rest = body.clone();
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(value(&mut rest, 0)?);
    }
    Some(typed(Value::List(all), "stream"))
}

fn typed(value: Value, wire: &'static str) -> Typed {
    Typed { value, wire: WireType(Cow::Borrowed(wire)) }
}

fn entries(rest: &mut Bytes, depth: usize) -> Option<Typed> {
    let count = rest.try_get_i32().ok()?;
    let mut fields = Fields::new();
    // -1 is a map that is null
    for _ in 0..count.max(0) {
        let length = rest.try_get_u16().ok()?;
        let name = text(rest, usize::from(length))?;
        fields.push((name, value(rest, depth)?));
    }
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    Some(typed(Value::Table(fields), "map"))
}

fn value(rest: &mut Bytes, depth: usize) -> Option<Typed> {
    if depth > DEEPEST {
        return None;
    }
    let int = |i: i64, wire| typed(Value::Int(i.into()), wire);
    Some(match rest.try_get_u8().ok()? {
        0 => typed(Value::Null, "null"),
        1 => typed(Value::Bool(rest.try_get_u8().ok()? != 0), "boolean"),
        2 => int(rest.try_get_i8().ok()?.into(), "byte"),
        3 => typed(Value::Text(String::from_utf16_lossy(&[rest.try_get_u16().ok()?])), "char"),
        4 => int(rest.try_get_i16().ok()?.into(), "short"),
        5 => int(rest.try_get_i32().ok()?.into(), "int"),
        6 => int(rest.try_get_i64().ok()?, "long"),
        7 => typed(Value::Float(rest.try_get_f64().ok()?), "double"),
        8 => typed(Value::Float(rest.try_get_f32().ok()?.into()), "float"),
        9 => {
            let length = rest.try_get_u16().ok()?;
            typed(Value::Text(text(rest, usize::from(length))?), "string")
        }
        10 => {
            let length = length(rest)?;
            typed(Value::Bytes(take(rest, length)?), "bytes")
        }
        11 => entries(rest, depth + 1)?,
        12 => {
            let count = length(rest)?;
            let mut all = Vec::new();
            for _ in 0..count {
                all.push(value(rest, depth + 1)?);
            }
            typed(Value::List(all), "list")
        }
        13 => {
            let length = length(rest)?;
            typed(Value::Text(text(rest, length)?), "string")
        }
        _ => return None,
    })
}

fn length(rest: &mut Bytes) -> Option<usize> {
    usize::try_from(rest.try_get_i32().ok()?).ok()
}

fn take(rest: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= rest.len()).then(|| rest.split_to(length))
}

/// Java's modified UTF-8: a NUL in two bytes, and what is beyond 16 bits as two surrogates of three bytes each.
fn text(rest: &mut Bytes, length: usize) -> Option<String> {
    let bytes = take(rest, length)?;
    if let Ok(plain) = std::str::from_utf8(&bytes) {
        return Some(plain.to_owned());
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().map(|b| u16::from(*b));
    while let Some(a) = bytes.next() {
        let mut more = || bytes.next().filter(|b| b & 0xc0 == 0x80).map(|b| b & 0x3f);
        units.push(match a {
            0..=0x7f => a,
            0xc0..=0xdf => (a & 0x1f) << 6 | more()?,
            0xe0..=0xef => (a & 0x0f) << 12 | more()? << 6 | more()?,
            _ => return None,
        });
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(name: &str) -> Vec<u8> {
        [&[0, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat()
    }

    #[test]
    fn entries_keep_their_types_and_stand_by_name() {
        let bytes = [
            &[0, 0, 0, 4][..],
            &name("s"),
            &[9, 0, 2, 0xc3, 0x9f],
            &name("f"),
            &[8, 0x3e, 0x80, 0, 0],
            &name("b"),
            &[10, 0, 0, 0, 2, 0, 0xff],
            &name("n"),
            &[5, 0xff, 0xff, 0xff, 0xfd],
        ]
        .concat();
        let Some(Typed { value: Value::Table(fields), .. }) = map(&bytes.clone().into()) else { panic!("a map") };
        let named: Vec<_> = fields.iter().map(|(name, v)| (name.as_str(), v.wire.0.as_ref(), v.value.clone())).collect();
        assert_eq!(
            named,
            [
                ("b", "bytes", Value::Bytes(Bytes::from_static(&[0, 0xff]))),
                ("f", "float", Value::Float(0.25)),
                ("n", "int", Value::Int(-3)),
                ("s", "string", Value::Text("ß".into())),
            ]
        );
        assert_eq!(map(&Bytes::from(bytes).slice(..20)), None, "cut off");
    }

    #[test]
    fn a_stream_keeps_its_order_and_java_its_own_way_with_letters() {
        // a NUL, and U+1F600 as two surrogates
        let bytes = [&[3, 0, 0xdf][..], &[9, 0, 8, 0xc0, 0x80, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]].concat();
        let Some(Typed { value: Value::List(all), .. }) = stream(&bytes.into()) else { panic!("a stream") };
        assert_eq!(all, [typed(Value::Text("ß".into()), "char"), typed(Value::Text("\0😀".into()), "string")]);
        assert_eq!(stream(&Bytes::from_static(&[99])), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = Bytes::from(bytes);
            let _ = (map(&bytes), stream(&bytes));
        }
    }
}
