//! Results on stdout: plain tables, JSON documents or JSON lines; a closed pipe is a clean end.

mod table;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

pub use table::Table;

use super::args::Format;

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
                serde_json::to_writer(&mut self.sink, &object)?;
                self.sink.write_all(b"\n")?;
                self.sink.flush()?;
            }
        }
        Ok(())
    }

    /// Prints what is gathered; `receipt` goes into the JSON document (on stderr otherwise, by the caller).
    pub fn end(mut self, receipt: impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Table if self.live => {}
            Format::Table => self.sink.write_all(self.table.render().as_bytes())?,
            Format::Json => {
                let document =
                    json!({ "version": JSON_VERSION, "kind": self.kind, "items": self.rows, "receipt": serde_json::to_value(receipt)? });
                serde_json::to_writer_pretty(&mut self.sink, &document)?;
                self.sink.write_all(b"\n")?;
            }
            Format::Jsonl => {}
        }
        self.sink.flush()
    }
}

/// Prints one document: text for people, an object for programs.
pub fn document(format: Format, kind: &'static str, text: &str, object: impl Serialize) -> io::Result<()> {
    let mut sink = io::stdout().lock();
    match format {
        Format::Table => sink.write_all(text.as_bytes())?,
        Format::Json | Format::Jsonl => {
            let document = json!({ "version": JSON_VERSION, "kind": kind, "item": serde_json::to_value(object)? });
            if format == Format::Json {
                serde_json::to_writer_pretty(&mut sink, &document)?;
            } else {
                serde_json::to_writer(&mut sink, &document)?;
            }
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
