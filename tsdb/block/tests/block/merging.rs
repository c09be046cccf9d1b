//! Several blocks in one, against the obvious model.

use emberdb_env::Env;
use emberdb_model::{Matcher, TimeRange};
use emberdb_tsdb_block::{
    Block, BlockSource, MergeOptions, SampleBlockBuilder, Ulid, compacted_meta, merge_blocks,
};
use emberdb_tsdb_chunk::Encoding;
use proptest::prelude::*;

use crate::model::{Model, expected, found, labels, model_of, samples, temp_dir, write};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn overlapping_blocks_become_one_with_the_samples_of_all(
        blocks in proptest::collection::vec(samples(), 1..4),
        deleted in (0_i64..1000, 0_i64..500),
        floats_are_xor2 in any::<bool>(),
    ) {
        let env = Env::real();
        let dir = temp_dir(&env);
        // One value a time, so that it does not matter whose sample is kept.
        let blocks: Vec<Vec<_>> =
            blocks.into_iter().map(|block| block.into_iter().map(|(s, t, _)| (s, t, t as f64)).collect()).collect();
        let (mut model, mut opened) = (Model::new(), Vec::new());
        for (number, samples) in blocks.iter().enumerate() {
            let Some(mut block) = write(&env, &dir, number as u128 + 1, samples) else { continue };
            let mut of_block = model_of(samples);
            if number == 0 {
                let range = TimeRange::new(deleted.0, deleted.0 + deleted.1);
                block.delete(&[Matcher::equal("series", "1")], range).unwrap();
                of_block.retain(|&(series, t_ms), _| series != 1 || !range.contains(t_ms));
            }
            model.extend(of_block);
            opened.push(block);
        }
        let metas: Vec<_> = opened.iter().map(Block::meta).collect();
        prop_assume!(!metas.is_empty());
        let sources: Vec<&dyn BlockSource> = opened.iter().map(|block| block as &dyn BlockSource).collect();
        let float_encoding = if floats_are_xor2 { Encoding::Xor2 } else { Encoding::Xor };
        let options = MergeOptions { segment_bytes_max: 300, float_encoding };
        let merged = merge_blocks(&env, &dir, compacted_meta(Ulid(99), &metas), &sources, options).unwrap();
        prop_assert_eq!(merged.is_none(), model.is_empty());
        if let Some(meta) = merged {
            let block = Block::open(&env, &dir.join(meta.ulid.to_string())).unwrap();
            block.verify(&mut |error| panic!("{error}"));
            prop_assert_eq!(found(&block, TimeRange::ALL), expected(&model, TimeRange::ALL));
            prop_assert_eq!(meta.stats.num_samples, model.len() as u64);
        }
        env.fs().remove_dir_all(&dir).unwrap();
    }
}

/// Both begin together, and end together: the first source's samples are kept.
#[test]
fn of_equal_times_the_first_is_kept() {
    let env = Env::real();
    let dir = temp_dir(&env);
    let one = write(&env, &dir, 1, &[(1, 5, 1.0), (1, 10, 1.0)]).unwrap();
    let two = write(&env, &dir, 2, &[(1, 5, 2.0), (1, 7, 2.0), (1, 10, 2.0)]).unwrap();
    for (ulid, sources, kept) in [(3, [&one, &two], 1.0), (4, [&two, &one], 2.0)] {
        let meta = compacted_meta(Ulid(ulid), &[one.meta(), two.meta()]);
        let sources = sources.map(|block| block as &dyn BlockSource);
        let meta = merge_blocks(&env, &dir, meta, &sources, MergeOptions::default()).unwrap().unwrap();
        let block = Block::open(&env, &dir.join(meta.ulid.to_string())).unwrap();
        let model = Model::from([((1, 5), kept), ((1, 7), 2.0), ((1, 10), kept)]);
        assert_eq!(found(&block, TimeRange::ALL), expected(&model, TimeRange::ALL));
        assert_eq!(meta.stats.num_chunks, 1);
    }
    env.fs().remove_dir_all(&dir).unwrap();
}

/// Equal chunks are one, as it is; and samples outside of the new block's range are left out.
#[test]
fn chunks_are_copied_where_they_can_be() {
    let env = Env::real();
    let dir = temp_dir(&env);
    let samples: Vec<_> = (0..100).map(|t_ms| (1, t_ms, t_ms as f64)).collect();
    let (one, two) = (write(&env, &dir, 1, &samples).unwrap(), write(&env, &dir, 2, &samples).unwrap());
    let mut meta = compacted_meta(Ulid(3), &[one.meta(), two.meta()]);
    let merged =
        merge_blocks(&env, &dir, meta.clone(), &[&one, &two], MergeOptions::default()).unwrap().unwrap();
    assert_eq!((merged.stats.num_chunks, merged.stats.num_samples), (1, 100));
    (meta.ulid, meta.min_ms, meta.max_ms) = (Ulid(4), 20, 50);
    let trimmed = merge_blocks(&env, &dir, meta, &[&one], MergeOptions::default()).unwrap().unwrap();
    assert_eq!(trimmed.stats.num_samples, 30);
    env.fs().remove_dir_all(&dir).unwrap();
}

/// Two blocks with histograms that take turns: counts fall from one to the other, and each fall begins a chunk.
#[test]
fn histograms_are_merged_with_their_resets() {
    let env = Env::real();
    let dir = temp_dir(&env);
    let histogram = |count: i64| format!("{{{{count:{count} buckets:[{count}]}}}}").parse().unwrap();
    let block = |ulid, times: [i64; 3], count| {
        let mut builder = SampleBlockBuilder::new();
        for t_ms in times {
            builder.push_float_histogram(&labels(1), t_ms, histogram(count), 0);
        }
        let meta = emberdb_tsdb_block::BlockMeta::new(Ulid(ulid), 0, 1000);
        let meta = builder.write(&env, &dir, meta, MergeOptions::default()).unwrap().unwrap();
        Block::open(&env, &dir.join(meta.ulid.to_string())).unwrap()
    };
    let (one, two) = (block(1, [10, 20, 40], 9), block(2, [15, 25, 30], 3));
    let meta = compacted_meta(Ulid(3), &[one.meta(), two.meta()]);
    let meta = merge_blocks(&env, &dir, meta, &[&one, &two], MergeOptions::default()).unwrap().unwrap();
    // 9 | 3 9 | 3 3 9
    assert_eq!((meta.stats.num_histogram_samples, meta.stats.num_chunks), (6, 3));
    let merged = Block::open(&env, &dir.join(meta.ulid.to_string())).unwrap();
    merged.verify(&mut |error| panic!("{error}"));
    env.fs().remove_dir_all(&dir).unwrap();
}
