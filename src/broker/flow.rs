//! Answers that are had whole, given as the contract gives them: in batches.

use futures::stream::{self, StreamExt};

use super::{Flow, Result};

/// Rows of a batch.
const BATCH: usize = 200;

/// An answer, made when it is first asked for, in batches.
pub fn batches<T: Clone + Send + 'static>(answer: impl Future<Output = Result<Vec<T>>> + Send + 'static) -> Flow<Vec<T>> {
    stream::once(answer)
        .flat_map(|all| match all {
            Ok(all) => stream::iter(all.chunks(BATCH).map(|c| Ok(c.to_vec())).collect::<Vec<_>>()),
            Err(e) => stream::iter(vec![Err(e)]),
        })
        .boxed()
}
