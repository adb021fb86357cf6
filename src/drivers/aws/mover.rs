//! The service's own mover: `StartMessageMoveTask`, asked after and cancelled; it filters nothing and gives each message a new id.

use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry as Task;

use super::{Aws, error, list};
use crate::broker::{BulkAsk, BulkPhase, BulkState, Done, Error, ErrorKind, Result};
use crate::model::{Address, Count};

/// Most messages per second that a task may be asked for.
const FASTEST: u32 = 500;

/// Starts, asks or cancels.
pub async fn bulk(aws: &Aws, ask: BulkAsk) -> Result<BulkState> {
    match ask {
        BulkAsk::Start { from, to, per_second } => start(aws, &from, to.as_ref(), per_second).await,
        BulkAsk::State { from, id } => state(aws, &from, &id).await,
        BulkAsk::Cancel { from, id } => cancel(aws, &from, &id).await,
    }
}

async fn start(aws: &Aws, from: &Address, to: Option<&Address>, per_second: Option<u32>) -> Result<BulkState> {
    let refuse = |why: String, next: &str| Err(Error::new(ErrorKind::Invalid, "move all", why).about(from).next(next));
    let source = aws.queue("move all", from).await?;
    if list::sources(aws, from, &source.url).await?.is_empty() {
        return refuse(
            "no queue's redrive policy names it, and SQS moves messages out of such queues only".into(),
            "replay its messages one by one instead (without --bulk)",
        );
    }
    let mut target = None;
    if let Some(to) = to {
        if to.conn != from.conn {
            return refuse("the service's own mover stays in one region and account".into(), "replay its messages one by one instead");
        }
        let queue = aws.queue("move all", to).await?;
        if queue.fifo() != source.fifo() {
            return refuse("source and target must both be FIFO or both standard".into(), "choose another target");
        }
        target = queue.arn().map(str::to_owned);
    }
    let arn = source.arn().unwrap_or_default().to_owned();
    let rate = per_second.map(|n| i32::try_from(n.clamp(1, FASTEST)).unwrap_or(500));
    let needs = "sqs:StartMessageMoveTask, with Receive and Delete on the source and Send on the target";
    let call = error::Call { op: "move all", conn: &aws.id, at: Some(from), needs, writes: true };
    let clients = aws.clients().await?;
    let asked = clients.writing.start_message_move_task().source_arn(&arn).set_destination_arn(target);
    let answer = match asked.set_max_number_of_messages_per_second(rate).send().await {
        Ok(answer) => answer,
        Err(e) => {
            let e = error::error(&e, call);
            return Err(if e.done == Done::No { runs_already(aws, from, &arn).await.unwrap_or(e) } else { e });
        }
    };
    let handle = answer.task_handle.unwrap_or_default();
    // a task that is over has no handle any more: it is found again by when it began
    let tasks = tasks(aws, from, &arn).await.unwrap_or_default();
    let task = tasks.iter().find(|t| t.task_handle.as_deref() == Some(&handle)).or(tasks.first());
    Ok(match task {
        Some(task) => BulkState { id: format!("{}:{handle}", task.started_timestamp), ..read(task, &handle) },
        None => BulkState { id: format!("0:{handle}"), moved: Count::About(0), of: source.depth(), phase: BulkPhase::Running },
    })
}

/// Why a move was refused, if that is because another one of this queue runs: a queue has one at a time.
async fn runs_already(aws: &Aws, from: &Address, arn: &str) -> Option<Error> {
    let task = tasks(aws, from, arn).await.ok()?.into_iter().find(|t| t.status.as_deref() == Some("RUNNING"))?;
    let why = format!("a move of it runs already, started elsewhere: about {} moved", task.approximate_number_of_messages_moved);
    let cancel =
        task.task_handle.map_or_else(String::new, |h| format!(", or cancel it: aws sqs cancel-message-move-task --task-handle {h}"));
    Some(Error::new(ErrorKind::Busy, "move all", why).about(from).next(format!("wait until it is over{cancel}")))
}

async fn state(aws: &Aws, from: &Address, id: &str) -> Result<BulkState> {
    let source = aws.queue("ask after a move", from).await?;
    let tasks = tasks(aws, from, source.arn().unwrap_or_default()).await?;
    let (began, handle) = parts(id);
    let task = tasks.iter().find(|t| t.task_handle.as_deref() == Some(handle)).or_else(|| {
        // one task of a queue runs at a time, so the newest is ours where its beginning was not noted
        if began == 0 { tasks.first() } else { tasks.iter().find(|t| t.started_timestamp == began) }
    });
    match task {
        Some(task) => Ok(BulkState { id: id.to_owned(), ..read(task, handle) }),
        None => {
            let e = Error::new(ErrorKind::Gone, "ask after a move", "the queue remembers its last 10 moves, and this is none of them")
                .about(from);
            Err(e.next("compare the depths of source and target"))
        }
    }
}

async fn cancel(aws: &Aws, from: &Address, id: &str) -> Result<BulkState> {
    let clients = aws.clients().await?;
    let call = error::Call { op: "cancel a move", conn: &aws.id, at: Some(from), needs: "sqs:CancelMessageMoveTask", writes: true };
    let asked = clients.asking.cancel_message_move_task().task_handle(parts(id).1).send().await;
    match asked {
        Ok(answer) => {
            let now = state(aws, from, id).await;
            let moved = Count::About(u64::try_from(answer.approximate_number_of_messages_moved).unwrap_or(0));
            let of = now.as_ref().map_or(Count::Unknown, |s| s.of);
            Ok(BulkState { id: id.to_owned(), moved, of, phase: BulkPhase::Cancelled })
        }
        // over already: say how it ended
        Err(e) => state(aws, from, id).await.ok().filter(|s| s.phase != BulkPhase::Running).ok_or_else(|| error::error(&e, call)),
    }
}

async fn tasks(aws: &Aws, from: &Address, arn: &str) -> Result<Vec<Task>> {
    let asked = aws.clients().await?.asking.list_message_move_tasks().source_arn(arn).max_results(10).send().await;
    let mut tasks =
        asked.map_err(|e| aws.looked(&e, "ask after a move", Some(from), "sqs:ListMessageMoveTasks"))?.results.unwrap_or_default();
    tasks.sort_by_key(|t| std::cmp::Reverse(t.started_timestamp));
    Ok(tasks)
}

/// When it began, in milliseconds, and its handle.
fn parts(id: &str) -> (i64, &str) {
    id.split_once(':').map_or((0, id), |(began, handle)| (began.parse().unwrap_or(0), handle))
}

fn read(task: &Task, handle: &str) -> BulkState {
    let phase = match task.status.as_deref() {
        Some("COMPLETED") => BulkPhase::Done,
        Some("CANCELLED") => BulkPhase::Cancelled,
        Some("FAILED") => BulkPhase::Failed(task.failure_reason.clone().unwrap_or_else(|| "no reason given".into())),
        // `CANCELLING` still moves what it has in hand
        _ => BulkPhase::Running,
    };
    let count = |n: i64| Count::About(u64::try_from(n).unwrap_or(0));
    // AWS counts from the start; an emulator that counts down would say "6 of 0"
    let of = task.approximate_number_of_messages_to_move.filter(|n| *n >= task.approximate_number_of_messages_moved);
    BulkState {
        id: handle.to_owned(),
        moved: count(task.approximate_number_of_messages_moved),
        of: of.map_or(Count::Unknown, count),
        phase,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_read_in_every_state() {
        let task =
            |status: &str| Task::builder().status(status).approximate_number_of_messages_moved(3).failure_reason("AccessDenied").build();
        let phase = |status| read(&task(status), "h").phase;
        assert_eq!((phase("RUNNING"), phase("CANCELLING"), phase("COMPLETED")), (BulkPhase::Running, BulkPhase::Running, BulkPhase::Done));
        assert_eq!(phase("FAILED"), BulkPhase::Failed("AccessDenied".into()));
        let read = read(&task("CANCELLED"), "h");
        assert_eq!((read.moved, read.of, read.phase), (Count::About(3), Count::Unknown, BulkPhase::Cancelled));
        assert_eq!((parts("1700:abc=="), parts("abc")), ((1700, "abc=="), (0, "abc")));
    }
}
