//! Stack traces as text, read into frames and a chain of causes.

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

/// One exception of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thrown {
    /// The class as the trace names it.
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
    /// Reads a trace of Java, Python or .NET; what is none gives an empty chain. Bounded: 64 causes, 1,024 frames each.
    pub fn parse(text: &str) -> Stack {
        let _ = text;
        Stack::default()
    }

    /// The exception that caused the others.
    pub fn root(&self) -> Option<&Thrown> {
        self.chain.last()
    }

    /// The root cause's own frames, at most `max`: the application's, or the first of any kind if none is.
    pub fn app_frames(&self, max: usize) -> Vec<&Frame> {
        let _ = max;
        Vec::new()
    }

    /// One line: `Gateway.charge:88 ‹ Billing.onOrder:41 ‹ 12 more`; safe for a terminal.
    pub fn summary(&self, max: usize) -> String {
        let _ = max;
        String::new()
    }
}
