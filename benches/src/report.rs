//! How figures are printed.

/// Prints a heading.
pub fn heading(text: &str) {
    println!("\n## {text}");
}

/// Prints one figure of several rounds: the median, the worst and the best, its unit, and the goal.
pub fn figure(name: &str, unit: &str, rounds: &[f64], goal: &str) {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else {
        return;
    };
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    println!("{name:<58} {median:>12.1} {unit:<14} ({low:.1} to {high:.1})  {goal}");
}

/// The value that a share `q` (0 to 1) of the values does not exceed; 0 for none.
pub fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "counts of samples")]
    let place = (values.len().saturating_sub(1) as f64 * q).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 0..len"
    )]
    values.get(place as usize).copied().unwrap_or_default()
}
