//! What is asked, in this order: the dashboards' queries, those of the compliance tests, random ones.

use std::io;

use emberdb_differential::data::Family;
use emberdb_differential::question::{Generator, Origin, Question, Span, When, compliance, dashboards};
use emberdb_testkit::conformance::Data;

/// How far back from the end of the data queries of lists are asked, and how far apart.
const LIST_RANGE_MS: i64 = 600_000;
const LIST_STEP_MS: i64 = 30_000;

/// All questions of a run.
pub(super) fn questions(
    seed: u64,
    random: usize,
    families: &[Family],
    span: Span,
) -> io::Result<Vec<Question>> {
    let mut questions = Vec::new();
    let mut list = |queries: Vec<String>, origin| {
        let question = |(place, query)| Question { query, when: list_when(seed, place, span), origin };
        questions.extend((0..).zip(queries).map(question));
    };
    list(dashboards().into_iter().map(str::to_owned).collect(), Origin::Dashboard);
    list(compliance_queries()?, Origin::Compliance);
    questions.extend(Generator::new(seed, families, span).take(random));
    Ok(questions)
}

/// An instant and a range in turns, the other way round with the next seed; and not always at the same place.
fn list_when(seed: u64, place: u64, span: Span) -> When {
    let turn = seed.wrapping_add(place);
    let back_ms = i64::try_from(turn % 7).unwrap_or_default() * 2_411_000;
    let end_ms = (span.end_ms - back_ms).max(span.start_ms + LIST_RANGE_MS);
    if turn.is_multiple_of(2) {
        When::Instant { time_ms: end_ms }
    } else {
        When::Range { start_ms: end_ms - LIST_RANGE_MS, end_ms, step_ms: LIST_STEP_MS }
    }
}

/// The compliance tests' queries, where their file is.
fn compliance_queries() -> io::Result<Vec<String>> {
    let Some(data) = Data::find(None).map_err(io::Error::other)? else { return Ok(Vec::new()) };
    let file = data.folder().join("compliance/queries.jsonl");
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let queries = compliance(&std::fs::read_to_string(file)?).map_err(io::Error::other)?;
    Ok(queries.into_iter().map(|query| query.query).collect())
}

/// How an origin is called in reports.
pub(super) fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Generated => "random",
        Origin::Wrong => "random, wrong on purpose",
        Origin::Dashboard => "dashboards",
        Origin::Compliance => "compliance tests",
    }
}
