//! The samples that both are fed: counters and gauges as services have them, the same in every run but for their times.

use std::time::{SystemTime, UNIX_EPOCH};

use emberdb_model::{Labels, Sample};
use emberdb_remote::{EncodeError, MessageKind, Outgoing, encode};

/// What most scrapes are apart, in milliseconds.
const INTERVAL_MS: i64 = 15_000;

/// Samples a request: what Prometheus' senders put into one by default.
const REQUEST_SAMPLES: usize = 2000;

/// The series and their samples.
pub(super) struct Stream {
    series: Vec<Labels>,
    samples: u32,
    end_ms: i64,
}

impl Stream {
    /// So many series of so many samples, up to now.
    pub(super) fn new(series: u32, samples: u32) -> Self {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
        let end_ms = now_ms - now_ms % INTERVAL_MS;
        Self { series: (0..series).map(labels).collect(), samples, end_ms }
    }

    pub(super) fn series(&self) -> usize {
        self.series.len()
    }

    pub(super) fn samples(&self) -> u64 {
        self.series.len() as u64 * u64::from(self.samples)
    }

    /// The bodies of all requests: scrape by scrape, a sample of each series.
    pub(super) fn requests(&self) -> impl Iterator<Item = Result<Vec<u8>, EncodeError>> {
        let mut values: Vec<f64> = (0..self.series.len()).map(|series| first_value(series as u64)).collect();
        (0..self.samples).flat_map(move |tick| {
            for (series, value) in values.iter_mut().enumerate() {
                *value = next_value(series as u64, tick, *value);
            }
            let timestamp_ms = self.end_ms - i64::from(self.samples - 1 - tick) * INTERVAL_MS;
            let samples = values.iter().map(|&value| [Sample { timestamp_ms, value }]).collect::<Vec<_>>();
            let chunks = self.series.chunks(REQUEST_SAMPLES).zip(samples.chunks(REQUEST_SAMPLES));
            let encode_chunk = |(labels, samples): (&[Labels], &[[Sample; 1]])| {
                let outgoing =
                    labels.iter().zip(samples).map(|(labels, samples)| Outgoing::new(labels, samples));
                encode(MessageKind::V1, outgoing)
            };
            chunks.map(encode_chunk).collect::<Vec<_>>()
        })
    }
}

/// A service has some hundred series an instance: counters of requests by handler and code, and gauges.
fn labels(series: u32) -> Labels {
    const CODES: [&str; 4] = ["200", "302", "404", "500"];
    let instance = format!("10.0.{}.{}:9100", series / 200 / 256 % 256, series / 200 % 256);
    let (number, job) = (series % 200, format!("service-{}", series / 2000));
    let handler = format!("/api/v1/resource/{}", number / 4);
    let code = CODES[(number % 4) as usize];
    let name = if is_gauge(u64::from(series)) { "queue_length" } else { "http_requests_total" };
    let pairs = [
        ("__name__", name),
        ("code", code),
        ("handler", &handler),
        ("instance", &instance),
        ("job", &job),
        ("replica", if series % 400 < 200 { "a" } else { "b" }),
    ];
    Labels::new(pairs).expect("the names are different")
}

/// A third of all series.
fn is_gauge(series: u64) -> bool {
    series % 3 == 2
}

fn first_value(series: u64) -> f64 {
    (noise(series, u32::MAX) % 100_000) as f64
}

/// Counters grow by what was counted in an interval, some not at all; gauges wander, and every other has a fraction.
fn next_value(series: u64, tick: u32, value: f64) -> f64 {
    let noise = noise(series, tick);
    if !is_gauge(series) {
        let is_quiet = series.is_multiple_of(5);
        return value + if is_quiet { 0.0 } else { (noise % (10 + series % 90)) as f64 };
    }
    let step = (noise % 21) as f64 - 10.0;
    if series.is_multiple_of(2) { value + step } else { value + step * 0.37 }
}

/// Numbers without a pattern, the same for the same series and tick: the finisher of splitmix64.
fn noise(series: u64, tick: u32) -> u64 {
    let mut bits = (series << 32 | u64::from(tick)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn series_are_different_and_requests_are_as_many_as_they_should_be() {
        let stream = Stream::new(4001, 3);
        let distinct: HashSet<_> = stream.series.iter().collect();
        assert_eq!((distinct.len(), stream.samples()), (4001, 12_003));
        let requests: Vec<_> = stream.requests().map(Result::unwrap).collect();
        assert_eq!(requests.len(), 9);
        assert!(requests[2].len() < requests[0].len());
    }

    #[test]
    fn counters_never_fall() {
        let mut value = first_value(1);
        for tick in 0..1000 {
            let next = next_value(1, tick, value);
            assert!(next >= value);
            value = next;
        }
    }
}
