//! Real ActiveMQ brokers as hosts: Artemis, Classic with management, and Classic by STOMP only. Messages are put and read by a client of its own in
//! Python (`tests/clients/activemq.py`); counts come from Jolokia.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use redrive::broker::Link;
use redrive::config::profile::{BrokerKind, Profile};
use redrive::config::secret::Secret;
use redrive::drivers::memory::Put;
use redrive::model::{Address, ConnId, Kind, Message, Seat, Typed, Value, WireType};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::hosts::{CLOSED, Host, NotHere, Who};

/// Longest wait for what the broker does in its own time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where one broker is and who may do what there.
#[derive(Clone, Debug)]
pub struct Place {
    pub url: String,
    pub stomp: Option<String>,
    pub jolokia: Option<String>,
    pub python: String,
    pub artemis: bool,
    pub admin: (&'static str, &'static str),
    /// May browse, not send.
    pub reader: Option<(&'static str, &'static str)>,
    /// Whether a login without a name is let in and may do nothing.
    pub anonymous: bool,
}

impl Place {
    /// From the variables of the testbed, whose names begin so.
    pub fn of(prefix: &str, artemis: bool, admin: (&'static str, &'static str), secured: bool) -> Result<Self, String> {
        let set = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set (scripts/brokers up)"));
        let stomp = if artemis { None } else { Some(set(&format!("{prefix}_STOMP"))?) };
        Ok(Self {
            url: set(prefix)?,
            stomp,
            jolokia: std::env::var(format!("{prefix}_JOLOKIA")).ok(),
            python: set("REDRIVE_TEST_PYTHON")?,
            artemis,
            admin,
            reader: secured.then_some(("reader", "readerpw")),
            anonymous: secured && !artemis,
        })
    }
}

pub struct ActiveMq {
    place: Place,
    conn: ConnId,
    http: reqwest::Client,
    /// Accepts connections and never answers.
    silent: TcpListener,
}

impl ActiveMq {
    pub fn new(place: &Place) -> Self {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self { place: place.clone(), conn: ConnId::new("amq"), http: reqwest::Client::new(), silent }
    }

    fn profile(&self, login: Option<(&str, &str)>) -> Profile {
        let mut profile = Profile { name: self.conn.to_string(), context: "test".into(), kind: BrokerKind::ActiveMq, ..Profile::default() };
        profile.activemq.broker_url = self.place.url.clone();
        profile.activemq.stomp_url = self.place.stomp.clone();
        profile.activemq.jolokia_url = Some(self.place.jolokia.clone().unwrap_or_else(|| "http://127.0.0.1:1/".into()));
        if let Some((user, password)) = login {
            profile.activemq.username = Some(Secret::clear(user));
            profile.activemq.password = Some(Secret::clear(password));
        }
        profile
    }

    fn elsewhere(&self, address: &str) -> Profile {
        let mut profile = self.profile(Some(self.place.admin));
        profile.activemq.broker_url = format!("tcp://{address}");
        profile.activemq.stomp_url = None;
        profile.activemq.jolokia_url = Some(format!("http://{address}/console/jolokia"));
        profile
    }

    /// The test's own client, with these messages on its input.
    async fn client(&self, what: &str, queue: &str, lines: &[Json]) -> Vec<Json> {
        let (protocol, url) = match &self.place.stomp {
            Some(stomp) => ("stomp", stomp),
            None => ("amqp", &self.place.url),
        };
        let (_, host) = url.split_once("://").expect("a URL");
        let (host, port) = host.split_once(':').expect("a port");
        let (user, password) = self.place.admin;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/activemq.py");
        let mut child = Command::new(&self.place.python)
            .args([script, what, protocol, host, port, user, password, queue])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the client starts");
        let mut input: Vec<u8> = Vec::new();
        for line in lines {
            input.extend(line.to_string().bytes());
            input.push(b'\n');
        }
        let mut stdin = child.stdin.take().expect("its input");
        let feed = async move {
            stdin.write_all(&input).await.expect("its input");
        };
        let (_, out) = tokio::join!(feed, tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()));
        let out = out.expect("an end of the client").expect("its output");
        assert!(out.status.success(), "the client {what} {queue}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("text").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// All rows of a queue. By AMQP nobody says where it ends, and a busy broker is silent for long: as many as management counts.
    async fn read(&self, queue: &str) -> Vec<Json> {
        let end = Instant::now() + PATIENCE;
        loop {
            let rows = self.client("read", queue, &[]).await;
            if !self.place.artemis {
                return rows;
            }
            let there = self.facts(queue, &["MessageCount"]).await["MessageCount"].as_u64().expect("a number");
            if rows.len() as u64 == there {
                return rows;
            }
            assert!(Instant::now() < end, "{queue}: the client reads {} of {there}", rows.len());
        }
    }

    /// A question to Jolokia by the administrator; its value.
    async fn ask(&self, request: Json) -> Json {
        let url = self.place.jolokia.as_ref().expect("a broker with management");
        let (user, password) = self.place.admin;
        let asked = self.http.post(url).header("Origin", "http://127.0.0.1").basic_auth(user, Some(password)).json(&request);
        let answer: Json = asked.send().await.expect("an answer").json().await.expect("JSON");
        answer.get("value").cloned().unwrap_or_else(|| panic!("{request}: {answer}"))
    }

    /// What management says of a queue.
    async fn facts(&self, queue: &str, names: &[&str]) -> Json {
        let pattern = if self.place.artemis {
            format!(
                "org.apache.activemq.artemis:broker=*,component=addresses,address=*,subcomponent=queues,routing-type=*,queue=\"{queue}\""
            )
        } else {
            format!("org.apache.activemq:type=Broker,brokerName=*,destinationType=Queue,destinationName={queue}")
        };
        let all = self.ask(json!({"type": "read", "mbean": pattern, "attribute": names})).await;
        all.as_object().and_then(|all| all.values().next()).cloned().expect("the queue")
    }

    async fn in_flight(&self, queue: &str) -> u64 {
        let name = if self.place.artemis { "DeliveringCount" } else { "InFlightCount" };
        self.facts(queue, &[name]).await.get(name).and_then(Json::as_u64).expect("a number")
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = DIGITS[(n >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

fn unbase64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let n = chunk.iter().fold(0u32, |n, c| n << 6 | u32::from(digit(*c))) << (6 * (4 - chunk.len()));
        out.extend(&n.to_be_bytes()[1..chunk.len()]);
    }
    out
}

/// A value as the client's lines have it.
fn said(name: &str, typed: &Typed) -> Json {
    let text = match (&typed.value, typed.wire.0.as_ref()) {
        (Value::Bytes(b), "binary") => base64(b),
        (Value::Int(i), _) => i.to_string(),
        (Value::Null, _) => String::new(),
        (Value::Bool(b), _) => b.to_string(),
        _ => typed.as_text().unwrap_or_default().to_owned(),
    };
    json!([name, typed.wire.0, text])
}

fn typed(kind: &str, text: &str) -> Typed {
    let value = match kind {
        "binary" => Value::Bytes(unbase64(text).into()),
        "null" => Value::Null,
        "int" | "long" | "ulong" => Value::Int(text.parse().expect("a number")),
        "boolean" => Value::Bool(text == "True"),
        "double" => Value::Float(text.parse().expect("a number")),
        _ => Value::Text(text.to_owned()),
    };
    Typed { value, wire: WireType(kind.to_owned().into()) }
}

fn message(at: &Address, row: &Json) -> Message {
    let part = |h: &Json, i: usize| h[i].as_str().expect("text").to_owned();
    let headers = row["headers"].as_array().expect("headers");
    Message {
        at: at.clone(),
        seat: Seat::Id(row["id"].as_str().expect("an id").to_owned()),
        key: None,
        body: Some(unbase64(row["body"].as_str().expect("a body")).into()),
        headers: headers.iter().map(|h| (part(h, 0), typed(&part(h, 1), &part(h, 2)))).collect(),
        properties: Vec::new(),
        delivery: vec![("redelivered".into(), typed("string", row["redelivered"].as_str().expect("text")))],
        sent: None,
        whole: true,
    }
}

#[async_trait]
impl Host for ActiveMq {
    async fn connect(&self, who: Who) -> Result<Link, NotHere> {
        let profile = match who {
            Who::Admin => self.profile(Some(self.place.admin)),
            Who::Viewer => {
                self.profile(Some(self.place.reader.ok_or_else(|| NotHere("this broker knows no user who may only browse".into()))?))
            }
            Who::Nobody if self.place.anonymous => self.profile(None),
            Who::Nobody => return Err(NotHere("this broker knows no user without any right".into())),
            Who::WrongPassword if self.place.reader.is_none() => {
                return Err(NotHere("its STOMP connector lets everybody in, whatever the password: as 5.18 is shipped".into()));
            }
            Who::WrongPassword => self.profile(Some((self.place.admin.0, "wrong-pw"))),
            Who::WrongHost => self.elsewhere(CLOSED),
            Who::Silent => self.elsewhere(&self.silent.local_addr().expect("its address").to_string()),
        };
        redrive::drivers::connect(&profile, true).map_err(|e| NotHere(e.to_string()))
    }

    async fn make(&self, name: &str, _: u32) -> Address {
        let name = format!("{name}-{}", uuid::Uuid::now_v7().simple());
        if self.place.artemis {
            let queue = json!({"name": name, "address": name, "routing-type": "ANYCAST", "durable": true, "auto-create-address": true});
            let broker = self.ask(json!({"type": "search", "mbean": "org.apache.activemq.artemis:broker=*"})).await;
            let made =
                json!({"type": "exec", "mbean": broker[0], "operation": "createQueue(java.lang.String)", "arguments": [queue.to_string()]});
            self.ask(made).await;
        } else {
            self.client("make", &name, &[]).await;
        }
        Address::new(self.conn.clone(), Kind::Queue, name)
    }

    fn partitions(&self, _: u32) -> u32 {
        1
    }

    fn nowhere(&self) -> Address {
        Address::new(self.conn.clone(), Kind::Queue, "no-such-thing")
    }

    async fn put(&self, at: &Address, messages: Vec<Put>) -> Vec<Seat> {
        let line = |put: &Put| {
            let headers: Vec<Json> = put.headers.iter().map(|(n, v)| said(n, v)).collect();
            let id = format!("p-{}", uuid::Uuid::now_v7().simple());
            json!({"id": id, "body": base64(put.body.as_deref().unwrap_or_default()), "headers": headers})
        };
        let lines: Vec<Json> = messages.iter().map(line).collect();
        let rows = self.client("put", &at.name, &lines).await;
        let rows = if self.place.artemis { lines } else { rows };
        let seat = |row: &Json| Seat::Id(row["id"].as_str().expect("an id").to_owned());
        // Classic gives the ids; of more than a browse shows they are not known
        let skip = rows.len().saturating_sub(messages.len());
        rows.iter().skip(skip).map(seat).collect()
    }

    async fn read_back(&self, at: &Address) -> Vec<Message> {
        self.read(&at.name).await.iter().map(|row| message(at, row)).collect()
    }

    async fn commit(&self, _: &str, _: &Address, _: i32, _: i64) -> Result<(), NotHere> {
        Err(NotHere("queues have no positions".into()))
    }

    async fn trim(&self, _: &Address, _: i32, _: i64) -> Result<(), NotHere> {
        Err(NotHere("queues have no positions".into()))
    }

    async fn traces(&self, at: &Address) -> String {
        let rows: Vec<String> = self.read(&at.name).await.iter().map(|row| format!("{} {}", row["id"], row["redelivered"])).collect();
        let facts = match (&self.place.jolokia, self.place.artemis) {
            (None, _) => Json::Null,
            (Some(_), true) => {
                let names =
                    ["MessageCount", "DeliveringCount", "MessagesAdded", "MessagesAcknowledged", "MessagesExpired", "MessagesKilled"];
                self.facts(&at.name, &names).await
            }
            (Some(_), false) => self.facts(&at.name, &["QueueSize", "InFlightCount", "EnqueueCount", "DequeueCount", "ExpiredCount"]).await,
        };
        format!("{facts}\n{}", rows.join("\n"))
    }

    async fn in_hand(&self, at: &Address) -> Result<u64, NotHere> {
        if self.place.jolokia.is_none() {
            return Err(NotHere("without management nobody tells what is in flight".into()));
        }
        // a connection that was dropped takes the broker a moment
        let end = Instant::now() + PATIENCE;
        while self.in_flight(&at.name).await > 0 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        Ok(self.in_flight(&at.name).await)
    }

    fn holds(&self) -> bool {
        false
    }

    async fn down(&self) -> Result<(), NotHere> {
        Err(NotHere("the broker is shared with other tests and is not stopped here".into()))
    }

    async fn up(&self) -> Result<(), NotHere> {
        Ok(())
    }
}
