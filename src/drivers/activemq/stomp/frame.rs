//! STOMP 1.2 frames: bytes in, frames out; no I/O (https://stomp.github.io/stomp-specification-1.2.html).

use bytes::{Buf, Bytes, BytesMut};

/// Bytes of one frame at most: what a broker's own limit is by default (100 MiB).
const MOST: usize = 100 << 20;
/// Bytes of a frame's command and headers at most.
const MOST_HEAD: usize = 1 << 20;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::drivers::activemq) struct Frame {
    pub command: String,
    /// In their order; of a name that is there twice the first one counts.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Why bytes are no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::drivers::activemq) struct Bad(pub &'static str);

impl Frame {
    pub fn new(command: &str) -> Self {
        Self { command: command.to_owned(), headers: Vec::new(), body: Bytes::new() }
    }

    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first header of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// As bytes. The body's length is only said where a header `content-length` says so: to ActiveMQ it makes the difference between bytes and text.
    pub fn encode(&self) -> Bytes {
        let plain = matches!(self.command.as_str(), "CONNECT" | "CONNECTED");
        let mut out = BytesMut::with_capacity(self.body.len() + 256);
        out.extend_from_slice(self.command.as_bytes());
        out.extend_from_slice(b"\n");
        for (name, value) in &self.headers {
            for (part, end) in [(name, b':'), (value, b'\n')] {
                if plain {
                    // these two are not escaped; a line end would begin another header
                    out.extend_from_slice(part.replace(['\n', '\r', '\0'], " ").as_bytes());
                } else {
                    out.extend_from_slice(escape(part).as_bytes());
                }
                out.extend_from_slice(&[end]);
            }
        }
        out.extend_from_slice(b"\n");
        out.extend_from_slice(&self.body);
        out.extend_from_slice(b"\0");
        out.freeze()
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace(':', "\\c").replace('\0', "")
}

fn unescape(text: &str) -> Result<String, Bad> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('c') => ':',
                Some('\\') => '\\',
                _ => return Err(Bad("an escape that STOMP does not have")),
            },
            c => c,
        });
    }
    Ok(out)
}

/// Takes the next frame off the buffer; `None`: it is not there in full yet. Line ends between frames (heart-beats) are passed over.
pub(in crate::drivers::activemq) fn decode(buffer: &mut BytesMut) -> Result<Option<Frame>, Bad> {
    let between = buffer.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    buffer.advance(between);
    let Some((head, body_at)) = head(buffer)? else { return Ok(None) };
    let mut lines = head.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let command = lines.next().unwrap_or_default().to_owned();
    if command.is_empty() || !command.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(Bad("a command that STOMP does not have"));
    }
    let plain = command == "CONNECTED";
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(Bad("a header without a colon"))?;
        headers.push(if plain { (name.to_owned(), value.to_owned()) } else { (unescape(name)?, unescape(value)?) });
    }
    let length = headers.iter().find(|(n, _)| n == "content-length").map(|(_, v)| v.trim().parse::<usize>());
    let rest = buffer.get(body_at..).unwrap_or_default();
    let length = match length {
        Some(Ok(n)) if n <= MOST => n,
        Some(_) => return Err(Bad("a length that is none")),
        None => match rest.iter().position(|b| *b == 0) {
            Some(n) => n,
            None if rest.len() > MOST => return Err(Bad("a frame without an end")),
            None => return Ok(None),
        },
    };
    match rest.get(length) {
        None => Ok(None),
        Some(0) => {
            buffer.advance(body_at);
            let body = buffer.split_to(length).freeze();
            buffer.advance(1);
            Ok(Some(Frame { command, headers, body }))
        }
        Some(_) => Err(Bad("a body that does not end where its length says")),
    }
}

/// Command and headers as text, and where the body begins.
fn head(buffer: &BytesMut) -> Result<Option<(String, usize)>, Bad> {
    let mut from = 0;
    loop {
        let Some(at) = buffer.get(from..).and_then(|b| b.iter().position(|b| *b == b'\n')).map(|i| from + i) else {
            return if buffer.len() > MOST_HEAD { Err(Bad("headers without an end")) } else { Ok(None) };
        };
        let rest = buffer.get(at + 1..).unwrap_or_default();
        let empty_line = if rest.starts_with(b"\n") { 1 } else { 2 * usize::from(rest.starts_with(b"\r\n")) };
        if empty_line > 0 {
            let text = std::str::from_utf8(buffer.get(..at).unwrap_or_default()).map_err(|_| Bad("headers that are not UTF-8"))?;
            return Ok(Some((text.to_owned(), at + 1 + empty_line)));
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<Frame>, Bad> {
        let mut buffer = BytesMut::from(bytes);
        let mut frames = Vec::new();
        while let Some(frame) = decode(&mut buffer)? {
            frames.push(frame);
        }
        Ok(frames)
    }

    #[test]
    fn frames_with_heart_beats_between_them_and_carriage_returns() {
        let got = all(b"\n\nMESSAGE\r\nmessage-id:ID\\c1\r\na:1\r\na:2\r\n\r\nbody\0\n\nRECEIPT\nreceipt-id:r\n\n\0").unwrap();
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].get("message-id"), got[0].get("a"), got[0].body.as_ref()), (Some("ID:1"), Some("1"), &b"body"[..]));
        assert_eq!(got[1], Frame::new("RECEIPT").with("receipt-id", "r"));
    }

    #[test]
    fn a_length_makes_room_for_nulls() {
        let got = all(b"MESSAGE\ncontent-length:3\n\n\0\x01\xff\0").unwrap();
        assert_eq!(got[0].body.as_ref(), b"\x00\x01\xff");
        assert_eq!(all(b"MESSAGE\ncontent-length:3\n\n\0\x01").unwrap(), [], "not in full yet");
    }

    #[test]
    fn what_is_no_frame_is_said_to_be_none() {
        for bad in [
            &b"HTTP/1.1 400 Bad Request\n\n\0"[..],
            b"MESSAGE\nnocolon\n\n\0",
            b"MESSAGE\na:\\x\n\n\0",
            b"MESSAGE\ncontent-length:9999999999\n\n",
            b"MESSAGE\ncontent-length:1\n\nab\0",
            b"MESSAGE\na:\xff\n\n\0",
        ] {
            assert!(all(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_said_comes_back(
            headers in proptest::collection::vec(("[^\\x00]{0,12}", "[^\\x00]{0,20}"), 0..5),
            body in proptest::collection::vec(any::<u8>(), 0..60),
            cut in 0usize..40,
        ) {
            let mut frame = Frame { command: "SEND".into(), headers, body: body.into() };
            frame.headers.insert(0, ("content-length".into(), frame.body.len().to_string()));
            let bytes = frame.encode();
            let mut buffer = BytesMut::from(bytes.get(..cut.min(bytes.len())).unwrap());
            if cut < bytes.len() {
                prop_assert_eq!(decode(&mut buffer), Ok(None));
                buffer.extend_from_slice(bytes.get(cut..).unwrap());
            }
            prop_assert_eq!(decode(&mut buffer), Ok(Some(frame)));
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
        }
    }
}
