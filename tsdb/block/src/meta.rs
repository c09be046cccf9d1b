//! `meta.json`: what a block is, in the words and the layout of upstream.

use std::path::Path;

use emberdb_env::Env;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;

use crate::{BlockError, BlockResult};

/// The file's name in a block's folder.
pub const META_FILE: &str = "meta.json";

/// The only version that is written or read.
pub(crate) const META_VERSION: u64 = 1;

/// A larger file is refused: a month of two-hour blocks has 400 sources of 30 bytes each.
pub(crate) const META_BYTES_MAX: u64 = 16 << 20;

/// All samples are out-of-order ones, so that the block says nothing about how far the log is covered.
pub const HINT_OUT_OF_ORDER: &str = "from-out-of-order";

/// The block holds stale series only.
pub const HINT_STALE_SERIES: &str = "from-stale-series";

/// The block holds series that somebody chose.
pub const HINT_SELECTED_SERIES: &str = "from-selected-series";

/// All hints that there are.
pub(crate) const HINTS: [&str; 3] = [HINT_OUT_OF_ORDER, HINT_STALE_SERIES, HINT_SELECTED_SERIES];

/// What a block is.
///
/// ```
/// use emberdb_tsdb_block::{BlockMeta, Ulid};
///
/// let meta = BlockMeta::new(Ulid(7), 0, 7_200_000);
/// let json = meta.to_json();
/// assert!(json.starts_with("{\n\t\"ulid\": \"00000000000000000000000007\",\n\t\"minTime\": 0,"));
/// assert_eq!(BlockMeta::from_json(json.as_bytes())?, meta);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockMeta {
    /// The block's name, which begins with the time of its making.
    #[serde(with = "ulid_text")]
    pub ulid: Ulid,
    /// The first millisecond of its range.
    #[serde(rename = "minTime")]
    pub min_ms: i64,
    /// The first millisecond behind its range.
    #[serde(rename = "maxTime")]
    pub max_ms: i64,
    /// How much it holds.
    #[serde(default)]
    pub stats: BlockStats,
    /// Where it comes from.
    #[serde(default)]
    pub compaction: Compaction,
}

/// How much a block holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BlockStats {
    /// Floats and histograms.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_samples: u64,
    /// Floats; 0 in blocks of old versions, which did not tell.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_float_samples: u64,
    /// Native histograms; 0 in blocks of old versions.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_histogram_samples: u64,
    /// Series.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_series: u64,
    /// Chunks.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_chunks: u64,
    /// Ranges of deleted samples, over all series.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_tombstones: u64,
}

/// Where a block comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compaction {
    /// 1 for a block out of a head; one more than the highest of its parents for others.
    pub level: u32,
    /// The blocks out of heads whose samples it holds, sorted.
    #[serde(with = "ulid_texts", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Ulid>,
    /// Whether compacting it gave nothing, so that it can go.
    #[serde(skip_serializing_if = "is_false")]
    pub deletable: bool,
    /// The blocks that it was made of.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<BlockDescription>,
    /// Whether compacting it has failed: it is not tried again.
    #[serde(skip_serializing_if = "is_false")]
    pub failed: bool,
    /// What else there is to know: [`HINT_OUT_OF_ORDER`] and others, sorted.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// Name and range of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDescription {
    /// The block's name.
    #[serde(with = "ulid_text")]
    pub ulid: Ulid,
    /// The first millisecond of its range.
    #[serde(rename = "minTime")]
    pub min_ms: i64,
    /// The first millisecond behind its range.
    #[serde(rename = "maxTime")]
    pub max_ms: i64,
}

/// The file: what a block is, and how that is told.
#[derive(Serialize, Deserialize)]
struct MetaFile<M> {
    #[serde(flatten)]
    meta: M,
    #[serde(default)]
    version: u64,
}

impl BlockMeta {
    /// A block of the samples from `min_ms` until before `max_ms`, as it comes out of a head: level 1, its own source.
    #[must_use]
    pub fn new(ulid: Ulid, min_ms: i64, max_ms: i64) -> Self {
        let compaction = Compaction { level: 1, sources: vec![ulid], ..Compaction::default() };
        Self { ulid, min_ms, max_ms, stats: BlockStats::default(), compaction }
    }

    /// Whether the block's range and the closed range from `min_ms` to `max_ms` share a millisecond.
    #[must_use]
    pub const fn overlaps(&self, min_ms: i64, max_ms: i64) -> bool {
        self.min_ms <= max_ms && min_ms < self.max_ms
    }

    /// What a parent is called in the meta of a block that is made of it.
    #[must_use]
    pub const fn description(&self) -> BlockDescription {
        BlockDescription { ulid: self.ulid, min_ms: self.min_ms, max_ms: self.max_ms }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut json, formatter);
        MetaFile { meta: self, version: META_VERSION }
            .serialize(&mut serializer)
            .expect("numbers and strings into memory, keyed by strings");
        String::from_utf8(json).expect("JSON is UTF-8")
    }

    /// What a text says. Fields that are not known are passed over.
    ///
    /// # Errors
    /// What is wrong with the text, in words: also a version that is not 1.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        match Self::parse(json)? {
            (meta, META_VERSION) => Ok(meta),
            (_, version) => Err(format!("version {version}, expected {META_VERSION}")),
        }
    }

    /// What a text says, whatever its version, and that.
    pub(crate) fn parse(json: &[u8]) -> Result<(Self, u64), String> {
        let file: MetaFile<Self> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        Ok((file.meta, file.version))
    }

    /// Reads the file in a block's folder.
    ///
    /// # Errors
    /// [`BlockError`] if there is none, or it does not say what a block is.
    pub fn read(env: &Env, dir: &Path) -> BlockResult<Self> {
        let path = dir.join(META_FILE);
        let json = env.fs().read(&path, META_BYTES_MAX)?;
        Self::from_json(&json).map_err(|found| BlockError::corrupt(&path, 0, "the meta of a block", found))
    }

    /// Writes the file into a block's folder; one that was there is replaced in one step. Says how long it is.
    ///
    /// # Errors
    /// [`BlockError`] if the system refuses.
    pub fn write(&self, env: &Env, dir: &Path) -> BlockResult<u64> {
        let json = self.to_json();
        env.fs().write_atomic(&dir.join(META_FILE), json.as_bytes())?;
        Ok(json.len() as u64)
    }
}

impl Compaction {
    /// Whether the block has a hint.
    #[must_use]
    pub fn has_hint(&self, hint: &str) -> bool {
        self.hints.iter().any(|held| held == hint)
    }

    /// Gives the block a hint.
    pub fn add_hint(&mut self, hint: &str) {
        if let Err(place) = self.hints.binary_search_by(|held| held.as_str().cmp(hint))
            && !self.has_hint(hint)
        {
            self.hints.insert(place, hint.to_owned());
        }
    }
}

/// A new name for a block: the time, and random bits.
#[must_use]
pub fn new_ulid(env: &Env) -> Ulid {
    let random = env.random();
    let bits = u128::from(random.u64()) << 64 | u128::from(random.u64());
    Ulid::from_parts(env.clock().now_ms().max(0).cast_unsigned(), bits)
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A list, or `null`, which other writers put for an empty one.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A name as 26 letters.
mod ulid_text {
    use super::{Deserialize, Deserializer, Serializer, Ulid, de};

    pub(super) fn serialize<S: Serializer>(ulid: &Ulid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(ulid)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ulid, D::Error> {
        parse(&String::deserialize(deserializer)?)
    }

    pub(super) fn parse<E: de::Error>(text: &str) -> Result<Ulid, E> {
        Ulid::from_string(text).map_err(|error| E::custom(format_args!("{text:?} is no ULID: {error}")))
    }
}

/// Names as a list of 26 letters each.
mod ulid_texts {
    use super::{Deserializer, Serializer, Ulid, nullable, ulid_text};

    pub(super) fn serialize<S: Serializer>(ulids: &[Ulid], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ulids.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Ulid>, D::Error> {
        let texts: Vec<String> = nullable(deserializer)?;
        texts.iter().map(|text| ulid_text::parse(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        let mut meta = BlockMeta::new(Ulid(1), -5, 5);
        meta.compaction.sources.clear();
        let want = "{\n\t\"ulid\": \"00000000000000000000000001\",\n\t\"minTime\": -5,\n\t\"maxTime\": 5,\n\t\
                    \"stats\": {},\n\t\"compaction\": {\n\t\t\"level\": 1\n\t},\n\t\"version\": 1\n}";
        assert_eq!(meta.to_json(), want);
    }

    #[test]
    fn all_there_is_comes_back() {
        let mut meta = BlockMeta::new(Ulid(u128::MAX), i64::MIN, i64::MAX);
        meta.stats = BlockStats {
            num_samples: u64::MAX,
            num_float_samples: 2,
            num_histogram_samples: 3,
            num_series: 4,
            num_chunks: 5,
            num_tombstones: 6,
        };
        let compaction = &mut meta.compaction;
        (compaction.deletable, compaction.failed) = (true, true);
        compaction.parents = vec![BlockDescription { ulid: Ulid::nil(), min_ms: 0, max_ms: 0 }];
        for hint in [HINT_STALE_SERIES, HINT_OUT_OF_ORDER, HINT_OUT_OF_ORDER] {
            compaction.add_hint(hint);
        }
        assert_eq!(compaction.hints, [HINT_OUT_OF_ORDER, HINT_STALE_SERIES]);
        assert_eq!(BlockMeta::from_json(meta.to_json().as_bytes()), Ok(meta));
    }

    #[test]
    fn what_others_wrote_is_read() {
        let json = r#"{"version":1,"ulid":"01BZJ9WJQPWHGNC2W4J9TA62KC","minTime":1,"maxTime":2,"thanos":{"x":[1]},
            "compaction":{"level":2,"sources":null,"parents":null,"hints":null}}"#;
        let meta = BlockMeta::from_json(json.as_bytes()).unwrap();
        assert_eq!((meta.compaction.level, meta.stats), (2, BlockStats::default()));
        let error = |json: &str| BlockMeta::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error(&json.replace(":1,\"ulid", ":2,\"ulid")), "version 2, expected 1");
        assert_eq!(error(&json.replace("\"version\":1,", "")), "version 0, expected 1");
        assert!(error(&json.replace("01BZ", "?1BZ")).contains("is no ULID"));
        for end in 0..json.len() {
            assert!(!error(&json[..end]).is_empty());
        }
    }
}
