//! Several storages of the same database, asked as one: blocks in the order of time, then the head.

use emberdb_model::storage::{Querier, SeriesSet, StorageError};
use emberdb_model::{Label, Matcher, SampleColumns, SampleValue, SymbolTable, TimeRange};

use super::label_order::{compare_labels, label_order};

/// A storage and the time that it answers for: samples outside of it are not asked for.
pub(crate) struct Part {
    pub(crate) querier: Box<dyn Querier>,
    pub(crate) range: TimeRange,
}

/// Asks several storages. Of samples of the same time and series the earliest part's is taken.
pub(crate) struct MergedQuerier {
    parts: Vec<Part>,
}

impl MergedQuerier {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// The parts that have to do with `range`, each with what of the range is its.
    fn parts_in(&self, range: TimeRange) -> impl Iterator<Item = (&dyn Querier, TimeRange)> {
        let parts = self.parts.iter().map(move |part| (&*part.querier, part.range.intersection(&range)));
        parts.filter(|(_, range)| !range.is_empty())
    }
}

impl Querier for MergedQuerier {
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError> {
        let mut sets = Vec::new();
        for (querier, range) in self.parts_in(range) {
            let set = querier.select(matchers, range, symbols)?;
            if !set.is_empty() {
                sets.push(SetPart { set, range });
            }
        }
        // One set that is asked for its own time only is the answer as it is, if its order is right: as upstream, the part's own if there
        // is no other that the query could look at.
        let is_right = |only: &SetPart| {
            only.range == range && (self.parts.len() == 1 || is_in_order_of_labels(&*only.set, symbols))
        };
        match sets.pop() {
            Some(only) if sets.is_empty() && is_right(&only) => Ok(only.set),
            last => {
                sets.extend(last);
                Ok(Box::new(MergedSet::new(sets, symbols)))
            }
        }
    }

    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError> {
        let names = self.parts_in(range).map(|(querier, range)| querier.label_names(matchers, range));
        Ok(union(names.collect::<Result<_, _>>()?))
    }

    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        let values = self.parts_in(range).map(|(querier, range)| querier.label_values(name, matchers, range));
        Ok(union(values.collect::<Result<_, _>>()?))
    }
}

/// What occurs in any of the lists, sorted.
fn union(lists: Vec<Vec<String>>) -> Vec<String> {
    let mut all = lists.into_iter().flatten().collect::<Vec<_>>();
    all.sort_unstable();
    all.dedup();
    all
}

struct SetPart {
    set: Box<dyn SeriesSet>,
    range: TimeRange,
}

/// A series of one of the sets.
#[derive(Clone, Copy)]
struct Member {
    set: usize,
    series: usize,
}

/// The series of several sets; those of the same labels are one.
struct MergedSet {
    sets: Vec<SetPart>,
    /// For each series its members, in the order of the parts, one series after the other.
    members: Vec<Member>,
    /// Where the members of each series end.
    ends: Vec<usize>,
    /// Whether two parts may have samples of the same time.
    is_overlapping: bool,
}

impl MergedSet {
    fn new(sets: Vec<SetPart>, symbols: &SymbolTable) -> Self {
        let (members, ends) = group(&sets, symbols);
        let mut newest_ms = None;
        let is_overlapping = sets.iter().any(|part| {
            let overlaps = newest_ms.is_some_and(|newest_ms| part.range.min_ms <= newest_ms);
            newest_ms = newest_ms.max(Some(part.range.max_ms));
            overlaps
        });
        Self { sets, members, ends, is_overlapping }
    }

    fn members(&self, series: usize) -> &[Member] {
        let start = if series == 0 { 0 } else { self.ends[series - 1] };
        &self.members[start..self.ends[series]]
    }

    /// Appends what one member has of `range`.
    fn read_member(
        &self,
        Member { set, series }: Member,
        range: TimeRange,
        samples: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let part = &self.sets[set];
        let range = part.range.intersection(&range);
        if range.is_empty() {
            return Ok(());
        }
        part.set.read(series, range, samples)
    }
}

/// Which series of the sets have the same labels. Their order is that of their labels: so it is where upstream merges, and it
/// shows where sums are rounded, and where ranks tie.
fn group(sets: &[SetPart], symbols: &SymbolTable) -> (Vec<Member>, Vec<usize>) {
    let all = || {
        sets.iter()
            .enumerate()
            .flat_map(|(set, part)| (0..part.set.len()).map(move |series| Member { set, series }))
    };
    let labels: Vec<&[Label]> = all().map(|Member { set, series }| sets[set].set.labels(series)).collect();
    // A series' members stay in the order of the parts.
    let order = label_order(&labels, symbols);
    let all: Vec<Member> = all().collect();
    let members = order.iter().map(|&place| all[place]).collect();
    let mut ends = Vec::with_capacity(order.len());
    let mut end = 0;
    for same in order.chunk_by(|&a, &b| labels[a] == labels[b]) {
        end += same.len();
        ends.push(end);
    }
    (members, ends)
}

fn is_in_order_of_labels(set: &dyn SeriesSet, symbols: &SymbolTable) -> bool {
    (1..set.len()).all(|series| compare_labels(set.labels(series - 1), set.labels(series), symbols).is_le())
}

impl SeriesSet for MergedSet {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn labels(&self, series: usize) -> &[Label] {
        let Member { set, series } = self.members(series)[0];
        self.sets[set].set.labels(series)
    }

    fn may_have_histograms(&self) -> bool {
        self.sets.iter().any(|part| part.set.may_have_histograms())
    }

    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError> {
        let members = self.members(series);
        if let [only] = members {
            return self.read_member(*only, range, samples);
        }
        if !self.is_overlapping {
            for &member in members {
                let first = samples.histograms.len();
                self.read_member(member, range, samples)?;
                // As upstream: whether a counter was reset between two parts cannot be told.
                samples.histograms.forget_reset(first);
            }
            return Ok(());
        }
        let mut sources = vec![SampleColumns::new(); members.len()];
        for (&member, source) in members.iter().zip(&mut sources) {
            self.read_member(member, range, source)?;
        }
        samples.merge(&sources);
        Ok(())
    }

    fn newest(
        &self,
        series: usize,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> Result<Option<(i64, SampleValue)>, StorageError> {
        let mut newest: Option<(i64, SampleValue)> = None;
        for &Member { set, series } in self.members(series).iter().rev() {
            let part = &self.sets[set];
            let range = part.range.intersection(&range);
            if range.is_empty() {
                continue;
            }
            let found = part.set.newest(series, range, scratch)?;
            // An earlier part wins at the same time.
            if let Some(found) = found
                && newest.as_ref().is_none_or(|(newest_ms, _)| found.0 >= *newest_ms)
            {
                newest = Some(found);
            }
            if newest.is_some() && !self.is_overlapping {
                break;
            }
        }
        Ok(newest)
    }
}
