//! AMQP 0-9-1 field values ↔ typed values: every type of the protocol goes back on the wire as it came.

use std::borrow::Cow;

use bytes::Bytes;
use lapin::types::{AMQPValue, ByteArray, DecimalValue, FieldArray, FieldTable, LongString, ShortString};

use crate::model::{Fields, Typed, Value, WireType};

/// Tables within tables at most: RabbitMQ itself sends none deeper.
const DEEPEST: usize = 32;

fn typed(value: Value, wire: &'static str) -> Typed {
    Typed { value, wire: WireType(Cow::Borrowed(wire)) }
}

/// A short string as text.
pub fn short(text: &ShortString) -> Typed {
    typed(Value::Text(text.as_str().to_owned()), "shortstr")
}

/// An unsigned octet, as delivery mode and priority are.
pub fn octet(n: u8) -> Typed {
    typed(Value::Int(n.into()), "u8")
}

/// A whole number of this delivery's own.
pub fn whole(n: i128) -> Typed {
    typed(Value::Int(n), "s64")
}

pub fn boolean(b: bool) -> Typed {
    typed(Value::Bool(b), "bool")
}

/// Seconds since the epoch; what milliseconds cannot hold stays a number.
pub fn timestamp(seconds: u64) -> Typed {
    let ms = i64::try_from(seconds).ok().and_then(|s| s.checked_mul(1000));
    typed(ms.map_or(Value::Int(seconds.into()), Value::Time), "timestamp")
}

fn text_or_bytes(bytes: &[u8], wire: &'static str) -> Typed {
    let value = std::str::from_utf8(bytes).map_or_else(|_| Value::Bytes(Bytes::copy_from_slice(bytes)), |t| Value::Text(t.to_owned()));
    typed(value, wire)
}

/// A field as it came.
pub fn read(value: &AMQPValue) -> Typed {
    match value {
        AMQPValue::Boolean(b) => boolean(*b),
        AMQPValue::ShortShortInt(n) => typed(Value::Int((*n).into()), "s8"),
        AMQPValue::ShortShortUInt(n) => octet(*n),
        AMQPValue::ShortInt(n) => typed(Value::Int((*n).into()), "s16"),
        AMQPValue::ShortUInt(n) => typed(Value::Int((*n).into()), "u16"),
        AMQPValue::LongInt(n) => typed(Value::Int((*n).into()), "s32"),
        AMQPValue::LongUInt(n) => typed(Value::Int((*n).into()), "u32"),
        AMQPValue::LongLongInt(n) => typed(Value::Int((*n).into()), "s64"),
        AMQPValue::Float(f) => typed(Value::Float((*f).into()), "float"),
        AMQPValue::Double(f) => typed(Value::Float(*f), "double"),
        AMQPValue::DecimalValue(d) => typed(Value::Text(decimal(*d)), "decimal"),
        AMQPValue::ShortString(s) => short(s),
        AMQPValue::LongString(s) => text_or_bytes(s.as_bytes(), "longstr"),
        AMQPValue::ByteArray(b) => typed(Value::Bytes(Bytes::copy_from_slice(b.as_slice())), "binary"),
        AMQPValue::Timestamp(t) => timestamp(*t),
        AMQPValue::FieldArray(a) => typed(Value::List(a.as_slice().iter().map(read).collect()), "array"),
        AMQPValue::FieldTable(t) => typed(Value::Table(table(t)), "table"),
        AMQPValue::Void => typed(Value::Null, "void"),
    }
}

/// A table's fields by name: the library keeps them sorted, and so does RabbitMQ where it adds its own.
pub fn table(table: &FieldTable) -> Fields {
    table.inner().iter().map(|(name, value)| (name.as_str().to_owned(), read(value))).collect()
}

/// `12.34`: the scale is the number of digits behind the point.
fn decimal(d: DecimalValue) -> String {
    let scale = usize::from(d.scale);
    let digits = format!("{:0>width$}", d.value, width = scale + 1);
    let (before, behind) = digits.split_at(digits.len() - scale);
    if scale == 0 { before.to_owned() } else { format!("{before}.{behind}") }
}

fn to_decimal(text: &str) -> Option<DecimalValue> {
    let (before, behind) = text.split_once('.').unwrap_or((text, ""));
    Some(DecimalValue { scale: u8::try_from(behind.len()).ok()?, value: format!("{before}{behind}").parse().ok()? })
}

/// A value as it goes on the wire: by its own type where that is AMQP's, else by the nearest one. The type that it then has; `None`: it
/// cannot be sent at all.
pub fn write(value: &Typed) -> Option<AMQPValue> {
    written(value, DEEPEST)
}

fn written(value: &Typed, depth: usize) -> Option<AMQPValue> {
    let int = |n: &i128| *n;
    Some(match (&value.value, value.wire.0.as_ref()) {
        (Value::Null, _) => AMQPValue::Void,
        (Value::Bool(b), _) => AMQPValue::Boolean(*b),
        (Value::Int(n), "s8") => AMQPValue::ShortShortInt(int(n).try_into().ok()?),
        (Value::Int(n), "u8") => AMQPValue::ShortShortUInt(int(n).try_into().ok()?),
        (Value::Int(n), "s16") => AMQPValue::ShortInt(int(n).try_into().ok()?),
        (Value::Int(n), "u16") => AMQPValue::ShortUInt(int(n).try_into().ok()?),
        (Value::Int(n), "s32") => AMQPValue::LongInt(int(n).try_into().ok()?),
        (Value::Int(n), "u32") => AMQPValue::LongUInt(int(n).try_into().ok()?),
        (Value::Int(n), "timestamp") => AMQPValue::Timestamp(int(n).try_into().ok()?),
        (Value::Int(n), _) => match i64::try_from(*n) {
            Ok(n) => AMQPValue::LongLongInt(n),
            Err(_) => AMQPValue::LongString(n.to_string().into()),
        },
        // the value came from 32 bits, so nothing is cut
        (Value::Float(f), "float") => AMQPValue::Float(*f as f32),
        (Value::Float(f), _) => AMQPValue::Double(*f),
        (Value::Time(ms), _) => AMQPValue::Timestamp(u64::try_from(ms.div_euclid(1000)).ok()?),
        (Value::Text(t), "decimal") => AMQPValue::DecimalValue(to_decimal(t)?),
        (Value::Text(t), "shortstr") if t.len() <= 255 => AMQPValue::ShortString(ShortString::from(t.as_str())),
        (Value::Text(t), _) => AMQPValue::LongString(LongString::from(t.as_str())),
        (Value::Bytes(b), "binary") => AMQPValue::ByteArray(ByteArray::from(b.to_vec())),
        (Value::Bytes(b), _) => AMQPValue::LongString(LongString::from(b.to_vec())),
        (Value::List(_) | Value::Table(_), _) if depth == 0 => return None,
        (Value::List(list), _) => {
            AMQPValue::FieldArray(FieldArray::from(list.iter().map(|v| written(v, depth - 1)).collect::<Option<Vec<_>>>()?))
        }
        (Value::Table(fields), _) => {
            let mut table = FieldTable::default();
            for (name, value) in fields {
                if name.len() > 255 {
                    return None;
                }
                table.insert(ShortString::from(name.as_str()), written(value, depth - 1)?);
            }
            AMQPValue::FieldTable(table)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_type() -> Vec<AMQPValue> {
        let mut inner = FieldTable::default();
        inner.insert("k".into(), AMQPValue::ShortUInt(7));
        vec![
            AMQPValue::Boolean(true),
            AMQPValue::ShortShortInt(-8),
            AMQPValue::ShortShortUInt(200),
            AMQPValue::ShortInt(-300),
            AMQPValue::ShortUInt(60_000),
            AMQPValue::LongInt(-70_000),
            AMQPValue::LongUInt(4_000_000_000),
            AMQPValue::LongLongInt(i64::MIN),
            AMQPValue::Float(1.1),
            AMQPValue::Double(-0.1),
            AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 1234 }),
            AMQPValue::DecimalValue(DecimalValue { scale: 5, value: 7 }),
            AMQPValue::DecimalValue(DecimalValue { scale: 0, value: 0 }),
            AMQPValue::ShortString("short".into()),
            AMQPValue::LongString("größe".into()),
            AMQPValue::LongString(vec![0xff, 0, 0x1b].into()),
            AMQPValue::ByteArray(vec![0x61, 0x62].into()),
            AMQPValue::Timestamp(1_790_000_000),
            AMQPValue::Timestamp(u64::MAX),
            AMQPValue::FieldArray(vec![AMQPValue::Void, AMQPValue::LongInt(1)].into()),
            AMQPValue::FieldTable(inner),
            AMQPValue::Void,
        ]
    }

    #[test]
    fn every_type_goes_back_as_it_came() {
        for value in every_type() {
            let typed = read(&value);
            assert_eq!(write(&typed), Some(value), "{typed:?}");
        }
    }

    #[test]
    fn foreign_types_find_the_nearest() {
        let foreign = |value, wire: &'static str| write(&Typed { value, wire: WireType(Cow::Borrowed(wire)) });
        assert_eq!(write(&Typed::bytes(Some("7f3a/1".into()))), Some(AMQPValue::LongString("7f3a/1".into())));
        assert_eq!(foreign(Value::Int(7), "ulong"), Some(AMQPValue::LongLongInt(7)));
        assert_eq!(foreign(Value::Int(i128::from(u64::MAX)), "ulong"), Some(AMQPValue::LongString(u64::MAX.to_string().into())));
        assert_eq!(foreign(Value::Time(1_500), "timestamp-ms"), Some(AMQPValue::Timestamp(1)));
    }
}
