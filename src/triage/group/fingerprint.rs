//! Fingerprint v1: what makes two deaths the same cause. A better way gets a new version and never re-labels old incidents.

use std::fmt;

use super::normal::{normalise, plain_class, plain_method, simple_class};
use crate::decode::safe_cut;
use crate::decode::stack::Stack;
use crate::model::Death;

/// The version of the way fingerprints are made.
pub const VERSION: u8 = 1;
/// In-app frames that count.
const FRAMES: usize = 3;
/// Longest title, in characters.
const TITLE: usize = 80;

/// What a fingerprint goes by; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Root error class and its first in-app frames.
    Frames,
    /// Error class and message without ids and numbers.
    Message,
    /// The broker's reason or the pipeline's stage, and the origin.
    Reason,
    /// The message says nothing of its death.
    Nothing,
}

impl Basis {
    /// Why messages are one cause, in words.
    pub fn words(self, frames: usize) -> String {
        match self {
            Basis::Frames if frames == 1 => format!("same root error class and first frame (fingerprint v{VERSION})"),
            Basis::Frames => format!("same root error class and first {frames} frames (fingerprint v{VERSION})"),
            Basis::Message => format!("same error class and message, ids and numbers aside (fingerprint v{VERSION})"),
            Basis::Reason => format!("same reason and origin, no error was recorded (fingerprint v{VERSION})"),
            Basis::Nothing => "nothing in them says why they died".to_owned(),
        }
    }
}

/// What makes a cause. Two of the same hash are the same cause, on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    hash: [u8; 16],
    pub basis: Basis,
    /// How many frames it goes by.
    pub frames: usize,
    /// In one line, safe for a terminal: `PaymentTimeout at Gateway.charge`.
    pub title: String,
    /// The root error class, if any; with its package.
    pub class: Option<String>,
    /// Who failed them, as the messages tell.
    pub failed_by: Option<String>,
}

impl Fingerprint {
    /// 32 hex digits: the key under which incidents and hand-set categories are kept.
    pub fn hex(&self) -> String {
        self.hash.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The hash itself.
    pub fn hash(&self) -> [u8; 16] {
        self.hash
    }

    /// Why grouped, in words.
    pub fn why(&self) -> String {
        self.basis.words(self.frames)
    }
}

impl fmt::Display for Fingerprint {
    /// `v1:` and the hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{VERSION}:{}", self.hex())
    }
}

/// The fingerprint of a death. Always prefixed by who failed it: one event that two groups failed is two causes.
pub fn fingerprint(death: &Death) -> Fingerprint {
    let error = death.error.value.as_ref();
    let stack = error.and_then(|e| e.stack.as_deref()).map(Stack::parse).unwrap_or_default();
    let told = error.and_then(|e| e.class.as_deref()).map(plain_class).filter(|c| !c.is_empty());
    let told_message = error.and_then(|e| e.message.as_deref()).map(str::trim).filter(|m| !m.is_empty());
    let root = stack.root();

    // the trace knows the root better than a header that names a wrapper, unless the trace was cut before it came to the root
    let in_chain = told.as_ref().is_none_or(|told| stack.chain.iter().any(|t| same_class(&plain_class(&t.class), told)));
    let (class, message) = match root {
        Some(root) if in_chain && !root.class.is_empty() => {
            let class = plain_class(&root.class);
            let wraps = told.as_ref().is_some_and(|t| !same_class(&class, t));
            let own = root.message.as_deref().map(str::trim).filter(|m| !m.is_empty());
            (Some(class), if wraps { own.or(told_message) } else { told_message.or(own) })
        }
        _ => (told, told_message),
    };
    let frames: Vec<(String, String)> =
        stack.app_frames(FRAMES).into_iter().filter(|f| f.in_app).map(|f| (plain_class(&f.class), plain_method(&f.method))).collect();

    let simple = class.as_deref().map(simple_class);
    let mut hash = blake3::Hasher::new();
    let mut part = |text: &str| {
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    let failed_by = death.failed_by.value.clone().filter(|f| !f.is_empty());
    part(&format!("v{VERSION}"));
    part(failed_by.as_deref().unwrap_or(""));

    let stage = error.and_then(|e| e.stage.as_deref()).filter(|s| !s.is_empty());
    let origin = death.origin.value.as_ref().map(|o| o.name.as_str()).filter(|o| !o.is_empty());
    let (basis, title) = if let (Some(class), Some((first, rest))) = (&class, frames.split_first()) {
        part("frames");
        part(class);
        for (c, m) in std::iter::once(first).chain(rest) {
            part(&format!("{c}.{m}"));
        }
        (Basis::Frames, format!("{} at {}.{}", simple.unwrap_or(class), simple_class(&first.0), first.1))
    } else if class.is_some() || message.is_some() {
        let normal = message.map(normalise).unwrap_or_default();
        part("message");
        part(class.as_deref().unwrap_or(""));
        part(&normal);
        let title = match (simple, normal.is_empty()) {
            (Some(simple), true) => simple.to_owned(),
            (Some(simple), false) => format!("{simple}: {normal}"),
            (None, _) => normal,
        };
        (Basis::Message, title)
    } else if stage.is_some() || origin.is_some() {
        part("reason");
        part(stage.unwrap_or(""));
        part(origin.unwrap_or(""));
        let title = match (stage, origin) {
            (Some(stage), Some(origin)) => format!("{stage} from {origin} (no error recorded)"),
            (Some(stage), None) => format!("{stage} (no error recorded)"),
            (None, origin) => format!("no error recorded, from {}", origin.unwrap_or("?")),
        };
        (Basis::Reason, title)
    } else {
        part("nothing");
        (Basis::Nothing, super::NO_METADATA.to_owned())
    };
    let digest = hash.finalize();
    let mut short = [0; 16];
    short.copy_from_slice(digest.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
    Fingerprint { hash: short, basis, frames: frames.len(), title: safe_cut(&title, TITLE), class, failed_by }
}

/// Some headers have the short name only.
fn same_class(a: &str, b: &str) -> bool {
    a == b || simple_class(a) == simple_class(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Failure, Origin, Told};

    fn death(class: &str, message: &str, stack: Option<&str>) -> Death {
        let some = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
        let failure = Failure { class: some(class), message: some(message), stack: stack.map(str::to_owned), ..Failure::default() };
        Death { error: Told::header(failure, "x"), failed_by: Told::header("billing".to_owned(), "g"), ..Death::default() }
    }

    #[test]
    fn without_frames_class_and_message_without_ids_make_the_cause() {
        let a = fingerprint(&death("a.SerializationException", "Unknown magic byte 7 in order 6612", None));
        let b = fingerprint(&death("a.SerializationException", "Unknown magic byte 0 in order 1", None));
        let c = fingerprint(&death("a.SerializationException", "Cannot parse", None));
        assert_eq!(a.hex(), b.hex());
        assert_ne!(a.hex(), c.hex());
        assert_eq!(a.basis, Basis::Message);
        assert_eq!(a.title, "SerializationException: Unknown magic byte <n> in order <n>");
    }

    #[test]
    fn the_root_class_and_its_own_frames_make_the_cause_whatever_the_lines_and_lambdas() {
        let trace = |line: u32, lambda: u32| {
            format!(
                "org.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed\n\
                 \tat org.springframework.kafka.listener.Container.invoke(Container.java:{line})\n\
                 Caused by: com.acme.PaymentTimeout: HTTP 504 from payments after {line} ms\n\
                 \tat com.acme.pay.Gateway${lambda}.charge(Gateway.java:{line})\n\
                 \tat com.acme.Billing.lambda$onOrder${lambda}(Billing.java:41)\n\
                 \tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)\n\
                 \t... 12 more\n"
            )
        };
        let of = |line, lambda| fingerprint(&death("com.acme.PaymentTimeout", "Listener failed; HTTP 504", Some(&trace(line, lambda))));
        let (a, b) = (of(88, 0), of(90, 3));
        assert_eq!(a.hex(), b.hex());
        assert_eq!((a.basis, a.frames, a.title.as_str()), (Basis::Frames, 2, "PaymentTimeout at Gateway.charge"));
        let wrapped = fingerprint(&death("o.s.k.listener.ListenerExecutionFailedException", "Listener failed", Some(&trace(1, 1))));
        assert_eq!(wrapped.hex(), a.hex(), "a header that names the wrapper makes no other cause");
        let cut = "com.acme.Wrapper: x\n\tat com.acme.pay.Gateway.charge(Gateway.java:1)\n";
        let cut = fingerprint(&death("com.acme.PaymentTimeout", "HTTP 504", Some(cut)));
        assert_eq!(cut.class.as_deref(), Some("com.acme.PaymentTimeout"), "a trace cut before its root does not hide the root");
    }

    #[test]
    fn who_failed_it_is_part_of_it() {
        let a = death("a.X", "m", None);
        let b = Death { failed_by: Told::header("invoices".to_owned(), "g"), ..a.clone() };
        assert_ne!(fingerprint(&a).hex(), fingerprint(&b).hex());
    }

    #[test]
    fn a_reason_and_an_origin_do_where_no_error_was_recorded() {
        let failure = Failure { stage: Some("rejected".into()), ..Failure::default() };
        let origin = Origin { name: "orders".into(), ..Origin::default() };
        let death = Death { error: Told::header(failure, "x"), origin: Told::header(origin, "y"), ..Death::default() };
        let print = fingerprint(&death);
        assert_eq!((print.basis, print.title.as_str()), (Basis::Reason, "rejected from orders (no error recorded)"));
        assert_eq!(fingerprint(&Death::default()).basis, Basis::Nothing);
    }

    #[test]
    fn hostile_texts_are_made_safe_and_short() {
        let print = fingerprint(&death("a.X\u{1b}[2J", &"y".repeat(10_000), None));
        assert!(!print.title.contains('\u{1b}'));
        assert!(print.title.chars().count() <= TITLE + 10);
    }
}
