//! The management API, by the few calls that redrive needs of it; every answer within a deadline, every refusal in the contract's terms.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Settings;
use crate::broker::{Error, ErrorKind, Result};
use crate::model::Address;

/// Deadline of one call.
const CALL: Duration = Duration::from_secs(10);
/// A connection is kept for so long without a call; the broker closes it after a minute.
const IDLE: Duration = Duration::from_secs(20);
/// Rows of a page; the API takes no more than 500.
const PAGE: usize = 500;
/// Pages at most: beyond this many rows the listing says that it was cut.
const PAGES: usize = 200;
/// Milliseconds before a question is asked again that the broker failed to answer. 3.10 answers no listing while any queue or stream is being
/// made (measured on 3.10.8: 500 for some 40 ms each time, up to 4 answers in a row, longer where the disk is busy).
const AGAIN: [u64; 6] = [50, 100, 200, 400, 800, 1_600];

/// A client of the API.
pub struct Management {
    settings: std::sync::Arc<Settings>,
    /// `http://host:15672`, without a slash at its end.
    base: String,
    client: OnceCell<Client>,
}

/// One page of a listing.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    page_count: usize,
}

/// What the API says of a refusal.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Value,
    #[serde(default)]
    reason: Value,
}

/// One call: verb phrase, destination, path below `/api` (each part is escaped) and query.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub op: &'static str,
    pub at: Option<&'a Address>,
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
}

impl Management {
    pub fn new(settings: std::sync::Arc<Settings>) -> Self {
        let profile = &settings.profile;
        let usual = || {
            let (scheme, port) = if profile.ssl { ("https", 15671) } else { ("http", 15672) };
            format!("{scheme}://{}:{port}", bracketed(&profile.host))
        };
        let base = profile.management_url.clone().unwrap_or_else(usual).trim_end_matches('/').trim_end_matches("/api").to_owned();
        Self { settings, base, client: OnceCell::new() }
    }

    async fn client(&self, op: &'static str) -> Result<&Client> {
        let made = self.client.get_or_try_init(async || {
            let builder = Client::builder().timeout(CALL).connect_timeout(CALL).pool_idle_timeout(IDLE);
            let builder = builder.redirect(reqwest::redirect::Policy::none());
            let builder = if self.base.starts_with("https") { builder.tls_backend_preconfigured(self.settings.tls(op)?) } else { builder };
            builder.build().map_err(|e| self.settings.error(ErrorKind::Invalid, op, e.to_string()))
        });
        made.await
    }

    /// An answer as it is meant. What the broker failed to answer is asked again.
    pub async fn get<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T> {
        let mut waits = AGAIN.into_iter();
        let answer = loop {
            match (self.call(Method::GET, ask, None).await, waits.next()) {
                (Err(e), Some(wait)) if e.kind == ErrorKind::Unexpected && e.retry => {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                (answer, _) => break answer?,
            }
        };
        let read = answer.json().await;
        read.map_err(|e| self.sent_badly(ask, &e))
    }

    /// What the broker says of its own health: well, or the body with which it says why not.
    pub async fn check<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<Option<T>> {
        let answer = self.send(Method::GET, ask, None).await?;
        match answer.status() {
            StatusCode::SERVICE_UNAVAILABLE => answer.json().await.map(Some).map_err(|e| self.sent_badly(ask, &e)),
            status if status.is_success() => Ok(None),
            status => Err(self.refused(ask, status, &answer.json().await.unwrap_or_default())),
        }
    }

    /// All rows of a listing; the flag: there are more than are given.
    pub async fn pages<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<(Vec<T>, bool)> {
        let size = PAGE.to_string();
        let mut rows = Vec::new();
        for page in 1..=PAGES {
            let number = page.to_string();
            let query = [ask.query, &[("page", &number), ("page_size", &size)]].concat();
            let got: Page<T> = self.get(Ask { query: &query, ..ask }).await?;
            rows.extend(got.items);
            if page >= got.page_count {
                return Ok((rows, false));
            }
        }
        Ok((rows, true))
    }

    /// Sends a change.
    pub async fn put(&self, ask: Ask<'_>, body: &Value) -> Result<()> {
        self.call(Method::PUT, ask, Some(body)).await.map(drop)
    }

    /// Takes something away.
    pub async fn delete(&self, ask: Ask<'_>) -> Result<()> {
        self.call(Method::DELETE, ask, None).await.map(drop)
    }

    async fn call(&self, method: Method, ask: Ask<'_>, body: Option<&Value>) -> Result<reqwest::Response> {
        let answer = self.send(method, ask, body).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let refusal: Refusal = answer.json().await.unwrap_or_default();
        Err(self.refused(ask, status, &refusal))
    }

    async fn send(&self, method: Method, ask: Ask<'_>, body: Option<&Value>) -> Result<reqwest::Response> {
        let (user, password) = self.settings.login(ask.op)?;
        let path: Vec<String> = ask.path.iter().map(|part| escaped(part)).collect();
        let url = format!("{}/api/{}", self.base, path.join("/"));
        let question = method == Method::GET;
        let mut request = self.client(ask.op).await?.request(method, url).basic_auth(user, Some(password)).query(ask.query);
        if let Some(body) = body {
            request = request.json(body);
        }
        let again = request.try_clone().filter(|_| question);
        let sent = match (request.send().await, again) {
            // a connection kept from before, which the broker gives up in that instant
            (Err(e), Some(again)) if !e.is_connect() && !e.is_timeout() => again.send().await,
            (sent, _) => sent,
        };
        sent.map_err(|e| self.unreached(ask, &e))
    }

    fn error(&self, ask: Ask<'_>, kind: ErrorKind, cause: impl Into<String>) -> Error {
        let error = self.settings.error(kind, ask.op, cause);
        match ask.at {
            Some(at) => error.about(at),
            None => error,
        }
    }

    fn unreached(&self, ask: Ask<'_>, e: &reqwest::Error) -> Error {
        if e.is_timeout() {
            let cause = format!("the management API at {} gave no answer within {} s", self.base, CALL.as_secs());
            return self.error(ask, ErrorKind::Timeout, cause).next("see whether the broker is well, then try again");
        }
        // the library's own words wrap the cause several times: the innermost is what happened
        let mut cause: &dyn std::error::Error = e;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let words = format!("the management API at {}: {cause}", self.base);
        let next = if words.contains("certificate") {
            "set tls.ca to the authority that signed it, or management_url to where the API is".to_owned()
        } else {
            "is the management plugin on, and is this its port? set management_url where it is elsewhere".to_owned()
        };
        self.error(ask, ErrorKind::Unreachable, words).next(next)
    }

    fn sent_badly(&self, ask: Ask<'_>, e: &reqwest::Error) -> Error {
        let cause = format!("the management API at {} answered something else: {e}", self.base);
        self.error(ask, ErrorKind::Unexpected, cause).next("is management_url the API of a RabbitMQ?")
    }

    fn refused(&self, ask: Ask<'_>, status: StatusCode, refusal: &Refusal) -> Error {
        let words = |v: &Value| v.as_str().map_or_else(|| if v.is_null() { String::new() } else { v.to_string() }, str::to_owned);
        let (error, reason) = (words(&refusal.error), words(&refusal.reason));
        let said = if reason.is_empty() { error.clone() } else { reason.clone() };
        let cause =
            if said.is_empty() { format!("the management API says {status}") } else { format!("{said} (management API, {status})") };
        let user = self.settings.user();
        match status {
            StatusCode::UNAUTHORIZED if reason.contains("Not management user") => self
                .error(ask, ErrorKind::Denied, cause)
                .next(format!("ask for the tag management for user {user}: redrive learns of queues, types and limits there")),
            // one status for "who are you" and "you may not": the spelling of the error tells them apart
            StatusCode::UNAUTHORIZED if error == "not_authorised" && !login_words(&reason) => self
                .error(ask, ErrorKind::Denied, cause)
                .next(format!("ask for rights of user {user} on vhost {}", self.settings.profile.virtual_host)),
            StatusCode::UNAUTHORIZED => self.error(ask, ErrorKind::Login, cause).next(self.settings.check_login()),
            StatusCode::FORBIDDEN => self.error(ask, ErrorKind::Denied, cause).next(format!("ask for that right for user {user}")),
            StatusCode::NOT_FOUND => self
                .error(ask, ErrorKind::NotFound, cause)
                .next("check the name with ls; a vhost that this user may not see looks the same"),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                self.error(ask, ErrorKind::Throttled, cause).next("try again in a moment")
            }
            s if s.is_server_error() => {
                let mut e = self.error(ask, ErrorKind::Unexpected, cause).next("see the broker's log, then try again");
                e.retry = true;
                e
            }
            _ if reason.contains("ACCESS_REFUSED") => {
                self.error(ask, ErrorKind::Denied, cause).next(format!("ask for that right for user {user}"))
            }
            _ => self.error(ask, ErrorKind::Invalid, cause).next("see what the broker says above"),
        }
    }
}

/// What the versions say when the login itself is refused: `Login failed` (3.x), `Not_Authorized` (4.x).
fn login_words(reason: &str) -> bool {
    reason.contains("Login failed") || reason.contains("Not_Authorized")
}

/// An IPv6 address as a URL has it.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

/// A part of a path: vhosts and queue names may hold slashes and anything else.
pub fn escaped(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for b in part.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    // a part of dots alone would be taken as a way up
    if part == "." || part == ".." { out.replace('.', "%2E") } else { out }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_question_that_meets_the_end_of_a_kept_connection_is_asked_on_a_new_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut profile = crate::config::Profile::default();
        profile.rabbitmq.management_url = Some(format!("http://{}", listener.local_addr().unwrap()));
        let api = Management::new(std::sync::Arc::new(Settings::new(&profile)));
        // one answer a connection, and the end of it once the next question is there
        let broker = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut from, _) = listener.accept().await.unwrap();
                let mut some = [0; 4096];
                assert!(from.read(&mut some).await.unwrap() > 0);
                from.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n7").await.unwrap();
                let _ = from.read(&mut some).await;
            }
        });
        let ask = Ask { op: "list", at: None, path: &["overview"], query: &[] };
        for _ in 0..2 {
            assert_eq!(api.get::<u32>(ask).await.unwrap(), 7);
        }
        drop(api);
        broker.await.unwrap();
    }

    #[test]
    fn names_with_slashes_stay_one_part() {
        assert_eq!(escaped("/hypno script"), "%2Fhypno%20script");
        assert_eq!(escaped(".."), "%2E%2E");
        assert_eq!(escaped("orders.dlq"), "orders.dlq");
        assert_eq!(bracketed("::1"), "[::1]");
    }
}
