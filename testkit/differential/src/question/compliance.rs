//! The query list of Prometheus' compliance tests.

use serde_json::Value;

/// A query of the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ComplianceQuery {
    /// The PromQL.
    pub query: String,
    /// An engine has to refuse it.
    pub should_fail: bool,
}

/// A line that is no record of the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the compliance queries: {found}; a JSON object with `query` and `should_fail` is expected"
)]
pub struct ComplianceError {
    /// From 1.
    pub line: usize,
    /// What is there instead.
    pub found: String,
}

/// The queries of a `queries.jsonl`: one JSON object a line. Those that the tests leave out of the comparison are left
/// out here too.
///
/// # Errors
/// [`ComplianceError`] for the first line that is none.
pub fn compliance(text: &str) -> Result<Vec<ComplianceQuery>, ComplianceError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.filter_map(|(index, line)| record(index + 1, line).transpose()).collect()
}

/// `None` where the answer is not to be compared.
fn record(line: usize, text: &str) -> Result<Option<ComplianceQuery>, ComplianceError> {
    let fault = |found: String| ComplianceError { line, found };
    let record: Value = serde_json::from_str(text).map_err(|error| fault(error.to_string()))?;
    let query = record["query"].as_str().ok_or_else(|| fault("`query` is no string".to_owned()))?;
    let truth = |name: &str| match &record[name] {
        Value::Null => Ok(false),
        value => value.as_bool().ok_or_else(|| fault(format!("`{name}` is neither true nor false"))),
    };
    let should_fail = truth("should_fail")?;
    Ok((!truth("skip_comparison")?).then(|| ComplianceQuery { query: query.to_owned(), should_fail }))
}

#[cfg(test)]
mod tests {
    use super::{ComplianceQuery, compliance};

    #[test]
    fn queries_are_read_and_those_not_compared_are_left_out() {
        let text = "{\"id\":\"1\",\"query\":\"42\",\"should_fail\":false,\"skip_comparison\":false}\n\n\
                    {\"query\":\"rate(up)\",\"should_fail\":true}\n\
                    {\"query\":\"time()\",\"should_fail\":false,\"skip_comparison\":true}\n";
        let query = |query: &str, should_fail| ComplianceQuery { query: query.to_owned(), should_fail };
        assert_eq!(compliance(text), Ok(vec![query("42", false), query("rate(up)", true)]));
    }

    #[test]
    fn a_fault_names_its_line() {
        for (text, wanted) in [
            ("{\"query\":\"1\"}\n{", "line 2 of the compliance queries: EOF"),
            ("{\"template\":1}", "line 1 of the compliance queries: `query` is no string"),
            (
                "{\"query\":\"1\",\"should_fail\":3}",
                "line 1 of the compliance queries: `should_fail` is neither",
            ),
        ] {
            let error = compliance(text).expect_err(text).to_string();
            assert!(error.starts_with(wanted), "{error}");
        }
    }
}
