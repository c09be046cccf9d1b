//! Which queries can see a series.

use emberdb_model::{Labels, METRIC_NAME, MatchOp, Matcher};
use emberdb_promql_syntax::{Call, Expr, FunctionId, VectorSelector, Visitor, walk_expr};

/// Whether a selector in `expr` would select a series with these labels, whatever its samples and whenever they are.
#[must_use]
pub fn touches(expr: &Expr, labels: &Labels) -> bool {
    struct Touch<'l> {
        labels: &'l Labels,
        found: bool,
    }
    impl Visitor for Touch<'_> {
        fn visit_expr(&mut self, expr: &Expr) {
            if let Expr::Call(call) = expr
                && call.function == FunctionId::Info
            {
                self.found |= info_touches(call, self.labels);
            }
            walk_expr(self, expr);
        }

        fn visit_vector_selector(&mut self, selector: &VectorSelector) {
            self.found |= all_match(&selector.matchers, self.labels);
        }
    }
    let mut touch = Touch { labels, found: false };
    touch.visit_expr(expr);
    touch.found
}

/// `info` asks for series that no selector names.
fn info_touches(call: &Call, labels: &Labels) -> bool {
    let names: Vec<&Matcher> = match call.args.get(1).map(Expr::without_parens) {
        Some(Expr::VectorSelector(selector)) => {
            selector.matchers.iter().filter(|m| m.name() == METRIC_NAME).collect()
        }
        _ => Vec::new(),
    };
    let name = labels.get(METRIC_NAME).unwrap_or("");
    let is_named = names.iter().any(|m| matches!(m.op(), MatchOp::Equal | MatchOp::Regex));
    let is_info = if names.is_empty() { name == "target_info" } else { is_named || name.ends_with("_info") };
    is_info && names.iter().all(|m| m.matches(name))
}

fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|m| m.matches(labels.get(m.name()).unwrap_or("")))
}
