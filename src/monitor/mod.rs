//! What samples say over time: trends, rates, time to drain, races with retention, alerts, and what needs a human. Pure.

mod alert;
mod facts;
mod lag;
mod need;
mod race;
mod series;
mod shelf;
mod survey;

pub use alert::{Alert, Alerts};
pub use facts::{BrokerFact, DlqFact, GroupFact, Health, JobFact, SurveyFacts};
pub use lag::{Known, Lag, LagRow, TimeBehind};
pub use need::{Need, NeedKind, Rank, Since, Why};
pub use race::{Loss, loss_of_oldest, loss_of_unread};
pub use series::{Clear, Motion, Reading, Series, Spark};
pub use shelf::{Shelf, Subject};
pub use survey::{Survey, survey};
