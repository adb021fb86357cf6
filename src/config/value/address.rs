//! Addresses: `host:port`, and URLs that must not show a login.

use super::super::tree::{Node, Value};
use super::{Wrong, found, wrong};

/// A list of servers, each with its port.
pub fn servers(name: &str, value: &Value) -> Result<Value, Wrong> {
    let Value::List(items) = value else {
        return wrong(format!("{name} is a list of host:port, found {}", found(value)), "");
    };
    if items.is_empty() {
        return wrong(format!("{name} is empty: nothing to connect to"), "");
    }
    let mut list = Vec::new();
    for item in items {
        let Value::Str(text) = &item.value else {
            let shown = found(&item.value);
            return wrong(format!("{name} is a list of host:port, found {shown} in it"), "");
        };
        let Some(server) = server(text) else {
            let shown = found(&item.value);
            return wrong(format!("{name}: {shown} is not host:port"), "");
        };
        list.push(Node { value: Value::Str(server), span: item.span });
    }
    Ok(Value::List(list))
}

/// `host:port`, the port 9092 where none is given; `[::1]:9092` for IPv6.
fn server(text: &str) -> Option<String> {
    if text.contains("://") || text.contains(char::is_whitespace) || text.contains(',') {
        return None;
    }
    let after_host = text.rfind(']').map_or(0, |at| at + 1);
    match text[after_host..].rsplit_once(':') {
        Some((host, port)) => {
            let named = after_host > 0 || (!host.is_empty() && !host.contains(':'));
            let port: u16 = port.parse().ok()?;
            (named && port > 0).then(|| text.to_owned())
        }
        None => (!text.is_empty()).then(|| format!("{text}:9092")),
    }
}

/// Whether a text has a scheme; `failover:(…)` of ActiveMQ has one too.
pub fn url_like(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme, !rest.is_empty()));
    let plain = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    text.starts_with("failover:") || matches!(scheme, Some((scheme, true)) if plain(scheme))
}

/// The part of an address between `//` and `@`, if there is one with a password in it.
pub fn password_in(url: &str) -> bool {
    url.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', ',']).next().unwrap_or("");
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// An address for showing: scheme, host and port alone.
pub fn shown_url(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?']).next().unwrap_or("");
            let host = authority.rsplit('@').next().unwrap_or("");
            let more = if rest.len() > authority.len() { "/…" } else { "" };
            format!("{scheme}://{host}{more}")
        }
        None => "…".to_owned(),
    }
}
