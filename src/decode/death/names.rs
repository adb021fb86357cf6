//! What topic names tell by the frameworks' conventions.

use crate::model::{Origin, Sure, Told};

/// Whether a topic is one of the detours of a message, not its origin: a retry or dead-letter topic.
pub(super) fn is_detour(name: &str) -> bool {
    origin_of(name).is_some()
}

/// The topic that a retry or dead-letter topic belongs to by its name: `orders-retry-0`, `orders-dlt`, `orders.DLT`.
pub(super) fn origin_of(name: &str) -> Option<&str> {
    // ASCII only: lowering it keeps every byte where it is
    let lower = name.to_ascii_lowercase();
    for end in ["dlt", "dlq"] {
        if let Some(rest) = lower.strip_suffix(end)
            && rest.ends_with(['-', '.', '_'])
            && rest.len() > 1
        {
            // `orders-retry-dlt` has its origin two steps back
            let rest = &name[..rest.len() - 1];
            return Some(origin_of(rest).unwrap_or(rest));
        }
    }
    let retry = ["-retry", ".retry", "_retry"].iter().filter_map(|word| lower.find(word)).min()?;
    let behind = &lower[retry + "-retry".len()..];
    (retry > 0 && (behind.is_empty() || behind.starts_with(['-', '.', '_']))).then(|| &name[..retry])
}

/// The origin that this topic's name tells, where no header does.
pub(super) fn origin_by_name(topic: &str) -> Told<Origin> {
    match origin_of(topic) {
        Some(name) => {
            let origin = Origin { name: name.to_owned(), ..Origin::default() };
            Told::from(origin, "name of this topic", Sure::Name)
        }
        None => Told::nothing(""),
    }
}
