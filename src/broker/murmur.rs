//! Kafka's default partitioner: murmur2 over the key, the same partition that a Java producer would choose.

/// Murmur2 as `org.apache.kafka.common.utils.Utils.murmur2` computes it (seed 0x9747b28c); there the result is signed.
pub fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mix = |k: u32| {
        let k = k.wrapping_mul(M);
        (k ^ (k >> 24)).wrapping_mul(M)
    };
    // Java's int arithmetic wraps at 32 bits, so a length beyond that wraps too
    let mut h = 0x9747_b28c_u32 ^ (data.len() as u32);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        h = h.wrapping_mul(M) ^ mix(u32::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        for (i, b) in rest.iter().enumerate() {
            h ^= u32::from(*b) << (8 * i);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^ (h >> 15)
}

/// The partition of a key among `partitions`, as Java's `BuiltInPartitioner.partitionForKey`; 0 where there are none.
pub fn partition_for(key: &[u8], partitions: u32) -> i32 {
    match (murmur2(key) & 0x7fff_ffff).checked_rem(partitions) {
        Some(p) => i32::try_from(p).unwrap_or(0),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn agrees_with_java() {
        for (text, want) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()) as i32, want, "{text}");
        }
    }

    #[test]
    fn no_partitions_is_no_panic() {
        assert_eq!(partition_for(b"k", 0), 0);
        assert!((0..12).contains(&partition_for(b"cust-0417", 12)));
    }
}
