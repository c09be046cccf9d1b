//! All questions, asked by several threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use emberdb_differential::question::Question;
use indicatif::ProgressBar;

use super::questions::origin_name;
use super::shrink::Difference;
use super::tally::Tally;
use super::trial::{Judgement, Trial};

/// The two servers share the machine with those who ask; more would only wait.
const THREADS: usize = 4;

/// Differences are kept up to this many; they are counted beyond.
const KEPT_MAX: usize = 1000;

/// What came of all questions.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) tally: Tally,
    /// In the order of the questions.
    pub(super) differences: Vec<Difference>,
    /// Questions that were not reached in time.
    pub(super) not_reached: usize,
}

/// Asks until all is asked, or the time is over.
pub(super) fn ask(trial: &Trial<'_>, questions: &[Question], time_box: Duration, bar: &ProgressBar) -> Asked {
    let give_up = Instant::now() + time_box;
    let next = AtomicUsize::new(0);
    let kept = Mutex::new((Tally::default(), Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while Instant::now() < give_up {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(question) = questions.get(place) else { break };
                    ask_one(trial, place, question, &kept);
                    bar.inc(1);
                }
            });
        }
    });
    let (tally, mut differences) = kept.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    differences.sort_by_key(|&(place, _)| place);
    let differences = differences.into_iter().map(|(_, difference)| difference).collect();
    let reached = usize::try_from(bar.position()).unwrap_or(usize::MAX);
    Asked { tally, differences, not_reached: questions.len().saturating_sub(reached) }
}

type Kept = (Tally, Vec<(usize, Difference)>);

fn ask_one(trial: &Trial<'_>, place: usize, question: &Question, kept: &Mutex<Kept>) {
    let touched = trial.touched(&question.query, question.when);
    let verdict = touched.is_empty().then(|| trial.judge(&question.query, question.when));
    let mut kept = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (tally, differences) = &mut *kept;
    let Some(verdict) = verdict else {
        return tally.not_asked(touched.iter().map(|change| change.name));
    };
    tally.count(&question.query, origin_name(question.origin), &verdict);
    if matches!(verdict.judgement, Judgement::Different(_)) && differences.len() < KEPT_MAX {
        differences.push((place, Difference { query: question.query.clone(), when: question.when, verdict }));
    }
}
