//! The smallest data on which a question still differs.

use std::io;

use emberdb_differential::data::{DataSeries, DataSet};

use super::finding::Findings;
use super::needs::Needs;
use super::pair::{Pair, Programs};
use super::shrink::Difference;
use super::trial::{Judgement, Trial, Verdict, Version};

/// So many times both servers are started anew for one difference, a second each.
const TRIALS_MAX: usize = 60;

/// Where smaller data is tried.
pub(super) struct Laboratory<'a> {
    pub(super) programs: &'a Programs,
    pub(super) data: &'a DataSet,
    pub(super) version: Version,
}

impl Laboratory<'_> {
    /// Gives new servers nothing but what the query reads, in time, and less and less of that while the answers differ. `None` if they do
    /// not differ at all then: the difference is one of blocks, late samples, deletions or restarts.
    pub(super) fn shrink(&self, difference: &Difference) -> io::Result<Option<(DataSet, Difference)>> {
        let read = Needs::of(&difference.query, difference.when).read(self.data);
        let Some(mut smallest) = self.differs(read.clone(), difference)? else { return Ok(None) };
        let mut trials = 0;
        let mut kept = read;
        // Whole series first, and then samples.
        for part in [Part::Series, Part::Samples] {
            let all = kept.clone();
            smaller(part.count(&all), |chosen| {
                trials += 1;
                if trials > TRIALS_MAX {
                    return Ok(false);
                }
                let fewer = part.choose(&all, chosen);
                let Some(found) = self.differs(fewer.clone(), difference)? else { return Ok(false) };
                (smallest, kept) = (found, fewer);
                Ok::<_, io::Error>(true)
            })?;
        }
        let Difference { query, when, .. } = difference;
        let difference = Difference { query: query.clone(), when: *when, verdict: smallest };
        Ok(Some((self.data.only(kept), difference)))
    }

    /// What new servers say that have this data, if they differ.
    fn differs(&self, series: Vec<DataSeries>, difference: &Difference) -> io::Result<Option<Verdict>> {
        if series.is_empty() {
            return Ok(None);
        }
        let data = self.data.only(series);
        let pair = Pair::start(self.programs)?;
        pair.feed_plainly(&data, &mut Findings::default())?;
        let trial = Trial {
            reference: &pair.prometheus.endpoint,
            other: &pair.ember.endpoint,
            twin: None,
            version: self.version,
            families: data.families(),
            every_order_counts: true,
        };
        let verdict = trial.judge(&difference.query, difference.when);
        Ok(matches!(verdict.judgement, Judgement::Different(_)).then_some(verdict))
    }
}

/// What is left out.
#[derive(Clone, Copy)]
enum Part {
    Series,
    Samples,
}

impl Part {
    fn count(self, all: &[DataSeries]) -> usize {
        match self {
            Self::Series => all.len(),
            Self::Samples => all.iter().map(|series| series.samples.len()).sum(),
        }
    }

    fn choose(self, all: &[DataSeries], chosen: &[bool]) -> Vec<DataSeries> {
        let mut chosen = chosen.iter().copied();
        let mut next = || chosen.next().unwrap_or(false);
        let mut kept = all.to_vec();
        match self {
            Self::Series => kept.retain(|_| next()),
            Self::Samples => {
                kept.iter_mut().for_each(|series| series.samples.retain(|_| next()));
                kept.retain(|series| !series.samples.is_empty());
            }
        }
        kept
    }
}

/// Leaves out runs of things, half of them first, while what is left `still_does` what it should.
fn smaller<E>(count: usize, mut still_does: impl FnMut(&[bool]) -> Result<bool, E>) -> Result<Vec<bool>, E> {
    let mut chosen = vec![true; count];
    let mut run = count.div_ceil(2);
    while run > 0 {
        let left: Vec<usize> = (0..count).filter(|&place| chosen[place]).collect();
        for places in left.chunks(run) {
            let before = chosen.clone();
            places.iter().for_each(|&place| chosen[place] = false);
            if !still_does(&chosen)? {
                chosen = before;
            }
        }
        run /= 2;
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn what_is_needed_is_left() {
        for (count, needed) in [(1, vec![0]), (2, vec![]), (100, vec![3, 57, 58]), (7, vec![0, 6])] {
            let mut asked = 0;
            let chosen = smaller(count, |chosen| {
                asked += 1;
                Ok::<_, Infallible>(needed.iter().all(|&place: &usize| chosen[place]))
            });
            let left: Vec<usize> = (0..count).filter(|&place| chosen.as_ref().unwrap()[place]).collect();
            assert_eq!(left, needed);
            assert!(asked <= 40, "{asked}");
        }
    }

    #[test]
    fn parts_are_chosen_by_their_places() {
        let data = DataSet::new(1, 1_700_000_000_000, Vec::new());
        let all: Vec<DataSeries> = data.series()[..3].to_vec();
        let series = Part::Series.choose(&all, &[false, true, true]);
        assert_eq!(series, all[1..]);
        let count = Part::Samples.count(&all);
        assert_eq!(Part::Samples.choose(&all, &vec![true; count]), all);
        let mut first = vec![false; count];
        first[0] = true;
        let one = Part::Samples.choose(&all, &first);
        assert_eq!((one.len(), &one[0].samples[..]), (1, &all[0].samples[..1]));
    }
}
