//! Texts without what changes from message to message: ids, numbers, times, paths, and the suffixes that runtimes generate.

use std::sync::LazyLock;

use regex::Regex;

/// Characters of a message that are looked at; what follows is told by the beginning.
const LOOKED_AT: usize = 512;

/// In the order they are tried at one place: the more special first.
const TOKENS: &str = r#"(?x)
      (?P<url>   \b[a-z][a-z0-9+.-]{1,15}://[^\s"'<>)\]]+ )
    | (?P<email> [\w.+-]+@[\w-]+\.[\w.-]+ )
    | (?P<uuid>  \b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b )
    | (?P<time>  \b\d{4}-\d\d-\d\d(?:[T\x20]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\x20?(?:Z|UTC|[+-]\d\d:?\d\d))?)?\b | \b\d\d:\d\d:\d\d(?:[.,]\d+)?\b )
    | (?P<ip>    \b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b | \[?(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{1,4}\]?(?::\d{1,5})? )
    | (?P<str>   "[^"]{0,256}" | '[^'\s][^']{0,255}' | `[^`]{0,256}` | ‹[^›]{0,256}› | “[^”]{0,256}” )
    | (?P<path>  (?:\b[A-Za-z]:\\|\B/)[\w.@%+-]+(?:[/\\][\w.@%+-]+)+/? )
    | (?P<hex>   \b0x[0-9a-fA-F]+\b | \b[0-9a-fA-F]*[0-9][0-9a-fA-F]*[a-fA-F][0-9a-fA-F]{5,}\b | \b[0-9a-fA-F]*[a-fA-F][0-9a-fA-F]*[0-9][0-9a-fA-F]{5,}\b | @[0-9a-f]{5,16}\b )
    | (?P<word>  [A-Za-z_]\w*\d\w* )
    | (?P<num>   \d+(?:[.,_]\d+)* )
"#;

static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(TOKENS).ok());

/// A message with ids, numbers, times, addresses, paths and quoted strings as tokens (`<n>`, `<uuid>`), on one line.
/// Two messages of one kind of failure become the same text.
pub fn normalise(message: &str) -> String {
    let cut: String = message.chars().take(LOOKED_AT).collect();
    let replaced = match PATTERN.as_ref() {
        Some(pattern) => pattern.replace_all(&cut, |found: &regex::Captures<'_>| {
            const NAMES: [&str; 9] = ["url", "email", "uuid", "time", "ip", "str", "path", "hex", "num"];
            match NAMES.into_iter().find(|n| found.name(n).is_some()) {
                Some("num") => "<n>".to_owned(),
                Some(name) => format!("<{name}>"),
                // a word with digits: only its digits go, `order-7731` and `order7731` are of one kind
                None => digits_out(found.get(0).map_or("", |m| m.as_str())),
            }
        }),
        None => cut.as_str().into(),
    };
    replaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn digits_out(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut in_digits = false;
    for c in word.chars() {
        match (c.is_ascii_digit(), in_digits) {
            (true, false) => out.push_str("<n>"),
            (true, true) => {}
            (false, _) => out.push(c),
        }
        in_digits = c.is_ascii_digit();
    }
    out
}

/// A class without what a runtime adds: proxies, CGLIB, lambdas, anonymous numbers, hashes.
/// `a.Gateway$$SpringCGLIB$$0` is `a.Gateway`, `a.B$1` is `a.B`, `a.B$$Lambda$14/0x00` is `a.B`.
pub fn plain_class(class: &str) -> String {
    let class = class.trim();
    // Java module and loader names stand before a slash: `app//a.B`, `java.base/java.util.X`
    let class = class.rsplit_once('/').filter(|(_, rest)| rest.contains('.')).map_or(class, |(_, rest)| rest);
    let class = class.split("$$").next().unwrap_or(class);
    let class = class.split('/').next().unwrap_or(class);
    let mut class = class.split('@').next().unwrap_or(class);
    for suffix in ["_Subclass", "_ClientProxy", "_Bean"] {
        class = class.strip_suffix(suffix).unwrap_or(class);
    }
    let kept: Vec<&str> = class
        .split('$')
        .enumerate()
        .filter(|(i, part)| *i == 0 || !(part.is_empty() || part.bytes().all(|b| b.is_ascii_digit())))
        .map(|(_, part)| part)
        .collect();
    let joined = kept.join("$");
    // com.sun.proxy.$Proxy45, jdk.proxy2.$Proxy101
    match joined.find("$Proxy") {
        Some(at) => format!("{}$Proxy", &joined[..at]).replace("jdk.proxy", "proxy").trim_start_matches('.').to_owned(),
        None => joined,
    }
}

/// A method without lambda numbers and state machines: `lambda$onOrder$3` is `onOrder`, `<OnOrder>d__12.MoveNext` is `OnOrder`.
pub fn plain_method(method: &str) -> String {
    let method = method.trim();
    if let Some(inner) = method.strip_prefix("lambda$") {
        return inner.split('$').next().filter(|m| !m.is_empty()).unwrap_or("lambda").to_owned();
    }
    // <init> and <clinit> are Java's constructors; .NET puts the real name in the brackets and goes on
    if let Some((inner, rest)) = method.strip_prefix('<').and_then(|m| m.split_once('>'))
        && !rest.is_empty()
    {
        return inner.to_owned();
    }
    method.split(['$', '(']).next().filter(|m| !m.is_empty()).unwrap_or(method).to_owned()
}

/// The name without package and outer class: `a.b.Outer$PaymentTimeout` is `PaymentTimeout`.
pub fn simple_class(class: &str) -> &str {
    class.rsplit(['.', '$', '/', ':']).find(|p| !p.is_empty()).unwrap_or(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_becomes_a_token() {
        for (was, is) in [
            ("HTTP 504 from payments after 30,000 ms", "HTTP <n> from payments after <n> ms"),
            ("order 6f1c2b1e-8f3a-4c1d-9d3e-2b7a5c9e0f11 of a.b@example.com", "order <uuid> of <email>"),
            ("connect to 10.0.0.7:5432 failed at 2026-11-23T03:11:58.402Z", "connect to <ip> failed at <time>"),
            ("no such file /var/lib/app/data-17.json", "no such file <path>"),
            ("Unknown magic byte! id \"x 1\" 'y2'", "Unknown magic byte! id <str> <str>"),
            ("user7731 has e3b0c44298fc1c149afbf4c8 @1a2b3c4d", "user<n> has <hex> <hex>"),
            ("GET https://pay.example.com/v1/x?y=1 -> 0x7fff", "GET <url> -> <hex>"),
            ("can't  do\n it", "can't do it"),
            ("bad feed decade", "bad feed decade"),
        ] {
            assert_eq!(normalise(was), is);
        }
    }

    #[test]
    fn what_runtimes_add_goes() {
        for (was, is) in [
            ("com.acme.Gateway$$EnhancerBySpringCGLIB$$a1b2c3", "com.acme.Gateway"),
            ("com.acme.Gateway$$SpringCGLIB$$0", "com.acme.Gateway"),
            ("com.acme.Billing$$Lambda$14/0x0000000800c0", "com.acme.Billing"),
            ("com.acme.Billing$1", "com.acme.Billing"),
            ("com.acme.Outer$Inner", "com.acme.Outer$Inner"),
            ("com.acme.Tax_Subclass", "com.acme.Tax"),
            ("app//com.acme.Tax", "com.acme.Tax"),
            ("com.sun.proxy.$Proxy45", "com.sun.proxy.$Proxy"),
        ] {
            assert_eq!(plain_class(was), is);
        }
        for (was, is) in [
            ("lambda$onOrder$3", "onOrder"),
            ("lambda$null$0", "null"),
            ("<OnOrder>d__12.MoveNext", "OnOrder"),
            ("<init>", "<init>"),
            ("charge", "charge"),
            ("access$100", "access"),
        ] {
            assert_eq!(plain_method(was), is);
        }
        assert_eq!(simple_class("a.b.Outer$PaymentTimeout"), "PaymentTimeout");
    }
}
