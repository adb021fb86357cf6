//! Config files with all that they include, as layers in the order they are merged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::diagnostic::Findings;
use super::source::{Sources, Span};
use super::tree::{Node, View};
use super::{hyp, twin};

/// Largest config file.
const SIZE: u64 = 4 * 1024 * 1024;
/// Most files of one load.
const FILES: usize = 64;

/// One file in its place.
pub struct Layer {
    /// What it says.
    pub node: Node,
    /// The context that included it; none: shared.
    pub context: Option<String>,
}

/// All files of one load.
#[derive(Default)]
pub struct Files {
    /// In the order they are merged: an included file before the one that includes it.
    pub layers: Vec<Layer>,
    known: BTreeMap<PathBuf, u32>,
    open: Vec<PathBuf>,
}

impl Files {
    /// Reads a file and what it includes.
    pub fn read(&mut self, path: &Path, context: Option<&str>, asked: Option<Span>, sources: &mut Sources, findings: &mut Findings) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.open.contains(&real) {
            let message = format!("include loop: {} is being read already", path.display());
            findings.error(sources, asked.unwrap_or_default(), message, "");
            return;
        }
        if self.layers.len() >= FILES {
            let message = format!("more than {FILES} files are included");
            findings.error(sources, asked.unwrap_or_default(), message, "");
            return;
        }
        let file = match self.known.get(&real) {
            Some(file) => *file,
            None => {
                let text = match text(path) {
                    Ok(text) => text,
                    Err(why) => {
                        let asked = asked.unwrap_or_else(|| Span::new(sources.add(path.display().to_string(), ""), 0..0));
                        let message = format!("{} cannot be read: {why}", path.display());
                        findings.error(sources, asked, message, "");
                        return;
                    }
                };
                let file = sources.add(path.display().to_string(), text);
                self.known.insert(real.clone(), file);
                file
            }
        };
        let node = parse(file, sources, findings);
        self.open.push(real);
        self.includes(path, &node, context, sources, findings);
        self.open.pop();
        self.layers.push(Layer { node, context: context.map(str::to_owned) });
    }

    fn includes(&mut self, path: &Path, node: &Node, context: Option<&str>, sources: &mut Sources, findings: &mut Findings) {
        let folder = path.parent().unwrap_or(Path::new("."));
        let view = View::of(node);
        for (span, name) in included(view) {
            self.read(&folder.join(name), context, Some(span), sources, findings);
        }
        if context.is_none() {
            for table in view.get("contexts").children() {
                for (span, name) in included(table) {
                    let of = Some(table.name());
                    self.read(&folder.join(name), of, Some(span), sources, findings);
                }
            }
        }
    }
}

fn included(view: View<'_>) -> Vec<(Span, &str)> {
    let items = view.get("include").items();
    items.iter().filter_map(|item| item.text().map(|name| (item.span(), name))).collect()
}

fn text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|e| plain(&e))?.len();
    if size > SIZE {
        return Err(format!("{size} bytes are more than the {SIZE} of a config file"));
    }
    let bytes = std::fs::read(path).map_err(|e| plain(&e))?;
    String::from_utf8(bytes).map_err(|e| format!("it is not UTF-8 text (byte {})", e.utf8_error().valid_up_to()))
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "not allowed".to_owned(),
        _ => error.to_string(),
    }
}

/// Parses a file by its name: `.hyp` is the block language, everything else is TOML.
pub fn parse(file: u32, sources: &Sources, findings: &mut Findings) -> Node {
    let text = sources.text(file);
    let (node, mut mistakes) = if sources.is_toml(file) { twin::parse(file, text) } else { hyp::parse(file, text) };
    mistakes.sort_by_key(|mistake| mistake.at.start);
    for mistake in mistakes {
        let span = Span::new(file, mistake.at);
        findings.error(sources, span, mistake.message, &mistake.note);
    }
    node
}
