//! Counts over time as one word of bars.

/// `▁▂▃▅▆█`: each value as an eighth of the largest. Empty when there is nothing; all low when nothing came.
pub fn spark(values: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    values.iter().map(|v| BARS[(u128::from(*v) * 7).div_ceil(u128::from(most)) as usize]).collect()
}

/// The last values squeezed into `columns` bars, neighbours summed.
pub fn squeezed(values: &[u64], columns: usize) -> String {
    if values.len() <= columns || columns == 0 {
        return spark(values);
    }
    let per = values.len().div_ceil(columns);
    let from = values.len() - (values.len() / per) * per;
    spark(&values[from..].chunks(per).map(|c| c.iter().sum()).collect::<Vec<u64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_shares_of_the_largest() {
        assert_eq!(spark(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(spark(&[0, 0]), "▁▁");
        assert_eq!(spark(&[]), "");
        assert_eq!(spark(&[u64::MAX]), "█");
        assert_eq!(squeezed(&[1, 1, 2, 2, 3, 3], 3).chars().count(), 3);
    }
}
