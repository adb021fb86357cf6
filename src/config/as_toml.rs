//! A loaded config printed as TOML that loads to the same model (`redrive check --as toml`).

use super::check::variable_of;
use super::leaf::{key, literal, quoted};
use super::load::Loaded;
use super::source::Sources;
use super::tree::{Entry, Node, Value};

/// The shared settings of a load as TOML, includes merged in. A secret in clear text is left out.
pub fn as_toml(loaded: &Loaded) -> String {
    let mut out = String::new();
    let kept: Vec<Entry> = loaded.written.entries().iter().filter(|entry| entry.key != "include").cloned().collect();
    table(&mut out, "", &kept, &loaded.sources);
    out
}

fn blocks(node: &Node) -> bool {
    match &node.value {
        Value::Map(_) => true,
        Value::List(items) => items.iter().any(|item| matches!(item.value, Value::Map(_)) && variable_of(item).is_none()),
        _ => false,
    }
}

/// A value in one line, variables as TOML names them.
fn value(node: &Node) -> String {
    match (&node.value, variable_of(node)) {
        (_, Some(variable)) => format!("{{ env = {} }}", quoted(&variable)),
        (Value::List(items), None) => {
            let items: Vec<String> = items.iter().map(value).collect();
            format!("[{}]", items.join(", "))
        }
        (other, None) => literal(other),
    }
}

fn reference(node: &Node, sources: &Sources) -> bool {
    // `{ env = "X" }` of a TOML file is a value, though it is a table too
    let Value::Map(entries) = &node.value else { return false };
    let text = sources.text(node.span.file);
    let inline = text.get(node.span.range()).is_some_and(|text| text.starts_with('{'));
    let names = ["env", "file", "command", "keyring"];
    sources.is_toml(node.span.file) && inline && matches!(entries.as_slice(), [one] if names.contains(&one.key.as_str()))
}

fn table(out: &mut String, path: &str, entries: &[Entry], sources: &Sources) {
    let plain = |entry: &&Entry| !blocks(&entry.node) || reference(&entry.node, sources) || sources.hidden(entry.node.span);
    for entry in entries.iter().filter(plain) {
        let name = key(&entry.key);
        match &entry.node.value {
            _ if sources.hidden(entry.node.span) => {
                let place = sources.place(entry.node.span);
                out.push_str(&format!("# {name} is left out: in clear text at {place}\n"));
            }
            _ => out.push_str(&format!("{name} = {}\n", value(&entry.node))),
        }
    }
    for entry in entries.iter().filter(|entry| !plain(entry)) {
        let path = match path {
            "" => key(&entry.key),
            path => format!("{path}.{}", key(&entry.key)),
        };
        match &entry.node.value {
            Value::Map(below) => {
                let any = below.iter().any(|entry| plain(&entry));
                if any || below.is_empty() {
                    out.push_str(&format!("\n[{path}]\n"));
                }
                table(out, &path, below, sources);
            }
            Value::List(items) => {
                for item in items {
                    out.push_str(&format!("\n[[{path}]]\n"));
                    table(out, &path, item.entries(), sources);
                }
            }
            _ => {}
        }
    }
}
