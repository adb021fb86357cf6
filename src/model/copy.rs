//! A message as bytes and back, for the ledger and captures: versioned, nothing lost.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use bytes::{BufMut, Bytes, BytesMut};

use super::{Address, ConnId, Fields, Kind, Message, Seat, Typed, Value, WireType};

/// First bytes of every copy: what it is, and the version of its form.
const HEAD: &[u8; 4] = b"rdm\x01";
/// Values within values at most; deeper ones are not read back (no broker sends such).
const DEEPEST: usize = 64;

/// Why bytes are not a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCopy(pub &'static str);

impl std::fmt::Display for BadCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a readable copy of a message: {}", self.0)
    }
}

impl std::error::Error for BadCopy {}

/// The message as bytes.
pub fn encode(message: &Message) -> Bytes {
    let mut out = BytesMut::with_capacity(message.size() + 256);
    out.put_slice(HEAD);
    text(&mut out, message.at.conn.as_str());
    text(&mut out, message.at.kind.word());
    text(&mut out, &message.at.name);
    match &message.seat {
        Seat::Offset { partition, offset } => {
            out.put_u8(0);
            out.put_i32(*partition);
            out.put_i64(*offset);
        }
        Seat::Id(id) => {
            out.put_u8(1);
            text(&mut out, id);
        }
        Seat::Digest(digest) => {
            out.put_u8(2);
            out.put_slice(digest);
        }
    }
    maybe(&mut out, message.key.as_ref());
    maybe(&mut out, message.body.as_ref());
    fields(&mut out, &message.headers);
    fields(&mut out, &message.properties);
    fields(&mut out, &message.delivery);
    match message.sent {
        None => out.put_u8(0),
        Some(at) => {
            // before the epoch is kept too: a hostile timestamp must not change what a copy says
            let (sign, span) = at.duration_since(UNIX_EPOCH).map_or_else(|e| (2, e.duration()), |d| (1, d));
            out.put_u8(sign);
            out.put_u64(span.as_secs());
            out.put_u32(span.subsec_nanos());
        }
    }
    out.put_u8(u8::from(message.whole));
    out.freeze()
}

/// Hands all that the message says to `sink`, in an unambiguous form: key, headers, properties, body with their types; not seat, times and delivery.
/// What a digest of it is made over.
pub fn content(message: &Message, sink: &mut dyn FnMut(&[u8])) {
    let mut out = BytesMut::with_capacity(256);
    maybe(&mut out, message.key.as_ref());
    fields(&mut out, &message.headers);
    fields(&mut out, &message.properties);
    sink(&out);
    match &message.body {
        None => sink(&[0]),
        Some(body) => {
            sink(&[1]);
            sink(body);
        }
    }
}

/// What finds a message unchanged: blake3 over [`content`], order counted.
pub fn digest(message: &Message) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    content(message, &mut |bytes| {
        hash.update(bytes);
    });
    *hash.finalize().as_bytes()
}

/// The message that was encoded.
pub fn decode(copy: Bytes) -> Result<Message, BadCopy> {
    let mut rest = Reader { rest: copy };
    if rest.take(HEAD.len())?.as_ref() != HEAD {
        return Err(BadCopy("unknown form or version"));
    }
    let conn = ConnId::new(rest.text()?);
    let kind = Kind::from_word(&rest.text()?).ok_or(BadCopy("unknown kind of destination"))?;
    let at = Address::new(conn, kind, rest.text()?);
    let seat = match rest.byte()? {
        0 => Seat::Offset { partition: i32::from_be_bytes(rest.array()?), offset: i64::from_be_bytes(rest.array()?) },
        1 => Seat::Id(rest.text()?),
        2 => Seat::Digest(rest.array()?),
        _ => return Err(BadCopy("unknown kind of seat")),
    };
    let key = rest.maybe()?;
    let body = rest.maybe()?;
    let headers = rest.fields(0)?;
    let properties = rest.fields(0)?;
    let delivery = rest.fields(0)?;
    let sent = match rest.byte()? {
        0 => None,
        sign => {
            let span = Duration::new(u64::from_be_bytes(rest.array()?), u32::from_be_bytes(rest.array()?).min(999_999_999));
            let at = if sign == 1 { UNIX_EPOCH.checked_add(span) } else { UNIX_EPOCH.checked_sub(span) };
            Some(at.ok_or(BadCopy("time out of range"))?)
        }
    };
    let whole = rest.byte()? == 1;
    if !rest.rest.is_empty() {
        return Err(BadCopy("bytes left over"));
    }
    Ok(Message { at, seat, key, body, headers, properties, delivery, sent, whole })
}

/// Bytes with their length as 4 bytes before them. No protocol here carries single values of 4 GiB; one would be cut in the length and caught on reading back.
fn block(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    out.put_slice(bytes);
}

fn text(out: &mut BytesMut, text: &str) {
    block(out, text.as_bytes());
}

fn maybe(out: &mut BytesMut, bytes: Option<&Bytes>) {
    match bytes {
        None => out.put_u8(0),
        Some(bytes) => {
            out.put_u8(1);
            block(out, bytes);
        }
    }
}

fn fields(out: &mut BytesMut, fields: &Fields) {
    out.put_u32(u32::try_from(fields.len()).unwrap_or(u32::MAX));
    for (name, typed) in fields {
        text(out, name);
        value(out, typed);
    }
}

fn value(out: &mut BytesMut, typed: &Typed) {
    text(out, &typed.wire.0);
    match &typed.value {
        Value::Null => out.put_u8(0),
        Value::Bool(b) => {
            out.put_u8(1);
            out.put_u8(u8::from(*b));
        }
        Value::Int(i) => {
            out.put_u8(2);
            out.put_i128(*i);
        }
        Value::Float(f) => {
            out.put_u8(3);
            out.put_u64(f.to_bits());
        }
        Value::Text(t) => {
            out.put_u8(4);
            text(out, t);
        }
        Value::Bytes(b) => {
            out.put_u8(5);
            block(out, b);
        }
        Value::Time(t) => {
            out.put_u8(6);
            out.put_i64(*t);
        }
        Value::List(list) => {
            out.put_u8(7);
            out.put_u32(u32::try_from(list.len()).unwrap_or(u32::MAX));
            list.iter().for_each(|typed| value(out, typed));
        }
        Value::Table(table) => {
            out.put_u8(8);
            fields(out, table);
        }
    }
}

/// What is still to be read; every length is checked against what is there, because a file can be damaged.
struct Reader {
    rest: Bytes,
}

impl Reader {
    fn take(&mut self, n: usize) -> Result<Bytes, BadCopy> {
        if n > self.rest.len() {
            return Err(BadCopy("cut short"));
        }
        Ok(self.rest.split_to(n))
    }

    fn byte(&mut self) -> Result<u8, BadCopy> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadCopy> {
        self.take(N)?.as_ref().try_into().map_err(|_| BadCopy("cut short"))
    }

    fn length(&mut self) -> Result<usize, BadCopy> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| BadCopy("too long"))
    }

    fn block(&mut self) -> Result<Bytes, BadCopy> {
        let n = self.length()?;
        self.take(n)
    }

    fn text(&mut self) -> Result<String, BadCopy> {
        String::from_utf8(self.block()?.to_vec()).map_err(|_| BadCopy("a name is not UTF-8"))
    }

    fn maybe(&mut self) -> Result<Option<Bytes>, BadCopy> {
        match self.byte()? {
            0 => Ok(None),
            1 => self.block().map(Some),
            _ => Err(BadCopy("neither there nor absent")),
        }
    }

    fn fields(&mut self, depth: usize) -> Result<Fields, BadCopy> {
        let n = self.length()?;
        // a damaged length must not reserve memory: the vector grows with what is really there
        let mut all = Fields::new();
        for _ in 0..n {
            all.push((self.text()?, self.value(depth)?));
        }
        Ok(all)
    }

    fn value(&mut self, depth: usize) -> Result<Typed, BadCopy> {
        if depth > DEEPEST {
            return Err(BadCopy("nested too deep"));
        }
        let wire = self.text()?;
        let wire = if wire == "bytes" { WireType::BYTES } else { WireType(Cow::Owned(wire)) };
        let value = match self.byte()? {
            0 => Value::Null,
            1 => Value::Bool(self.byte()? == 1),
            2 => Value::Int(i128::from_be_bytes(self.array()?)),
            3 => Value::Float(f64::from_bits(u64::from_be_bytes(self.array()?))),
            4 => Value::Text(self.text()?),
            5 => Value::Bytes(self.block()?),
            6 => Value::Time(i64::from_be_bytes(self.array()?)),
            7 => {
                let n = self.length()?;
                let mut list = Vec::new();
                for _ in 0..n {
                    list.push(self.value(depth + 1)?);
                }
                Value::List(list)
            }
            8 => Value::Table(self.fields(depth + 1)?),
            _ => return Err(BadCopy("unknown kind of value")),
        };
        Ok(Typed { value, wire })
    }
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
