//! Reading ranges of offsets to their ends: through compaction's gaps, transaction markers, and retention moving underneath.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::broker::{Error, ErrorKind, Result};
use crate::drivers::kafka::error::error;
use crate::drivers::kafka::ffi::{At, Code, Fault, Record};
use crate::drivers::kafka::pool::Lent;
use crate::drivers::kafka::{CALL, Kafka, watched};
use crate::model::{Address, Message, Seat, Typed, Value, WireType};

/// Offsets still to be read: from `next` up to, not including, `to`. `to` of `i64::MAX` has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub next: i64,
    pub to: i64,
}

impl Range {
    pub fn done(&self) -> bool {
        self.next >= self.to
    }

    /// Offsets left.
    pub fn left(&self) -> u64 {
        u64::try_from(self.to.saturating_sub(self.next)).unwrap_or(0)
    }
}

/// Ranges by partition.
pub type Ranges = BTreeMap<i32, Range>;

/// Offsets of one partition up to which little is fetched at a time: a page, or its next window.
const LITTLE: u64 = 5_000;
const NEEDS: &str = "Read on the topic";
/// Without a record or an end for so long, a bounded read gives up: a partition without a leader.
const STALLED: Duration = Duration::from_secs(30);
/// A read without an end asks the broker after so long without a record whether it is still there: librdkafka says that all brokers are down
/// only once, says nothing of one that hangs, and may leave it out where the group's coordinator goes first.
const QUIET: Duration = Duration::from_secs(5);
/// Records taken from librdkafka at once.
const TAKE: usize = 512;

/// A read under way. Dropping it stops librdkafka's fetching.
pub struct Scan {
    kafka: Arc<Kafka>,
    lent: Lent,
    at: Address,
    ranges: Ranges,
    taken: VecDeque<Record>,
    notes: Vec<String>,
    /// Ends that came before the range's end, by partition and the offset that was next: what is left over from a client's last reading looks
    /// the same, so they are asked for once more.
    doubted: BTreeMap<i32, i64>,
}

impl Scan {
    /// Starts to read these ranges.
    pub async fn open(kafka: Arc<Kafka>, at: &Address, committed: bool, ranges: Ranges) -> Result<Self> {
        let little = ranges.values().all(|r| r.left() <= LITTLE);
        let lent = kafka.pool.lend(committed, ranges.values().any(|r| r.to == i64::MAX), little, ranges.len()).await?;
        let mut scan = Self { kafka, lent, at: at.clone(), ranges, taken: VecDeque::new(), notes: Vec::new(), doubted: BTreeMap::new() };
        // metadata first: an assignment without known leaders waits half a second
        let Some(client) = scan.lent.consumer().map(|c| c.client().clone()) else { return Err(scan.ended()) };
        let metadata = watched(&client, CALL, client.topics(Some(&at.name), CALL)).await;
        if let Err(fault) = metadata {
            scan.lent.broken();
            return Err(scan.failed(&fault));
        }
        scan.assign()?;
        Ok(scan)
    }

    /// Reads other ranges of the same topic with the same client.
    pub fn again(&mut self, ranges: Ranges) -> Result<()> {
        self.ranges = ranges;
        self.doubted.clear();
        self.lent.resume();
        self.assign()
    }

    pub fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// What people should know: offsets that vanished.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The next messages, at most `max` and about `max_bytes`; perhaps none yet; `None`: every range is read to its end.
    pub async fn some(&mut self, max: usize, max_bytes: usize) -> Result<Option<Vec<Message>>> {
        if self.taken.is_empty() {
            if self.ranges.values().all(Range::done) {
                return Ok(None);
            }
            self.wait().await?;
        }
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while messages.len() < max && bytes < max_bytes {
            let Some(record) = self.taken.pop_front() else { break };
            match record {
                Record::Message { partition, offset, time, key, body, headers } => {
                    if self.wanted(partition, offset) {
                        let m = message(&self.at, partition, offset, time, key, body, headers);
                        bytes += m.size();
                        messages.push(m);
                    }
                }
                Record::End { partition, offset } => self.at_end(partition, offset)?,
                Record::Fault { partition, fault } => self.fault(partition, &fault).await?,
            }
        }
        Ok(Some(messages))
    }

    /// Waits for records, as long as there is hope.
    async fn wait(&mut self) -> Result<()> {
        let bounded = self.ranges.values().all(|r| r.to != i64::MAX);
        loop {
            let Some(consumer) = self.lent.consumer() else { return Err(self.ended()) };
            tokio::select! {
                biased;
                records = consumer.read(TAKE) => {
                    self.taken.extend(records);
                    return Ok(());
                }
                _ = consumer.client().hopeless() => {}
                () = tokio::time::sleep(STALLED), if bounded => return Err(self.stalled()),
                () = tokio::time::sleep(QUIET), if !bounded => {}
            };
            // lost connections may be back already, and a loss may go unsaid: only an answer over this client's own shows that it still reads
            let client = consumer.client().clone();
            if let Err(fault) = watched(&client, CALL, client.cluster(CALL)).await {
                self.lent.broken();
                return Err(self.failed(&fault));
            }
        }
    }

    fn stalled(&mut self) -> Error {
        let waiting: Vec<_> = self.ranges.iter().filter(|(_, r)| !r.done()).map(|(p, _)| p.to_string()).collect();
        let text = format!("nothing came from partition {} for {}s", waiting.join(", "), STALLED.as_secs());
        self.lent.broken();
        self.failed(&Fault { code: Code::OperationTimedOut, text })
    }

    fn assign(&mut self) -> Result<()> {
        let open: Vec<_> = self.ranges.iter().filter(|(_, r)| !r.done()).map(|(p, r)| (*p, r.next)).collect();
        self.taken.clear();
        let Some(consumer) = self.lent.consumer() else { return Err(self.ended()) };
        consumer.assign(&self.at.name, &open).map_err(|fault| self.failed(&fault))
    }

    /// Whether a record is in its range; moves the range on.
    fn wanted(&mut self, partition: i32, offset: i64) -> bool {
        let Some(range) = self.ranges.get_mut(&partition) else { return false };
        if range.done() || offset < range.next {
            return false;
        }
        let inside = offset < range.to;
        range.next = if inside { offset + 1 } else { range.to };
        self.finish(partition);
        inside
    }

    fn at_end(&mut self, partition: i32, offset: i64) -> Result<()> {
        let Some(range) = self.ranges.get_mut(&partition) else { return Ok(()) };
        if range.done() || range.to == i64::MAX || offset < range.next {
            return Ok(());
        }
        if self.doubted.insert(partition, range.next) != Some(range.next) {
            self.lent.resume();
            return self.assign();
        }
        if offset < range.to {
            self.notes.push(format!("p{partition}: ends at {offset}, not at {} as when the look began", range.to));
        }
        range.next = range.to;
        self.finish(partition);
        Ok(())
    }

    /// A partition that is read while others are not is fetched no more.
    fn finish(&mut self, partition: i32) {
        if self.ranges.get(&partition).is_some_and(Range::done) && !self.ranges.values().all(Range::done) {
            self.lent.pause(&self.at.name, partition);
        }
    }

    async fn fault(&mut self, partition: i32, fault: &Fault) -> Result<()> {
        match fault.code {
            _ if Record::is_out_of_range(fault) => self.moved(partition).await,
            // no group is joined, so its coordinator and our rights on it do not matter
            Code::GroupAuthorizationFailed
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::CoordinatorLoadInProgress
            | Code::WaitingForCoordinator => Ok(()),
            Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::Resolve
            | Code::NotLeaderForPartition
            | Code::LeaderNotAvailable => Ok(()),
            _ => Err(self.failed(fault)),
        }
    }

    /// The log's start moved past our position: says which offsets vanished and goes on at the new start.
    async fn moved(&mut self, partition: i32) -> Result<()> {
        let pair = [(self.at.name.clone(), partition)];
        let found =
            self.kafka.ask("read", NEEDS, Some(&self.at), CALL, |c| async move { c.offsets(&pair, At::Oldest, false, CALL).await }).await?;
        let start = found.into_values().next().and_then(|o| o.ok().flatten());
        let Some(range) = self.ranges.get_mut(&partition) else { return Ok(()) };
        match start {
            Some(start) if start > range.next => {
                let last = start.min(range.to) - 1;
                self.notes.push(format!("p{partition}: offsets {} to {last} were removed while reading", range.next));
                range.next = start.min(range.to);
            }
            // it is in the log: said of an earlier reading
            Some(start) if start <= range.next && self.doubted.insert(partition, range.next) != Some(range.next) => {}
            _ => {
                let (next, at) = (range.next, self.at.clone());
                return Err(Error::new(ErrorKind::Gone, "read", format!("p{partition}/{next} is not in the log"))
                    .about(&at)
                    .next("start at oldest or newest"));
            }
        }
        self.lent.resume();
        self.assign()
    }

    fn failed(&self, fault: &Fault) -> Error {
        error(fault, "read", NEEDS, &self.kafka.id, Some(&self.at), &self.kafka.cause)
    }

    fn ended(&self) -> Error {
        Error::new(ErrorKind::Unexpected, "read", "the reader has ended").about(&self.at)
    }
}

type Header = (String, Option<bytes::Bytes>);

fn message(
    at: &Address,
    partition: i32,
    offset: i64,
    time: Option<(i64, bool)>,
    key: Option<bytes::Bytes>,
    body: Option<bytes::Bytes>,
    headers: Vec<Header>,
) -> Message {
    let mut delivery = Vec::new();
    if let Some((_, by_broker)) = time {
        let kind = if by_broker { "LogAppendTime" } else { "CreateTime" };
        delivery.push(("timestamp-type".to_owned(), Typed { value: Value::Text(kind.to_owned()), wire: WireType("string".into()) }));
    }
    Message {
        at: at.clone(),
        seat: Seat::Offset { partition, offset },
        key,
        body,
        headers: headers.into_iter().map(|(name, value)| (name, Typed::bytes(value))).collect(),
        properties: Vec::new(),
        delivery,
        sent: time.and_then(|(ms, _)| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(ms).ok()?))),
        whole: true,
    }
}
