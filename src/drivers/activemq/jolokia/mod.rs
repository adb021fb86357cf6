//! The management side: Jolokia asked by POST, its answers read by the status in the body.

pub(super) mod artemis;
pub(super) mod classic;
pub(super) mod content;
pub(super) mod message;

use std::time::Duration;

use serde_json::{Value, json};

use super::error::{Fault, Outcome};
use super::net;
use crate::broker::ErrorKind;
use crate::config::secret::Revealed;

/// Bytes of one answer, at most: 500 messages with texts of 128 KiB.
const MOST: usize = 64 << 20;

/// Jolokia behind one URL, as one user.
#[derive(Clone)]
pub(super) struct Jolokia {
    pub http: reqwest::Client,
    pub url: String,
    pub login: Option<(String, Revealed)>,
    pub limit: Duration,
}

impl Jolokia {
    /// One request; its value.
    pub async fn ask(&self, request: Value) -> Outcome<Value> {
        value(self.post(&request).await?)
    }

    /// Several requests in one POST, carried out in order; one answer each.
    pub async fn bulk(&self, requests: Vec<Value>) -> Outcome<Vec<Outcome<Value>>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let n = requests.len();
        match self.post(&Value::Array(requests)).await? {
            Value::Array(answers) if answers.len() == n => Ok(answers.into_iter().map(value).collect()),
            other => Err(value(other).err().unwrap_or_else(|| self.strange("not one answer for each request"))),
        }
    }

    /// Reads attributes of one MBean, or of all that a pattern names.
    pub async fn read(&self, mbean: &str, attributes: &[&str]) -> Outcome<Value> {
        self.ask(json!({"type": "read", "mbean": mbean, "attribute": attributes})).await
    }

    fn strange(&self, what: &str) -> Fault {
        Fault::new(ErrorKind::Unexpected, format!("{}: {what}", self.url)).next("see whether jolokia_url is that of Jolokia")
    }

    async fn post(&self, body: &Value) -> Outcome<Value> {
        match tokio::time::timeout(self.limit, self.send(body)).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::late(&self.url, self.limit)),
        }
    }

    async fn send(&self, body: &Value) -> Outcome<Value> {
        let origin = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        // Jolokia refuses what comes without an origin; that of the target itself passes everywhere
        let mut request = self.http.post(&self.url).header("Origin", origin).json(body);
        if let Some((user, password)) = &self.login {
            request = request.basic_auth(user, Some(password.expose()));
        }
        let again = request.try_clone().filter(|_| is_question(body));
        let sent = match (request.send().await, again) {
            // a connection kept from before, which the broker gives up in that instant
            (Err(e), Some(again)) if !e.is_connect() && !e.is_timeout() => again.send().await,
            (sent, _) => sent,
        };
        let mut answer = sent.map_err(|e| self.unreachable(&e))?;
        let status = answer.status().as_u16();
        match status {
            200 => {}
            401 => return Err(Fault::new(ErrorKind::Login, format!("{}: HTTP 401", self.url))),
            // Artemis says so to a wrong password and to a user whose role may not use the console
            403 => {
                let cause = format!("{}: HTTP 403: wrong password, or a role that may not use the console", self.url);
                return Err(Fault::new(ErrorKind::Login, cause).next("check username and password, and the console's roles (hawtio.roles)"));
            }
            404 => return Err(Fault::new(ErrorKind::NotFound, format!("{}: HTTP 404", self.url))),
            other => return Err(self.strange(&format!("HTTP {other}"))),
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| self.unreachable(&e))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MOST {
                return Err(self.strange("an answer of more than 64 MiB"));
            }
        }
        serde_json::from_slice(&bytes).map_err(|_| self.strange("what answers is not Jolokia"))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Fault {
        let mut cause = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            cause = inner.to_string();
            source = inner.source();
        }
        net::broken(&self.url, &cause)
    }
}

/// Whether a request only asks; what carries something out is never sent twice.
fn is_question(request: &Value) -> bool {
    match request {
        Value::Array(all) => all.iter().all(is_question),
        one => matches!(text(one, "type"), Some("read" | "search" | "list" | "version")),
    }
}

/// The value of one answer, or what its status says.
fn value(mut answer: Value) -> Outcome<Value> {
    let status = answer.get("status").and_then(Value::as_u64).unwrap_or(0);
    if status == 200 {
        return Ok(answer.get_mut("value").map(Value::take).unwrap_or_default());
    }
    let cause = answer.get("error").and_then(Value::as_str).unwrap_or("no reason given");
    // the class of the exception is said twice, and its stack is of no use to anybody here
    let cause = cause.lines().next().unwrap_or_default().chars().take(300).collect::<String>();
    let kind = match status {
        403 => ErrorKind::Denied,
        404 => ErrorKind::NotFound,
        _ => ErrorKind::Unexpected,
    };
    Err(Fault::new(kind, format!("Jolokia {status}: {cause}")))
}

/// An attribute as a number; absent is `None`.
pub(super) fn number(of: &Value, name: &str) -> Option<u64> {
    of.get(name).and_then(Value::as_u64)
}

/// An attribute as text.
pub(super) fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_carries_something_out_is_no_question() {
        let (read, exec) = (json!({"type": "read", "mbean": "b"}), json!({"type": "exec", "operation": "retryMessage"}));
        assert!(is_question(&read) && is_question(&json!([read])));
        assert!(!is_question(&exec) && !is_question(&json!([read, exec])) && !is_question(&json!({})));
    }

    #[test]
    fn the_status_in_the_body_counts() {
        assert_eq!(value(json!({"status": 200, "value": 7})).unwrap(), 7);
        let denied = value(json!({"status": 403, "error": "java.lang.Exception : No access\n\tat x"})).unwrap_err();
        assert_eq!((denied.kind, denied.cause.as_str()), (ErrorKind::Denied, "Jolokia 403: java.lang.Exception : No access"));
        assert_eq!(value(json!({"status": 404})).unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(value(json!("x")).unwrap_err().kind, ErrorKind::Unexpected);
    }
}
