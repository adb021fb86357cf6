//! The real brokers of these tests: where each is, who may do what there, clients that are not redrive, and the broker's own counters.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use redrive::broker::{Broker, Link, Outgoing, PeekRequest, Peeked, Place};
use redrive::config::profile::{BrokerKind, Profile};
use redrive::config::secret::Secret;
use redrive::model::{Address, ConnId, Kind, Message};
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::testbed::{PATIENCE, fresh, given};

/// One broker.
pub struct Site {
    pub name: &'static str,
    pub url: String,
    pub jolokia: Option<String>,
    pub amqp: Option<String>,
    pub stomp: Option<String>,
    pub login: (&'static str, &'static str),
    pub artemis: bool,
}

/// The brokers of the testbed that are there, by these names: `artemis`, `6`, `518`, `517`.
pub fn sites(names: &[&'static str]) -> Vec<Site> {
    names.iter().filter_map(|name| site(name)).collect()
}

pub fn site(name: &'static str) -> Option<Site> {
    let artemis = name == "artemis";
    let variable = if artemis { "REDRIVE_TEST_ARTEMIS".to_owned() } else { format!("REDRIVE_TEST_ACTIVEMQ_{name}") };
    let url = given(&variable, "ActiveMQ")?;
    let door = |door: &str| std::env::var(format!("{variable}_{door}")).ok();
    // 5.18 is as it is shipped
    let login = ("admin", if name == "518" { "admin" } else { "adminpw" });
    Some(Site { name, url, jolokia: door("JOLOKIA"), amqp: door("AMQP"), stomp: door("STOMP"), login, artemis })
}

/// A queue and the one that its dead letters go to.
pub struct Pair {
    pub home: Address,
    pub dead: Address,
    /// Held as long as nobody else may use that.
    _turn: Option<MutexGuard<'static, ()>>,
}

/// The one dead-letter queue of Classic as it is shipped: tests take turns with it.
static SHARED: Mutex<()> = Mutex::const_new(());

pub fn queue(name: &str) -> Address {
    Address::new(ConnId::new("amq"), Kind::Queue, name)
}

impl Site {
    pub fn profile(&self) -> Profile {
        let mut profile = Profile { name: "amq".into(), context: "test".into(), kind: BrokerKind::ActiveMq, ..Profile::default() };
        profile.activemq.broker_url.clone_from(&self.url);
        profile.activemq.jolokia_url = Some(self.jolokia.clone().unwrap_or_else(|| "http://127.0.0.1:1/".to_owned()));
        profile.activemq.stomp_url = self.stomp.clone().filter(|_| !self.artemis);
        profile.activemq.username = Some(Secret::clear(self.login.0));
        profile.activemq.password = Some(Secret::clear(self.login.1));
        profile
    }

    pub fn link(&self) -> Link {
        redrive::drivers::connect(&self.profile(), true).expect("a driver")
    }

    /// Two queues of a new name. Artemis has to be told; Classic in the testbed gives each queue below `ind.` a grave of its own, and as it is
    /// shipped (5.18) it has one for all.
    pub async fn pair(&self, word: &str) -> Pair {
        let name = fresh(word);
        if !self.artemis {
            let shared = self.name == "518";
            let name = if shared { name } else { format!("ind.{name}") };
            let dead = if shared { "ActiveMQ.DLQ".to_owned() } else { format!("DLQ.{name}") };
            let turn = if shared { Some(SHARED.lock().await) } else { None };
            return Pair { home: queue(&name), dead: queue(&dead), _turn: turn };
        }
        let dead = format!("{name}.dlq");
        let settings =
            json!({"deadLetterAddress": dead, "maxDeliveryAttempts": 1, "autoDeleteQueues": false, "autoDeleteAddresses": false});
        self.manage("addAddressSettings(java.lang.String,java.lang.String)", json!([name, settings.to_string()])).await;
        for queue in [&name, &dead] {
            self.manage("createQueue(java.lang.String,java.lang.String,java.lang.String)", json!([queue, queue, "ANYCAST"])).await;
        }
        Pair { home: queue(&name), dead: queue(&dead), _turn: None }
    }

    /// Deletes what [`Site::pair`] made, where there is management.
    pub async fn forget(&self, pair: &Pair) {
        for at in [&pair.home, &pair.dead] {
            if self.artemis {
                self.manage("destroyQueue(java.lang.String,boolean,boolean)", json!([at.name, true, true])).await;
            } else if self.jolokia.is_some() && at.name != "ActiveMQ.DLQ" {
                self.manage("removeQueue(java.lang.String)", json!([at.name])).await;
            }
        }
        if self.artemis {
            self.manage("removeAddressSettings(java.lang.String)", json!([pair.home.name])).await;
        }
    }

    /// An operation of the broker's own bean.
    async fn manage(&self, operation: &str, arguments: Json) -> Json {
        let pattern = if self.artemis { "org.apache.activemq.artemis:broker=*" } else { "org.apache.activemq:type=Broker,brokerName=*" };
        let found = self.ask(json!({"type": "search", "mbean": pattern})).await;
        self.ask(json!({"type": "exec", "mbean": found[0], "operation": operation, "arguments": arguments})).await
    }

    async fn ask(&self, request: Json) -> Json {
        let url = self.jolokia.as_ref().expect("a broker with management");
        let asked = reqwest::Client::new().post(url).header("Origin", "http://127.0.0.1").basic_auth(self.login.0, Some(self.login.1));
        let answer: Json = asked.json(&request).send().await.expect("an answer").json().await.expect("JSON");
        answer.get("value").cloned().unwrap_or_else(|| panic!("{}: {request}: {answer}", self.name))
    }

    /// All that the broker counts of a queue: every number that management has of it, but for ages and memory, once it has noticed that nobody
    /// looks any more.
    pub async fn counters(&self, at: &Address) -> Vec<(String, Json)> {
        let end = Instant::now() + PATIENCE;
        loop {
            let numbers = self.numbers(at).await;
            if numbers.iter().any(|(name, value)| name == "ConsumerCount" && *value == 0) {
                return numbers;
            }
            assert!(Instant::now() < end, "{at}: somebody is still there: {numbers:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn numbers(&self, at: &Address) -> Vec<(String, Json)> {
        let pattern = if self.artemis {
            let all = "component=addresses,address=*,subcomponent=queues,routing-type=*";
            format!("org.apache.activemq.artemis:broker=*,{all},queue=\"{}\"", at.name)
        } else {
            format!("org.apache.activemq:type=Broker,brokerName=*,destinationType=Queue,destinationName={}", at.name)
        };
        let all = self.ask(json!({"type": "read", "mbean": pattern})).await;
        let queue = all.as_object().and_then(|all| all.values().next()).and_then(Json::as_object).expect("the queue");
        let moves = |name: &str| ["Age", "Memory", "Cursor", "Average", "Time", "Percent", "ID"].iter().any(|part| name.contains(part));
        let number = |(name, value): (&String, &Json)| (value.is_number() && !moves(name)).then(|| (name.clone(), value.clone()));
        let mut counters: Vec<(String, Json)> = queue.iter().filter_map(number).collect();
        counters.sort_by(|a, b| a.0.cmp(&b.0));
        counters
    }

    /// The JMS client (tests/clients/ActiveMqJms.java); its lines.
    pub fn jms(&self, arguments: &[&str]) -> Vec<String> {
        lines(&mut self.jms_command(arguments))
    }

    /// The same, not yet started.
    pub fn jms_command(&self, arguments: &[&str]) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/ActiveMqJms.java");
        let (java, jars) = (given("REDRIVE_TEST_JAVA", "Java").expect("Java"), given("REDRIVE_TEST_JMS", "JMS client").expect("jars"));
        let mut command = Command::new("timeout");
        // without a locale Java reads its own source as ASCII
        command.env("LC_ALL", "C.UTF-8");
        command.args(["120", &java, "-XX:TieredStopAtLevel=1", "-cp", &jars, script, &self.url, self.login.0, self.login.1]);
        command.args(arguments);
        command
    }

    /// The AMQP client (tests/clients/activemq_proton.py); its lines.
    pub fn proton(&self, arguments: &[&str]) -> Vec<String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/activemq_proton.py");
        let at = self.amqp.as_ref().expect("a broker with AMQP").trim_start_matches("amqp://");
        let mut command = Command::new("timeout");
        command.args(["120", &given("REDRIVE_TEST_PYTHON", "Python").expect("Python"), script, at, self.login.0, self.login.1]);
        lines(command.args(arguments))
    }
}

fn lines(command: &mut Command) -> Vec<String> {
    let out = command.output().expect("a client");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text").lines().map(str::to_owned).collect()
}

/// A look at a queue, with the traces that it costs agreed to; the notes of its end.
pub async fn look(eyes: &Arc<dyn Broker>, at: &Address) -> (Vec<Message>, Vec<String>) {
    let mut want = PeekRequest::new(at.clone(), 1_000);
    want.accept = eyes.cost(at).await.expect("cost").leaves;
    let mut flow = eyes.peek(want);
    let mut all = Vec::new();
    while let Some(step) = flow.next().await {
        match step.expect("a look") {
            Peeked::Batch(batch) => all.extend(batch),
            Peeked::Progress { .. } | Peeked::Doomed(_) => {}
            Peeked::End { notes, left, .. } => {
                assert!(left.is_empty(), "{at}: {left:?}");
                return (all, notes);
            }
        }
    }
    panic!("{at}: a look without an end")
}

/// Those that came from this queue: a shared dead-letter queue holds others too.
pub fn of(messages: Vec<Message>, home: &Address) -> Vec<Message> {
    let is_ours = |m: &Message| redrive::decode::death(m).origin.value.is_some_and(|origin| origin.name == home.name);
    messages.into_iter().filter(is_ours).collect()
}

pub fn as_it_is(was: &Message, to: &Address) -> Outgoing {
    let (key, body) = (was.key.clone(), was.body.clone());
    Outgoing { to: to.clone(), place: Place::Any, key, body, headers: was.headers.clone(), properties: was.properties.clone() }
}
