//! How far two words are apart, for "did you mean".

/// Changes between two words: letters put in, left out, taken for another, or swapped.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let width = b.len() + 1;
    let mut cells = vec![0usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let cell = if i == 0 || j == 0 {
                i + j
            } else {
                let same = usize::from(a[i - 1] != b[j - 1]);
                let mut best =
                    (cells[(i - 1) * width + j] + 1).min(cells[i * width + j - 1] + 1).min(cells[(i - 1) * width + j - 1] + same);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(cells[(i - 2) * width + j - 2] + 1);
                }
                best
            };
            cells[i * width + j] = cell;
        }
    }
    cells[a.len() * width + b.len()]
}

/// The known word that was surely meant: one letter off, in longer words two.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    // nothing that we know is longer, and the comparison costs length × length
    if length > 60 {
        return None;
    }
    let limit = if length <= 4 { 1 } else { 2 };
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, candidate)| (1..=limit).contains(far) && candidate.chars().count() > *far)
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// Words as a list for reading: `a, b or c`.
pub fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_near_and_other_words_are_not() {
        let known = ["authorization", "read_only", "acks", "uuid"];
        assert_eq!(nearest("authorisation", known), Some("authorization"));
        assert_eq!(nearest("readonly", known), Some("read_only"));
        assert_eq!(nearest("akcs", known), Some("acks"));
        assert_eq!(nearest("uid", known), Some("uuid"));
        assert_eq!(nearest("retries", known), None);
        assert_eq!(either(&["a", "b", "c"]), "a, b or c");
    }
}
