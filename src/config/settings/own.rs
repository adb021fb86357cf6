//! Settings of redrive's own sections, which no other program reads.

use super::{Kind::*, LONG, MANY, ROLES, SEVERITIES, Setting, row};

/// The top of the file.
pub const FILES: &[Setting] = &[
    row("include", Texts, "[]", "files read before this one, in order"),
    row("default_context", Text, "", "the context to start in").eg("\"staging\""),
];

/// `[contexts.*]`.
pub const CONTEXTS: &[Setting] = &[
    row("contexts.*.color", Color, "", "colour of the context in line 1").eg("\"red\""),
    row("contexts.*.read_only", Bool, "", "writes are off at the start; true for names that begin with prod, and for `default`").eg("true"),
    row("contexts.*.writes_for", Seconds(1, 86_400), "1800", "how long writes stay on, once turned on").usual(60, 86_400),
    row("contexts.*.automatic", Bool, "false", "whether rules may replay by themselves").waits("`redrive watch`"),
    row("contexts.*.role", ROLES, "", "the role everybody has here").eg("\"operator\""),
    row("contexts.*.brokers", Texts, "", "shared connections that belong to this context too").eg("[\"kafka\"]"),
    row("contexts.*.include", Texts, "[]", "files whose connections belong to this context"),
    row("contexts.*.theme", Text, "", "theme in this context").eg("\"dark\""),
    row("contexts.*.read_bytes_per_second", Bytes, "", "limit of reading").eg("10485760"),
];

/// Everything else.
pub const SECTIONS: &[Setting] = &[
    row("roles.default", ROLES, "\"viewer\"", "role of people who are not named"),
    row("roles.approve", Int(0, 100), "", "how many admins must approve a replay").eg("2"),
    row("roles.*", ROLES, "", "role of this person").eg("\"admin\""),
    row("roles.*.default", ROLES, "", "role of people who are not named, in this context").eg("\"viewer\""),
    row("roles.*.approve", Int(0, 100), "", "how many admins must approve a replay, in this context").eg("2"),
    row("roles.*.*", ROLES, "", "role of this person in this context").eg("\"admin\""),
    row("ledger.path", File, "", "the ledger's file; absent: the platform's place").eg("\"redrive-ledger.db\""),
    row("ledger.retention", Seconds(86_400, LONG), "7776000", "how long entries and copies are kept")
        .why("a ledger that forgets within a day protects nobody"),
    row("ledger.key", Secret, "", "key that copies are encrypted with")
        .eg("{ env = \"REDRIVE_LEDGER_KEY\" }")
        .waits("encryption of the ledger"),
    row("masking.fields", Texts, "[]", "fields of bodies that are never shown").eg("[\"email\", \"/payload/iban\"]"),
    row("masking.headers", Texts, "[]", "headers that are never shown").eg("[\"authorization\"]"),
    row("masking.patterns", Regexes, "[]", "texts that are never shown").eg("['\\b\\d{16}\\b']"),
    row("escalation.level[].name", Text, "", "name of the level").eg("\"on-call\"").needed(),
    row("escalation.level[].after", Seconds(0, LONG), "0", "it is reached after so long without an acknowledgement").usual(60, 604_800),
    row("escalation.level[].severity", SEVERITIES, "\"warning\"", "for incidents of this severity or worse"),
    row("escalation.level[].targets", Texts, "", "whom it reaches, by name").eg("[\"hook\"]").needed(),
    row(
        "escalation.targets.*.kind",
        Words(&["webhook", "alertmanager", "pagerduty", "slack", "exec"]),
        "",
        "what kind of receiver it is; pagerduty, slack and exec are not built yet",
    )
    .eg("\"webhook\"")
    .needed(),
    row("escalation.targets.*.url", SecretUrl, "", "its address").eg("{ env = \"WEBHOOK_URL\" }"),
    row("escalation.targets.*.key", Secret, "", "key that signs or routes").eg("{ env = \"WEBHOOK_KEY\" }"),
    row("escalation.targets.*.command", Texts, "", "program and arguments of `exec`").eg("[\"notify\"]").waits("the exec target"),
    row("escalation.targets.*.timeout", Ms(1, 600_000), "10000", "deadline of one try").usual(100, 600_000),
    row("watch.interval", Seconds(1, 86_400), "15", "between two samples"),
    row("watch.prometheus.listen", Text, "", "host:port where OpenMetrics is served").eg("\"127.0.0.1:9464\""),
    row("watch.otlp.endpoint", Url, "", "where spans go").eg("\"http://localhost:4318\""),
    row("watch.requests_per_second", Int(1, MANY), "", "most requests a second to any broker").eg("20"),
    row("replay.per_second", Above(0, MANY), "", "messages a second; absent: as fast as confirmations come").eg("50"),
    row("replay.canary", Ints, "[1, 5, 25]", "numbers of messages that go first, one step each"),
    row("replay.proof_window", Seconds(1, 86_400), "", "how long to wait for evidence, instead of the derived time").eg("300"),
    row("log.file", File, "", "where logs go; absent: the platform's place").eg("\"redrive.log\""),
    row("log.level", Words(&["error", "warn", "info", "debug", "trace"]), "\"info\"", "how much is logged"),
    row("log.format", Words(&["text", "json"]), "\"text\"", "how lines look"),
    row("links.trace", Text, "", "where a trace can be opened").eg("\"https://traces.example.com/{trace_id}\""),
    row("theme", Text, "\"dark\"", "name of a built-in theme, or a file"),
    row("theme.name", Text, "", "name of a built-in theme").eg("\"dark\""),
    row("theme.file", File, "", "file with a theme").eg("\"my-theme.toml\""),
    row("keymap.*", Text, "", "the key of this command").eg("\"f5\""),
];
