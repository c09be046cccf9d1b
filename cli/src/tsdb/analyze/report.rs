//! What is told of a census, in the words of promtool.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::hash::Hash;

use emberdb_model::METRIC_NAME;

use super::Result;
use super::census::{Census, Tally};
use crate::output::spell_span;

/// A census with its symbols spelled.
pub(super) struct Report {
    /// What was counted.
    pub(super) subject: String,
    /// Series, those included that were not selected.
    pub(super) series_total: u64,
    /// Which series were selected.
    pub(super) selector: Option<String>,
    span_ms: u64,
    series: u64,
    labels: u64,
    pairs: Vec<(Pair, Tally)>,
    names: BTreeMap<String, NameTally>,
}

struct Pair {
    name: String,
    value: String,
}

/// The labels of one name.
#[derive(Default)]
struct NameTally {
    values: u64,
    value_bytes: u64,
    series: Tally,
}

/// A list by what it is called: numbers with what they are of.
type Ranking = (&'static str, Vec<(u64, String)>);

impl Report {
    /// Spells the symbols of a census.
    pub(super) fn new<S: Copy + Eq + Hash>(
        census: &Census<S>,
        mut spell: impl FnMut(S) -> Result<String>,
    ) -> Result<Self> {
        let mut pairs = Vec::with_capacity(census.pairs.len());
        let mut names: BTreeMap<String, NameTally> = BTreeMap::new();
        for (&(name, value), &tally) in &census.pairs {
            let pair = Pair { name: spell(name)?, value: spell(value)? };
            let of_name = names.entry(pair.name.clone()).or_default();
            of_name.values += 1;
            of_name.value_bytes += pair.value.len() as u64;
            of_name.series.add(tally);
            pairs.push((pair, tally));
        }
        Ok(Self {
            subject: String::new(),
            series_total: census.series,
            selector: None,
            span_ms: census.span_ms,
            series: census.series,
            labels: census.labels,
            pairs,
            names,
        })
    }

    /// With at most `limit` lines a list.
    pub(super) fn text(&self, limit: usize) -> String {
        let mut text = self.summary();
        for (heading, mut ranking) in self.rankings() {
            // Equals in the order of their texts, so that the same block has the same lists each time.
            ranking.sort_by(|(a, a_text), (b, b_text)| (Reverse(a), a_text).cmp(&(Reverse(b), b_text)));
            ranking.truncate(limit);
            text.push_str(&format!("\n{heading}:\n"));
            for (number, of) in ranking {
                writeln!(text, "{number} {of}").expect("writing to a string does not fail");
            }
        }
        text
    }

    fn summary(&self) -> String {
        let span = spell_span(i64::try_from(self.span_ms).unwrap_or(i64::MAX));
        let mut text = format!("{}\nDuration: {span}\nTotal Series: {}\n", self.subject, self.series_total);
        if let Some(selector) = &self.selector {
            text.push_str(&format!("Matcher: {selector}\nMatched series: {}\n", self.series));
        }
        text.push_str(&format!(
            "Label names: {}\nPostings (unique label pairs): {}\nPostings entries (total label pairs): {}\n",
            self.names.len(),
            self.pairs.len(),
            self.labels
        ));
        text
    }

    fn rankings(&self) -> [Ranking; 6] {
        let of_pairs = |number: &dyn Fn(&Tally) -> u64| -> Vec<(u64, String)> {
            let spelled = self.pairs.iter().map(|(pair, tally)| (number(tally), pair.spelled()));
            spelled.collect()
        };
        let of_names = |number: &dyn Fn(&NameTally) -> u64| -> Vec<(u64, String)> {
            self.names.iter().map(|(name, tally)| (number(tally), name.clone())).collect()
        };
        let metrics = self.pairs.iter().filter(|(pair, _)| pair.name == METRIC_NAME);
        [
            ("Label pairs most involved in churning", of_pairs(&|tally| self.churn(tally))),
            ("Label names most involved in churning", of_names(&|tally| self.churn(&tally.series))),
            ("Most common label pairs", of_pairs(&|tally| tally.series)),
            ("Label names with highest cumulative label value length", of_names(&|tally| tally.value_bytes)),
            ("Highest cardinality labels", of_names(&|tally| tally.values)),
            (
                "Highest cardinality metric names",
                metrics.map(|(pair, tally)| (tally.series, pair.value.clone())).collect(),
            ),
        ]
    }

    /// How many series would be missing all the time to have as much time without samples.
    fn churn(&self, tally: &Tally) -> u64 {
        tally.uncovered_ms.checked_div(self.span_ms).unwrap_or(0)
    }
}

impl Pair {
    fn spelled(&self) -> String {
        format!("{}={}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_ranked_and_cut() {
        let mut census = Census::new(7_200_000);
        for (metric, job, last_ms) in [
            ("up", "api", 7_200_000),
            ("up", "web", 0),
            ("requests", "web", 0),
            ("requests", "batch", 7_200_000),
        ] {
            census.add([(METRIC_NAME, metric), ("job", job)].into_iter(), Some((0, last_ms)));
        }
        let mut report = Report::new(&census, |symbol| Ok(symbol.to_owned())).unwrap();
        "Head".clone_into(&mut report.subject);
        report.selector = Some("{}".into());
        let want = "\
Head
Duration: 2h0m0s
Total Series: 4
Matcher: {}
Matched series: 4
Label names: 2
Postings (unique label pairs): 5
Postings entries (total label pairs): 8

Label pairs most involved in churning:
2 job=web
1 __name__=requests

Label names most involved in churning:
2 __name__
2 job

Most common label pairs:
2 __name__=requests
2 __name__=up

Label names with highest cumulative label value length:
11 job
10 __name__

Highest cardinality labels:
3 job
2 __name__

Highest cardinality metric names:
2 requests
2 up
";
        assert_eq!(report.text(2), want);
    }
}
