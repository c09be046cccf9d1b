//! Durations and sizes, as Prometheus' flags take them.

use std::time::Duration;

use emberdb::promql_syntax;

/// A duration of at least 0, in milliseconds, as in PromQL: `15d`, `1h30m`, `0`. No other number stands without a unit: days that are taken
/// for seconds would cost somebody their samples.
pub(crate) fn parse_duration_ms(text: &str) -> Result<i64, String> {
    const EXPECTED: &str = "expected a number and a unit: 15s, 5m, 1h30m or 15d";
    if text == "0" {
        return Ok(0);
    }
    let ms = promql_syntax::parse_duration(text).map_err(|_| EXPECTED)?;
    if ms < 0 { Err("a duration cannot be below 0".into()) } else { Ok(ms) }
}

/// A duration above 0, in milliseconds.
pub(crate) fn parse_positive_ms(text: &str) -> Result<i64, String> {
    let ms = parse_duration_ms(text)?;
    if ms == 0 { Err("it must be above 0".into()) } else { Ok(ms) }
}

/// A duration above 0.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let ms = parse_positive_ms(text)?;
    u64::try_from(ms).map(Duration::from_millis).map_err(|error| error.to_string())
}

/// A size as Prometheus reads it: a whole number and a unit, of which each is 1024 times the one before.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
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
        assert_eq!(parse_duration_ms("0"), Ok(0));
        assert!(parse_duration_ms("15").is_err() && parse_duration_ms("1.5").is_err());
        assert!(parse_duration_ms("-5m").is_err() && parse_duration_ms("soon").is_err());
        assert!(parse_positive_ms("0s").is_err());
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
    }
}
