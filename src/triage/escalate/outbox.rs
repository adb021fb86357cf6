//! Sends what the outbox holds: under one key, tried again with growing waits, and nothing that failed is hidden.

use std::time::{Duration, SystemTime};

use reqwest::{Client, StatusCode, redirect};
use tokio::runtime::RuntimeFlavor;

use super::alarm::Alarm;
use super::{alertmanager, reach, webhook};
use crate::config::Config;
use crate::config::model::EscalationTarget;
use crate::config::secret::Secret;
use crate::decode::safe_cut;
use crate::triage::ledger::{Notice, NoticeState, Result, TriageLedger};

/// Alerts of open incidents are repeated this often; they live for 5 minutes.
pub const REPEAT: Duration = Duration::from_secs(120);
/// Deadline of one try where the config gives none, and at most.
const TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(60);
/// First wait after a failure; doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LAST_WAIT: Duration = Duration::from_secs(15 * 60);
/// A notice this old is given up: what it says is no longer news.
const GIVE_UP: Duration = Duration::from_secs(24 * 3600);
/// Notices of one round at most.
const ROUND: usize = 100;
/// Others leave a notice alone for this long while it is being sent.
const HOLD: Duration = Duration::from_secs(90);
/// Bytes of an answer that are read, for the error.
const ANSWER: usize = 2_048;

/// How long to wait after so many failed tries.
pub fn retry_wait(tries: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1u32.checked_shl(tries).unwrap_or(u32::MAX)).min(LAST_WAIT)
}

/// One notice and what came of it: (key, target, why).
pub type Line = (String, String, String);

/// What a round of sending came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: Vec<Line>,
    /// Will be tried again.
    pub waiting: Vec<Line>,
    /// Given up.
    pub failed: Vec<Line>,
    /// No longer true when their time came: the incident was resolved or acknowledged before.
    pub dropped: usize,
}

impl Delivered {
    /// Whether somebody did not get what they should have by now: an error exit.
    pub fn is_trouble(&self) -> bool {
        !self.waiting.is_empty() || !self.failed.is_empty()
    }
}

/// The sending side of the outbox.
#[derive(Clone)]
pub struct Outbox {
    ledger: TriageLedger,
    targets: Vec<EscalationTarget>,
}

/// Why a try failed.
struct Failure {
    why: String,
    /// Trying the same again cannot help.
    hopeless: bool,
}

impl Failure {
    fn again(why: impl Into<String>) -> Self {
        Self { why: why.into(), hopeless: false }
    }

    fn never(why: impl Into<String>) -> Self {
        Self { why: why.into(), hopeless: true }
    }
}

impl Outbox {
    /// Of a ledger, to the targets of a config.
    pub fn new(ledger: TriageLedger, config: &Config) -> Self {
        Self { ledger, targets: config.escalation.targets.clone() }
    }

    /// When there is something to send next.
    pub async fn next_due(&self) -> Result<Option<SystemTime>> {
        self.ledger.next_due().await
    }

    /// Sends all that is due. Errors are the ledger's; a target's are in the answer and in the ledger.
    pub async fn deliver(&self) -> Result<Delivered> {
        let mut out = Delivered::default();
        loop {
            let due = self.ledger.due(ROUND, HOLD).await?;
            if due.is_empty() {
                return Ok(out);
            }
            for notice in due {
                self.deliver_one(notice, &mut out).await?;
            }
        }
    }

    async fn deliver_one(&self, notice: Notice, out: &mut Delivered) -> Result<()> {
        let now = SystemTime::now();
        let state = self.ledger.incident_of(notice.dedup.clone()).await?.map(|i| i.state);
        let late = notice.kind != "resolve" && state.as_deref() == Some("resolved");
        // a level that waits for an acknowledgement has nothing to say once there is one
        let delayed = notice.next_at > notice.made && notice.tries == 0;
        if late || (delayed && state.as_deref() == Some("acknowledged")) {
            out.dropped += 1;
            return self.ledger.notice_done(notice.seq, NoticeState::Dropped, now, "no longer so".to_owned()).await;
        }
        let line = |why: String| (notice.dedup.clone(), notice.target.clone(), why);
        match self.send(&notice).await {
            Ok(()) => {
                self.ledger.notice_done(notice.seq, NoticeState::Sent, now, String::new()).await?;
                out.sent.push(line(String::new()));
            }
            Err(Failure { why, hopeless }) => {
                let old = now.duration_since(notice.made).is_ok_and(|age| age >= GIVE_UP);
                let state = if hopeless || old { NoticeState::Failed } else { NoticeState::Waiting };
                let next = now + retry_wait(notice.tries);
                self.ledger.notice_done(notice.seq, state, next, why.clone()).await?;
                let list = if state == NoticeState::Failed { &mut out.failed } else { &mut out.waiting };
                list.push(line(why));
            }
        }
        Ok(())
    }

    /// Tells Alertmanager again of every open incident that it knows, so that the alert lives on. Needs no outbox: what is lost is
    /// said again after [`REPEAT`].
    pub async fn repeat(&self) -> Result<Delivered> {
        let mut out = Delivered::default();
        let kept: Vec<&EscalationTarget> = self.targets.iter().filter(|t| t.kind == "alertmanager").collect();
        if kept.is_empty() {
            return Ok(out);
        }
        for incident in self.ledger.open_incidents().await? {
            let notices = self.ledger.notices(Some(incident.dedup.clone()), ROUND).await?;
            for target in &kept {
                let last = notices.iter().find(|n| n.target == target.name && n.state != NoticeState::Dropped);
                let Some(notice) = last.filter(|n| n.state == NoticeState::Sent && n.kind != "resolve") else { continue };
                let line = |why| (notice.dedup.clone(), notice.target.clone(), why);
                match self.send(notice).await {
                    Ok(()) => out.sent.push(line(String::new())),
                    Err(failure) => out.waiting.push(line(failure.why)),
                }
            }
        }
        Ok(out)
    }

    async fn send(&self, notice: &Notice) -> std::result::Result<(), Failure> {
        let Some(target) = self.targets.iter().find(|t| t.name == notice.target) else {
            return Err(Failure::again(format!("the config has no target {} any more", notice.target)));
        };
        if let Some(why) = reach::trouble(target) {
            return Err(Failure::again(why));
        }
        let alarm: Alarm = serde_json::from_str(&notice.payload).map_err(|e| Failure::never(format!("its payload cannot be read: {e}")))?;
        let url = secret(target.url.as_ref())?;
        let now = SystemTime::now();
        let request = match target.kind.as_str() {
            "alertmanager" => {
                let url = alertmanager::url(&url);
                client(&url, target)?.post(&url).json(&alertmanager::body(&alarm, now))
            }
            _ => {
                let key = secret(target.key.as_ref())?;
                webhook::request(client(&url, target)?.post(&url), &key, &notice.dedup, notice.payload.clone(), now)
            }
        };
        // an error's address may hold a token
        let answer = request.send().await.map_err(|e| Failure::again(words(&e.without_url())))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = beginning(answer).await;
        let why = format!("{} answered {status}{}{said}", target.name, if said.is_empty() { "" } else { ": " });
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => Failure::never(why),
            _ => Failure::again(why),
        })
    }
}

/// A client per try: tries are rare, and each target has its own deadline.
fn client(url: &str, target: &EscalationTarget) -> std::result::Result<Client, Failure> {
    let url = reqwest::Url::parse(url).map_err(|e| Failure::again(format!("the address of {} is none: {e}", target.name)))?;
    let timeout = if target.timeout.is_zero() { TIMEOUT } else { target.timeout.min(LONGEST) };
    // a redirect could carry notice and signature to somebody else
    let mut client = Client::builder().timeout(timeout).redirect(redirect::Policy::none()).user_agent("redrive");
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        client = client.no_proxy();
    }
    client.build().map_err(|e| Failure::again(words(&e)))
}

/// Fetches a secret. Files and commands take their time, so the runtime is told where it can move other work away.
fn secret(secret: Option<&Secret>) -> std::result::Result<String, Failure> {
    let Some(secret) = secret else { return Err(Failure::again("not set")) };
    let resolved = match tokio::runtime::Handle::try_current().map(|h| h.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| secret.resolve()),
        _ => secret.resolve(),
    };
    resolved.map(|r| r.expose().to_owned()).map_err(|e| Failure::again(e.to_string()))
}

/// The whole chain: reqwest's first line says only that sending failed.
fn words(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source.filter(|_| !error.is_timeout()) {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    safe_cut(&text, 300)
}

/// The beginning of an answer's body, safe for a terminal.
async fn beginning(mut answer: reqwest::Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(chunk.get(..chunk.len().min(ANSWER - body.len())).unwrap_or(&chunk));
        if body.len() >= ANSWER {
            break;
        }
    }
    safe_cut(String::from_utf8_lossy(&body).trim(), 200)
}
