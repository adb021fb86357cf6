//! One incident per cause, told until it is heard, under one key; nothing secret in what is told or why it failed.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::model::{Action, CategoryRule, EscalationTarget, Match, Severity};
use crate::config::{Config, Context, Secret};
use crate::drivers::memory::{Login, Memory, Put, Shape, Spec};
use crate::model::{ConnId, PastKind, Seat};
use crate::triage::causes::{CausesAsk, Knowledge, Reading, causes, read_causes};
use crate::triage::group::Cause;
use crate::triage::ledger::{NoticeState, TriageLedger};
use crate::triage::report::Resolved;

/// A receiver that answers as it is told: a status, or never.
struct Server {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(answers: &'static [Option<u16>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=tok-en-1", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = heard.clone();
        let task = tokio::spawn(async move {
            let mut silent = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                keep.lock().unwrap().push(request);
                match answer {
                    Some(status) => {
                        let text = format!("HTTP/1.1 {status} x\r\ncontent-length: 4\r\nconnection: close\r\n\r\nwhy\x1b");
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                    None => silent.push(stream),
                }
            }
            std::future::pending::<()>().await;
        });
        Self { url, heard, task }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).await.unwrap();
        all.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let length = header(&text, "content-length").and_then(|l| l.parse::<usize>().ok());
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && (n == 0 || length.is_none_or(|l| body.len() >= l))
        {
            return text;
        }
    }
}

fn header(request: &str, name: &str) -> Option<String> {
    let lines = request.split("\r\n\r\n").next()?.lines();
    lines.filter_map(|l| l.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.to_owned())
}

fn target(name: &str, kind: &str, url: &str) -> EscalationTarget {
    let (url, key) = (Some(Secret::clear(url)), Some(Secret::clear("hook-secret")));
    EscalationTarget { name: name.into(), kind: kind.into(), url, key, timeout: Duration::from_secs(60), ..EscalationTarget::default() }
}

struct Scene {
    memory: Memory,
    context: Context,
    config: Config,
    ledger: TriageLedger,
    dir: tempfile::TempDir,
}

impl Scene {
    fn new(targets: Vec<EscalationTarget>) -> Self {
        let memory = Memory::new(ConnId::new("kafka-main"), Shape::kafka());
        memory.create("orders.dlt", Spec::with(1));
        for i in 0..3 {
            let put = Put::body(format!("card 4111-{i}")).header("kafka_dlt-exception-cause-fqcn", "a.OutOfMemoryError");
            memory.put("orders.dlt", put.header("kafka_dlt-exception-message", format!("heap of cust-77 at {i}")));
        }
        let mut context = Context { name: "prod".into(), ..Context::default() };
        let matcher = Some(Match { class: Some("OutOfMemory".into()), ..Match::default() });
        let (action, severity) = (Action::Escalate, Severity::Critical);
        let rule = CategoryRule { name: "system_error".into(), action, severity, matcher, ..CategoryRule::default() };
        context.dead_letters.rules.analysis.categories = vec![rule];
        let mut config = Config::default();
        config.escalation.targets = targets;
        config.masking.patterns = vec!["cust-<n>".into()];
        let dir = tempfile::tempdir().unwrap();
        let ledger = TriageLedger::open(&dir.path().join("ledger")).unwrap();
        Self { memory, context, config, ledger, dir }
    }

    async fn cause(&self) -> Cause {
        let ask = CausesAsk::new(self.memory.at("orders.dlt"), &self.context);
        let eyes = self.memory.connect(Login::viewer()).eyes;
        let declared = crate::schema::Declared::new(&self.context);
        causes(&*eyes, &ask, &self.context, &declared, &self.ledger, None, &|_| {}).await.unwrap().0.remove(0)
    }

    async fn escalate(&self) -> Told {
        let (cause, dlq) = (self.cause().await, self.memory.at("orders.dlt"));
        let ask = Ask {
            config: &self.config,
            context: &self.context,
            dlq: &dlq,
            cause: &cause,
            actor: "lea",
            reason: Some("INC-1"),
            now: SystemTime::now(),
        };
        escalate(&self.ledger, ask).await.unwrap()
    }

    fn outbox(&self) -> Outbox {
        Outbox::new(self.ledger.clone(), &self.config)
    }

    /// Lets the wait of all that waits be over.
    async fn time_passes(&self) {
        for notice in self.ledger.notices(None, 100).await.unwrap() {
            if notice.state == NoticeState::Waiting {
                self.ledger.notice_done(notice.seq, NoticeState::Waiting, SystemTime::UNIX_EPOCH, notice.why).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_webhook_is_signed_and_told_again_until_it_says_yes() {
    let server = Server::start(&[Some(500), Some(200)]).await;
    let scene = Scene::new(vec![target("hook", "webhook", &server.url)]);
    let told = scene.escalate().await;
    let first = scene.outbox().deliver().await.unwrap();
    assert_eq!(first.waiting.len(), 1);
    assert!(first.waiting[0].2.starts_with("hook answered 500"), "{:?}", first.waiting);
    assert!(!first.waiting[0].2.contains('\x1b') && !first.waiting[0].2.contains("tok-en-1"));
    assert_eq!(scene.outbox().deliver().await.unwrap(), Delivered::default(), "not before its time");
    scene.time_passes().await;
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1);
    let heard = server.heard();
    assert_eq!(heard.len(), 2);
    for request in &heard {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let time: u64 = header(request, webhook::TIMESTAMP).unwrap().parse().unwrap();
        assert_eq!(header(request, webhook::SIGNATURE), Some(webhook::signature(b"hook-secret", time, body.as_bytes())));
        assert_eq!(header(request, webhook::DEDUP), Some(told.alarm.dedup_key.clone()));
        let alarm: Alarm = serde_json::from_str(body).unwrap();
        assert_eq!(alarm, told.alarm);
        assert!(!body.contains("4111") && !body.contains("hook-secret") && !body.contains("cust-"), "{body}");
    }
    assert_eq!(told.alarm.dedup_key.split(':').take(3).collect::<Vec<_>>(), ["redrive", "prod", "kafka-main/orders.dlt"]);
    assert!(
        told.alarm.text.starts_with("critical: OutOfMemoryError: heap of *** at <n>\n3 dead letters wait in kafka-main/orders.dlt (prod)")
    );
    assert!(told.alarm.text.contains("redrive --context prod causes kafka-main/orders.dlt --cause "), "{}", told.alarm.text);
}

#[tokio::test]
async fn escalating_twice_is_one_incident_and_the_last_word_counts() {
    let server = Server::start(&[Some(200), Some(200)]).await;
    let scene = Scene::new(vec![target("hook", "webhook", &server.url)]);
    let first = scene.escalate().await;
    let second = scene.escalate().await;
    assert_eq!(first.alarm.dedup_key, second.alarm.dedup_key);
    assert_eq!((first.alarm.event, second.alarm.event), (Event::Open, Event::Update));
    assert_eq!(scene.ledger.open_incidents().await.unwrap().len(), 1);
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1, "the first was never sent and is no longer news");
    assert_eq!(first.alarm.opened, second.alarm.opened);
    assert!(resolve(&scene.ledger, &first.alarm.dedup_key, "lea", None, SystemTime::now()).await.unwrap());
    assert!(!resolve(&scene.ledger, &first.alarm.dedup_key, "lea", None, SystemTime::now()).await.unwrap());
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1);
    assert!(server.heard()[1].contains("\"event\":\"resolve\""));
    assert_eq!(scene.escalate().await.alarm.event, Event::Open, "a cause that is back is a new incident under its key");
}

#[tokio::test]
async fn what_was_not_sent_survives_a_restart_and_silence_has_an_end() {
    let server = Server::start(&[None, Some(200)]).await;
    let mut hook = target("hook", "webhook", &server.url);
    hook.timeout = Duration::from_millis(100);
    let mut scene = Scene::new(vec![hook]);
    scene.escalate().await;
    let first = scene.outbox().deliver().await.unwrap();
    assert_eq!(first.waiting[0].2, "no answer in time");
    scene.time_passes().await;
    scene.ledger = TriageLedger::open(&scene.dir.path().join("ledger")).unwrap();
    scene.config.escalation.targets[0].timeout = Duration::from_secs(60);
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1);
}

#[tokio::test]
async fn a_receiver_that_is_down_or_refuses_is_named_without_its_address() {
    let server = Server::start(&[Some(400)]).await;
    let down = target("down", "webhook", "http://127.0.0.1:1/x?token=tok-en-1");
    let scene = Scene::new(vec![target("hook", "webhook", &server.url), down, target("pd", "pagerduty", "http://x")]);
    scene.escalate().await;
    let round = scene.outbox().deliver().await.unwrap();
    assert!(round.is_trouble());
    assert_eq!(round.failed.iter().map(|l| l.1.as_str()).collect::<Vec<_>>(), ["hook"]);
    assert_eq!(round.waiting.iter().map(|l| l.1.as_str()).collect::<Vec<_>>(), ["down"]);
    assert!(!round.waiting[0].2.contains("tok-en-1") && round.waiting[0].2.contains("refused"), "{:?}", round.waiting);
    let pd = scene.ledger.notices(None, 9).await.unwrap().into_iter().find(|n| n.target == "pd").unwrap();
    assert_eq!((pd.state, pd.why.contains("not built yet")), (NoticeState::Failed, true));
}

#[tokio::test]
async fn only_a_complete_reading_resolves_and_only_who_heard_is_told() {
    let server = Server::start(&[Some(200), Some(200)]).await;
    let scene = Scene::new(vec![target("hook", "webhook", &server.url), target("down", "webhook", "http://127.0.0.1:1/")]);
    scene.escalate().await;
    scene.outbox().deliver().await.unwrap();
    let read = async |limit: usize, resolved: &Resolved| -> Reading {
        let declared = crate::schema::Declared::default();
        let ask = CausesAsk { limit, ..CausesAsk::new(scene.memory.at("orders.dlt"), &scene.context) };
        let known = Knowledge { declared: &declared, resolved, ledger: None };
        read_causes(&*scene.memory.connect(Login::viewer()).eyes, &ask, known, &|_| {}).await.unwrap()
    };
    let settle = async |reading: &Reading| {
        resolve_settled(&scene.ledger, &scene.context, reading, "redrive", SystemTime::now()).await.unwrap().len()
    };
    let seat = |offset| Seat::Offset { partition: 0, offset };
    let all = Resolved::from_rows((0..3).map(|o| (seat(o), PastKind::Replayed)));
    assert_eq!(settle(&read(100, &Resolved::default()).await).await, 0);
    assert_eq!(settle(&read(2, &all).await).await, 0, "a limit proves nothing");
    assert_eq!(settle(&read(100, &all).await).await, 1);
    scene.time_passes().await;
    scene.outbox().deliver().await.unwrap();
    assert_eq!(server.heard().len(), 2);
    assert!(scene.ledger.open_incidents().await.unwrap().is_empty());
}

#[test]
fn waits_double_up_to_a_quarter_of_an_hour() {
    let waits: Vec<u64> = [0, 1, 2, 7, 8, 40, u32::MAX].map(|n| retry_wait(n).as_secs()).into();
    assert_eq!(waits, [5, 10, 20, 640, 900, 900, 900]);
}

/// The real Alertmanager: one alert per cause however often it is told, gone when it is resolved.
#[tokio::test]
async fn the_real_alertmanager_shows_one_alert_and_forgets_it_when_resolved() {
    let Ok(base) = std::env::var("REDRIVE_TEST_ALERTMANAGER") else {
        assert!(std::env::var_os("CI").is_none(), "REDRIVE_TEST_ALERTMANAGER is not set, and in CI everything is tested");
        eprintln!("not tested: the real Alertmanager (REDRIVE_TEST_ALERTMANAGER is not set)");
        return;
    };
    let mut scene = Scene::new(vec![target("am", "alertmanager", &base)]);
    scene.context.name = format!("test-{}", uuid::Uuid::now_v7());
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
    let alerts = async || -> Vec<serde_json::Value> {
        let filter = format!("context=\"{}\"", scene.context.name);
        let url = reqwest::Url::parse_with_params(&alertmanager::url(&base), [("filter", filter.as_str())]).unwrap();
        client.get(url).send().await.unwrap().json().await.unwrap()
    };
    let told = scene.escalate().await;
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1);
    let one = alerts().await;
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["labels"]["severity"], "critical");
    assert_eq!(one[0]["annotations"]["count"], "3");
    scene.memory.put(
        "orders.dlt",
        Put::body("x")
            .header("kafka_dlt-exception-cause-fqcn", "a.OutOfMemoryError")
            .header("kafka_dlt-exception-message", "heap of cust-1 at 9"),
    );
    scene.escalate().await;
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1);
    assert_eq!(scene.outbox().repeat().await.unwrap().sent.len(), 1);
    let still = alerts().await;
    assert_eq!(still.len(), 1, "told three times, one alert");
    assert_eq!(still[0]["annotations"]["count"], "4");
    assert_eq!(still[0]["startsAt"], one[0]["startsAt"]);
    resolve(&scene.ledger, &told.alarm.dedup_key, "lea", Some("mended"), SystemTime::now()).await.unwrap();
    assert_eq!(scene.outbox().deliver().await.unwrap().sent.len(), 1);
    assert_eq!(scene.outbox().repeat().await.unwrap(), Delivered::default());
    // Alertmanager drops a resolved alert from its list at its own pace
    let until = SystemTime::now() + Duration::from_secs(60);
    while !alerts().await.is_empty() {
        assert!(SystemTime::now() < until, "the alert is still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
