//! What only shows when blocks are looked at together: contradictions, half credentials, names that
//! lead nowhere.

mod connections;
mod own;
mod rules;
mod traffic;

pub use own::own;

use super::diagnostic::Findings;
use super::model::{Config, Context};
use super::secret::Environment;
use super::source::{Sources, Span};
use super::tree::View;

/// One context to look at.
pub struct Case<'a> {
    /// Its nine blocks, with places.
    pub view: View<'a>,
    /// The same, read.
    pub context: &'a Context,
    /// All of the config.
    pub config: &'a Config,
    /// The files.
    pub sources: &'a Sources,
    /// The environment.
    pub env: &'a dyn Environment,
}

/// Looks at one context.
pub fn context(case: &Case<'_>, findings: &mut Findings) {
    let mut say = Say { case, findings };
    connections::look(&mut say);
    traffic::look(&mut say);
    rules::look(&mut say);
}

/// A case and where to say what is found.
pub struct Say<'a, 'f> {
    case: &'a Case<'a>,
    findings: &'f mut Findings,
}

impl Say<'_, '_> {
    fn warn(&mut self, span: Span, message: impl Into<String>, note: &str) {
        self.findings.warn(self.case.sources, span, message, note);
    }

    fn error(&mut self, span: Span, message: impl Into<String>, note: &str) {
        self.findings.error(self.case.sources, span, message, note);
    }

    fn line(&self, span: Span) -> usize {
        self.case.sources.place(span).line
    }
}

/// Whether a host is this machine, where nobody listens in between.
pub fn loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.ends_with(".localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The host of `host:port` or of an address with a scheme.
pub fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['/', '?', ',', ')']).next().unwrap_or(rest);
    let rest = rest.rsplit('@').next().unwrap_or(rest);
    if rest.starts_with('[') {
        return rest.split_inclusive(']').next().unwrap_or(rest);
    }
    rest.split(':').next().unwrap_or(rest)
}

/// A duration as people say it: `30 d`, `1 d`, `600 s`.
pub fn said(time: std::time::Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s => format!("{s} s"),
    }
}
