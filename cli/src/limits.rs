//! What a server keeps and what its queries may take, by the names and in the words of Prometheus' flags.

use std::time::Duration;

use clap::Args;
use emberdb::{DbOptions, FloatEncoding};

/// Limits of `ember serve`.
#[derive(Args)]
pub(crate) struct LimitArgs {
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
    /// How far queries look back for a sample.
    #[arg(
        long = "query.lookback-delta",
        value_name = "DURATION",
        value_parser = parse_positive_ms,
        default_value = "5m",
    )]
    lookback_ms: i64,
    /// How many samples one query may hold in memory.
    #[arg(long = "query.max-samples", value_name = "NUMBER", default_value_t = 50_000_000)]
    samples_max: usize,
    /// How long a query may take, waiting included.
    #[arg(long = "query.timeout", value_name = "DURATION", value_parser = parse_timeout, default_value = "2m")]
    timeout: Duration,
    /// How many queries are evaluated at the same time; others wait.
    #[arg(long = "query.max-concurrency", value_name = "NUMBER", value_parser = parse_concurrency, default_value = "20")]
    concurrent_queries_max: usize,
}

impl LimitArgs {
    /// Puts the limits into `options`.
    pub(crate) fn apply(&self, options: &mut DbOptions) {
        let DbOptions { storage, engine } = options;
        storage.retention_ms = self.retention_ms.filter(|&ms| ms > 0);
        storage.retention_bytes = self.retention_bytes.filter(|&bytes| bytes > 0);
        storage.out_of_order_window_ms = self.out_of_order_window_ms;
        storage.float_encoding = self.float_encoding;
        engine.lookback_ms = self.lookback_ms;
        engine.samples_max = self.samples_max;
        engine.timeout = self.timeout;
    }

    /// How many queries are evaluated at the same time.
    pub(crate) fn concurrent_queries_max(&self) -> usize {
        self.concurrent_queries_max
    }
}

fn parse_float_encoding(text: &str) -> Result<FloatEncoding, String> {
    match text {
        "xor" => Ok(FloatEncoding::Xor),
        "xor2" => Ok(FloatEncoding::Xor2),
        _ => Err("expected xor or xor2".into()),
    }
}

/// A duration of at least 0, in milliseconds, as in PromQL: `15d`, `1h30m`, `0s`.
fn parse_duration_ms(text: &str) -> Result<i64, String> {
    let ms = emberdb_http::parse_duration(text).ok_or("expected 15s, 5m, 1h30m or 15d")?;
    if ms < 0 { Err("a duration cannot be below 0".into()) } else { Ok(ms) }
}

fn parse_positive_ms(text: &str) -> Result<i64, String> {
    let ms = parse_duration_ms(text)?;
    if ms == 0 { Err("it must be above 0".into()) } else { Ok(ms) }
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let ms = parse_positive_ms(text)?;
    u64::try_from(ms).map(Duration::from_millis).map_err(|error| error.to_string())
}

/// More queries at once than there can be threads for them help nobody, and semaphores count only so far.
fn parse_concurrency(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err("expected a number from 1 to 100000".into()),
    }
}

/// A size as Prometheus reads it: a whole number and a unit, of which each is 1024 times the one before.
fn parse_bytes(text: &str) -> Result<u64, String> {
    const EXPECTED: &str = "expected a whole number and a unit: B, KB, MB, GB, TB, PB or EB";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    let binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let place = units.iter().position(|&known| known == unit);
    let place = place.or_else(|| binary.iter().position(|&known| known == unit));
    // Zero needs no unit.
    let place = place.or_else(|| text.bytes().all(|b| b == b'0').then_some(0)).ok_or(EXPECTED)?;
    let number: u64 = number.parse().map_err(|_| EXPECTED)?;
    let power = u32::try_from(10 * place).map_err(|_| EXPECTED)?;
    number.checked_mul(1_u64 << power).ok_or_else(|| "that is more than can be counted".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(parse_float_encoding("xor"), Ok(FloatEncoding::Xor));
        assert_eq!(parse_float_encoding("xor2"), Ok(FloatEncoding::Xor2));
        assert_eq!(parse_float_encoding("XOR"), Err("expected xor or xor2".into()));
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("512MB"), Ok(512 << 20));
        assert_eq!(parse_bytes("1KiB"), Ok(1024));
        assert_eq!((parse_bytes("0"), parse_bytes("7B"), parse_bytes("3EB")), (Ok(0), Ok(7), Ok(3 << 60)));
        for bad in ["", "512", "MB", "1.5GB", "-1B", "99EB", "99999999999999999999B", "1mb"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(parse_duration_ms("15d"), Ok(15 * 24 * 60 * 60 * 1000));
        assert_eq!(parse_duration_ms("0s"), Ok(0));
        assert!(parse_duration_ms("-5m").is_err() && parse_duration_ms("soon").is_err());
        assert!(parse_positive_ms("0s").is_err());
        assert_eq!(parse_timeout("2m"), Ok(Duration::from_secs(120)));
        assert!(parse_concurrency("0").is_err() && parse_concurrency("x").is_err());
    }
}
