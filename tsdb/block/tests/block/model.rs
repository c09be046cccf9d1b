//! Blocks against an obvious model: a map from labels and time to values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_model::storage::Querier;
use emberdb_model::{Labels, Matcher, SampleValue, SymbolTable, TimeRange};
use emberdb_tsdb_block::{Block, BlockMeta, MergeOptions, SampleBlockBuilder, Ulid};
use proptest::prelude::*;

use crate::data::{Seen, read_all};

/// Samples by series number and time.
pub(crate) type Model = BTreeMap<(u8, i64), f64>;

pub(crate) fn labels(series: u8) -> Labels {
    Labels::new([("__name__", "m"), ("series", &series.to_string())]).unwrap()
}

/// A block of the range from 0 until 1000 in a folder of its own.
pub(crate) fn write(env: &Env, dir: &Path, ulid: u128, samples: &[(u8, i64, f64)]) -> Option<Block> {
    let mut builder = SampleBlockBuilder::new();
    for &(series, t_ms, value) in samples {
        builder.push(&labels(series), t_ms, value);
    }
    let meta = BlockMeta::new(Ulid(ulid), 0, 1000);
    let meta = builder.write(env, dir, meta, MergeOptions::default()).unwrap()?;
    let block = Block::open(env, &dir.join(meta.ulid.to_string())).unwrap();
    block.verify(&mut |error| panic!("{error}"));
    Some(block)
}

pub(crate) fn temp_dir(env: &Env) -> PathBuf {
    env.fs().create_temp_dir("emberdb-block-model").unwrap()
}

/// What a block should show of a model.
pub(crate) fn expected(model: &Model, range: TimeRange) -> Vec<(String, Vec<Seen>)> {
    let mut all: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for (&(series, t_ms), &value) in model.iter().filter(|((_, t_ms), _)| range.contains(*t_ms)) {
        let key = format!("{:?}", labels(series).iter().collect::<Vec<_>>());
        all.entry(key).or_default().push(Seen { t_ms, start_ms: 0, value: SampleValue::Float(value) });
    }
    all.into_iter().collect()
}

/// What a block shows. A series whose chunk reaches into the range though no sample does may be there or not.
pub(crate) fn found(block: &Block, range: TimeRange) -> Vec<(String, Vec<Seen>)> {
    let mut all = read_all(&block.querier(), &[], range).unwrap();
    all.retain(|(_, samples)| !samples.is_empty());
    all
}

pub(crate) fn samples() -> impl Strategy<Value = Vec<(u8, i64, f64)>> {
    let sample = (0_u8..5, -20_i64..1020, 0_u32..4).prop_map(|(s, t, v)| (s, t, f64::from(v)));
    proptest::collection::vec(sample, 0..600)
}

pub(crate) fn model_of(samples: &[(u8, i64, f64)]) -> Model {
    let mut model = Model::new();
    for &(series, t_ms, value) in samples.iter().filter(|(_, t_ms, _)| (0..1000).contains(t_ms)) {
        model.entry((series, t_ms)).or_insert(value);
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_block_holds_what_was_put_in_but_what_was_deleted(
        samples in samples(),
        deletions in proptest::collection::vec((0_u8..6, -50_i64..1050, 0_i64..500), 0..6),
        asked in (-50_i64..1050, 0_i64..400),
    ) {
        let env = Env::real();
        let dir = temp_dir(&env);
        let mut model = model_of(&samples);
        let asked = TimeRange::new(asked.0, asked.0 + asked.1);
        let Some(mut block) = write(&env, &dir, 1, &samples) else {
            prop_assert!(model.is_empty());
            prop_assert!(env.fs().read_dir(&dir).unwrap().is_empty());
            return Ok(());
        };
        let before = block.querier();
        let whole = expected(&model, TimeRange::ALL);
        for (series, min_ms, length) in deletions {
            let range = TimeRange::new(min_ms, min_ms + length);
            // Number 5 stands for all series.
            let matchers: &[Matcher] = &[Matcher::equal("series", series.to_string())];
            block.delete(if series == 5 { &[] } else { matchers }, range).unwrap();
            model.retain(|&(of, t_ms), _| !((series == 5 || of == series) && range.contains(t_ms)));
            prop_assert_eq!(found(&block, TimeRange::ALL), expected(&model, TimeRange::ALL));
        }
        let opened = Block::open(&env, block.dir()).unwrap();
        opened.verify(&mut |error| panic!("{error}"));
        prop_assert_eq!(opened.meta(), block.meta());
        for block in [&block, &opened] {
            prop_assert_eq!(found(block, asked), expected(&model, asked));
        }
        prop_assert_eq!(read_all(&before, &[], TimeRange::ALL).unwrap(), whole, "an older querier sees all");
        env.fs().remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn names_and_values_are_found() {
    let env = Env::real();
    let dir = temp_dir(&env);
    let block = write(&env, &dir, 1, &[(1, 5, 1.0), (2, 500, 2.0)]).unwrap();
    let querier = block.querier();
    let two = [Matcher::equal("series", "2")];
    for range in [TimeRange::ALL, TimeRange::new(5, 6)] {
        assert_eq!(querier.label_names(&[], range).unwrap(), ["__name__", "series"]);
        assert_eq!(querier.label_names(&two, range).unwrap(), ["__name__", "series"]);
        assert_eq!(querier.label_values("series", &[], range).unwrap(), ["1", "2"]);
        assert_eq!(querier.label_values("series", &two, range).unwrap(), ["2"]);
        assert!(querier.label_values("absent", &two, range).unwrap().is_empty());
    }
    let outside = TimeRange::new(1000, 2000);
    assert!(querier.label_names(&[], outside).unwrap().is_empty());
    assert!(querier.label_values("series", &[], outside).unwrap().is_empty());
    let mut symbols = SymbolTable::new();
    assert_eq!(querier.select(&[], outside, &mut symbols).unwrap().len(), 0);
    assert_eq!(querier.select(&[], TimeRange::new(6, 499), &mut symbols).unwrap().len(), 0);
    let set = querier.select(&[], TimeRange::new(6, 500), &mut symbols).unwrap();
    assert!(set.len() == 1 && !set.may_have_histograms());
    env.fs().remove_dir_all(&dir).unwrap();
}

#[test]
fn a_snapshot_outlives_the_block() {
    let env = Env::real();
    let dir = temp_dir(&env);
    let block = write(&env, &dir, 7, &[(1, 5, 1.0), (2, 500, 2.0)]).unwrap();
    let copy = block.snapshot(&dir.join("snapshots")).unwrap();
    let whole = found(&block, TimeRange::ALL);
    env.fs().remove_dir_all(block.dir()).unwrap();
    assert_eq!(found(&block, TimeRange::ALL), whole, "mapped files are there without names");
    let copied = Block::open(&env, &copy).unwrap();
    assert_eq!(found(&copied, TimeRange::ALL), whole);
    assert_eq!(copied.size_bytes(), block.size_bytes());
    assert!(block.snapshot(&dir.join("snapshots")).is_err(), "the folder is there");
    env.fs().remove_dir_all(&dir).unwrap();
}
