//! Results on stdout: plain tables, JSON documents or JSON lines; a closed pipe is a clean end.

mod table;

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

pub use table::Table;

use super::args::Format;
use crate::decode::is_unsafe;

/// The version of every JSON shape that redrive prints; raised when a field changes its meaning or goes.
pub const JSON_VERSION: u32 = 1;

/// Where results go. Rows are shown as they come in `jsonl`, together at the end otherwise.
pub struct Out {
    format: Format,
    kind: &'static str,
    table: Table,
    rows: Vec<Value>,
    /// Rows are printed as they come, in columns of fixed width.
    live: bool,
    sink: Box<dyn Write>,
}

impl Out {
    /// Results of one kind (`destinations`), with the table's column names; a name that begins with `>` is right-aligned.
    pub fn new(format: Format, kind: &'static str, columns: &[&str]) -> Self {
        Self { format, kind, table: Table::new(columns), rows: Vec::new(), live: false, sink: Box::new(io::stdout().lock()) }
    }

    /// A table whose rows are printed as they come, for what has no end.
    pub fn live(kind: &'static str, columns: &[&str]) -> io::Result<Self> {
        let mut out = Self::new(Format::Table, kind, columns);
        out.live = true;
        out.sink.write_all(out.table.header_line().as_bytes())?;
        Ok(out)
    }

    /// One result: its cells for people, its object for programs.
    pub fn row(&mut self, cells: Vec<String>, object: impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Table if self.live => {
                self.sink.write_all(self.table.live_line(&cells).as_bytes())?;
                self.sink.flush()?;
            }
            Format::Table => self.table.push(cells),
            Format::Json => self.rows.push(serde_json::to_value(object)?),
            Format::Jsonl => {
                self.sink.write_all(harmless(serde_json::to_string(&line(object)?)?).as_bytes())?;
                self.sink.write_all(b"\n")?;
                self.sink.flush()?;
            }
        }
        Ok(())
    }

    /// Prints the rows gathered so far; a JSON document waits for its end.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.format == Format::Table && !self.live {
            self.sink.write_all(self.table.render().as_bytes())?;
        }
        self.sink.flush()
    }

    /// Prints what is gathered; `receipt` goes into the JSON document (on stderr otherwise, by the caller).
    pub fn end(mut self, receipt: impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Table if self.live => {}
            Format::Table => self.sink.write_all(self.table.render().as_bytes())?,
            Format::Json => {
                let document =
                    json!({ "version": JSON_VERSION, "kind": self.kind, "items": self.rows, "receipt": serde_json::to_value(receipt)? });
                self.sink.write_all(harmless(serde_json::to_string_pretty(&document)?).as_bytes())?;
                self.sink.write_all(b"\n")?;
            }
            Format::Jsonl => {}
        }
        self.sink.flush()
    }
}

/// JSON in which whatever a terminal might act on or hide (C1, DEL, bidi marks, invisible characters) is written as `\\uXXXX`: the same
/// values to a program. JSON itself asks that only of C0.
fn harmless(json: String) -> String {
    let is_raw = |c: char| c != '\n' && is_unsafe(c);
    if !json.chars().any(is_raw) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_raw(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}"); // writing to a String cannot fail
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// An item as a line: it stands alone, so it says the version itself.
fn line(object: impl Serialize) -> serde_json::Result<Value> {
    let mut line = serde_json::Map::from_iter([("version".to_owned(), json!(JSON_VERSION))]);
    match serde_json::to_value(object)? {
        Value::Object(fields) => line.extend(fields),
        other => _ = line.insert("item".to_owned(), other),
    }
    Ok(line.into())
}

/// Prints one document: text for people, an object for programs.
pub fn document(format: Format, kind: &'static str, text: &str, object: impl Serialize) -> io::Result<()> {
    let mut sink = io::stdout().lock();
    match format {
        Format::Table => sink.write_all(text.as_bytes())?,
        Format::Json | Format::Jsonl => {
            let document = json!({ "version": JSON_VERSION, "kind": kind, "item": serde_json::to_value(object)? });
            let text = if format == Format::Json { serde_json::to_string_pretty(&document)? } else { serde_json::to_string(&document)? };
            sink.write_all(harmless(text).as_bytes())?;
            sink.write_all(b"\n")?;
        }
    }
    sink.flush()
}

/// Prints text as it is.
pub fn plain(text: &str) -> io::Result<()> {
    let mut sink = io::stdout().lock();
    sink.write_all(text.as_bytes())?;
    sink.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_holds_nothing_raw() {
        let value = json!({ "a\u{9b}": "\u{1b}[2J\u{7f}\u{202e}\u{e0041} gr\u{fc}n" });
        let text = harmless(serde_json::to_string_pretty(&value).expect("JSON"));
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
        assert!(text.contains("gr\u{fc}n") && !text.chars().any(|c| c != '\n' && is_unsafe(c)), "{text}");
    }
}
