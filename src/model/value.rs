//! Typed header and property values that go back on the wire as the same bytes they came as.

use bytes::Bytes;

/// The protocol's own name of a value's type (`s16`, `ulong`, `Number.int`); Kafka headers have none and use [`WireType::BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WireType(pub std::borrow::Cow<'static, str>);

impl WireType {
    /// Untyped bytes, as all Kafka headers are.
    pub const BYTES: WireType = WireType(std::borrow::Cow::Borrowed("bytes"));
}

/// A value as the protocol means it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Present without a value; differs from empty.
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Bytes(Bytes),
    /// Milliseconds since the Unix epoch.
    Time(i64),
    List(Vec<Typed>),
    Table(Fields),
}

/// A value with its wire type.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    pub value: Value,
    pub wire: WireType,
}

impl Typed {
    /// Raw bytes; `None` is a null header value.
    pub fn bytes(value: Option<Bytes>) -> Self {
        Self { value: value.map_or(Value::Null, Value::Bytes), wire: WireType::BYTES }
    }

    /// The bytes of a bytes or text value.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Bytes(b) => Some(b),
            Value::Text(t) => Some(t.as_bytes()),
            _ => None,
        }
    }

    /// The text of a text value, or of bytes that are UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        self.as_bytes().and_then(|b| std::str::from_utf8(b).ok())
    }
}

/// Headers or properties: order and repeats kept.
pub type Fields = Vec<(String, Typed)>;

/// The first field of that name (letter for letter).
pub fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a Typed> {
    fields.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// The first field of that name, as text.
pub fn text_field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    field(fields, name).and_then(Typed::as_text)
}
