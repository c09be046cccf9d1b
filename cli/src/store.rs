//! What a server keeps, and how: by the names and in the words of Prometheus' flags, and of its configuration's fields.

use clap::Args;
use emberdb::{Compression, Durability, FloatEncoding, TsdbOptions};

use crate::quantity::{parse_bytes, parse_duration, parse_duration_ms};

/// The store of `ember serve`.
#[derive(Args)]
pub(crate) struct StoreArgs {
    /// Remove blocks whose samples are all older than this, seen from the newest block. Prometheus keeps 15d; without this,
    /// nothing is removed.
    #[arg(long = "storage.tsdb.retention.time", value_name = "DURATION", value_parser = parse_duration_ms)]
    retention_ms: Option<i64>,
    /// Remove the oldest blocks when everything together is larger than this: 512MB, for example; units are powers of 1024.
    #[arg(long = "storage.tsdb.retention.size", value_name = "BYTES", value_parser = parse_bytes)]
    retention_bytes: Option<u64>,
    /// Take samples that are so much older than the newest one of the database, in any order. In Prometheus it is a field of the
    /// configuration.
    #[arg(
        long = "storage.tsdb.out-of-order-time-window",
        value_name = "DURATION",
        value_parser = parse_duration_ms,
        default_value = "0s",
    )]
    out_of_order_window_ms: i64,
    /// How floats are written into chunks; no Prometheus before 3.11 reads xor2. In Prometheus it is a field of the configuration.
    #[arg(
        long = "storage.tsdb.chunk-encoding.floats",
        value_name = "ENCODING",
        value_parser = parse_float_encoding,
        default_value = "xor",
    )]
    float_encoding: FloatEncoding,
    /// When this part of the series in memory has ended, from 0 to 1, move them into a block at once; 0 is never. In Prometheus it is a
    /// field of the configuration.
    #[arg(
        long = "storage.tsdb.stale-series-compaction-threshold",
        value_name = "RATIO",
        value_parser = parse_ratio,
        default_value = "0",
    )]
    stale_series_ratio: f64,
    /// Refuse new series when there are so many in memory. Prometheus has no such limit.
    #[arg(long = "storage.tsdb.series-max", value_name = "COUNT")]
    series_max: Option<usize>,
    /// How the log is compressed: none, snappy or zstd.
    #[arg(
        long = "storage.tsdb.wal-compression-type",
        value_name = "NAME",
        value_parser = parse_compression,
        default_value = "snappy",
    )]
    wal_compression: Compression,
    /// The size of a file of the log, from 10MB to 256MB.
    #[arg(
        long = "storage.tsdb.wal-segment-size",
        value_name = "BYTES",
        value_parser = parse_segment_bytes,
        default_value = "128MB",
    )]
    wal_segment_bytes: u64,
    /// When samples outlive a power cut: never says when the system likes to, which is what Prometheus does; every-commit before a
    /// request is answered; a duration, 1s for example, at most so long after. The end of the program alone loses none.
    #[arg(
        long = "storage.tsdb.wal-durability",
        value_name = "WHEN",
        value_parser = parse_durability,
        default_value = "never",
    )]
    durability: Durability,
    /// At most so many exemplars are kept, if --enable-feature=exemplar-storage is given.
    #[arg(long = "storage.exemplars.max", value_name = "COUNT", default_value_t = 100_000)]
    exemplars_max: usize,
}

impl StoreArgs {
    /// Puts what was chosen into `options`, whose exemplars are switched off or not.
    pub(crate) fn apply(&self, options: &mut TsdbOptions) {
        options.retention_ms = self.retention_ms.filter(|&ms| ms > 0);
        options.retention_bytes = self.retention_bytes.filter(|&bytes| bytes > 0);
        options.out_of_order_window_ms = self.out_of_order_window_ms;
        options.float_encoding = self.float_encoding;
        options.stale_series_ratio = Some(self.stale_series_ratio).filter(|&ratio| ratio > 0.0);
        options.series_max = self.series_max.unwrap_or(options.series_max);
        options.wal_compression = self.wal_compression;
        options.wal_segment_bytes = self.wal_segment_bytes;
        options.durability = self.durability;
        if options.exemplars_max > 0 {
            options.exemplars_max = self.exemplars_max;
        }
    }
}

fn parse_float_encoding(text: &str) -> Result<FloatEncoding, String> {
    match text {
        "xor" => Ok(FloatEncoding::Xor),
        "xor2" => Ok(FloatEncoding::Xor2),
        _ => Err("expected xor or xor2".into()),
    }
}

fn parse_compression(text: &str) -> Result<Compression, String> {
    match text {
        "none" => Ok(Compression::None),
        "snappy" => Ok(Compression::Snappy),
        "zstd" => Ok(Compression::Zstd),
        _ => Err("expected none, snappy or zstd".into()),
    }
}

/// Prometheus' limits: small files are many files, and a large one is replayed as a whole when only its end is needed.
fn parse_segment_bytes(text: &str) -> Result<u64, String> {
    const MIB: u64 = 1 << 20;
    let bytes = parse_bytes(text)?;
    if (10 * MIB..=256 * MIB).contains(&bytes) { Ok(bytes) } else { Err("expected 10MB to 256MB".into()) }
}

fn parse_durability(text: &str) -> Result<Durability, String> {
    match text {
        "never" => Ok(Durability::Never),
        "every-commit" => Ok(Durability::EveryCommit),
        _ => {
            let interval = parse_duration(text)
                .map_err(|_| "expected never, every-commit, or a duration above 0: 1s, for example")?;
            Ok(Durability::Interval(interval))
        }
    }
}

fn parse_ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        store: StoreArgs,
    }

    fn options(flags: &[&str]) -> TsdbOptions {
        let line = Line::parse_from(std::iter::once("ember").chain(flags.iter().copied()));
        let mut options = TsdbOptions::default();
        line.store.apply(&mut options);
        options
    }

    #[test]
    fn without_flags_the_store_is_the_librarys() {
        assert_eq!(format!("{:?}", options(&[])), format!("{:?}", TsdbOptions::default()));
    }

    #[test]
    fn each_flag_sets_its_option() {
        let options = options(&[
            "--storage.tsdb.retention.time=1d",
            "--storage.tsdb.retention.size=1GB",
            "--storage.tsdb.out-of-order-time-window=1h",
            "--storage.tsdb.chunk-encoding.floats=xor2",
            "--storage.tsdb.stale-series-compaction-threshold=0.5",
            "--storage.tsdb.series-max=7",
            "--storage.tsdb.wal-compression-type=none",
            "--storage.tsdb.wal-segment-size=10MB",
            "--storage.tsdb.wal-durability=every-commit",
            "--storage.exemplars.max=8",
        ]);
        assert_eq!((options.retention_ms, options.retention_bytes), (Some(86_400_000), Some(1 << 30)));
        assert_eq!(options.out_of_order_window_ms, 3_600_000);
        assert_eq!(options.float_encoding, FloatEncoding::Xor2);
        assert_eq!((options.stale_series_ratio, options.series_max), (Some(0.5), 7));
        assert_eq!((options.wal_compression, options.wal_segment_bytes), (Compression::None, 10 << 20));
        assert_eq!((options.durability, options.exemplars_max), (Durability::EveryCommit, 8));
    }

    #[test]
    fn encodings() {
        assert_eq!(parse_float_encoding("xor"), Ok(FloatEncoding::Xor));
        assert_eq!(parse_float_encoding("xor2"), Ok(FloatEncoding::Xor2));
        assert_eq!(parse_float_encoding("XOR"), Err("expected xor or xor2".into()));
    }

    #[test]
    fn the_log() {
        assert_eq!(parse_compression("zstd"), Ok(Compression::Zstd));
        assert!(parse_compression("gzip").is_err());
        assert_eq!(parse_segment_bytes("10MB"), Ok(10 << 20));
        assert!(parse_segment_bytes("9MB").is_err() && parse_segment_bytes("257MB").is_err());
        assert_eq!(parse_durability("never"), Ok(Durability::Never));
        assert_eq!(parse_durability("every-commit"), Ok(Durability::EveryCommit));
        assert_eq!(parse_durability("1s"), Ok(Durability::EVERY_SECOND));
        assert!(parse_durability("0s").is_err() && parse_durability("always").is_err());
    }

    #[test]
    fn parts_of_one() {
        assert_eq!((parse_ratio("0"), parse_ratio("0.5"), parse_ratio("1")), (Ok(0.0), Ok(0.5), Ok(1.0)));
        assert!(["-0.1", "1.1", "NaN", "half"].iter().all(|bad| parse_ratio(bad).is_err()));
    }
}
