//! Queries in the style of rule and dashboard files, and the series they ask for.

mod families;

pub use families::dashboard_families;

/// One query a line; lines that begin with `#` are heads of sections.
const TEXT: &str = include_str!("../dashboards.promql");

/// Queries in the style of Kubernetes, node, mesh, network and service dashboards and of their alerting and recording
/// rules. They ask for the series of [`dashboard_families`].
#[must_use]
pub fn dashboards() -> Vec<&'static str> {
    TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use emberdb_promql_syntax::{Matcher, Visitor, parse};

    use super::{dashboard_families, dashboards};

    /// Names, and label names, that selectors ask for.
    #[derive(Default)]
    struct Asked(Vec<Matcher>);

    impl Visitor for Asked {
        fn visit_matcher(&mut self, matcher: &Matcher) {
            self.0.push(matcher.clone());
        }
    }

    #[test]
    fn there_are_three_hundred_different_ones() {
        let queries = dashboards();
        assert_eq!(queries.len(), 300);
        assert_eq!(queries.iter().collect::<BTreeSet<_>>().len(), 300);
    }

    #[test]
    fn each_parses_without_experimental_syntax_and_asks_for_names_that_the_families_have() {
        let families = dashboard_families();
        for query in dashboards() {
            let mut asked = Asked::default();
            asked.visit_expr(&parse(query).unwrap_or_else(|error| panic!("{query}: {error}")));
            for matcher in asked.0 {
                let is_known = if matcher.name() == "__name__" {
                    families.iter().any(|family| matcher.matches(&family.name))
                } else {
                    families
                        .iter()
                        .any(|family| family.labels.iter().any(|label| label.name == matcher.name()))
                };
                assert!(is_known, "{query}: {matcher}");
            }
        }
    }

    #[test]
    fn a_family_is_there_once_and_asked_for() {
        let families = dashboard_families();
        let names: BTreeSet<&str> = families.iter().map(|family| family.name.as_str()).collect();
        assert_eq!(names.len(), families.len());
        for name in names {
            let stem = name.trim_end_matches("_bucket");
            let is_asked =
                dashboards().iter().any(|query| query.contains(stem)) || name.starts_with("node_network_");
            assert!(is_asked, "{name}");
        }
    }
}
