//! The replay rate, every message copied and its intent synced to the ledger before it is published.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::process::Command;
use std::time::{Duration, Instant};

use super::cluster::{Cluster, body};
use super::{Failed, Figure};

const DEAD: u64 = 20_000;

pub fn measure(cluster: &Cluster, _: &str) -> Result<Vec<Figure>, Failed> {
    let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let (origin, dlt) = (format!("redrive-bench-replay-{stamp}"), format!("redrive-bench-replay-{stamp}.dlt"));
    cluster.create(&origin, 12)?;
    cluster.create(&dlt, 12)?;
    die(cluster, &origin, &dlt)?;
    let config = cluster.config()?;
    // the real binary, without canary waits: they are waits, not work
    std::fs::write(&config, format!("{}[replay]\ncanary = []\n", std::fs::read_to_string(&config)?))?;
    let began = Instant::now();
    let out = Command::new(env!("CARGO_BIN_EXE_redrive"))
        .args([
            "--config",
            &config.display().to_string(),
            "--output",
            "json",
            "replay",
            &dlt,
            "--all",
            "--rate",
            "0",
            "--yes",
            "--reason",
            "bench",
        ])
        .output()?;
    let whole = began.elapsed().as_secs_f64();
    let report: serde_json::Value =
        serde_json::from_slice(&out.stdout).map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&out.stderr)))?;
    let (done, seconds) =
        (report["item"]["counts"]["replayed"].as_u64().unwrap_or(0), report["item"]["seconds"].as_f64().unwrap_or(f64::NAN));
    let there = cluster.count(&origin)?;
    Ok(vec![Figure::new(
        "replay rate, every message synced",
        format!("{:.0} messages/s", done as f64 / seconds),
        "2,000/s or more",
        format!("`redrive replay` of {done} of {DEAD} messages to 12 partitions, 20,000 keys; {there} arrived; whole command {whole:.1} s"),
    )])
}

/// Dead letters as Spring writes them.
fn die(cluster: &Cluster, origin: &str, dlt: &str) -> Result<(), Failed> {
    let producer: BaseProducer = cluster.client().set("linger.ms", "20").create()?;
    for i in 0..DEAD {
        let partition = (i % 12) as i32;
        let (place, offset) = (partition.to_be_bytes(), i64::try_from(i)?.to_be_bytes());
        let pairs: [(&str, &[u8]); 6] = [
            ("kafka_dlt-original-topic", origin.as_bytes()),
            ("kafka_dlt-original-partition", &place),
            ("kafka_dlt-original-offset", &offset),
            ("kafka_dlt-original-consumer-group", b"billing"),
            ("kafka_dlt-exception-cause-fqcn", b"com.example.PaymentTimeout"),
            ("kafka_dlt-exception-message", b"HTTP 504 from payments after 30000 ms"),
        ];
        let headers = pairs.iter().fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }));
        let (key, body) = (format!("cust-{i}"), body(i));
        let mut record = BaseRecord::to(dlt).partition(partition).key(&key).payload(&body).headers(headers);
        while let Err((e, back)) = producer.send(record) {
            if e.rdkafka_error_code() != Some(rdkafka::types::RDKafkaErrorCode::QueueFull) {
                return Err(e.into());
            }
            producer.poll(Duration::from_millis(20));
            record = back;
        }
    }
    Ok(producer.flush(Duration::from_secs(60))?)
}
