//! Stack traces as text, read into frames and a chain of causes.

mod jvm;
mod owner;
mod python;

#[cfg(test)]
mod tests;

use super::safe;

/// Causes read of one trace.
const MOST_CAUSES: usize = 64;
/// Frames read of one cause.
const MOST_FRAMES: usize = 1024;

/// One frame of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The class with its package, or the module or file where there are no classes.
    pub class: String,
    pub method: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    /// Whether it looks like the application's own code rather than a framework's or the language's.
    pub in_app: bool,
}

impl Frame {
    /// `Gateway.charge:88`: class without its package, method, line.
    pub fn short(&self) -> String {
        let class = self.class.rsplit(['.', '/', '\\']).next().unwrap_or_default();
        let dot = if class.is_empty() || self.method.is_empty() { "" } else { "." };
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{class}{dot}{}{line}", self.method)
    }
}

/// One exception of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thrown {
    /// The class as the trace names it; empty where the trace does not start with one.
    pub class: String,
    pub message: Option<String>,
    /// The innermost call first.
    pub frames: Vec<Frame>,
}

/// A trace: what was thrown, the outermost wrapper first and the root cause last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    pub chain: Vec<Thrown>,
}

impl Stack {
    /// Reads a trace of Java, .NET, Node or Python; what is none gives an empty chain. Bounded: 64 causes, 1,024 frames each.
    pub fn parse(text: &str) -> Stack {
        let chain = if text.contains("Traceback (most recent call last)") { python::chain(text) } else { jvm::chain(text) };
        Stack { chain }
    }

    /// The exception that caused the others.
    pub fn root(&self) -> Option<&Thrown> {
        self.chain.last()
    }

    /// The frames that tell causes apart, at most `max`: the application's own of the root cause, or of the nearest wrapper
    /// that has any (Java leaves out the frames that wrapper and cause share); else the root cause's first of any kind.
    pub fn app_frames(&self, max: usize) -> Vec<&Frame> {
        let own = self.chain.iter().rev().find(|thrown| thrown.frames.iter().any(|f| f.in_app));
        match own.or(self.root()) {
            Some(thrown) => {
                let any = !thrown.frames.iter().any(|f| f.in_app);
                thrown.frames.iter().filter(|f| any || f.in_app).take(max).collect()
            }
            None => Vec::new(),
        }
    }

    /// One line: `Gateway.charge:88 ‹ Billing.onOrder:41 ‹ 12 more`, at most `max` frames; safe for a terminal.
    pub fn summary(&self, max: usize) -> String {
        let shown = self.app_frames(max);
        let all: usize = self.chain.iter().map(|thrown| thrown.frames.len()).sum();
        let mut parts: Vec<String> = shown.iter().map(|f| safe(&f.short()).into_owned()).collect();
        if all > shown.len() {
            parts.push(format!("{} more", all - shown.len()));
        }
        parts.join(" ‹ ")
    }
}
