//! The tree as text on several lines.

use crate::ast::Expr;
use crate::print::{push_aggregation_head, push_operator, push_subquery_suffix, unsigned_base};

/// The longest line that [`Expr::pretty`] leaves whole.
pub const PRETTY_WIDTH: usize = 100;

impl Expr {
    /// The expression formatted for people, as the API's `format_query` does it: what is longer than
    /// [`PRETTY_WIDTH`] bytes is split, one operand or argument a line, indented by two spaces a level.
    ///
    /// ```
    /// let expr = emberdb_promql_syntax::parse("sum by(job)(rate(http_requests_total{code=~\"5..\"}[5m]))")?;
    /// assert_eq!(expr.pretty(), "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m]))");
    /// assert_eq!(
    ///     expr.pretty_with_width(50),
    ///     "sum by (job) (\n  rate(http_requests_total{code=~\"5..\"}[5m])\n)"
    /// );
    /// # Ok::<(), emberdb_promql_syntax::ParseError>(())
    /// ```
    #[must_use]
    pub fn pretty(&self) -> String {
        self.pretty_with_width(PRETTY_WIDTH)
    }

    /// As [`pretty`](Self::pretty), splitting what is longer than `width_max` bytes.
    #[must_use]
    pub fn pretty_with_width(&self, width_max: usize) -> String {
        let mut printer = Printer { out: String::new(), width_max };
        printer.expr(self, 0, true);
        printer.out
    }
}

struct Printer {
    out: String,
    width_max: usize,
}

impl Printer {
    /// Appends `expr` at an indentation; the first line's only if `is_line_start`.
    fn expr(&mut self, expr: &Expr, level: usize, is_line_start: bool) {
        // Operands of a split operator stand one level deeper, so the operator's own line is indented later.
        let text = expr.to_string();
        let is_split = text.len() > self.width_max;
        if let Expr::Binary(binary) = expr
            && is_split
        {
            match unsigned_base(binary) {
                Some(text) => self.leaf(text, level + 1, is_line_start),
                None => self.expr(&binary.lhs, level + 1, is_line_start),
            }
            self.new_line(level);
            push_operator(&mut self.out, binary);
            self.out.push('\n');
            self.expr(&binary.rhs, level + 1, true);
            return;
        }
        if let Expr::Subquery(subquery) = expr {
            if is_split {
                self.expr(&subquery.expr, level, is_line_start);
                push_subquery_suffix(&mut self.out, subquery);
            } else {
                // Upstream does not indent it.
                self.out.push_str(&text);
            }
            return;
        }
        if is_line_start {
            self.indent(level);
        }
        match expr {
            Expr::Unary(unary) => {
                self.out.push_str(unary.sign.as_str());
                self.expr(&unary.expr, level, false);
            }
            Expr::Call(call) if is_split => {
                self.out.push_str(call.function.name());
                self.out.push('(');
                self.list(call.args.iter(), level);
            }
            Expr::Aggregation(aggregation) if is_split => {
                push_aggregation_head(&mut self.out, aggregation);
                self.list(aggregation.param.iter().chain([&aggregation.expr]), level);
            }
            Expr::Paren(paren) if is_split => {
                self.out.push('(');
                self.list([&paren.expr].into_iter(), level);
            }
            _ => self.out.push_str(&text),
        }
    }

    /// Appends what is not split.
    fn leaf(&mut self, text: &str, level: usize, is_line_start: bool) {
        if is_line_start {
            self.indent(level);
        }
        self.out.push_str(text);
    }

    /// Appends expressions one a line, and the closing parenthesis.
    fn list<'a>(&mut self, exprs: impl Iterator<Item = &'a Expr>, level: usize) {
        for (index, expr) in exprs.enumerate() {
            self.out.push_str(if index > 0 { ",\n" } else { "\n" });
            self.expr(expr, level + 1, true);
        }
        self.new_line(level);
        self.out.push(')');
    }

    fn new_line(&mut self, level: usize) {
        self.out.push('\n');
        self.indent(level);
    }

    fn indent(&mut self, level: usize) {
        self.out.extend(std::iter::repeat_n("  ", level));
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn infinity_has_no_sign_before_a_power_on_a_line_of_its_own_either() {
        let expr = parse("Inf ^ foo").expect("a query");
        let pretty = expr.pretty_with_width(1);
        assert_eq!(pretty, "  Inf\n^\n  foo");
        assert_eq!(parse(&pretty).expect("a query").to_string(), expr.to_string());
    }
}
