//! The generic webhook: the alarm as JSON, signed with the target's key.
//!
//! `X-Redrive-Signature: sha256=<hex>` is HMAC-SHA256 over `X-Redrive-Timestamp`, a dot, and the body's bytes. A receiver compares it
//! in constant time and refuses old timestamps, so that a notice cannot be replayed by somebody else.

use std::time::SystemTime;

use hmac::{Hmac, Mac};
use reqwest::RequestBuilder;
use sha2::Sha256;

/// The header with the signature.
pub const SIGNATURE: &str = "x-redrive-signature";
/// The header with the time of sending, seconds since the Unix epoch; part of what is signed.
pub const TIMESTAMP: &str = "x-redrive-timestamp";
/// The header with the incident's key, so that a receiver need not read the body to tell repeats.
pub const DEDUP: &str = "x-redrive-dedup-key";

/// The signature of a body sent at a time.
pub fn signature(key: &[u8], timestamp: u64, body: &[u8]) -> String {
    // HMAC takes keys of any length
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return String::new() };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |mut hex, b| {
        hex.push_str(&format!("{b:02x}"));
        hex
    })
}

/// The request with body and signature.
pub(super) fn request(post: RequestBuilder, key: &str, dedup: &str, body: String, now: SystemTime) -> RequestBuilder {
    let timestamp = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let signed = signature(key.as_bytes(), timestamp, body.as_bytes());
    // a key may hold names from a broker; what is no header text goes without
    let dedup = reqwest::header::HeaderValue::from_str(dedup).ok();
    let post = post.header("content-type", "application/json").header(SIGNATURE, signed).header(TIMESTAMP, timestamp);
    match dedup {
        Some(dedup) => post.header(DEDUP, dedup),
        None => post,
    }
    .body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_plain_hmac_sha256_over_time_dot_body() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature(b"secret", 1_700_000_000, br#"{"a":1}"#),
            "sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }
}
