//! The smallest question that still differs.

use emberdb_differential::question::{When, smaller};

use super::trial::{Judgement, Trial, Verdict};

/// At most so many smaller questions are asked for one difference.
const ASKED_MAX: usize = 250;

/// A question on which two differ.
pub(super) struct Difference {
    pub(super) query: String,
    pub(super) when: When,
    pub(super) verdict: Verdict,
}

/// Makes the query smaller, and its times fewer, as long as the answers differ.
pub(super) fn shrink(trial: &Trial<'_>, mut difference: Difference) -> Difference {
    let mut asked = 0;
    'smaller: loop {
        for (query, when) in candidates(&difference) {
            if asked == ASKED_MAX {
                break 'smaller;
            }
            if !trial.touched(&query, when).is_empty() {
                continue;
            }
            asked += 1;
            let verdict = trial.judge(&query, when);
            if matches!(verdict.judgement, Judgement::Different(_)) {
                difference = Difference { query, when, verdict };
                continue 'smaller;
            }
        }
        break;
    }
    difference
}

/// Fewer times first: whatever comes after is asked the faster.
fn candidates(difference: &Difference) -> Vec<(String, When)> {
    let fewer = fewer_times(difference.when).into_iter().map(|when| (difference.query.clone(), when));
    let smaller = smaller(&difference.query).into_iter().map(|query| (query, difference.when));
    fewer.chain(smaller).collect()
}

/// An instant for a range, or a half of it.
fn fewer_times(when: When) -> Vec<When> {
    let When::Range { start_ms, end_ms, step_ms } = when else { return Vec::new() };
    let steps = (end_ms - start_ms).div_euclid(step_ms.max(1));
    let last_ms = start_ms + steps * step_ms;
    let middle_ms = start_ms + steps / 2 * step_ms;
    let mut fewer = [start_ms, last_ms, middle_ms].map(|time_ms| When::Instant { time_ms }).to_vec();
    if steps > 0 {
        fewer.push(When::Range { start_ms, end_ms: middle_ms, step_ms });
        fewer.push(When::Range { start_ms: middle_ms + step_ms, end_ms: last_ms, step_ms });
    }
    fewer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_shorter_and_end() {
        let mut when = When::Range { start_ms: 0, end_ms: 1000, step_ms: 7 };
        let mut rounds = 0;
        while let Some(&shorter) = fewer_times(when).last().filter(|when| matches!(when, When::Range { .. }))
        {
            when = shorter;
            rounds += 1;
        }
        assert!((5..20).contains(&rounds), "{rounds}");
    }
}
