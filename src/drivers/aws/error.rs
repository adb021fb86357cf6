//! The SDK's and the service's failures as the contract's error: kind, cause, whether it may have happened, and what to do next.

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

use crate::broker::{Done, Error, ErrorKind};
use crate::model::{Address, ConnId};

/// Bytes of an error's body that are looked at for its name.
const BODY: usize = 4_096;
/// What the SDK says where no provider of its chain has any keys; it goes on with each of them.
const NONE: &str = "no credentials found in chain";
/// Characters of a cause that are shown.
const WORDS: usize = 400;

/// Where and for what a call failed.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub op: &'static str,
    pub conn: &'a ConnId,
    pub at: Option<&'a Address>,
    /// The right that it takes, by its IAM name.
    pub needs: &'static str,
    pub writes: bool,
}

/// A failure in the contract's terms.
pub fn error<E>(failed: &SdkError<E, HttpResponse>, call: Call<'_>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let (kind, cause, perhaps, again) = match failed {
        SdkError::ConstructionFailure(_) => {
            let text = chain(failed);
            let kind = construction(&text);
            (kind, if kind == ErrorKind::Login { said(failed) } else { text }, false, false)
        }
        SdkError::TimeoutError(_) => (ErrorKind::Timeout, "no answer in time".to_owned(), true, true),
        SdkError::DispatchFailure(_) => {
            let text = chain(failed);
            let kind = construction(&text);
            if kind == ErrorKind::Login {
                (kind, said(failed), false, false)
            } else {
                // what never was connected never was sent
                let sent = !text.contains("(Connect)") && !text.contains("dns error");
                (ErrorKind::Unreachable, shorter(&text), sent, true)
            }
        }
        SdkError::ResponseError(_) => (ErrorKind::Unexpected, chain(failed), true, true),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let body = answer.raw().body().bytes().unwrap_or_default();
            let body = String::from_utf8_lossy(body.get(..body.len().min(BODY)).unwrap_or_default()).into_owned();
            // the body is XML even to a client of the JSON protocol where a front door refuses it: the SDK then takes the status for the name
            let code = answer.err().code().filter(|c| c.parse::<u16>().is_err()).map(str::to_owned).or_else(|| element(&body, "Code"));
            let said = answer.err().message().map(str::to_owned).or_else(|| element(&body, "Message")).unwrap_or_default();
            let code = code.unwrap_or_default();
            let kind = kind(&code, &said, status);
            let words = match (code.is_empty(), said.is_empty()) {
                (false, false) => format!("{code}: {said}"),
                (false, true) => code,
                (true, false) => format!("HTTP {status}: {said}"),
                (true, true) => format!("HTTP {status}"),
            };
            (kind, words, status >= 500, status >= 500)
        }
        _ => (ErrorKind::Unexpected, chain(failed), true, false),
    };
    let mut e = Error::new(kind, call.op, short(&cause)).on(call.conn);
    if let Some(at) = call.at {
        e = e.about(at);
    }
    e.retry |= again;
    if call.writes && perhaps {
        e.done = Done::Perhaps;
        e.retry = false;
    }
    let next = next(kind, call);
    e.next(next)
}

/// What one entry of a batch that was otherwise accepted failed with.
pub fn entry(code: &str, message: Option<&str>, call: Call<'_>) -> Error {
    let said = message.unwrap_or_default();
    let kind = kind(code, said, 400);
    let cause = if said.is_empty() { code.to_owned() } else { format!("{code}: {said}") };
    let mut e = Error::new(kind, call.op, short(&cause)).on(call.conn);
    if let Some(at) = call.at {
        e = e.about(at);
    }
    e.next(next(kind, call))
}

/// What kind a failure is by its name, or else by its HTTP status.
fn kind(code: &str, said: &str, status: u16) -> ErrorKind {
    // `AWS.SimpleQueueService.NonExistentQueue`, `com.amazonaws.sqs#QueueDoesNotExist`
    let name = code.rsplit(['.', '#']).next().unwrap_or(code);
    match name {
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "InvalidAccessKeyId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "InvalidSecurity"
        | "AuthFailure" => ErrorKind::Login,
        "NonExistentQueue"
        | "QueueDoesNotExist"
        | "QueueDeletedRecently"
        | "NotFound"
        | "NotFoundException"
        | "ResourceNotFoundException" => ErrorKind::NotFound,
        "InvalidAction" | "UnknownOperationException" | "NotImplemented" => ErrorKind::Unsupported,
        "UnsupportedOperation" if said.to_ascii_lowercase().contains("not supported") => ErrorKind::Unsupported,
        "OverLimit" | "SlowDown" | "RequestLimitExceeded" | "TooManyRequestsException" => ErrorKind::Throttled,
        "ReceiptHandleIsInvalid" | "MessageNotInflight" => ErrorKind::Gone,
        _ if name.contains("Throttl") => ErrorKind::Throttled,
        _ if name.contains("AccessDenied") || name.contains("Authorization") || name == "Forbidden" => ErrorKind::Denied,
        _ if status == 401 => ErrorKind::Login,
        _ if status == 403 => ErrorKind::Denied,
        _ if status == 404 => ErrorKind::NotFound,
        _ if status == 429 => ErrorKind::Throttled,
        _ if (400..500).contains(&status) => ErrorKind::Invalid,
        _ => ErrorKind::Unexpected,
    }
}

/// Before a request is made there are credentials to be found, and a region.
fn construction(text: &str) -> ErrorKind {
    let t = text.to_ascii_lowercase();
    if t.contains("credential") || t.contains("sso") || t.contains("token") { ErrorKind::Login } else { ErrorKind::Invalid }
}

/// What to do about it; one sentence.
fn next(kind: ErrorKind, call: Call<'_>) -> String {
    match kind {
        ErrorKind::Unreachable => "check region and endpoint_url, and whether a proxy or firewall stands between".into(),
        ErrorKind::Login => "check the keys in the config, or sign in anew (aws sso login) where the SDK's chain gives them".into(),
        ErrorKind::Denied => format!("ask for the right {}", call.needs),
        ErrorKind::NotFound => "check the name, and that it is in this region and account".into(),
        ErrorKind::Throttled => "wait a little, then try again".into(),
        ErrorKind::Timeout | ErrorKind::Unexpected if call.writes => "see whether it is there before it is sent again".into(),
        ErrorKind::Timeout | ErrorKind::Unexpected => "see whether the service is well, then try again".into(),
        ErrorKind::Unsupported => "this endpoint has no such call".into(),
        ErrorKind::Gone => "look again: it was taken or came back meanwhile".into(),
        _ => "change the message or the setting that it names".into(),
    }
}

/// An error and its sources, each once; the SDK's own `Display` says next to nothing.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}

/// Why no credentials were found, on one line; where the whole chain of providers was tried, what the profile came to is what matters.
pub fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let text = chain(error);
    let profile = text.lines().find_map(|line| line.trim().strip_prefix("Profile: "));
    let words = profile.map_or_else(|| text.lines().map(str::trim).collect::<Vec<_>>().join(" "), str::to_owned);
    let mut words = words.as_str();
    for link in
        ["dispatch failure: ", "other: ", "the credential provider was not enabled: ", "an error occurred while loading credentials: "]
    {
        words = words.strip_prefix(link).unwrap_or(words);
    }
    if text.contains(NONE) && (profile.is_none() || words == "the credential provider was not enabled") {
        return "no keys are set, here or where the SDK looks: environment, AWS files, web identity, container, instance".to_owned();
    }
    // the last provider of the chain: on no machine but one of EC2 is it meant
    let asked_last = if words.contains("IMDS") { "no keys are set here or in the AWS files, and the instance gives none: " } else { "" };
    short(&format!("{asked_last}{words}"))
}

/// The last links of a chain of transport errors: the first only say that there was one.
fn shorter(text: &str) -> String {
    let mut t = text;
    for link in ["dispatch failure: ", "io error: ", "client error (Connect): ", "tcp connect error: "] {
        t = t.strip_prefix(link).unwrap_or(t);
    }
    t.to_owned()
}

/// One line of bounded length: a refused signature is explained with the whole request.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

/// The text of the first XML element of this name.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_statuses_have_their_kinds() {
        for (code, status, want) in [
            ("AWS.SimpleQueueService.NonExistentQueue", 400, ErrorKind::NotFound),
            ("com.amazonaws.sqs#QueueDoesNotExist", 400, ErrorKind::NotFound),
            ("SignatureDoesNotMatch", 403, ErrorKind::Login),
            ("InvalidClientTokenId", 403, ErrorKind::Login),
            ("AccessDeniedException", 400, ErrorKind::Denied),
            ("KMS.AccessDeniedException", 400, ErrorKind::Denied),
            ("", 403, ErrorKind::Denied),
            ("RequestThrottled", 400, ErrorKind::Throttled),
            ("KMS.ThrottlingException", 400, ErrorKind::Throttled),
            ("OverLimit", 403, ErrorKind::Throttled),
            ("InvalidParameterValue", 400, ErrorKind::Invalid),
            ("ReceiptHandleIsInvalid", 400, ErrorKind::Gone),
            ("InternalError", 500, ErrorKind::Unexpected),
        ] {
            assert_eq!(kind(code, "", status), want, "{code} {status}");
        }
    }

    #[test]
    fn without_any_keys_that_is_said_and_not_how_it_was_found_out() {
        let all = |profile: &str| {
            let tried = format!("Attempted:\n  Environment: the credential provider was not enabled\n  Profile: {profile}\n");
            said(&std::io::Error::other(format!("other: the credential provider was not enabled: {NONE}. {tried}")))
        };
        assert!(all("the credential provider was not enabled").starts_with("no keys are set, here or where the SDK looks"));
        assert_eq!(all("the credential provider was not enabled: profile `x` was not defined"), "profile `x` was not defined");
        let metadata = std::io::Error::other("other: an error occurred while loading credentials: failed to load IMDS session token");
        assert!(said(&metadata).starts_with("no keys are set here or in the AWS files, and the instance gives none: failed to load IMDS"));
    }

    #[test]
    fn a_refusal_in_xml_has_its_name_read() {
        let body = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The signature</Message></Error></ErrorResponse>";
        assert_eq!(element(body, "Code").as_deref(), Some("SignatureDoesNotMatch"));
        assert_eq!(element("<Code></Code>", "Code"), None);
        assert_eq!(short(&"x".repeat(5_000)).chars().count(), WORDS + 1);
    }
}
