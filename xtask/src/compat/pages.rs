//! What a Prometheus is fed with: old samples as a file to make blocks of, newer ones as pages that it scrapes.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use emberdb::{Histogram, Labels, is_stale};

use super::exposition::Page;
use super::histograms::integer_histogram;
use super::protobuf;
use super::shapes::{TICK_MS, shapes};

/// The first page tells of so many ticks at once, each with its time: more than two full chunks, and less than the hour that
/// a head looks back.
const HISTORY_TICKS: i64 = 215;
/// So many pages have the series that leaves; then a staleness marker ends it.
const PAGES_UNTIL_LEAVING: u64 = 3;

/// Floats in the text format.
pub(super) fn floats(scrape: u64) -> Page {
    let history = if scrape == 0 { 0..HISTORY_TICKS } else { 0..0 };
    floats_of(scrape, history, now_ms() - (HISTORY_TICKS + 2) * TICK_MS)
}

/// The same, but that the first page tells of the later half of the ticks and the second one of the earlier half.
pub(super) fn late_floats(scrape: u64) -> Page {
    static START_MS: OnceLock<i64> = OnceLock::new();
    let start_ms = *START_MS.get_or_init(|| now_ms() - (HISTORY_TICKS + 2) * TICK_MS);
    let history = match scrape {
        0 => HISTORY_TICKS / 2..HISTORY_TICKS,
        1 => 0..HISTORY_TICKS / 2,
        _ => 0..0,
    };
    floats_of(scrape, history, start_ms)
}

/// A page that tells of the ticks of `history`, counted from `start_ms`; if there are none, of now.
fn floats_of(scrape: u64, history: Range<i64>, start_ms: i64) -> Page {
    let mut body = String::new();
    let shapes = shapes(false);
    for tick in history.clone() {
        for shape in &shapes {
            if let Some((timestamp_ms, value)) = shape.sample(start_ms, tick).filter(|s| !is_stale(s.1)) {
                line(&mut body, &shape.labels, value);
                writeln!(body, " {timestamp_ms}").expect("a string takes all");
            }
        }
    }
    if history.is_empty() {
        // Of the jitter nothing is left: a tick that lies in the future would be refused.
        let labels =
            Labels::new([("__name__", "now"), ("from", "a page")]).expect("names are there, and once");
        line(&mut body, &labels, scrape as f64);
        writeln!(body, " {}", now_ms()).expect("a string takes all");
    }
    untimed(&mut body, scrape);
    Page { content_type: "text/plain; version=0.0.4", body: body.into_bytes() }
}

/// Series that get the time of the scrape: one leaves, one is a classic histogram, which newer servers make native.
fn untimed(body: &mut String, scrape: u64) {
    let (low, all) = (scrape, 3 * scrape + 1);
    if scrape < PAGES_UNTIL_LEAVING {
        body.push_str("leaves{how=\"in silence\"} 1\n");
    }
    writeln!(
        body,
        "stays{{n=\"1\"}} {scrape}\n# TYPE classic histogram\nclassic_bucket{{le=\"0.5\"}} {low}\n\
         classic_bucket{{le=\"2\"}} {all}\nclassic_bucket{{le=\"+Inf\"}} {all}\nclassic_sum {scrape}.25\n\
         classic_count {all}"
    )
    .expect("a string takes all");
}

/// Native histograms in the protobuf format.
pub(super) fn histograms(scrape: u64) -> Page {
    let now_ms = now_ms();
    let step = i64::try_from(scrape).unwrap_or(i64::MAX);
    let steps = if scrape == 0 {
        (0..HISTORY_TICKS).map(|s| (s, now_ms - (HISTORY_TICKS + 2 - s) * TICK_MS)).collect()
    } else {
        vec![(HISTORY_TICKS + step, now_ms)]
    };
    let mut samples: Vec<(Labels, i64, Histogram)> = Vec::new();
    for path in ["/a", "/b"] {
        let labels = Labels::new([("__name__", "scraped_seconds"), ("path", path)]);
        let labels = labels.expect("names are there, and once");
        for &(step, timestamp_ms) in &steps {
            samples.push((labels.clone(), timestamp_ms, integer_histogram(step, path == "/b")));
        }
    }
    Page { content_type: protobuf::CONTENT_TYPE, body: protobuf::family("scraped_seconds", &samples) }
}

/// Samples of `ticks` ticks as OpenMetrics, in the order of time.
pub(super) fn openmetrics(start_ms: i64, ticks: i64) -> String {
    let mut text = String::new();
    let shapes = shapes(false);
    for tick in 0..ticks {
        for shape in &shapes {
            if let Some((timestamp_ms, value)) = shape.sample(start_ms, tick).filter(|s| !is_stale(s.1)) {
                line(&mut text, &shape.labels, value);
                let (seconds, ms) = (timestamp_ms.div_euclid(1000), timestamp_ms.rem_euclid(1000));
                writeln!(text, " {seconds}.{ms:03}").expect("a string takes all");
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

/// `name{label="value"} 1`, the value in the fewest digits that give its bits back.
fn line(out: &mut String, labels: &Labels, value: f64) {
    out.push_str(labels.get("__name__").unwrap_or_default());
    out.push('{');
    for (i, (name, value)) in labels.iter().filter(|&(name, _)| name != "__name__").enumerate() {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let comma = if i == 0 { "" } else { "," };
        write!(out, "{comma}{name}=\"{value}\"").expect("a string takes all");
    }
    let text =
        if value.is_infinite() { format!("{value:+}").replace("inf", "Inf") } else { format!("{value:e}") };
    write!(out, "}} {text}").expect("a string takes all");
}

pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_format() {
        let labels = Labels::new([("__name__", "up"), ("a", "\\ \"\n"), ("b", "é")]).unwrap();
        let print = |value| {
            let mut text = String::new();
            line(&mut text, &labels, value);
            text.split_off(text.rfind(' ').unwrap() + 1)
        };
        let mut text = String::new();
        line(&mut text, &labels, 1.5);
        assert_eq!(text, "up{a=\"\\\\ \\\"\\n\",b=\"é\"} 1.5e0");
        assert_eq!(print(-0.0), "-0e0");
        assert_eq!(print(f64::NAN), "NaN");
        assert_eq!(print(f64::INFINITY), "+Inf");
        assert_eq!(print(f64::NEG_INFINITY), "-Inf");
    }
}
