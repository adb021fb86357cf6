//! Declared events: what a message must look like.

/// One event of one type and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its family (`ScriptEvents`).
    pub family: String,
    /// Its name (`ScriptCreated`).
    pub name: String,
    /// `event_type`, which picks it.
    pub event_type: String,
    /// `version`, which the message's must equal.
    pub version: String,
    /// Fields below `/payload`.
    pub payload: Vec<Field>,
    /// Fields below `/metadata`.
    pub metadata: Vec<Field>,
}

/// One field and what it must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, letter for letter.
    pub name: String,
    /// What it must hold.
    pub expect: Expect,
}

/// What a field must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// A value of this type. Required unless `optional` (`"string?"`).
    Type {
        /// The type.
        word: TypeWord,
        /// Whether it may be absent or null.
        optional: bool,
    },
    /// Exactly this text (only in `metadata`).
    Constant(String),
}

/// The types a config can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeWord {
    /// 8-4-4-4-12 hex digits.
    Uuid,
    /// Any text.
    String,
    /// A JSON number without a fraction, of any size.
    Integer,
    /// Any JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// RFC 3339 with `Z` or an offset, or integer epoch milliseconds.
    Timestamp,
}

impl TypeWord {
    /// All of them.
    pub const ALL: [TypeWord; 8] = [
        TypeWord::Uuid,
        TypeWord::String,
        TypeWord::Integer,
        TypeWord::Number,
        TypeWord::Boolean,
        TypeWord::Object,
        TypeWord::Array,
        TypeWord::Timestamp,
    ];

    /// The word of the config.
    pub fn word(self) -> &'static str {
        match self {
            TypeWord::Uuid => "uuid",
            TypeWord::String => "string",
            TypeWord::Integer => "integer",
            TypeWord::Number => "number",
            TypeWord::Boolean => "boolean",
            TypeWord::Object => "object",
            TypeWord::Array => "array",
            TypeWord::Timestamp => "timestamp",
        }
    }

    /// The type that a word means, without a `?`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.word() == word)
    }
}
