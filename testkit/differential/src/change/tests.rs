//! Each change has a row in the docs, and examples that show its rule to be as narrow as it can be.

use super::{all, touched};
use crate::data::{Family, FamilyKind, LabelValues};
use crate::question::{Generator, Origin, Span, When};

const RANGE: When = When::Range { start_ms: 0, end_ms: 3_600_000, step_ms: 60_000 };
const INSTANT: When = When::Instant { time_ms: 3_600_000 };

fn families() -> Vec<Family> {
    use FamilyKind as K;
    let family = |name: &str, kind, labels: &[(&str, &[&str])]| {
        let target: [(&str, &[&str]); 2] = [("job", &["a", "b"]), ("instance", &["1", "2"])];
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let label =
            |(name, all): &(&str, &[&str])| LabelValues { name: (*name).to_owned(), values: values(all) };
        let labels = target.iter().chain(labels).map(label).collect();
        Family { name: name.to_owned(), kind, labels, has_late_gaps: name == "late_native" }
    };
    vec![
        family("counter_total", K::Counter, &[]),
        family("gauge", K::Gauge, &[]),
        family("buckets_bucket", K::ClassicBuckets, &[("le", &["0.1", "1", "+Inf"])]),
        family("native", K::NativeHistogram, &[]),
        family("gauge_native", K::GaugeHistogram, &[]),
        family("late_native", K::NativeHistogram, &[]),
        family("custom", K::CustomHistogram, &[]),
        family("mixed", K::Mixed, &[]),
        family("target_info", K::Info, &[("version", &["1"])]),
    ]
}

fn names(query: &str, when: &When, peer: (u32, u32, u32)) -> Vec<&'static str> {
    touched(query, when, &families(), peer).into_iter().map(|change| change.name).collect()
}

#[test]
fn each_change_touches_its_examples_and_not_its_counterexamples() {
    for change in all() {
        let (major, minor, _) = change.version;
        for example in change.examples {
            assert!(names(example, &RANGE, (3, 0, 0)).contains(&change.name), "{}: {example}", change.name);
            assert!(names(example, &RANGE, (major, minor - 1, 9)).contains(&change.name), "{example}");
            assert!(!names(example, &RANGE, change.version).contains(&change.name), "{example}");
        }
        for counterexample in change.counterexamples {
            let touching = names(counterexample, &RANGE, (3, 0, 0));
            assert!(!touching.contains(&change.name), "{}: {counterexample}", change.name);
        }
        let has_examples = !change.examples.is_empty() && !change.counterexamples.is_empty();
        assert_eq!(has_examples, change.recognise.is_some(), "{}", change.name);
    }
}

#[test]
fn the_end_of_a_range_may_be_no_step() {
    let between = When::Range { start_ms: 0, end_ms: 90_000, step_ms: 60_000 };
    for (when, is_touched) in [(RANGE, false), (INSTANT, false), (between, true)] {
        let names = names("max_over_time(gauge[5m:1m])", &when, (3, 12, 0));
        assert_eq!(names.contains(&"subqueries-end-with-the-last-step"), is_touched, "{when:?}");
    }
}

#[test]
fn the_docs_have_a_row_for_each_in_the_same_order() {
    let docs = include_str!("../../../../docs/differences.md");
    let rows: Vec<&str> = docs.lines().filter(|line| line.starts_with("| `")).collect();
    let wanted: Vec<String> = all()
        .iter()
        .map(|change| {
            let (major, minor, patch) = change.version;
            format!("| `{}` | {major}.{minor}.{patch} | {} | {} |", change.name, change.what, change.touches)
        })
        .collect();
    assert_eq!(rows.join("\n"), wanted.join("\n"));
}

#[test]
fn some_changes_need_more_than_one_step() {
    for query in [
        "sort(gauge)",
        "-{__name__=~\"gauge|counter_total\"}",
        "label_replace(gauge, \"job\", \"x\", \"job\", \".*\")",
    ] {
        assert_eq!(names(query, &INSTANT, (3, 5, 3)), [""; 0], "{query}");
        assert_eq!(names(query, &RANGE, (3, 5, 3)).len(), 1, "{query}");
        let in_steps = format!("count_over_time(({query})[5m:])");
        assert_eq!(names(&in_steps, &INSTANT, (3, 5, 3)).len(), 1, "{in_steps}");
    }
}

#[test]
fn what_cannot_be_read_is_touched_by_nothing() {
    assert_eq!(names("first_over_time(", &RANGE, (3, 0, 0)), [""; 0]);
}

#[test]
fn most_questions_are_left_to_ask_an_older_server() {
    let span = Span { start_ms: 1_700_000_000_000, end_ms: 1_700_010_800_000 };
    let generated =
        Generator::new(9, &families(), span).filter(|question| question.origin == Origin::Generated);
    let asked: Vec<_> = generated.take(5000).collect();
    let count = |peer| {
        let is_touched = |question: &&crate::question::Question| {
            !touched(&question.query, &question.when, &families(), peer).is_empty()
        };
        asked.iter().filter(is_touched).count()
    };
    assert_eq!(count((3, 15, 0)), 0);
    // Its release was branched off before two repairs that emberdb has.
    let nearly_none = count((3, 14, 0));
    assert!(nearly_none * 8 < asked.len(), "{nearly_none} of {}", asked.len());
    let touched = count((3, 5, 3));
    assert!(touched * 3 < asked.len(), "{touched} of {}", asked.len());
}
