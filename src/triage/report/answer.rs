//! What a person says of a message in doubt, after having looked.

/// A person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Arrived,
    /// It may be sent again by a resume.
    NotArrived,
    /// Whether it arrived stays unknown, and it is not sent again.
    Leave,
}

impl Answer {
    const ALL: [Answer; 3] = [Answer::Arrived, Answer::NotArrived, Answer::Leave];

    /// The word shown to the user.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Arrived => "it arrived",
            Answer::NotArrived => "it did not arrive",
            Answer::Leave => "leave it",
        }
    }

    /// The answer of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.word() == word)
    }

    /// What follows from it.
    pub fn means(self) -> &'static str {
        match self {
            Answer::Arrived => "counts as done, never sent again",
            Answer::NotArrived => "counts as untouched, going on (R) sends it",
            Answer::Leave => "stays unknown, counts as skipped, never sent again",
        }
    }

    /// The option of `redrive jobs settle` that says so.
    pub fn flag(self) -> &'static str {
        match self {
            Answer::Arrived => "--arrived",
            Answer::NotArrived => "--missing",
            Answer::Leave => "--leave",
        }
    }
}
