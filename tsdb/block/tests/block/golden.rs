//! Blocks that upstream wrote: what is read is what upstream reads, and written again they have the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_model::storage::Querier;
use emberdb_model::{MatchOp, Matcher, TimeRange};
use emberdb_tsdb_block::{
    Block, BlockChunk, BlockMeta, BlockSource, BlockWriter, CHUNK_SEGMENT_BYTES_MAX, MergeOptions, Ulid,
    compacted_meta, merge_blocks, plan_compaction, repair_versions,
};
use serde_json::Value;

use crate::data::{array, block_dirs, conformance, from_base64, json_lines, label_key, read_all};
use crate::histograms::assert_same;

/// Data directories with blocks.
const DIRS: [&str; 4] = ["blocks", "blocks_compacted", "out_of_order_blocks", "start_timestamps"];

/// All golden blocks with the lines that say what is in them; `None` where the test data is not at hand.
fn golden_blocks() -> Option<Vec<(PathBuf, Vec<Value>)>> {
    let mut blocks = Vec::new();
    for name in DIRS {
        let dir = conformance(&format!("golden/{name}"))?;
        let lines = json_lines(&dir.join("blocks.jsonl"));
        for block in block_dirs(&dir.join("data")) {
            let ulid = block.file_name().unwrap().to_str().unwrap().to_owned();
            let lines = lines.iter().filter(|line| line["block"] == ulid.as_str()).cloned().collect();
            blocks.push((block, lines));
        }
    }
    assert!(blocks.len() >= 7);
    Some(blocks)
}

fn assert_whole(block: &Block) {
    block.verify(&mut |error| panic!("{error}"));
}

fn assert_series(block: &Block, line: &Value) {
    let series = block
        .series()
        .unwrap()
        .map(Result::unwrap)
        .find(|series| Some(u64::from(series.entry.0)) == line["series_ref"].as_u64())
        .unwrap_or_else(|| panic!("no series {}", line["labels"]));
    assert_eq!(format!("{:?}", series.labels.iter().collect::<Vec<_>>()), label_key(&line["labels"]));
    let chunks = array(&line["chunks"]);
    assert_eq!(series.chunks.len(), chunks.len());
    for (found, expected) in series.chunks.iter().zip(&chunks) {
        assert_eq!(Some(found.chunk_ref), expected["ref"].as_u64());
        assert_eq!(Some(found.min_ms), expected["min_time"].as_i64());
        assert_eq!(Some(found.max_ms), expected["max_time"].as_i64());
        let raw = block.chunks().chunk(found.chunk_ref).unwrap();
        assert_eq!(Some(u64::from(raw.encoding)), expected["encoding"].as_u64());
        assert_eq!(raw.data, from_base64(expected["data_b64"].as_str().unwrap()));
    }
    let deleted = block.tombstones().of(u64::from(series.entry.0));
    let found: Vec<_> = deleted.as_slice().iter().map(|range| (range.min_ms, range.max_ms)).collect();
    let expected = array(&line["tombstones"]);
    let expected: Vec<_> =
        expected.iter().map(|r| (r[0].as_i64().unwrap(), r[1].as_i64().unwrap())).collect();
    assert_eq!(found, expected);
}

#[test]
fn all_parts_are_those_that_upstream_reads() {
    let Some(blocks) = golden_blocks() else { return };
    let mut series = 0;
    for (dir, lines) in blocks {
        let block = Block::open(&Env::real(), &dir).unwrap();
        assert_whole(&block);
        let (header, all) = lines.split_first().unwrap();
        assert_eq!(Some(block.meta().min_ms), header["min_time"].as_i64());
        let symbols: Vec<_> = BlockSource::symbols(&block).map(|symbol| symbol.unwrap().to_owned()).collect();
        assert_eq!(serde_json::json!(symbols), header["symbols"]);
        let querier = block.querier();
        for (name, values) in header["label_values"].as_object().unwrap() {
            let found = querier.label_values(name, &[], TimeRange::ALL).unwrap();
            assert_eq!(serde_json::json!(found), *values);
            // With a matcher that all meet, the series are asked one by one.
            let any = Matcher::new(MatchOp::Regex, "__name__", ".*").unwrap();
            assert_eq!(querier.label_values(name, &[any], TimeRange::ALL).unwrap(), found);
        }
        let files = ["index", "meta.json", "chunks/000001", "tombstones"];
        let sizes = files.iter().map(|name| Env::real().fs().file_len(&dir.join(name)).unwrap());
        assert_eq!(block.size_bytes(), sizes.sum::<u64>());
        assert_eq!(block.meta().stats.num_series, all.len() as u64);
        all.iter().for_each(|line| assert_series(&block, line));
        series += all.len();
    }
    println!("{series} series of golden blocks");
}

/// Samples by labels and time, from what a fresh upstream process reads of a directory.
fn expected_samples(dir: &Path) -> BTreeMap<String, BTreeMap<i64, Value>> {
    let mut expected: BTreeMap<String, BTreeMap<i64, Value>> = BTreeMap::new();
    for line in json_lines(&dir.join("expect.jsonl")) {
        let samples =
            array(&line["samples"]).into_iter().map(|sample| (sample["t"].as_i64().unwrap(), sample));
        expected.entry(label_key(&line["labels"])).or_default().extend(samples);
    }
    expected
}

/// A block has all that upstream reads in its range: nothing else covers it in these directories.
fn assert_samples(block: &Block, expected: &BTreeMap<String, BTreeMap<i64, Value>>) -> usize {
    let meta = block.meta();
    let mut samples = 0;
    let found = read_all(&block.querier(), &[], TimeRange::ALL).unwrap();
    let again = read_all(&block.querier(), &[], TimeRange::new(meta.min_ms, meta.max_ms - 1)).unwrap();
    // As text, in which one NaN is like another.
    assert!(format!("{again:?}") == format!("{found:?}"), "the block's own range is all of it");
    for (labels, found) in found {
        let expected: Vec<_> = expected[&labels].range(meta.min_ms..meta.max_ms).collect();
        assert_eq!(found.len(), expected.len(), "{labels}");
        for (found, (_, expected)) in found.iter().zip(expected) {
            assert_same(found, expected);
            samples += 1;
        }
    }
    samples
}

#[test]
fn samples_are_those_that_upstream_reads() {
    for name in DIRS {
        let Some(dir) = conformance(&format!("golden/{name}")) else { return };
        let expected = expected_samples(&dir);
        let mut samples = 0;
        for block in block_dirs(&dir.join("data")) {
            samples += assert_samples(&Block::open(&Env::real(), &block).unwrap(), &expected);
        }
        println!("{name}: {samples} samples of blocks");
        assert!(samples > 1000);
    }
}

#[test]
fn written_again_a_block_has_the_same_bytes() {
    let Some(blocks) = golden_blocks() else { return };
    let env = Env::real();
    let dir = env.fs().create_temp_dir("emberdb-block-golden").unwrap();
    for (golden, _) in blocks {
        let block = Block::open(&env, &golden).unwrap();
        let symbols: Vec<_> = BlockSource::symbols(&block).map(Result::unwrap).collect();
        let mut writer =
            BlockWriter::create(&env, &dir, block.meta().clone(), symbols, CHUNK_SEGMENT_BYTES_MAX).unwrap();
        for series in BlockSource::series(&block).unwrap() {
            let series = series.unwrap();
            writer.add_series(&series.labels, &series.chunks).unwrap();
        }
        let mut meta = writer.finish().unwrap().unwrap();
        let written = dir.join(meta.ulid.to_string());
        assert_same_file(&golden, &written, "index");
        assert_same_file(&golden, &written, "chunks/000001");
        // Deletions are not copied.
        meta.stats.num_tombstones = block.meta().stats.num_tombstones;
        meta.write(&env, &written).unwrap();
        assert_same_file(&golden, &written, "meta.json");
        if block.tombstones().is_empty() {
            assert_same_file(&golden, &written, "tombstones");
        }
        assert_eq!(env.fs().read_dir(&dir).unwrap().len(), 1);
        env.fs().remove_dir_all(&written).unwrap();
    }
    env.fs().remove_dir_all(&dir).unwrap();
}

fn assert_same_file(golden: &Path, written: &Path, name: &str) {
    let read = |dir: &Path| Env::real().fs().read(&dir.join(name), 1 << 30).unwrap();
    assert!(read(golden) == read(written), "{name} of {}", golden.display());
}

/// A block out of one alone has its samples but those that were deleted; without deletions it has its bytes.
#[test]
fn merging_one_block_leaves_out_what_is_deleted() {
    let env = Env::real();
    let dir = env.fs().create_temp_dir("emberdb-block-golden").unwrap();
    for name in DIRS {
        let Some(golden) = conformance(&format!("golden/{name}")) else { return };
        let expected = expected_samples(&golden);
        for path in block_dirs(&golden.join("data")) {
            let block = Block::open(&env, &path).unwrap();
            let meta = block.meta().clone();
            let meta = merge_blocks(&env, &dir, meta, &[&block], MergeOptions::default()).unwrap().unwrap();
            let written = dir.join(meta.ulid.to_string());
            let merged = Block::open(&env, &written).unwrap();
            assert_whole(&merged);
            assert!(merged.tombstones().is_empty());
            if block.tombstones().is_empty() {
                assert_same_file(&path, &written, "index");
                assert_same_file(&path, &written, "chunks/000001");
                assert_samples(&merged, &expected);
            } else {
                let found = read_all(&merged.querier(), &[], TimeRange::ALL).unwrap();
                let times = |all: Vec<(String, Vec<crate::data::Seen>)>| {
                    let times =
                        |samples: Vec<crate::data::Seen>| samples.into_iter().map(|s| s.t_ms).collect();
                    all.into_iter()
                        .map(|(labels, samples)| (labels, times(samples)))
                        .collect::<Vec<(_, Vec<_>)>>()
                };
                let original = read_all(&block.querier(), &[], TimeRange::ALL).unwrap();
                assert!(merged.meta().stats.num_samples < block.meta().stats.num_samples);
                assert_eq!(times(found), times(original));
            }
            env.fs().remove_dir_all(&written).unwrap();
        }
    }
    env.fs().remove_dir_all(&dir).unwrap();
}

/// The three blocks of a directory in one: all samples are there, and chunks are those of the three.
#[test]
fn blocks_side_by_side_become_one() {
    let Some(golden) = conformance("golden/blocks_compacted") else { return };
    let env = Env::real();
    let expected = expected_samples(&golden);
    let mut blocks: Vec<_> =
        block_dirs(&golden.join("data")).iter().map(|dir| Block::open(&env, dir).unwrap()).collect();
    blocks.sort_by_key(|block| block.meta().min_ms);
    let metas: Vec<_> = blocks.iter().map(|block| block.meta().clone()).collect();
    const HOUR_MS: i64 = 3_600_000;
    assert!(
        plan_compaction(&metas, &[2 * HOUR_MS, 6 * HOUR_MS]).is_empty(),
        "upstream has compacted what there is"
    );
    let meta = compacted_meta(Ulid(1), &metas.iter().collect::<Vec<_>>());
    assert_eq!((meta.compaction.level, meta.compaction.sources.len()), (3, 5));
    let dir = env.fs().create_temp_dir("emberdb-block-golden").unwrap();
    let sources: Vec<&dyn BlockSource> = blocks.iter().map(|block| block as &dyn BlockSource).collect();
    let meta = merge_blocks(&env, &dir, meta, &sources, MergeOptions::default()).unwrap().unwrap();
    let merged = Block::open(&env, &dir.join(meta.ulid.to_string())).unwrap();
    assert_whole(&merged);
    let sum = |count: fn(&BlockMeta) -> u64| metas.iter().map(count).sum::<u64>();
    assert_eq!(meta.stats.num_samples, sum(|meta| meta.stats.num_samples));
    assert_eq!(meta.stats.num_chunks, sum(|meta| meta.stats.num_chunks));
    assert_eq!(meta.stats.num_series, 12);
    assert_samples(&merged, &expected);
    env.fs().remove_dir_all(&dir).unwrap();
}

/// A block with an index of version 1.
#[test]
fn old_blocks_are_read() {
    let Some(dir) = conformance("upstream/index_format_v1") else { return };
    let lines = json_lines(&dir.with_file_name("index_format_v1.expect.jsonl"));
    let env = Env::real();
    let block = Block::open(&env, &dir).unwrap();
    assert_whole(&block);
    let (header, all) = lines.split_first().unwrap();
    for (name, values) in header["label_values"].as_object().unwrap() {
        let found = block.querier().label_values(name, &[], TimeRange::ALL).unwrap();
        assert_eq!(serde_json::json!(found), *values);
    }
    all.iter().for_each(|line| assert_series(&block, line));
    let found = read_all(&block.querier(), &[], TimeRange::ALL).unwrap();
    assert_eq!((found.len(), all.len()), (102, 102));
    let out = env.fs().create_temp_dir("emberdb-block-golden").unwrap();
    let meta = compacted_meta(Ulid(2), &[block.meta()]);
    let meta = merge_blocks(&env, &out, meta, &[&block], MergeOptions::default()).unwrap().unwrap();
    let written = Block::open(&env, &out.join(meta.ulid.to_string())).unwrap();
    assert_whole(&written);
    assert_eq!(written.index().version(), 2);
    assert_eq!(read_all(&written.querier(), &[], TimeRange::ALL).unwrap(), found);
    env.fs().remove_dir_all(&out).unwrap();
}

/// The bytes of the golden metas, but for one that another program has written.
#[test]
fn metas_are_written_as_upstream_writes_them() {
    let Some(blocks) = golden_blocks() else { return };
    for (dir, _) in blocks {
        let json = Env::real().fs().read(&dir.join("meta.json"), 1 << 20).unwrap();
        assert_eq!(BlockMeta::from_json(&json).unwrap().to_json().as_bytes(), json);
    }
    let Some(dir) = conformance("upstream/repair_index_version/01BZJ9WJQPWHGNC2W4J9TA62KC") else { return };
    let error = Block::open(&Env::real(), &dir).unwrap_err().to_string();
    assert!(
        error.contains("meta.json: expected the meta of a block at offset 0, found version 2"),
        "{error}"
    );
}

/// A block whose versions are wrong becomes readable, and is then left alone.
#[test]
fn versions_of_a_bad_release_are_repaired() {
    let Some(dir) = conformance("upstream/repair_index_version") else { return };
    let expected = json_lines(&dir.with_file_name("repair_index_version.expect.jsonl")).remove(0);
    let env = Env::real();
    let copy = env.fs().create_temp_dir("emberdb-block-golden").unwrap();
    for name in ["index", "meta.json"] {
        let bytes = env.fs().read(&dir.join("01BZJ9WJQPWHGNC2W4J9TA62KC").join(name), 1 << 20).unwrap();
        env.fs().write_atomic(&copy.join(name), &bytes).unwrap();
    }
    env.fs().create_dir_all(&copy.join("chunks")).unwrap();
    assert!(repair_versions(&env, &copy).unwrap());
    assert!(!repair_versions(&env, &copy).unwrap());
    let read = |name: &str| env.fs().read(&copy.join(name), 1 << 20).unwrap();
    assert_eq!(read("meta.json"), expected["meta_after"].as_str().unwrap().as_bytes());
    assert_eq!(read("index"), from_base64(expected["index_after_b64"].as_str().unwrap()));
    let block = Block::open(&env, &copy).unwrap();
    assert_eq!(block.index().select(&[Matcher::equal("b", "1")]).unwrap().len(), 2);
    assert_eq!(env.fs().read_dir(&copy).unwrap().len(), 3, "nothing else is left");
    env.fs().remove_dir_all(&copy).unwrap();
}

/// Chunks as sources hand them over share the mapped memory.
#[test]
fn chunks_of_a_source_are_not_copied() {
    let Some(dir) = conformance("golden/blocks_compacted") else { return };
    let dir = block_dirs(&dir.join("data")).remove(0);
    let block = Block::open(&Env::real(), &dir).unwrap();
    let series = BlockSource::series(&block).unwrap().next().unwrap().unwrap();
    let chunk_ref = block.series().unwrap().next().unwrap().unwrap().chunks[0].chunk_ref;
    let BlockChunk { data, .. } = &series.chunks[0];
    assert_eq!(data.as_ptr(), block.chunks().chunk(chunk_ref).unwrap().data.as_ptr());
}
