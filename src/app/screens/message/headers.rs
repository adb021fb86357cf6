//! Headers, properties and delivery of a message as text that a terminal can take.

use crate::decode::{human, safe, safe_bytes};
use crate::model::{Typed, Value, WireType};
use crate::schema::Seen;

/// Headers as (name, value, whose and of which type): headers, then properties, then what belongs to this delivery.
pub fn headers(seen: &Seen) -> Vec<(String, String, String)> {
    let m = &seen.message;
    let group = |fields: &crate::model::Fields, of: &'static str| {
        let about = |typed: &Typed| {
            // Kafka's headers are all bytes: that goes without saying
            let wire = Some(typed.wire.0.as_ref()).filter(|_| typed.wire != WireType::BYTES);
            safe(&[Some(of), wire].into_iter().flatten().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(", ")).into_owned()
        };
        fields.iter().map(|(n, v)| (safe(n).into_owned(), value(&v.value), about(v))).collect::<Vec<_>>()
    };
    let mut all = group(&m.headers, "");
    all.extend(group(&m.properties, "property"));
    all.extend(group(&m.delivery, "delivery"));
    all
}

/// A header's value as text that a terminal can take.
pub fn value(v: &Value) -> String {
    match v {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(f) => f.to_string(),
        Value::Text(t) => safe(t).into_owned(),
        Value::Bytes(b) => bytes(b),
        Value::Time(ms) => u64::try_from(*ms)
            .map(|ms| human::utc(std::time::SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_millis(ms))))
            .unwrap_or_else(|_| ms.to_string()),
        Value::List(l) => format!("[{}]", l.iter().map(|t| value(&t.value)).collect::<Vec<_>>().join(", ")),
        Value::Table(t) => {
            format!("{{{}}}", t.iter().map(|(n, t)| format!("{}: {}", safe(n), value(&t.value))).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Text as text; four or eight bytes that are none as the number they are in Java's order.
fn bytes(b: &[u8]) -> String {
    let text = std::str::from_utf8(b).ok().filter(|t| !t.contains('\0'));
    match (text, b.len()) {
        (Some(t), _) => safe(t).into_owned(),
        (None, 4) => <[u8; 4]>::try_from(b).map(|n| i32::from_be_bytes(n).to_string()).unwrap_or_default(),
        (None, 8) => <[u8; 8]>::try_from(b).map(|n| i64::from_be_bytes(n).to_string()).unwrap_or_default(),
        _ => safe_bytes(b),
    }
}
