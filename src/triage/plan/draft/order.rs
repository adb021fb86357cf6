//! The order in which a plan's messages are carried out, and what keeps those of one key in order.

use std::collections::HashMap;

use super::Row;
use crate::model::Seat;
use crate::triage::plan::OrderKey;

/// Rows in the order to carry them out: by seat, and within one key in the order they had at their origin, where all tell it.
pub(super) fn order_of(rows: &[Row]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| match (rows.get(*a).map(|r| &r.seat), rows.get(*b).map(|r| &r.seat)) {
        (Some(Seat::Offset { partition: p, offset: o }), Some(Seat::Offset { partition: q, offset: r })) => (p, o).cmp(&(q, r)),
        // ids and digests have no order of their own: as they were read
        _ => a.cmp(b),
    });
    let mut by_key: HashMap<(Option<u16>, [u8; 8]), Vec<usize>> = HashMap::new();
    for (place, row) in order.iter().enumerate().filter_map(|(place, i)| rows.get(*i).map(|r| (place, r))) {
        if let Some(key) = row.key {
            by_key.entry((row.to, key)).or_default().push(place);
        }
    }
    for places in by_key.into_values().filter(|p| p.len() > 1) {
        let here: Vec<usize> = places.iter().filter_map(|p| order.get(*p).copied()).collect();
        let origins: Option<Vec<(i32, i64)>> = here.iter().map(|i| rows.get(*i).and_then(|r| r.origin)).collect();
        let Some(origins) = origins else { continue };
        if origins.iter().any(|(p, _)| Some(*p) != origins.first().map(|(p, _)| *p)) {
            continue;
        }
        let mut sorted: Vec<(i64, usize)> = origins.iter().map(|(_, o)| *o).zip(here).collect();
        // stable: the same origin twice (it died twice) stays in the order of its deaths
        sorted.sort_by_key(|(o, _)| *o);
        for (place, (_, row)) in places.into_iter().zip(sorted) {
            if let Some(slot) = order.get_mut(place) {
                *slot = row;
            }
        }
    }
    order
}

pub(super) fn order_key(key: [u8; 8], to: u16) -> OrderKey {
    let mut mixed = key;
    for (slot, byte) in mixed.iter_mut().zip(to.to_le_bytes()) {
        *slot ^= byte;
    }
    OrderKey(mixed)
}
