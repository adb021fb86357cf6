//! One view per screen: its state as a sheet of lines and rows.

pub mod causes;
pub mod compare;
pub mod describe;
pub mod destinations;
pub mod doubts;
pub mod group;
pub mod jobs;
pub mod lag;
pub mod ledger;
pub mod message;
pub mod messages;
pub mod overlay;
pub mod overview;
pub mod plan;
pub mod warnings;

use crate::app::spark::spark;
use crate::app::text::Tone;
use crate::monitor::Spark;

/// A plain cell.
pub fn cell(text: impl Into<String>) -> (Tone, String) {
    (Tone::Plain, text.into())
}

/// A muted cell.
pub fn muted(text: impl Into<String>) -> (Tone, String) {
    (Tone::Muted, text.into())
}

/// A sparkline of levels: between the lowest and the highest, low where nothing moves; blank where nothing was sampled yet,
/// `-` where nothing was at all.
pub fn bars(values: &Spark) -> String {
    let known: Vec<u64> = values.iter().flatten().copied().collect();
    let (Some(least), Some(most)) = (known.iter().min(), known.iter().max()) else { return "-".into() };
    let span = most - least;
    let mut last = None;
    values
        .iter()
        .map(|v| {
            last = v.or(last);
            match last {
                None => ' ',
                Some(0) => '▁',
                // A hundredth to and fro is no movement.
                Some(_) if span * 100 <= *most => '▂',
                Some(v) => spark(&[(v - least) * 6 / span + 1, 7]).chars().next().unwrap_or(' '),
            }
        })
        .collect()
}
