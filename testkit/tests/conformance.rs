//! Prometheus' own data, asked of everything here that has an answer: the suites of `cargo xtask conformance`.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace. Without
//! it the tests say so and pass.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::print_stdout, reason = "the counts are what a reader of the log looks for")]

use emberdb_testkit::conformance::{Data, Suite};

/// So many failures are shown in full.
const FAILURES_SHOWN: usize = 20;

/// What is known not to agree, and why. A gap that has closed is to be taken out: then it cannot open again unseen.
const GAPS: &[(Suite, usize, &str)] = &[
    (Suite::Parser, 5, "series notation is read as a whole: it has no tokens"),
    (Suite::Parser, 1, "the list of tokens ends at the first fault; upstream's goes on behind it"),
    (
        Suite::Compliance,
        2,
        "marked as refused because of a label that is no identifier; upstream 3.14 takes any UTF-8",
    ),
    (
        Suite::Remote,
        2,
        "the body is no snappy and the content type is wrong, too: upstream looks at compression first, and so 400 is answered, not 415",
    ),
    (Suite::Remote, 2, "a series without samples: upstream refuses it, the suite wants it taken"),
    (
        Suite::Exposition,
        80,
        "no protobuf, no labels of type and unit, no native histograms made of classic ones",
    ),
];

#[test]
fn promqltest() {
    agrees(Suite::Promqltest);
}

#[test]
fn parser() {
    agrees(Suite::Parser);
}

#[test]
fn engine() {
    agrees(Suite::Engine);
}

#[test]
fn labels() {
    agrees(Suite::Labels);
}

#[test]
fn compliance() {
    agrees(Suite::Compliance);
}

#[test]
fn exposition() {
    agrees(Suite::Exposition);
}

#[test]
fn tsdb() {
    agrees(Suite::Tsdb);
}

#[test]
fn histogram() {
    agrees(Suite::Histogram);
}

#[test]
fn differential() {
    agrees(Suite::Differential);
}

#[test]
fn remote() {
    agrees(Suite::Remote);
}

/// Runs a suite; fails if more fails than is known.
fn agrees(suite: Suite) {
    #[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
    let named = std::env::var("EMBERDB_CONFORMANCE").ok().map(Into::into);
    let Some(data) = Data::find(named).unwrap() else {
        println!("skipped: there is no conformance data; EMBERDB_CONFORMANCE names its folder");
        return;
    };
    let report = suite.run(&data, &mut ()).unwrap();
    println!("{report}");
    for note in &report.notes {
        println!("  {note}");
    }
    for failure in report.failures.iter().take(FAILURES_SHOWN) {
        println!("{failure}");
    }
    for failure in report.failures.iter().skip(FAILURES_SHOWN) {
        println!("{}", failure.case);
    }
    assert!(report.passed > 0, "the suite asks something");
    let known: Vec<_> = GAPS.iter().filter(|(of, ..)| *of == suite).collect();
    let known_count: usize = known.iter().map(|(_, count, _)| count).sum();
    let failed = report.failures.len();
    assert!(failed <= known_count, "{failed} fail, known are {known_count}: {known:?}");
    if failed < known_count {
        println!("only {failed} fail: some of these gaps have closed: {known:?}");
    }
}
