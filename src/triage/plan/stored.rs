//! How plain nouns are written in the ledger's JSON; the model itself knows no serde.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::broker::{Doubt, Receipt};
use crate::model::{Address, ConnId, Kind, Seat};

/// `[connection, kind, name]`.
pub mod address {
    use super::*;

    /// Writes an address.
    pub fn serialize<S: Serializer>(at: &Address, to: S) -> Result<S::Ok, S::Error> {
        [at.conn.as_str(), at.kind.word(), &at.name].serialize(to)
    }

    /// Reads an address.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        let [conn, kind, name] = <[String; 3]>::deserialize(from)?;
        let kind = Kind::from_word(&kind).ok_or_else(|| D::Error::custom(format!("unknown kind {kind:?}")))?;
        Ok(Address::new(ConnId::new(conn), kind, name))
    }
}

/// A seat in text that reads back the same: `o:3/132665`, `i:ID`, `d:HEX`.
pub fn seat_text(seat: &Seat) -> String {
    match seat {
        Seat::Offset { partition, offset } => format!("o:{partition}/{offset}"),
        Seat::Id(id) => format!("i:{id}"),
        Seat::Digest(d) => format!("d:{}", hex(d)),
    }
}

/// Reads what [`seat_text`] wrote.
pub fn read_seat(text: &str) -> Option<Seat> {
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "o" => {
            let (partition, offset) = rest.split_once('/')?;
            Some(Seat::Offset { partition: partition.parse().ok()?, offset: offset.parse().ok()? })
        }
        "i" => Some(Seat::Id(rest.to_owned())),
        "d" => unhex(rest)?.try_into().ok().map(Seat::Digest),
        _ => None,
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Bytes of hex digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| text.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

/// A receipt: address and seat.
pub mod receipt {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Stored {
        #[serde(with = "super::address")]
        to: Address,
        seat: Option<String>,
    }

    /// Writes a receipt.
    pub fn serialize<S: Serializer>(receipt: &Receipt, to: S) -> Result<S::Ok, S::Error> {
        Stored { to: receipt.to.clone(), seat: receipt.seat.as_ref().map(seat_text) }.serialize(to)
    }

    /// Reads a receipt.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Receipt, D::Error> {
        let stored = Stored::deserialize(from)?;
        Ok(Receipt { to: stored.to, seat: stored.seat.as_deref().and_then(read_seat) })
    }
}

/// How doubt is cleared up.
pub mod doubt {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Stored {
        ScanTarget,
        LookAtSource,
        SendAgain(u64),
        Ask,
    }

    /// Writes a way.
    pub fn serialize<S: Serializer>(doubt: &Doubt, to: S) -> Result<S::Ok, S::Error> {
        match doubt {
            Doubt::ScanTarget => Stored::ScanTarget,
            Doubt::LookAtSource => Stored::LookAtSource,
            Doubt::SendAgain(time) => Stored::SendAgain(time.as_secs()),
            Doubt::Ask => Stored::Ask,
        }
        .serialize(to)
    }

    /// Reads a way.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Doubt, D::Error> {
        Ok(match Stored::deserialize(from)? {
            Stored::ScanTarget => Doubt::ScanTarget,
            Stored::LookAtSource => Doubt::LookAtSource,
            Stored::SendAgain(seconds) => Doubt::SendAgain(std::time::Duration::from_secs(seconds)),
            Stored::Ask => Doubt::Ask,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_reads_back() {
        for seat in [Seat::Offset { partition: 3, offset: 132_665 }, Seat::Id("o:1/2".into()), Seat::Digest([7; 32])] {
            assert_eq!(read_seat(&seat_text(&seat)), Some(seat));
        }
        assert_eq!(read_seat("x:1"), None);
        assert_eq!(unhex("äb"), None);
    }
}
