//! Damage anywhere gives an error or the same answer: never a panic, and never other samples.

use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_model::storage::StorageError;
use emberdb_model::{Matcher, TimeRange};
use emberdb_tsdb_block::{Block, BlockMeta};

use crate::data::{Seen, read_all};
use crate::model::{temp_dir, write};

type Answer = Vec<(String, Vec<Seen>)>;

fn ask(env: &Env, dir: &Path) -> Result<Answer, StorageError> {
    let block = Block::open(env, dir).map_err(StorageError::from)?;
    block.verify(&mut |_| {});
    read_all(&block.querier(), &[Matcher::equal("__name__", "m")], TimeRange::ALL)
}

/// Without syncing, as there are thousands; nothing has the file mapped any more.
fn overwrite(env: &Env, path: &Path, bytes: &[u8]) {
    env.fs().create(path).unwrap().write_all(bytes).unwrap();
}

fn block(env: &Env) -> (PathBuf, PathBuf) {
    let dir = temp_dir(env);
    let samples: Vec<_> = (0..60).map(|t_ms| ((t_ms % 3) as u8, t_ms * 9, t_ms as f64 / 7.0)).collect();
    let mut block = write(env, &dir, 1, &samples).unwrap();
    block.delete(&[Matcher::equal("series", "1")], TimeRange::new(50, 99)).unwrap();
    (dir, block.dir().to_path_buf())
}

#[test]
fn a_flipped_bit_or_a_missing_end_changes_no_answer() {
    let env = Env::real();
    let (dir, block) = block(&env);
    let whole = ask(&env, &block).unwrap();
    assert_eq!(whole.iter().map(|(_, samples)| samples.len()).sum::<usize>(), 58);
    let (mut errors, mut same) = (0, 0);
    for name in ["index", "tombstones", "chunks/000001"] {
        let path = block.join(name);
        let bytes = env.fs().read(&path, 1 << 20).unwrap();
        for place in 0..bytes.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[place] ^= mask;
                overwrite(&env, &path, &damaged);
                match ask(&env, &block) {
                    Ok(answer) => {
                        assert_eq!(answer, whole, "{name}, byte {place} with {mask:#x}");
                        same += 1;
                    }
                    Err(_) => errors += 1,
                }
            }
            overwrite(&env, &path, &bytes[..place]);
            assert!(ask(&env, &block).is_err(), "{name} cut at {place}");
        }
        overwrite(&env, &path, &bytes);
    }
    println!("{errors} errors, {same} times the same answer");
    assert!(errors > same);
    env.fs().remove_dir_all(&dir).unwrap();
}

/// What a block's check finds.
fn problems(env: &Env, block: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    Block::open(env, block).unwrap().verify(&mut |error| problems.push(error.to_string()));
    problems
}

/// No answer is another one for it, but it is told.
#[test]
fn bytes_that_are_of_no_chunk_are_found() {
    let env = Env::real();
    let (dir, block) = block(&env);
    let path = block.join("chunks/000001");
    let bytes = env.fs().read(&path, 1 << 20).unwrap();
    assert_eq!(problems(&env, &block), [""; 0]);
    overwrite(&env, &path, &[&bytes[..], &[0]].concat());
    let problems = problems(&env, &block);
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.contains(&format!("offset {}", bytes.len())), "{problem}");
    env.fs().remove_dir_all(&dir).unwrap();
}

#[test]
fn a_meta_that_contradicts_itself_is_found() {
    let env = Env::real();
    let (dir, block) = block(&env);
    let path = block.join("meta.json");
    let text = String::from_utf8(env.fs().read(&path, 1 << 20).unwrap()).unwrap();
    let mut meta: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (ulid, until) = (meta["ulid"].clone(), meta["maxTime"].as_i64().unwrap());
    let parent = serde_json::json!({"ulid": ulid, "minTime": meta["minTime"], "maxTime": until});
    for (key, value, is_found) in [
        ("hints", serde_json::json!(["from-out-of-order"]), false),
        ("hints", serde_json::json!(["from-out-of-ordex"]), true),
        ("hints", serde_json::json!([]), false),
        ("parents", serde_json::json!([parent]), false),
        ("parents", serde_json::json!([{"ulid": ulid, "minTime": 0, "maxTime": until + 1}]), true),
    ] {
        meta["compaction"][key] = value;
        overwrite(&env, &path, meta.to_string().as_bytes());
        assert_eq!(problems(&env, &block).len(), usize::from(is_found), "{meta}");
    }
    env.fs().remove_dir_all(&dir).unwrap();
}

/// A meta is JSON without a checksum: another range or another count is believed. But no text brings the process down.
#[test]
fn a_damaged_meta_is_an_error_or_another_meta() {
    let env = Env::real();
    let (dir, block) = block(&env);
    let path = block.join("meta.json");
    let bytes = env.fs().read(&path, 1 << 20).unwrap();
    for place in 0..bytes.len() {
        for mask in [0x01, 0x10, 0x80] {
            let mut damaged = bytes.clone();
            damaged[place] ^= mask;
            overwrite(&env, &path, &damaged);
            let _ = ask(&env, &block);
        }
        overwrite(&env, &path, &bytes[..place]);
        assert!(Block::open(&env, &block).is_err(), "cut at {place}");
    }
    env.fs().remove_dir_all(&dir).unwrap();
}

/// What no checksum shows: verifying compares the parts of a block with each other.
#[test]
fn verifying_finds_what_does_not_fit() {
    let env = Env::real();
    let (dir, block) = block(&env);
    let found = || {
        let mut found = Vec::new();
        Block::open(&env, &block).unwrap().verify(&mut |error| found.push(error.to_string()));
        found
    };
    assert_eq!(found(), Vec::<String>::new());
    let whole = BlockMeta::read(&env, &block).unwrap();
    let mut meta = whole.clone();
    meta.stats.num_chunks += 1;
    meta.write(&env, &block).unwrap();
    let problems = found();
    assert!(problems.len() == 1 && problems[0].contains("in 4 chunks"), "{problems:?}");
    meta = whole.clone();
    // The last sample of the last series, and its alone, is behind the end now.
    meta.max_ms = 59 * 9;
    meta.write(&env, &block).unwrap();
    let problems = found();
    assert!(problems.len() == 1 && problems[0].contains("in a block from 0 until 531 ms"), "{problems:?}");
    whole.write(&env, &block).unwrap();
    let chunks = block.join("chunks/000001");
    let mut bytes = env.fs().read(&chunks, 1 << 20).unwrap();
    bytes[20] ^= 1;
    overwrite(&env, &chunks, &bytes);
    let problems = found();
    assert!(problems[0].contains("000001: expected a chunk with the checksum"), "{problems:?}");
    env.fs().remove_dir_all(&dir).unwrap();
}
