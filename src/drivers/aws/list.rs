//! The listing: queues with their estimates and whose dead letters they hold, and topics with their subscriptions.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures::stream::{self, StreamExt};

use super::redrive::{name_of, neighbours, queue_of};
use super::sns::{self, Subscription};
use super::{Aws, Queue};
use crate::broker::{Error, ErrorKind, Flow, Result};
use crate::model::{Address, Count, Destination, Kind, Proof, Role, named_role};

/// Queues of one page, as SQS has it at most.
const PAGE: i32 = 1_000;
/// Queues asked at once.
const AT_ONCE: usize = 16;
/// Destinations of one batch.
const BATCH: usize = 50;

/// Queues page by page, then topics. A connection that may see queues only shows queues; the probe says what SNS said.
pub fn list(aws: Arc<Aws>) -> Flow<Vec<Destination>> {
    stream::once(async move {
        // whose dead letters SNS sends where: known before the first queue is shown
        let subscriptions = match sns::all(&aws).await {
            Err(e) if fatal(&e) => return Err(e),
            other => Arc::new(other.unwrap_or_default()),
        };
        Ok(queues(aws.clone(), subscriptions.clone()).chain(topics(aws, subscriptions)))
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

fn queues(aws: Arc<Aws>, subscriptions: Arc<Vec<Subscription>>) -> impl futures::Stream<Item = Result<Vec<Destination>>> {
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
                    .chunks(BATCH)
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
async fn destination(aws: &Aws, url: String, subscriptions: &[Subscription]) -> Result<Option<Destination>> {
    let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
    let at = Address::new(aws.id.clone(), Kind::Queue, name);
    let (asked, sources) = futures::join!(aws.attributes("list", &at, url.clone()), sources(aws, &at, &url));
    let row = |depth, role| Ok(Some(Destination { at: at.clone(), depth, partitions: None, consumers: None, role, internal: false }));
    match asked {
        Ok(queue) => row(queue.depth(), role(aws, &queue, sources, subscriptions)),
        Err(e) if e.kind == ErrorKind::NotFound => Ok(None),
        // it may be seen and not asked: its depth is unknown, which is not zero
        Err(e) if e.kind == ErrorKind::Denied => row(Count::Unknown, named_role(&at.name)),
        Err(e) => Err(e),
    }
}

/// ARNs or names of the queues whose redrive policy names this one; empty where that may not be asked.
pub async fn sources(aws: &Aws, at: &Address, url: &str) -> Vec<Address> {
    let Ok(clients) = aws.clients().await else { return Vec::new() };
    // one page has a thousand: more sources of one queue would show their first
    let asked = clients.asking.list_dead_letter_source_queues().queue_url(url).max_results(PAGE).send().await;
    let urls = asked.map(|a| a.queue_urls).unwrap_or_default();
    urls.iter().map(|u| Address::new(at.conn.clone(), Kind::Queue, u.rsplit('/').next().unwrap_or(u))).collect()
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

fn topics(aws: Arc<Aws>, subscriptions: Arc<Vec<Subscription>>) -> impl futures::Stream<Item = Result<Vec<Destination>>> {
    stream::unfold(Some(None), move |next: Option<Option<String>>| {
        let (aws, subscriptions) = (aws.clone(), subscriptions.clone());
        async move {
            let next = next?;
            let clients = aws.clients().await.ok()?;
            // no rights on SNS, or an endpoint without it: no topics, and the probe has said so
            let (arns, more) = sns::topics_page(&aws, clients, next).await.ok()?;
            let mut counts: HashMap<&str, u32> = HashMap::new();
            subscriptions.iter().filter(|s| s.confirmed).for_each(|s| *counts.entry(s.topic_arn.as_str()).or_default() += 1);
            let row = |arn: &String| Destination {
                at: sns::topic(&aws, arn),
                depth: Count::Unknown,
                partitions: None,
                consumers: Some(counts.get(arn.as_str()).copied().unwrap_or(0)),
                role: named_role(name_of(arn)),
                internal: false,
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
