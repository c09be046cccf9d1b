//! What a query read and held, as Prometheus counts it.

use emberdb_model::number::write_seconds;

/// What a query read and held, as Prometheus counts it. A float is one sample, a native histogram one for every 16 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Samples that the steps see, those of a window at every step that sees them.
    pub queryable_samples: u64,
    /// Samples read, those of a window at the first step that sees them only.
    pub samples_read: u64,
    /// The most samples that were in memory at once. This is what the limit on samples is about.
    pub samples_peak: u64,
    /// [`queryable_samples`](Self::queryable_samples) of each step: its time in milliseconds, and how many.
    pub queryable_samples_by_step: Vec<(i64, u64)>,
    /// [`samples_read`](Self::samples_read) of each step: its time in milliseconds, and how many.
    pub samples_read_by_step: Vec<(i64, u64)>,
}

impl Statistics {
    /// Appends what Prometheus' HTTP API has under `data.stats.samples`; what is said of each step only if it `is_detailed`.
    pub fn write_json(&self, is_detailed: bool, out: &mut String) {
        if is_detailed {
            by_step("{\"totalQueryableSamplesPerStep\":[", &self.queryable_samples_by_step, out);
            by_step(",\"samplesReadPerStep\":[", &self.samples_read_by_step, out);
            out.push(',');
        } else {
            out.push('{');
        }
        field("\"totalQueryableSamples\":", self.queryable_samples, out);
        field(",\"peakSamples\":", self.samples_peak, out);
        field(",\"samplesRead\":", self.samples_read, out);
        out.push('}');
    }
}

fn field(name: &str, value: u64, out: &mut String) {
    out.push_str(name);
    out.push_str(&value.to_string());
}

fn by_step(begin: &str, steps: &[(i64, u64)], out: &mut String) {
    out.push_str(begin);
    for (number, &(time_ms, samples)) in steps.iter().enumerate() {
        out.push_str(if number == 0 { "[" } else { ",[" });
        write_seconds(out, time_ms);
        field(",", samples, out);
        out.push(']');
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_that_of_the_http_api() {
        let statistics = Statistics {
            queryable_samples: 7,
            samples_read: 5,
            samples_peak: 6,
            queryable_samples_by_step: vec![(1000, 3), (2500, 4)],
            samples_read_by_step: vec![(1000, 3), (2500, 2)],
        };
        let mut out = String::new();
        statistics.write_json(false, &mut out);
        assert_eq!(out, r#"{"totalQueryableSamples":7,"peakSamples":6,"samplesRead":5}"#);
        out.clear();
        statistics.write_json(true, &mut out);
        let by_step =
            r#""totalQueryableSamplesPerStep":[[1,3],[2.500,4]],"samplesReadPerStep":[[1,3],[2.500,2]]"#;
        assert_eq!(
            out,
            format!(r#"{{{by_step},"totalQueryableSamples":7,"peakSamples":6,"samplesRead":5}}"#)
        );
    }
}
