//! What is read is what was written.

use std::collections::{BTreeMap, BTreeSet};

use emberdb_model::{MatchOp, Matcher};
use emberdb_tsdb_index::ChunkMeta;
use proptest::prelude::*;

use crate::sample::{self, Series, chunk, labels, matcher, matcher_sets, select_slowly};

/// Series with few names and, of one of them, more values than lie between two places that a reader keeps.
fn series() -> impl Strategy<Value = Vec<Series>> {
    let labels =
        (0..90u32, prop::collection::btree_map("[a-c]", "[xyz]{1,2}|é", 0..3)).prop_map(|(n, mut set)| {
            set.insert("n".to_owned(), n.to_string());
            set
        });
    let chunks = prop::collection::vec((1..100_000i64, 0..100_000i64, 0..1u64 << 33), 0..4);
    prop::collection::btree_map(labels.prop_map(Vec::from_iter), chunks, 0..120).prop_map(|sets| {
        let mut chunk_ref = 0;
        let in_order = |(gap_ms, length_ms, step), end_ms: &mut i64, chunk_ref: &mut u64| {
            let min_ms = *end_ms + gap_ms;
            *end_ms = min_ms + length_ms;
            *chunk_ref += step;
            chunk(min_ms, *end_ms, *chunk_ref)
        };
        sets.into_iter()
            .map(|(labels, gaps)| {
                let mut end_ms = -200_000;
                let chunks = gaps.into_iter().map(|gap| in_order(gap, &mut end_ms, &mut chunk_ref));
                (BTreeMap::from_iter(labels), chunks.collect::<Vec<ChunkMeta>>())
            })
            .collect()
    })
}

fn any_matcher() -> impl Strategy<Value = Matcher> {
    let op = prop::sample::select(vec![MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex]);
    let value = prop::sample::select(vec![
        "",
        "x",
        "é",
        "x|y",
        "x|",
        ".*",
        ".+",
        "[xy]z?",
        "x.*",
        "q",
        "7",
        "7.*",
        "7?1",
        "1|33|34|89|q",
        "3[0-9]*",
        "^8.",
        "9.+",
        "0.*",
    ]);
    (op, prop::sample::select(vec!["a", "b", "n", "d", ""]), value)
        .prop_map(|(op, name, value)| matcher(op, name, value))
}

proptest! {
    #[test]
    fn everything_is_read_back(series in series(), matchers in prop::collection::vec(any_matcher(), 0..4)) {
        let index = sample::open(&sample::write(&series)).unwrap();
        prop_assert_eq!(index.version(), 2);
        prop_assert_eq!(sample::faults(&index), Vec::<String>::new());
        prop_assert_eq!(&sample::read_all(&index).unwrap(), &series);
        let symbols: Vec<_> = index.symbols().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(symbols, sample::symbols(&series));

        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, value) in series.iter().flat_map(|(labels, _)| labels) {
            values.entry(name).or_default().insert(value);
        }
        prop_assert_eq!(index.label_names().unwrap(), values.keys().copied().collect::<Vec<_>>());
        for name in ["a", "b", "n", "none", ""] {
            let expected = values.get(name).into_iter().flatten().copied().collect::<Vec<_>>();
            prop_assert_eq!(index.label_values(name).unwrap(), expected);
        }
        prop_assert_eq!(index.select(&matchers).unwrap(), select_slowly(&index, &matchers));
    }
}

#[test]
fn each_matcher_selects_what_it_says() {
    let index = sample::open(&sample::write(&sample::small())).unwrap();
    let values = ["", "up", "api", "db|api", "api|", ".*", ".+", "u.", "a.*", "(?i)UP", "é", "d.*n?"];
    for matchers in matcher_sets(&["__name__", "job", "zone", "none", ""], &values) {
        assert_eq!(index.select(&matchers).unwrap(), select_slowly(&index, &matchers), "{matchers:?}");
    }
}

#[test]
fn an_index_without_series_is_an_index() {
    let index = sample::open(&sample::write(&[])).unwrap();
    assert_eq!(index.series_refs().unwrap(), []);
    assert_eq!(index.select(&[]).unwrap(), []);
    assert_eq!(index.label_names().unwrap(), Vec::<String>::new());
    assert_eq!(sample::faults(&index), Vec::<String>::new());
}

#[test]
fn a_symbol_or_series_that_is_not_there_is_an_error() {
    let index = sample::open(&sample::write(&[(labels([("a", "b")]), vec![])])).unwrap();
    assert_eq!(index.symbol(2).unwrap(), "b");
    let message = index.symbol(3).unwrap_err().to_string();
    assert_eq!(message, "corrupt index some/index at offset 13: expected a symbol's number below 3, found 3");
    for entry in [0, 1, 3, u32::MAX] {
        assert!(sample::read_series(&index, emberdb_tsdb_index::SeriesEntryRef(entry)).is_err(), "{entry}");
    }
    let copy = index.clone();
    drop(index);
    assert_eq!(copy.symbol(1).unwrap(), "a", "a clone outlives what it was cloned from");
}
