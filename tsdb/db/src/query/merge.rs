//! Several storages of the same database, asked as one: blocks in the order of time, then the head.

use std::cmp::Ordering;

use emberdb_model::storage::{Querier, SeriesSet, StorageError};
use emberdb_model::{Label, Matcher, SampleColumns, SampleValue, SymbolTable, TimeRange};
use foldhash::HashMap;

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
    let mut numbers: HashMap<&[Label], usize> = HashMap::default();
    let mut distinct: Vec<&[Label]> = Vec::new();
    let mut found: Vec<(usize, Member)> = Vec::new();
    for (set, part) in sets.iter().enumerate() {
        for series in 0..part.set.len() {
            let labels = part.set.labels(series);
            let number = *numbers.entry(labels).or_insert_with(|| {
                distinct.push(labels);
                distinct.len() - 1
            });
            found.push((number, Member { set, series }));
        }
    }
    let mut order: Vec<usize> = (0..distinct.len()).collect();
    order.sort_unstable_by(|&a, &b| compare_labels(distinct[a], distinct[b], symbols));
    let mut ranks = vec![0; order.len()];
    for (rank, &number) in order.iter().enumerate() {
        ranks[number] = rank;
    }
    // Sorting is stable: a series' members stay in the order of the parts.
    found.sort_by_key(|&(number, _)| ranks[number]);
    let mut ends = vec![0; order.len()];
    for (end, (number, _)) in found.iter().enumerate() {
        ends[ranks[*number]] = end + 1;
    }
    (found.into_iter().map(|(_, member)| member).collect(), ends)
}

/// As upstream orders labels: name, value, name, value.
fn compare_labels(a: &[Label], b: &[Label], symbols: &SymbolTable) -> Ordering {
    let text = |symbol| symbols.resolve(symbol);
    // Most labels are equal, and symbols tell that at once.
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((a, b)) if a.name == b.name => text(a.value).cmp(text(b.value)),
        Some((a, b)) => text(a.name).cmp(text(b.name)),
        None => a.len().cmp(&b.len()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_in_the_order_of_their_texts() {
        let mut symbols = SymbolTable::new();
        // Symbols are numbered in another order than that of the texts.
        let [b, a, name, job] = ["b", "a", "__name__", "job"].map(|text| symbols.intern(text));
        let label = |name, value| Label { name, value };
        let ordered = [
            vec![label(name, a)],
            vec![label(name, a), label(job, a)],
            vec![label(name, a), label(job, b)],
            vec![label(name, b)],
            vec![label(b, a)],
            vec![label(job, a)],
        ];
        for (place, one) in ordered.iter().enumerate() {
            for (other_place, other) in ordered.iter().enumerate() {
                assert_eq!(
                    compare_labels(one, other, &symbols),
                    place.cmp(&other_place),
                    "{place} {other_place}"
                );
            }
        }
    }
}
