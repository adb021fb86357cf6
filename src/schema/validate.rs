//! Checks a message against what the config declares; each finding has a JSON pointer.

use super::violation::{Findings, Violation};
use super::{Declared, TopicRules, text_findings, types};
use crate::config::model::{Event, Expect, Field};
use crate::decode::json::{self, Json, NodeId, NodeKind, escape_step};
use crate::decode::{human, safe_bytes, safe_cut};
use crate::model::{Death, Message, text_field};

/// Undeclared fields that are listed.
const MOST_UNDECLARED: usize = 1000;

/// Whether a message is as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid {
        event: String,
        version: String,
        /// The message has no version, the only declared one was taken.
        assumed: bool,
    },
    /// At least one violation; event and version where they are known.
    Invalid { event: Option<String>, version: Option<String>, assumed: bool },
    /// Neither; why, in words that are safe for a terminal.
    Unchecked { why: String },
}

impl Verdict {
    /// Whether it is surely invalid.
    pub fn is_invalid(&self) -> bool {
        matches!(self, Verdict::Invalid { .. })
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The event type the message names, declared or not.
    pub event: Option<String>,
    pub verdict: Verdict,
    /// In the body's order, warnings too; at most 1,000.
    pub violations: Vec<Violation>,
    /// Pointers of fields in payload and metadata that the event does not declare, to be shown muted; at most 1,000.
    pub undeclared: Vec<String>,
}

/// Checks a message; one whose topic is declared with `schema_validation = false` is `Unchecked`.
pub fn check(message: &Message, death: &Death, declared: &Declared) -> Checked {
    run(message, death, declared, false)
}

/// Checks a message because somebody asked, whatever `schema_validation` says.
pub fn check_on_request(message: &Message, death: &Death, declared: &Declared) -> Checked {
    run(message, death, declared, true)
}

/// What the steps of a check share.
struct Check<'a> {
    declared: &'a Declared,
    json: &'a Json,
    findings: Findings,
    undeclared: Vec<String>,
}

fn run(message: &Message, death: &Death, declared: &Declared, asked: bool) -> Checked {
    let unchecked = |why: &str| Checked {
        event: None,
        verdict: Verdict::Unchecked { why: why.to_owned() },
        violations: Vec::new(),
        undeclared: Vec::new(),
    };
    if !message.whole {
        return unchecked("only a part of the message is here");
    }
    let Some(body) = &message.body else {
        return unchecked(if death.pointer { "the body is at the origin" } else { "no body" });
    };
    // a dead letter is held to the rules of where it was sent to
    let topic = death.origin.value.as_ref().map_or(message.at.name.as_str(), |origin| origin.name.as_str());
    let parsed = json::parse(body);
    let named = parsed.as_ref().ok().and_then(|json| at_top(json, "event_type"));
    let inside = named.is_some();
    let event = named.or_else(|| outside(message, &["event_type", "ce_type", "type"]));
    let rules = declared.rules(&message.at.conn, topic, event.as_deref());

    let mut findings = Findings::default();
    let heavy = rules.limit.filter(|limit| body.len() as u64 > *limit);
    if let (Some(limit), true) = (heavy, rules.checked || asked) {
        let [size, limit] = [body.len() as u64, limit].map(human::count_plain);
        findings.missing("", format!("{size} bytes, the limit is {limit}"));
    }
    let mut check = match &parsed {
        Ok(json) => Check { declared, json, findings, undeclared: Vec::new() },
        Err(_) => {
            let invalid = findings.any_error();
            let violations = findings.in_order(None);
            let verdict = match invalid {
                true => Verdict::Invalid { event: event.clone(), version: None, assumed: false },
                false => Verdict::Unchecked { why: "the body is not JSON".to_owned() },
            };
            return Checked { event, verdict, violations, undeclared: Vec::new() };
        }
    };
    text_findings::look(check.json, &mut check.findings);
    let verdict = if rules.checked || asked {
        check.verdict(message, event.as_deref(), inside, &rules)
    } else {
        Verdict::Unchecked { why: "not checked (config)".to_owned() }
    };
    Checked { event, verdict, violations: check.findings.in_order(Some(check.json)), undeclared: check.undeclared }
}

/// A string member at the top of the body.
fn at_top(json: &Json, name: &str) -> Option<String> {
    json.member(Json::ROOT, name).and_then(|id| json.string(id)).map(std::borrow::Cow::into_owned)
}

/// A header or property by the first of these names.
fn outside(message: &Message, names: &[&str]) -> Option<String> {
    let text = |name: &&str| text_field(&message.headers, name).or_else(|| text_field(&message.properties, name));
    // `type` is a property of AMQP and JMS; as a header it may mean anything
    let text = |name: &&str| if **name == *"type" { text_field(&message.properties, name) } else { text(name) };
    names.iter().find_map(text).map(str::to_owned)
}

impl Check<'_> {
    fn verdict(&mut self, message: &Message, event_type: Option<&str>, inside: bool, rules: &TopicRules) -> Verdict {
        self.required(&rules.required);
        if let (true, Some(event_type)) = (rules.unexpected, event_type) {
            self.unexpected(event_type);
        }
        let (event, assumed) = match self.event(message, event_type) {
            Ok(found) => found,
            Err(why) => {
                return match self.findings.any_error() {
                    true => Verdict::Invalid { event: event_type.map(str::to_owned), version: None, assumed: false },
                    false => Verdict::Unchecked { why },
                };
            }
        };
        let json = self.json;
        let payload = json.member(Json::ROOT, "payload");
        let (payload, base) = match payload {
            None if !inside => (Some(Json::ROOT), ""),
            found => (found, "/payload"),
        };
        self.fields(payload, base, &event.payload);
        if base == "/payload" {
            self.fields(json.member(Json::ROOT, "metadata"), "/metadata", &event.metadata);
        }
        if let (Some(name), Some(payload)) = (&rules.key_field, payload) {
            self.key(message, payload, name);
        }
        let version = event.version.clone();
        match self.findings.any_error() {
            true => Verdict::Invalid { event: Some(event.event_type.clone()), version: Some(version), assumed },
            false => Verdict::Valid { event: event.event_type.clone(), version, assumed },
        }
    }

    /// The producers' `required_fields`, at the top of the body.
    fn required(&mut self, names: &[String]) {
        for name in names {
            match self.json.member(Json::ROOT, name) {
                None => self.findings.missing(format!("/{}", escape_step(name)), "missing"),
                Some(id) if self.json.node(id).kind == NodeKind::Null => self.findings.at(self.json, id, "null"),
                Some(_) => {}
            }
        }
    }

    fn unexpected(&mut self, event_type: &str) {
        let elsewhere: Vec<String> = self.declared.topics(event_type).take(3).map(|t| safe_cut(t, 60)).collect();
        let what = match elsewhere.is_empty() {
            true => "unexpected here: no producer declares this event".to_owned(),
            false => format!("unexpected here: declared for {}", elsewhere.join(", ")),
        };
        let at = self.json.member(Json::ROOT, "event_type").map(|id| self.json.range(id).start);
        self.findings.warn("/event_type", at, what);
    }

    /// The declared event and whether its version was assumed; else why there is none.
    fn event(&self, message: &Message, event_type: Option<&str>) -> Result<(Event, bool), String> {
        if !self.declared.has_events() {
            return Err("no events are declared".to_owned());
        }
        let event_type = event_type.ok_or("it names no event_type")?;
        let versions: Vec<&Event> = self.declared.versions(event_type).collect();
        if versions.is_empty() {
            return Err(format!("event {} is not declared", safe_cut(event_type, 80)));
        }
        match (self.version(message), versions.as_slice()) {
            (Some(version), _) => match versions.iter().find(|event| event.version == version) {
                Some(event) => Ok(((*event).clone(), false)),
                None => Err(format!("{} is not declared", safe_cut(&version, 40))),
            },
            (None, [only]) => Ok(((*only).clone(), true)),
            (None, _) => Err(format!("it names no version, {} are declared", versions.len())),
        }
    }

    /// The message's version: a text, or a number as it is written; null is none.
    fn version(&self, message: &Message) -> Option<String> {
        match self.json.member(Json::ROOT, "version") {
            Some(id) => match self.json.node(id).kind {
                NodeKind::Null => None,
                NodeKind::String => self.json.string(id).map(std::borrow::Cow::into_owned),
                _ => Some(self.json.raw(id).to_owned()),
            },
            None => outside(message, &["version"]),
        }
    }

    /// The declared fields of payload or metadata; where the block itself is missing, that is the one violation.
    fn fields(&mut self, block: Option<NodeId>, base: &str, fields: &[Field]) {
        let json = self.json;
        let must = |field: &Field| !matches!(field.expect, Expect::Type { optional: true, .. });
        let Some(block) = block else {
            if fields.iter().any(must) {
                self.findings.missing(base, "missing");
            }
            return;
        };
        if json.node(block).kind != NodeKind::Object {
            if !fields.is_empty() {
                let what = match json.node(block).kind {
                    NodeKind::Null => "null".to_owned(),
                    kind => format!("{}, not an object", kind.word()),
                };
                self.findings.at(json, block, what);
            }
            return;
        }
        for field in fields {
            let found = json.member(block, &field.name);
            let null = found.is_none_or(|id| json.node(id).kind == NodeKind::Null);
            match (found, &field.expect) {
                (_, Expect::Type { optional: true, .. }) if null => {}
                (None, _) => self.findings.missing(format!("{base}/{}", escape_step(&field.name)), "missing"),
                (Some(id), Expect::Type { word, .. }) => {
                    if let Some(what) = types::wrong(json, id, *word) {
                        self.findings.at(json, id, what);
                    }
                }
                (Some(id), Expect::Constant(want)) => self.constant(id, want),
            }
        }
        for member in json.children(block) {
            let declared = json.key(member).is_some_and(|key| fields.iter().any(|field| field.name == key));
            if !declared && self.undeclared.len() < MOST_UNDECLARED {
                self.undeclared.push(json.pointer(member));
            }
        }
    }

    fn constant(&mut self, id: NodeId, want: &str) {
        let json = self.json;
        let what = match json.string(id) {
            Some(text) if text == want => return,
            Some(text) => format!("\"{}\", expected \"{}\"", safe_cut(&text, 60), safe_cut(want, 60)),
            None if json.node(id).kind == NodeKind::Null => "null".to_owned(),
            None => format!("{}, expected \"{}\"", json.node(id).kind.word(), safe_cut(want, 60)),
        };
        self.findings.at(json, id, what);
    }

    /// The field that the record key must equal as text. A missing field is another rule's finding.
    fn key(&mut self, message: &Message, payload: NodeId, name: &str) {
        let json = self.json;
        let Some(id) = json.member(payload, name) else { return };
        let text = match json.node(id).kind {
            NodeKind::String => json.string(id).unwrap_or_default(),
            NodeKind::Number | NodeKind::True | NodeKind::False => json.raw(id).into(),
            _ => return,
        };
        match &message.key {
            Some(key) if **key == *text.as_bytes() => {}
            Some(key) => {
                let key = safe_bytes(&key[..key.len().min(256)]);
                let cut = if key.chars().count() > 60 { "…" } else { "" };
                let key: String = key.chars().take(60).collect();
                self.findings.at(json, id, format!("not the record key, which is \"{key}{cut}\""));
            }
            None => self.findings.at(json, id, "not the record key: there is none"),
        }
    }
}
