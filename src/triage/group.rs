//! Deaths to causes: dead letters with one fingerprint are one cause. Pure; the same for the TUI and the CLI, in whatever order messages come.

mod cause;
mod fingerprint;
mod grouping;
mod members;
mod normal;
mod standing;

pub use cause::{Arrivals, Cause, CauseId, NO_METADATA, PastCount, Sample, Share};
pub use fingerprint::{Basis, Fingerprint, VERSION, fingerprint};
pub use grouping::{Grouping, MAX_CAUSES, Totals};
pub use members::Members;
pub use normal::{normalise, plain_class, plain_method, simple_class};
pub use standing::{CameBack, Standing, standing};
