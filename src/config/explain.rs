//! What `redrive check` says: every setting, where it came from, what it is used for.

use std::fmt::Write;

use serde::Serialize;

use super::diagnostic::Diagnostic;
use super::leaf::Leaf;
use super::load::Loaded;
use super::profile::{BrokerKind, Profile};

/// The whole answer, for `--output json`. Holds no secret.
#[derive(Debug, Serialize)]
pub struct Explained<'a> {
    /// Version of this shape.
    pub version: u32,
    /// Whether the config can be used.
    pub ok: bool,
    /// How many settings there are of each status.
    pub counts: Counts,
    /// Contexts with their connections; empty if there is an error.
    pub contexts: Vec<ContextLine>,
    /// Every leaf of every file.
    pub settings: &'a [Leaf],
    /// Errors and warnings.
    pub diagnostics: &'a [Diagnostic],
}

/// How many leaves there are of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All leaves.
    pub settings: usize,
    /// Used now.
    pub used: usize,
    /// Used once something else is there.
    pub waiting: usize,
    /// Listed and not used.
    pub not_used: usize,
    /// Not known.
    pub unknown: usize,
}

/// One context in short.
#[derive(Debug, Serialize)]
pub struct ContextLine {
    /// Its name.
    pub name: String,
    /// Whether redrive starts in it.
    pub default: bool,
    /// Whether writes are off at the start.
    pub read_only: bool,
    /// Its connections, a line each.
    pub connections: Vec<String>,
}

/// Counts leaves by status.
pub fn counts(leaves: &[Leaf]) -> Counts {
    let mut counts = Counts { settings: leaves.len(), ..Counts::default() };
    for leaf in leaves {
        match leaf.status.as_str() {
            "unknown" => counts.unknown += 1,
            status if status.starts_with("listed") => counts.not_used += 1,
            status if status.starts_with("used, waits") => counts.waiting += 1,
            _ => counts.used += 1,
        }
    }
    counts
}

/// The whole answer as data.
pub fn explain(loaded: &Loaded) -> Explained<'_> {
    let mut contexts = Vec::new();
    for context in loaded.config.iter().flat_map(|config| &config.contexts) {
        let first = loaded.config.as_ref().map(|config| config.default_context.as_str());
        contexts.push(ContextLine {
            name: context.name.clone(),
            default: first == Some(context.name.as_str()),
            read_only: context.read_only,
            connections: context.connections.iter().map(connection).collect(),
        });
    }
    Explained {
        version: 1,
        ok: !loaded.failed(),
        counts: counts(&loaded.leaves),
        contexts,
        settings: &loaded.leaves,
        diagnostics: &loaded.diagnostics,
    }
}

/// The whole answer as text for stdout; errors and warnings go to stderr ([`Loaded::report`]).
pub fn text(loaded: &Loaded) -> String {
    let explained = explain(loaded);
    let mut out = String::new();
    for leaf in &loaded.leaves {
        // writing to a String cannot fail
        let _ = writeln!(out, "{} = {}", leaf.path, leaf.value);
        let uses = match leaf.used_for.as_str() {
            "" | "nothing" => String::new(),
            uses => format!(": {uses}"),
        };
        let _ = writeln!(out, "    {}  {}{uses}", leaf.place(), leaf.status);
        for place in &leaf.overridden {
            let _ = writeln!(out, "    overridden at {place}");
        }
    }
    for context in &explained.contexts {
        let start = if context.default { ", redrive starts here" } else { "" };
        let writes = if context.read_only { "read-only at the start" } else { "writes allowed" };
        let _ = writeln!(out, "\ncontext {}: {writes}{start}", context.name);
        for connection in &context.connections {
            let _ = writeln!(out, "    {connection}");
        }
        if context.connections.is_empty() {
            let _ = writeln!(out, "    no connections");
        }
    }
    let counts = explained.counts;
    let _ = writeln!(
        out,
        "\n{} settings: {} used, {} wait for something, {} listed and not used, {} unknown",
        counts.settings, counts.used, counts.waiting, counts.not_used, counts.unknown
    );
    out
}

/// A connection in one line: `kafka (kafka): localhost:9092, sasl_ssl, looks as a, replays as b`.
fn connection(profile: &Profile) -> String {
    let at = match profile.kind {
        BrokerKind::Kafka => profile.kafka.bootstrap_servers.join(", "),
        BrokerKind::RabbitMq => format!("{}:{}", profile.rabbitmq.host, profile.rabbitmq.port),
        BrokerKind::ActiveMq => super::value::shown_url(&profile.activemq.broker_url),
        BrokerKind::Aws => profile.aws.region.clone().unwrap_or_else(|| "default region".to_owned()),
        BrokerKind::Memory => "in memory".to_owned(),
    };
    let mut line = format!("{} ({}): {at}", profile.name, profile.kind.word());
    if profile.kind == BrokerKind::Kafka {
        let (looking, publishing) = (&profile.kafka.looking, &profile.kafka.publishing);
        let _ = write!(line, ", {}", looking.protocol());
        if let (Some(looks), Some(replays)) = (&looking.username, &publishing.username) {
            let _ = write!(line, ", looks as {}, replays as {}", user(looks), user(replays));
        }
    }
    if let Some(down) = &profile.down {
        let _ = write!(line, "; down: {down}");
    }
    // a name of the user's own may hold anything, this goes to a terminal
    line.chars().filter(|c| !c.is_control()).collect()
}

fn user(name: &super::secret::Secret) -> String {
    match &name.origin {
        super::secret::Origin::Clear(name) => name.expose().to_owned(),
        kept => kept.name(),
    }
}
