//! From files to a config: read, check, merge per context, read into the model, look across blocks.

use std::collections::BTreeMap;
use std::path::Path;

use super::check::Checker;
use super::diagnostic::{Diagnostic, Findings, render};
use super::file::{Files, Layer};
use super::leaf::Leaf;
use super::merge::{Lost, merge, strip};
use super::model::Config;
use super::profile::BrokerKind;
use super::secret::Environment;
use super::settings::BLOCKS;
use super::source::{Sources, Span};
use super::tree::{Entry, Node, Value, View};
use super::{lint, needed, read};

/// What came of a load.
pub struct Loaded {
    /// The config; none if there is an error.
    pub config: Option<Config>,
    /// Errors and warnings, in the order they were found.
    pub diagnostics: Vec<Diagnostic>,
    /// Every leaf of every file.
    pub leaves: Vec<Leaf>,
    /// The files, for showing places.
    pub sources: Sources,
    /// The shared settings, merged, as they were written (for `--as toml`).
    pub(super) written: Node,
}

/// Without what was written: that may hold a secret in clear text.
impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("config", &self.config)
            .field("diagnostics", &self.diagnostics)
            .field("leaves", &self.leaves)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// All errors and warnings as text, as rustc shows its own. Holds no secret.
    pub fn report(&self, color: bool) -> String {
        render(&self.diagnostics, &self.sources, color)
    }

    /// Whether an error stands in the way.
    pub fn failed(&self) -> bool {
        self.config.is_none()
    }
}

/// One context with what it says.
pub struct Scope {
    /// Its name.
    pub name: String,
    /// `[contexts.NAME]`, merged with what it includes.
    pub table: Node,
    /// The nine blocks as they hold here.
    pub blocks: Node,
}

/// Loads a config file (`.toml` or `.hyp`) with all that it includes.
pub fn load(path: &Path, env: &dyn Environment) -> Loaded {
    let mut sources = Sources::default();
    let mut findings = Findings::default();
    let mut files = Files::default();
    files.read(path, None, None, &mut sources, &mut findings);
    finish(files.layers, sources, findings, env)
}

/// Loads a text as if it were a file of this name; it can include nothing.
pub fn load_text(name: &str, text: &str, env: &dyn Environment) -> Loaded {
    let mut sources = Sources::default();
    let mut findings = Findings::default();
    let file = sources.add(name, text);
    let node = super::file::parse(file, &sources, &mut findings);
    let layer = Layer { node, context: None };
    finish(vec![layer], sources, findings, env)
}

fn finish(mut layers: Vec<Layer>, sources: Sources, findings: Findings, env: &dyn Environment) -> Loaded {
    let unread = findings.has_error();
    let written = shared(layers.iter().map(|layer| (&layer.context, &layer.node)));
    let mut checker = Checker { sources, env, findings, leaves: Vec::new(), kinds: kinds(&layers), unset: BTreeMap::new() };
    for layer in &mut layers {
        checker.file(&mut layer.node, layer.context.as_deref());
    }
    checker.say_unset();
    let Checker { sources, mut findings, mut leaves, kinds, .. } = checker;
    if unread {
        // what is missing may stand in what could not be read: nothing more can be said for sure
        return Loaded { config: None, diagnostics: findings.all, leaves, sources, written };
    }
    let mut lost = Lost::new();
    let root = merged(&layers, None, &mut lost);
    let scopes = scopes(&root, &layers, &sources, &mut findings, &mut lost);
    for leaf in &mut leaves {
        for by in lost.get(&leaf.span).into_iter().flatten() {
            let place = sources.place(*by).to_string();
            if !leaf.overridden.contains(&place) {
                leaf.overridden.push(place);
            }
        }
    }
    for scope in &scopes {
        needed::blocks(&scope.blocks, &kinds, &sources, &mut findings);
    }
    needed::own(&root, &sources, &mut findings);
    let config = read::config(&root, &scopes, &kinds, &sources, &mut findings);
    lint::own(&root, &config, &sources, &mut findings);
    for (scope, context) in scopes.iter().zip(&config.contexts) {
        let case = lint::Case { view: View::of(&scope.blocks), context, config: &config, sources: &sources, env };
        lint::context(&case, &mut findings);
    }
    Loaded { config: (!findings.has_error()).then_some(config), diagnostics: findings.all, leaves, sources, written }
}

fn shared<'a>(layers: impl Iterator<Item = (&'a Option<String>, &'a Node)>) -> Node {
    let mut all = Node::empty(Span::default());
    for (context, node) in layers {
        if context.is_none() {
            all = merge(all, node.clone(), &mut Lost::new());
        }
    }
    all
}

fn merged(layers: &[Layer], context: Option<&str>, lost: &mut Lost) -> Node {
    let mut all = Node::empty(Span::default());
    for layer in layers.iter().filter(|layer| layer.context.as_deref() == context) {
        all = merge(all, layer.node.clone(), lost);
    }
    all
}

/// What each connection speaks: by its own word in any file, else by its name.
fn kinds(layers: &[Layer]) -> BTreeMap<String, BrokerKind> {
    let mut kinds = BTreeMap::new();
    for layer in layers {
        let root = View::of(&layer.node);
        let tables = root.get("contexts").children().map(|table| table.get("messaging"));
        for messaging in tables.chain([root.get("messaging")]) {
            for connection in messaging.children() {
                let told = connection.get("kind").text().and_then(BrokerKind::from_word);
                let implied = BrokerKind::from_word(connection.name()).filter(|kind| kind.word() == connection.name());
                if let Some(kind) = told.or(implied) {
                    let entry = kinds.entry(connection.name().to_owned()).or_insert(kind);
                    if told.is_some() {
                        *entry = kind;
                    }
                }
            }
        }
    }
    kinds
}

/// The contexts with their blocks; one named `default` with everything where none is declared.
fn scopes(root: &Node, layers: &[Layer], sources: &Sources, findings: &mut Findings, lost: &mut Lost) -> Vec<Scope> {
    let tables = View::of(root).get("contexts");
    let mut scopes = Vec::new();
    for table in tables.children() {
        let Some(own) = table.node else { continue };
        let included = merged(layers, Some(table.name()), lost);
        let table_node = merge(included, own.clone(), lost);
        let view = View::of(&table_node);
        let wanted = wanted(view, View::of(root), table.name(), sources, findings);
        let mut blocks = Node::empty(table_node.span);
        if let Value::Map(entries) = &mut blocks.value {
            for block in BLOCKS {
                let base = root.entry(block).map(|entry| only(entry, block, &wanted));
                let over = table_node.entry(block).cloned();
                let entry = match (base, over) {
                    (Some(base), Some(over)) => Entry { key: base.key, key_span: over.key_span, node: merge(base.node, over.node, lost) },
                    (Some(entry), None) | (None, Some(entry)) => entry,
                    (None, None) => continue,
                };
                entries.push(entry);
            }
        }
        strip(&mut blocks);
        scopes.push(Scope { name: table.name().to_owned(), table: table_node, blocks });
    }
    if scopes.is_empty() {
        let mut blocks = root.clone();
        if let Value::Map(entries) = &mut blocks.value {
            entries.retain(|entry| BLOCKS.contains(&entry.key.as_str()));
        }
        strip(&mut blocks);
        scopes.push(Scope { name: "default".to_owned(), table: Node::empty(Span::default()), blocks });
    }
    scopes
}

/// The shared connections that a context names: by a table of its own or in `brokers`.
fn wanted(table: View<'_>, root: View<'_>, name: &str, sources: &Sources, findings: &mut Findings) -> Vec<String> {
    let mut wanted: Vec<String> = table.get("messaging").children().map(|c| c.name().to_owned()).collect();
    let shared = root.get("messaging");
    for item in table.get("brokers").items() {
        let Some(broker) = item.text() else { continue };
        if shared.get(broker).is_some() || table.get("messaging").get(broker).is_some() {
            wanted.push(broker.to_owned());
        } else {
            let known: Vec<&str> = shared.children().map(View::name).collect();
            let message = format!("[contexts.{name}] names {broker:?}; the shared connections are {}", known.join(", "));
            findings.error(sources, item.span(), message, "");
        }
    }
    wanted
}

fn only(entry: &Entry, block: &str, wanted: &[String]) -> Entry {
    let mut entry = entry.clone();
    if block == "messaging"
        && let Value::Map(connections) = &mut entry.node.value
    {
        connections.retain(|connection| wanted.contains(&connection.key));
    }
    entry
}
