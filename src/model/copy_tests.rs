//! Copies read back as they were, and damaged ones are refused without a panic.

use proptest::prelude::*;

use super::*;

fn typed() -> impl Strategy<Value = Typed> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Int),
        (-1e300..1e300f64).prop_map(Value::Float),
        ".*".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|b| Value::Bytes(b.into())),
        any::<i64>().prop_map(Value::Time),
    ];
    let wire = prop_oneof![Just(WireType::BYTES), "[a-z0-9.]{1,8}".prop_map(|w| WireType(Cow::Owned(w)))];
    let leaf = (leaf, wire.clone()).prop_map(|(value, wire)| Typed { value, wire });
    leaf.prop_recursive(3, 16, 4, move |inner| {
        let fields = proptest::collection::vec((".*", inner.clone()), 0..4);
        let nested = prop_oneof![proptest::collection::vec(inner, 0..4).prop_map(Value::List), fields.prop_map(Value::Table)];
        (nested, wire.clone()).prop_map(|(value, wire)| Typed { value, wire })
    })
}

fn fields_of(most: usize) -> impl Strategy<Value = Fields> {
    proptest::collection::vec((".{0,12}", typed()), 0..most)
}

/// Any message at all.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    let bytes = || proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from));
    let seat = prop_oneof![
        (any::<i32>(), any::<i64>()).prop_map(|(partition, offset)| Seat::Offset { partition, offset }),
        ".*".prop_map(Seat::Id),
        any::<[u8; 32]>().prop_map(Seat::Digest),
    ];
    let sent = proptest::option::of((-10_000_000_000i64..10_000_000_000, 0u32..1_000_000_000));
    (".*", seat, bytes(), bytes(), fields_of(5), fields_of(3), fields_of(3), sent, any::<bool>()).prop_map(
        |(name, seat, key, body, headers, properties, delivery, sent, whole)| {
            let sent = sent.map(|(s, n)| {
                let span = Duration::new(s.unsigned_abs(), n);
                if s < 0 { UNIX_EPOCH - span } else { UNIX_EPOCH + span }
            });
            Message { at: Address::topic(&ConnId::new("k"), name), seat, key, body, headers, properties, delivery, sent, whole }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_copy_reads_back_as_it_was(message in message()) {
        prop_assert_eq!(decode(encode(&message)), Ok(message));
    }

    #[test]
    fn a_damaged_copy_is_refused_or_another_message_never_a_panic(message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = encode(&message).to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let _ = decode(bytes.clone().into());
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(decode(bytes.into()).is_err());
    }
}
