//! The listing: queues with their estimates and whose dead letters they hold, and topics with their subscriptions.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::queue::Known;
use super::redrive::{name_of, neighbours, queue_of};
use super::sns::{self, Subscription};
use super::{Aws, Queue, Told};
use crate::broker::{Error, ErrorKind, Flow, Result};
use crate::model::{Address, Count, Destination, Kind, Proof, Role, named_role};

/// Queues of one page, as SQS has it at most.
const PAGE: i32 = 1_000;
/// Queues asked at once.
const AT_ONCE: usize = 16;

/// A row of the listing, and what a queue said of itself.
pub type Row = (Destination, Option<Queue>);

/// Queues page by page, then topics. A connection that may see queues only shows queues; the probe says what SNS said.
pub fn list(aws: Arc<Aws>) -> Flow<Vec<Destination>> {
    rows(aws, "list").map_ok(|all| all.into_iter().map(|(destination, _)| destination).collect()).boxed()
}

/// The listing, with the queues as they were asked for it.
pub fn rows(aws: Arc<Aws>, op: &'static str) -> Flow<Vec<Row>> {
    stream::once(async move {
        // whose dead letters SNS sends where: known before the first queue is shown
        let (subscriptions, failed) = match sns::or_none(sns::told(&aws, op).await) {
            Err(e) if fatal(&e) => return Err(e),
            Err(e) => (Arc::default(), Some(e)),
            Ok(subscriptions) => (subscriptions, None),
        };
        let topics = match failed {
            // said behind the queues, which are to be had
            Some(e) => stream::iter([Err(e)]).boxed(),
            None => topics(aws.clone(), subscriptions.clone()).boxed(),
        };
        Ok(queues(aws, subscriptions).chain(topics))
    })
    .flat_map(|found| match found {
        Ok(flow) => flow.boxed(),
        Err(e) => stream::iter([Err(e)]).boxed(),
    })
    .boxed()
}

/// Whether nothing else will be had either.
fn fatal(e: &Error) -> bool {
    matches!(e.kind, ErrorKind::Login | ErrorKind::Unreachable | ErrorKind::Timeout)
}

fn queues(aws: Arc<Aws>, subscriptions: Arc<Vec<Subscription>>) -> impl futures::Stream<Item = Result<Vec<Row>>> {
    let pages = stream::unfold(Some(None), move |next: Option<Option<String>>| {
        let aws = aws.clone();
        async move {
            let next = next?;
            match page(&aws, next).await {
                Ok((urls, more)) => Some((Ok((aws, urls)), more.map(Some))),
                Err(e) => Some((Err(e), None)),
            }
        }
    });
    pages.flat_map(move |page| {
        let subscriptions = subscriptions.clone();
        match page {
            Err(e) => stream::iter([Err(e)]).boxed(),
            Ok((aws, urls)) => {
                let one = move |url| {
                    let (aws, subscriptions) = (aws.clone(), subscriptions.clone());
                    async move { destination(&aws, url, &subscriptions).await }
                };
                stream::iter(urls)
                    .map(one)
                    .buffered(AT_ONCE)
                    // those asked at once make a batch: who lists hears of a slow broker again and again
                    .chunks(AT_ONCE)
                    .map(|found| found.into_iter().collect::<Result<Vec<_>>>().map(|all| all.into_iter().flatten().collect::<Vec<_>>()))
                    .filter(|found| std::future::ready(found.as_ref().map_or(true, |all| !all.is_empty())))
                    .boxed()
            }
        }
    })
}

async fn page(aws: &Aws, next: Option<String>) -> Result<(Vec<String>, Option<String>)> {
    let asked = aws.clients().await?.asking.list_queues().max_results(PAGE).set_next_token(next).send().await;
    let page = asked.map_err(|e| aws.looked(&e, "list", None, "sqs:ListQueues"))?;
    Ok((page.queue_urls.unwrap_or_default(), page.next_token.filter(|t| !t.is_empty())))
}

/// One queue of the listing; none if it was deleted meanwhile.
async fn destination(aws: &Aws, url: String, subscriptions: &[Subscription]) -> Result<Option<Row>> {
    let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
    let at = Address::new(aws.id.clone(), Kind::Queue, name);
    let (asked, sources) = futures::join!(aws.attributes("list", &at, url.clone()), told_sources(aws, &at, &url));
    let row = |depth, role| Destination { at: at.clone(), depth, partitions: None, consumers: None, role, internal: false };
    match asked {
        Ok(queue) => Ok(Some((row(queue.depth(), role(aws, &queue, sources?, subscriptions)), Some(queue)))),
        Err(e) if e.kind == ErrorKind::NotFound => Ok(None),
        // it may be seen and not asked: its depth is unknown, which is not zero
        Err(e) if e.kind == ErrorKind::Denied => Ok(Some((row(Count::Unknown, named_role(&at.name)), None))),
        Err(e) => Err(e),
    }
}

/// The sources of a queue, as they were told not long ago.
async fn told_sources(aws: &Aws, at: &Address, url: &str) -> Result<Vec<Address>> {
    if let Some(sources) = aws.known(&at.name).and_then(|k| k.sources?.lately()) {
        return Ok(sources);
    }
    let sources = sources(aws, at, url).await?;
    let known = aws.known(&at.name).unwrap_or_else(|| Known { url: url.to_owned(), ..Known::default() });
    aws.remember(&at.name, Known { sources: Some(Told::now(sources.clone())), ..known });
    Ok(sources)
}

/// The queues whose redrive policy names this one; empty where that may not be asked. A service that is busy must not look as if there were none:
/// where dead letters of this queue came from is told by nothing else.
pub async fn sources(aws: &Aws, at: &Address, url: &str) -> Result<Vec<Address>> {
    // one page has a thousand: more sources of one queue would show their first
    let asked = aws.clients().await?.asking.list_dead_letter_source_queues().queue_url(url).max_results(PAGE).send().await;
    let urls = asked.map(|answer| answer.queue_urls).map_err(|e| aws.looked(&e, "list", Some(at), "sqs:ListDeadLetterSourceQueues"));
    let urls = sns::or_none(urls)?;
    Ok(urls.iter().map(|u| Address::new(at.conn.clone(), Kind::Queue, u.rsplit('/').next().unwrap_or(u))).collect())
}

/// What a queue is for: queues' redrive policies and subscriptions' both tell it.
pub fn role(aws: &Aws, queue: &Queue, sources: Vec<Address>, subscriptions: &[Subscription]) -> Role {
    let mut of: BTreeSet<Address> = sources.into_iter().collect();
    let arn = queue.arn().unwrap_or_default();
    for s in subscriptions.iter().filter(|s| s.redrive.as_ref().is_some_and(|r| r.to == arn)) {
        // what failed is the delivery to one endpoint: its queue is where the message was to go, not the topic with all the others
        let endpoint = s.queue().filter(|_| neighbours(&s.endpoint, arn));
        of.insert(endpoint.map_or_else(|| sns::topic(aws, &s.topic_arn), |q| Address::new(aws.id.clone(), Kind::Queue, q)));
    }
    if of.is_empty() { named_role(&queue.name) } else { Role::DeadLetter { of: of.into_iter().collect(), proof: Proof::Told } }
}

fn topics(aws: Arc<Aws>, subscriptions: Arc<Vec<Subscription>>) -> impl futures::Stream<Item = Result<Vec<Row>>> {
    stream::unfold(Some(None), move |next: Option<Option<String>>| {
        let (aws, subscriptions) = (aws.clone(), subscriptions.clone());
        async move {
            let next = next?;
            let page = async { sns::topics_page(&aws, aws.clients().await?, next).await }.await;
            let (arns, more) = match sns::or_none(page) {
                Ok(page) => page,
                Err(e) => return Some((Err(e), None)),
            };
            let mut counts: HashMap<&str, u32> = HashMap::new();
            subscriptions.iter().filter(|s| s.confirmed).for_each(|s| *counts.entry(s.topic_arn.as_str()).or_default() += 1);
            let row = |arn: &String| {
                let topic = Destination {
                    at: sns::topic(&aws, arn),
                    depth: Count::Unknown,
                    partitions: None,
                    consumers: Some(counts.get(arn.as_str()).copied().unwrap_or(0)),
                    role: named_role(name_of(arn)),
                    internal: false,
                };
                (topic, None)
            };
            let rows: Vec<_> = arns.iter().map(row).collect();
            Some((Ok(rows), more.map(Some)))
        }
    })
    .filter(|found| std::future::ready(found.as_ref().map_or(true, |all| !all.is_empty())))
}

/// The queue of an ARN, if it is one of this connection.
pub fn here(aws: &Aws, arn: &str, beside: &str) -> Option<Address> {
    queue_of(arn).filter(|_| neighbours(arn, beside)).map(|name| Address::new(aws.id.clone(), Kind::Queue, name))
}
