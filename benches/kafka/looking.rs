//! Looking, below the screens: time to the first message of a page and of a whole read, and the rate of reading.

use std::time::Instant;

use futures::StreamExt;
use redrive::broker::{Broker, PeekRequest, Peeked, Start};
use redrive::config::{self, ProcessEnvironment};
use redrive::drivers;
use redrive::model::{Address, ConnId};

use super::cluster::Cluster;
use super::{Failed, Figure};

pub fn measure(cluster: &Cluster, topic: &str) -> Result<Vec<Figure>, Failed> {
    let loaded = config::load(&cluster.config()?, &ProcessEnvironment);
    let config = loaded.config.as_ref().ok_or_else(|| loaded.report(false))?;
    let profile = config.contexts[0].connections.first().ok_or("no connection")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let link = drivers::connect(profile, false)?;
        let at = Address::topic(&ConnId::new("kafka"), topic);
        let cold = first(link.eyes.as_ref(), &at, Start::Newest).await?;
        let mut warm = Vec::new();
        for start in [Start::Newest, Start::Oldest].into_iter().cycle().take(10) {
            warm.push(first(link.eyes.as_ref(), &at, start).await?);
        }
        warm.sort_by(f64::total_cmp);
        let (read, seconds) = drain(link.eyes.as_ref(), &at).await?;
        link.eyes.close().await;
        Ok(vec![
            Figure::new(
                "first page of messages, new client",
                format!("{cold:.0} ms"),
                "",
                "peek of 100, newest, connection and metadata included",
            ),
            Figure::new(
                "first page of messages, warm client",
                format!("{:.0} ms (worst {:.0})", warm[warm.len() / 2], warm[warm.len() - 1]),
                "50 ms",
                "median of 10 peeks of 100, newest and oldest in turn",
            ),
            Figure::new(
                "reading all of it",
                format!("{:.0} messages/s", read as f64 / seconds),
                "",
                format!("{read} messages as redrive's own, {seconds:.1} s"),
            ),
        ])
    })
}

async fn first(broker: &dyn Broker, at: &Address, start: Start) -> Result<f64, Failed> {
    let began = Instant::now();
    let mut flow = broker.peek(PeekRequest { start, ..PeekRequest::new(at.clone(), 100) });
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(messages) = step?
            && !messages.is_empty()
        {
            return Ok(began.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    Err("the topic is empty".into())
}

async fn drain(broker: &dyn Broker, at: &Address) -> Result<(u64, f64), Failed> {
    let began = Instant::now();
    let mut read = 0;
    let mut flow = broker.peek(PeekRequest::new(at.clone(), 1_000_000));
    while let Some(step) = flow.next().await {
        if let Peeked::Batch(messages) = step? {
            read += messages.len() as u64;
        }
    }
    Ok((read, began.elapsed().as_secs_f64()))
}
