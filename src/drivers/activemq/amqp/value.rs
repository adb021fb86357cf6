//! AMQP 1.0 values as the model's typed values and back, each under its type's own name.

use std::borrow::Cow;

use bytes::Bytes;
use fe2o3_amqp_types::primitives::{Dec32, Dec64, Dec128, OrderedMap, SimpleValue, Symbol, Timestamp, Uuid};
use serde_amqp::Value as Amqp;
use serde_amqp::primitives::Array;

use crate::model::{Fields, Typed, Value, WireType};

fn typed_as(value: Value, wire: &'static str) -> Typed {
    Typed { value, wire: WireType(Cow::Borrowed(wire)) }
}

/// A value with its AMQP type (`ulong`, `symbol`); `None` for what the model cannot hold (described values, maps with other keys than text).
pub(super) fn typed(value: Amqp) -> Option<Typed> {
    let int = |i: i128, wire| typed_as(Value::Int(i), wire);
    let bytes = |b: Vec<u8>, wire| typed_as(Value::Bytes(Bytes::from(b)), wire);
    Some(match value {
        Amqp::Null => typed_as(Value::Null, "null"),
        Amqp::Bool(b) => typed_as(Value::Bool(b), "boolean"),
        Amqp::Ubyte(i) => int(i.into(), "ubyte"),
        Amqp::Ushort(i) => int(i.into(), "ushort"),
        Amqp::Uint(i) => int(i.into(), "uint"),
        Amqp::Ulong(i) => int(i.into(), "ulong"),
        Amqp::Byte(i) => int(i.into(), "byte"),
        Amqp::Short(i) => int(i.into(), "short"),
        Amqp::Int(i) => int(i.into(), "int"),
        Amqp::Long(i) => int(i.into(), "long"),
        Amqp::Float(f) => typed_as(Value::Float(f.into_inner().into()), "float"),
        Amqp::Double(f) => typed_as(Value::Float(f.into_inner()), "double"),
        Amqp::Decimal32(d) => bytes(d.into_inner().to_vec(), "decimal32"),
        Amqp::Decimal64(d) => bytes(d.into_inner().to_vec(), "decimal64"),
        Amqp::Decimal128(d) => bytes(d.into_inner().to_vec(), "decimal128"),
        Amqp::Char(c) => typed_as(Value::Text(c.to_string()), "char"),
        Amqp::Timestamp(t) => typed_as(Value::Time(t.into_inner()), "timestamp"),
        Amqp::Uuid(u) => bytes(u.into_inner().to_vec(), "uuid"),
        Amqp::Binary(b) => bytes(b.into_vec(), "binary"),
        Amqp::String(s) => typed_as(Value::Text(s), "string"),
        Amqp::Symbol(s) => typed_as(Value::Text(s.0), "symbol"),
        Amqp::List(all) => typed_as(Value::List(all.into_iter().map(typed).collect::<Option<_>>()?), "list"),
        Amqp::Array(all) => typed_as(Value::List(all.0.into_iter().map(typed).collect::<Option<_>>()?), "array"),
        Amqp::Map(map) => {
            let mut fields = Fields::new();
            for (key, value) in map.into_iter() {
                let Amqp::String(key) = key else { return None };
                fields.push((key, typed(value)?));
            }
            typed_as(Value::Table(fields), "map")
        }
        Amqp::Described(_) => return None,
    })
}

/// The AMQP value of a typed one, by its type's name; a type of another protocol becomes the nearest one. `None`: it fits none.
pub(super) fn amqp(typed: &Typed) -> Option<Amqp> {
    fn fixed<const N: usize>(bytes: &Bytes) -> Option<[u8; N]> {
        bytes.as_ref().try_into().ok()
    }
    Some(match (&typed.value, typed.wire.0.as_ref()) {
        (Value::Null, _) => Amqp::Null,
        (Value::Bool(b), _) => Amqp::Bool(*b),
        (Value::Int(i), "ubyte") => Amqp::Ubyte(u8::try_from(*i).ok()?),
        (Value::Int(i), "ushort") => Amqp::Ushort(u16::try_from(*i).ok()?),
        (Value::Int(i), "uint") => Amqp::Uint(u32::try_from(*i).ok()?),
        (Value::Int(i), "ulong") => Amqp::Ulong(u64::try_from(*i).ok()?),
        (Value::Int(i), "byte") => Amqp::Byte(i8::try_from(*i).ok()?),
        (Value::Int(i), "short") => Amqp::Short(i16::try_from(*i).ok()?),
        (Value::Int(i), "int") => Amqp::Int(i32::try_from(*i).ok()?),
        (Value::Int(i), _) => i64::try_from(*i).map(Amqp::Long).or_else(|_| u64::try_from(*i).map(Amqp::Ulong)).ok()?,
        #[allow(clippy::cast_possible_truncation)]
        (Value::Float(f), "float") => Amqp::from(*f as f32),
        (Value::Float(f), _) => Amqp::from(*f),
        (Value::Text(t), "char") => Amqp::Char(t.chars().next()?),
        (Value::Text(t), "symbol") => Amqp::Symbol(Symbol(t.clone())),
        (Value::Text(t), _) => Amqp::String(t.clone()),
        (Value::Bytes(b), "decimal32") => Amqp::Decimal32(Dec32::from(fixed::<4>(b)?)),
        (Value::Bytes(b), "decimal64") => Amqp::Decimal64(Dec64::from(fixed::<8>(b)?)),
        (Value::Bytes(b), "decimal128") => Amqp::Decimal128(Dec128::from(fixed::<16>(b)?)),
        (Value::Bytes(b), "uuid") => Amqp::Uuid(Uuid::from(fixed::<16>(b)?)),
        (Value::Bytes(b), _) => Amqp::Binary(serde_bytes(b)),
        (Value::Time(t), _) => Amqp::Timestamp(Timestamp::from_milliseconds(*t)),
        (Value::List(all), "array") => Amqp::Array(Array(all.iter().map(amqp).collect::<Option<_>>()?)),
        (Value::List(all), _) => Amqp::List(all.iter().map(amqp).collect::<Option<_>>()?),
        (Value::Table(fields), _) => {
            let mut map = OrderedMap::new();
            for (name, value) in fields {
                map.insert(Amqp::String(name.clone()), amqp(value)?);
            }
            Amqp::Map(map)
        }
    })
}

fn serde_bytes(bytes: &Bytes) -> fe2o3_amqp_types::primitives::Binary {
    fe2o3_amqp_types::primitives::Binary::from(bytes.to_vec())
}

/// A value that an application property can hold: no lists and maps.
pub(super) fn simple(typed: &Typed) -> Option<SimpleValue> {
    SimpleValue::try_from(amqp(typed)?).ok()
}

/// As JSON, for showing a body that is a value; bytes as hex.
pub(in crate::drivers::activemq) fn json(typed: &Typed) -> serde_json::Value {
    use serde_json::Value as Json;
    match &typed.value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) => {
            i64::try_from(*i).map(Json::from).or_else(|_| u64::try_from(*i).map(Json::from)).unwrap_or_else(|_| i.to_string().into())
        }
        Value::Float(f) => Json::from(*f),
        Value::Text(t) => Json::from(t.as_str()),
        Value::Bytes(b) => b.iter().map(|b| format!("{b:02x}")).collect::<String>().into(),
        Value::Time(t) => Json::from(*t),
        Value::List(all) => all.iter().map(json).collect(),
        Value::Table(fields) => Json::Object(fields.iter().map(|(n, v)| (n.clone(), json(v))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_back_as_itself() {
        let mut map = OrderedMap::new();
        map.insert(Amqp::String("k".into()), Amqp::Ulong(7));
        let all = [
            Amqp::Null,
            Amqp::Bool(true),
            Amqp::Ubyte(1),
            Amqp::Ushort(2),
            Amqp::Uint(3),
            Amqp::Ulong(u64::MAX),
            Amqp::Byte(-1),
            Amqp::Short(-2),
            Amqp::Int(-3),
            Amqp::Long(i64::MIN),
            Amqp::from(1.5f32),
            Amqp::from(-2.5f64),
            Amqp::Decimal64(Dec64::from([1; 8])),
            Amqp::Char('ß'),
            Amqp::Timestamp(Timestamp::from_milliseconds(-5)),
            Amqp::Uuid(Uuid::from([9; 16])),
            Amqp::Binary(serde_bytes(&Bytes::from_static(b"\x00\xff"))),
            Amqp::String("s".into()),
            Amqp::Symbol(Symbol("y".into())),
            Amqp::List(vec![Amqp::Int(1), Amqp::Null]),
            Amqp::Map(map),
        ];
        for value in all {
            let back = typed(value.clone()).and_then(|t| amqp(&t));
            assert_eq!(back, Some(value));
        }
    }

    #[test]
    fn what_comes_from_another_protocol_becomes_the_nearest() {
        assert_eq!(amqp(&Typed::bytes(Some("x".into()))), Some(Amqp::Binary(serde_bytes(&"x".into()))));
        let short = Typed { value: Value::Int(300), wire: WireType("s16".into()) };
        assert_eq!(amqp(&short), Some(Amqp::Long(300)));
        let list = Typed { value: Value::List(vec![]), wire: WireType("list".into()) };
        assert_eq!(simple(&list), None);
    }
}
