//! The race with retention: when the oldest message that somebody still needs will be deleted.

use std::time::{Duration, SystemTime};

/// When messages are lost if nobody acts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Retention has reached them: they may go at any moment, or are gone already.
    Due,
    /// In this long, at the earliest: brokers delete whole segments, so it may take longer, never shorter.
    In {
        left: Duration,
        /// An estimate, shown with `~`.
        about: bool,
    },
    /// Kept for ever.
    Never,
    /// Not known: no time of the oldest, or no word on retention.
    Unknown,
}

impl Loss {
    /// What is left, if there is an end.
    pub fn left(self) -> Option<Duration> {
        match self {
            Loss::Due => Some(Duration::ZERO),
            Loss::In { left, .. } => Some(left),
            Loss::Never | Loss::Unknown => None,
        }
    }
}

/// When the oldest message of a destination is deleted: its time plus retention.
/// `about`: the retention is the config's word, not the broker's, or the time is an estimate.
pub fn loss_of_oldest(oldest: Option<SystemTime>, retention: Option<Duration>, about: bool, now: SystemTime) -> Loss {
    let (Some(oldest), Some(retention)) = (oldest, retention) else { return Loss::Unknown };
    let Some(end) = oldest.checked_add(retention) else { return Loss::Never };
    match end.duration_since(now) {
        Ok(left) if !left.is_zero() => Loss::In { left, about },
        _ => Loss::Due,
    }
}

/// When retention overtakes what a group has not read: the time of the record at its committed offset plus retention.
/// `lost`: messages that retention took already ([`crate::model::Position::lost`]).
pub fn loss_of_unread(next: Option<SystemTime>, retention: Option<Duration>, about: bool, lost: u64, now: SystemTime) -> Loss {
    if lost > 0 { Loss::Due } else { loss_of_oldest(next, retention, about, now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(s)
    }

    #[test]
    fn the_end_is_the_oldest_plus_retention() {
        let keep = Some(Duration::from_secs(100));
        assert_eq!(loss_of_oldest(Some(t(50)), keep, false, t(60)), Loss::In { left: Duration::from_secs(90), about: false });
        assert_eq!(loss_of_oldest(Some(t(50)), keep, false, t(150)), Loss::Due);
        assert_eq!(loss_of_oldest(Some(t(50)), keep, false, t(999)), Loss::Due);
        assert_eq!(loss_of_oldest(None, keep, false, t(60)), Loss::Unknown);
        assert_eq!(loss_of_oldest(Some(t(50)), Some(Duration::MAX), false, t(60)), Loss::Never);
        assert_eq!(loss_of_unread(Some(t(50)), keep, false, 3, t(60)), Loss::Due);
    }
}
