//! The conditions that three category names have without a `match` of their own.

use std::sync::LazyLock;

use regex::Regex;

use super::Symptom;

/// Decode, schema and argument errors.
const VALIDATION: &str = r"(?x) Seriali[sz]ation | Validation | IllegalArgument | Argument(Null|OutOfRange)?(Exception|Error) | ValueError | InvalidFormat | Json | Avro
    | Protobuf | Schema | Parse | Malformed | NumberFormat | ^(.*\.)?FormatException | DateTimeException | DataException | MessageConversion | UnrecognizedProperty
    | NotReadable | Decod(e|ing) | Unmarshal | MismatchedInput | CharacterCoding | \.ConstraintViolationException";
/// Timeouts and peers that cannot be reached.
const TIMEOUT: &str = r"(?x) Time(d)?[Oo]ut | Deadline | ConnectException | Connect(ion)?(Refused|Reset|Aborted|Closed|Error|Timeout) | Unreachable | UnknownHost | NoRouteToHost
    | SocketException | HttpHostConnect | ServiceUnavailable | ResourceAccess | CallNotPermitted | CircuitBreaker | TooManyRequests | Throttl | BrokerNotAvailable
    | LeaderNotAvailable | DisconnectException";
/// Faults of code, database, memory, I/O.
const SYSTEM: &str = r"(?x) NullPointer | NullReference | IndexOutOf | ClassCast | InvalidCast | IllegalState | InvalidOperation | Arithmetic | DivideByZero | ZeroDivision
    | UnsupportedOperation | NotImplemented | NoSuch | NoClassDef | ClassNotFound | LinkageError | StackOverflow | OutOfMemory | MemoryError | SQL | Jdbc | DataAccess
    | Hibernate | Persistence | Deadlock | Mongo | Redis | IOException | IOError | OSError | FileNotFound | AccessDenied | (Key|Attribute|Type|Index|Name|Assertion|Internal)Error
    | ConcurrentModification | Database | VirtualMachine";
/// What a message says of a timeout where the class says nothing.
const TIMEOUT_WORDS: &str =
    r"(?i)timed? ?-?out|deadline exceeded|connection (refused|reset|closed)|unreachable|\b50[234]\b|no route to host|unknown host";
/// What a message says of bad data, likewise.
const VALIDATION_WORDS: &str =
    r"(?i)deseriali|unmarshal|cannot parse|parse error|malformed|magic byte|schema|invalid (json|format|value|argument)|validation";
/// What a message says of a fault, likewise.
const SYSTEM_WORDS: &str = r"(?i)null ?pointer|out of memory|no space left|deadlock|database|disk|i/o error|stack overflow";
/// Classes that say nothing: then the message may speak.
const VAGUE: &str = r"^(.*[.$])?(Exception|Error|Throwable|RuntimeException|SystemException|IOException|KafkaException|ConnectException|RetriableException|ListenerExecutionFailedException|StreamsException)$";

struct Condition {
    class: Option<Regex>,
    words: Option<Regex>,
}

fn condition(class: &str, words: &str) -> Condition {
    Condition { class: Regex::new(class).ok(), words: Regex::new(words).ok() }
}

static CONDITIONS: LazyLock<[(&str, Condition); 3]> = LazyLock::new(|| {
    [
        ("validation_error", condition(VALIDATION, VALIDATION_WORDS)),
        ("timeout_error", condition(TIMEOUT, TIMEOUT_WORDS)),
        ("system_error", condition(SYSTEM, SYSTEM_WORDS)),
    ]
});
static VAGUENESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(VAGUE).ok());

/// Whether the built-in condition of this name holds, and by what. The root class decides; its message only where the class is absent or says nothing.
pub(super) fn holds(name: &str, s: Symptom<'_>) -> Option<String> {
    let (_, condition) = CONDITIONS.iter().find(|(n, _)| *n == name)?;
    let vague = s.class.is_none_or(|c| VAGUENESS.as_ref().is_some_and(|v| v.is_match(c)));
    // a vague class is judged by its message first, so that `RuntimeException: read timed out` is a timeout under any order of rules
    if vague && s.message.is_some_and(says_something) {
        return condition.words.as_ref()?.is_match(s.message?).then(|| "its message".to_owned());
    }
    if name == "validation_error" && s.stage.is_some_and(|stage| stage.ends_with("_CONVERTER")) {
        return Some(format!("stage {}", s.stage?));
    }
    // only the simple name: packages are called `schema` or `redis` for no reason of the error
    // Kafka Connect's ConnectException is its general one and has nothing to do with a connection
    let class = s.class.filter(|c| *c != "org.apache.kafka.connect.errors.ConnectException")?;
    let simple = class.rsplit(['.', '$']).next().unwrap_or(class);
    let dotted = format!(".{simple}");
    condition.class.as_ref()?.is_match(&dotted).then(|| format!("class {simple}"))
}

/// Whether a message gives any of the three a reason.
fn says_something(message: &str) -> bool {
    CONDITIONS.iter().any(|(_, c)| c.words.as_ref().is_some_and(|w| w.is_match(message)))
}
