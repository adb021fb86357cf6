//! Traces with `at` lines: Java (and Kotlin, Scala), .NET, Node.

use super::{Frame, MOST_CAUSES, MOST_FRAMES, Thrown, owner};

/// The chain of exceptions, the wrapper first.
pub(super) fn chain(text: &str) -> Vec<Thrown> {
    let mut chain: Vec<Thrown> = Vec::new();
    let mut current = 0;
    let mut suppressed = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(frame) = trimmed.strip_prefix("at ").and_then(frame) {
            if chain.is_empty() {
                chain.push(Thrown::default());
            }
            if let (Some(thrown), false) = (chain.get_mut(current), suppressed)
                && thrown.frames.len() < MOST_FRAMES
            {
                thrown.frames.push(frame);
            }
        } else if trimmed.starts_with("Suppressed: ") {
            suppressed = true; // what happened on the side is not what the message died of
        } else if trimmed.starts_with("--- End of inner exception stack trace") {
            current = current.saturating_sub(1); // .NET writes the inner frames first, then goes outward
        } else if let Some(rest) = trimmed.strip_prefix("Caused by: ").or_else(|| trimmed.strip_prefix("---> ")) {
            // a cause of what was suppressed is further in than the trace itself
            if !(suppressed && line.starts_with(['\t', ' ']) && trimmed.starts_with("Caused")) {
                suppressed = false;
                push(&mut chain, rest);
                current = chain.len().saturating_sub(1);
            }
        } else if chain.is_empty() {
            push(&mut chain, trimmed);
            current = chain.len().saturating_sub(1);
        } else if let Some(thrown) = chain.get_mut(current)
            && thrown.frames.is_empty()
            && !suppressed
            && !trimmed.is_empty()
            && !trimmed.starts_with("... ")
        {
            // a message of several lines
            let message = thrown.message.get_or_insert_default();
            message.push('\n');
            message.push_str(trimmed);
        }
    }
    if chain.iter().all(|thrown| thrown.frames.is_empty()) && chain.len() < 2 {
        chain.retain(|thrown| thrown.class.contains('.') || thrown.class.ends_with("Exception") || thrown.class.ends_with("Error"));
    }
    chain
}

/// Adds the exceptions of one heading: `Class: message`, in .NET perhaps with ` ---> Class: message` behind.
fn push(chain: &mut Vec<Thrown>, heading: &str) {
    for part in heading.split(" ---> ") {
        if chain.len() >= MOST_CAUSES {
            return;
        }
        let part = match part.strip_prefix("Exception in thread \"").and_then(|p| p.split_once("\" ")) {
            Some((_, rest)) => rest,
            None => part.strip_prefix("Unhandled exception. ").unwrap_or(part),
        };
        let (class, message) = match part.split_once(": ") {
            Some((class, message)) => (class, Some(message.to_owned())),
            None => (part.trim_end_matches(':'), None),
        };
        if is_class(class) {
            chain.push(Thrown { class: class.to_owned(), message, frames: Vec::new() });
        } else if chain.is_empty() && !part.is_empty() {
            chain.push(Thrown { class: String::new(), message: Some(part.to_owned()), frames: Vec::new() });
        } else if let Some(message) = chain.last_mut().and_then(|thrown| thrown.message.as_mut()) {
            message.push_str(" ---> ");
            message.push_str(part);
        }
    }
}

/// Whether a heading's first word can be a class.
fn is_class(word: &str) -> bool {
    word.len() <= 512
        && word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '/' | '+' | '`' | '@' | '-'))
}

/// One frame behind its `at `.
fn frame(rest: &str) -> Option<Frame> {
    // .NET: Name.Space.Class.Method(String a) in /src/File.cs:line 42
    let (call, dotnet) = match rest.rsplit_once(" in ") {
        Some((call, place)) if place.contains(":line ") => (call, place.rsplit_once(":line ")),
        _ => (rest, None),
    };
    // Node without a function: at /app/file.js:10:5
    let Some((name, inside)) = call.split_once('(') else {
        let (file, line) = place(call);
        let line = line.filter(|_| !file.contains(char::is_whitespace) && !file.starts_with('['));
        let in_app = owner::in_app("", &file);
        return line.map(|line| Frame { class: file.clone(), method: String::new(), file: Some(file), line: Some(line), in_app });
    };
    let name = name.trim().trim_start_matches("async ").trim_start_matches("new ");
    // Node: Class.method [as other]
    let name = name.split_once(" [as ").map_or(name, |(name, _)| name);
    // Jackson's messages have a line ` at [Source: (byte[])"..."; line: 1]`
    if name.is_empty() || name.starts_with('[') || name.contains(char::is_whitespace) {
        return None;
    }
    // Java: app//module@1.0/com.acme.Class.method
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    let (class, method) = match name.rfind('.') {
        // constructors: Class..ctor
        Some(at) if name[..at].ends_with('.') => (&name[..at - 1], &name[at..]),
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("", name),
    };
    let (file, line) = match dotnet {
        Some((file, line)) => (file.to_owned(), line.trim().parse().ok()),
        None => place(inside.split(')').next().unwrap_or_default()),
    };
    let in_app = owner::in_app(class, &file);
    let known = line.is_some() || file.ends_with(".java") || file.ends_with(".kt") || file.ends_with(".scala");
    Some(Frame { class: class.to_owned(), method: method.to_owned(), file: known.then_some(file), line, in_app })
}

/// File and line of `File.java:88` or `/app/file.js:10:5`.
fn place(text: &str) -> (String, Option<u32>) {
    let number = |text: &str| text.parse::<u32>().ok();
    match text.rsplit_once(':') {
        Some((rest, last)) if number(last).is_some() => match rest.rsplit_once(':') {
            Some((file, line)) if number(line).is_some() => (file.to_owned(), number(line)),
            _ => (rest.to_owned(), number(last)),
        },
        _ => (text.to_owned(), None),
    }
}
