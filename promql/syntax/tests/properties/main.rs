//! What holds for all queries: what is printed reads back as the same tree and prints as the same text, every node
//! knows its place, blanks and comments mean nothing, and no text makes the parser panic.

#![expect(clippy::panic, reason = "what helps a test fails as a test does")]

mod query;

use emberdb_promql_syntax::{
    DurationExpr, DurationKind, DurationSpec, Expr, MutVisitor, ParserOptions, Sign, Span, VectorSelector,
    Visitor, parse_metric_selector, parse_with, walk_duration_expr, walk_duration_expr_mut, walk_expr,
    walk_expr_mut, walk_vector_selector_mut,
};
use proptest::prelude::*;
use query::{pieces, vector};

fn read(query: &str) -> Expr {
    parse_with(query, &ParserOptions::ALL).unwrap_or_else(|error| panic!("{}", error.render(query)))
}

/// The tree without what printing does not keep.
fn plain(mut expr: Expr) -> Expr {
    Plain.visit_expr_mut(&mut expr);
    expr
}

/// Takes away places, the order of matchers, and a plus before a duration.
struct Plain;

impl MutVisitor for Plain {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        walk_expr_mut(self, expr);
        let span = match expr {
            Expr::NumberLiteral(node) => &mut node.span,
            Expr::StringLiteral(node) => &mut node.span,
            Expr::VectorSelector(node) => &mut node.span,
            Expr::MatrixSelector(node) => &mut node.span,
            Expr::Subquery(node) => &mut node.span,
            Expr::Call(node) => &mut node.span,
            Expr::Aggregation(node) => &mut node.span,
            Expr::Binary(node) => &mut node.span,
            Expr::Unary(node) => &mut node.span,
            Expr::Paren(node) => &mut node.span,
        };
        *span = Span::default();
    }

    fn visit_vector_selector_mut(&mut self, selector: &mut VectorSelector) {
        selector.span = Span::default();
        selector.matchers.sort_by_key(ToString::to_string);
        walk_vector_selector_mut(self, selector);
    }

    fn visit_duration_expr_mut(&mut self, expr: &mut DurationExpr) {
        expr.span = Span::default();
        if let DurationKind::Number(number) = &mut expr.kind {
            number.span = Span::default();
        }
        if let DurationKind::Unary { sign: Sign::Plus, operand } = &expr.kind {
            *expr = (**operand).clone();
            return self.visit_duration_expr_mut(expr);
        }
        walk_duration_expr_mut(self, expr);
    }
}

/// Reads each node's piece of the text by itself.
struct Places<'q>(&'q str);

impl Visitor for Places<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        let takes_any_series =
            matches!(expr, Expr::VectorSelector(selector) if selector.allow_empty_matchers);
        if !takes_any_series {
            assert_eq!(plain(read(expr.span().text(self.0))), plain(expr.clone()), "{}", self.0);
        }
        walk_expr(self, expr);
    }

    fn visit_duration_expr(&mut self, expr: &DurationExpr) {
        let text = expr.span.text(self.0);
        let Expr::VectorSelector(alone) = read(&format!("foo offset ({text})")) else { panic!("{text}") };
        let DurationSpec::Expr(mut alone) = alone.offset else { panic!("{text}") };
        // The parentheses around an expression are not of its place.
        let mut wanted = DurationExpr { parenthesized: true, ..expr.clone() };
        Plain.visit_duration_expr_mut(&mut alone);
        Plain.visit_duration_expr_mut(&mut wanted);
        assert_eq!(*alone, wanted, "{}", self.0);
        walk_duration_expr(self, expr);
    }
}

/// Everything that can be done with a text: none of it may panic.
fn exercise(text: &str) {
    match parse_with(text, &ParserOptions::ALL) {
        Ok(expr) => {
            let printed = expr.to_string();
            assert_eq!(plain(read(&printed)), plain(expr.clone()), "{text}");
            assert_eq!(read(&printed).to_string(), printed);
            Places(text).visit_expr(&expr);
        }
        Err(error) => {
            assert!(error.line() >= 1 && error.column() >= 1);
            assert!(!error.render(text).is_empty());
            assert!(error.span().start as usize <= text.len());
        }
    }
    let _ = parse_metric_selector(text);
}

/// The query with a comment at each blank. There are none in brackets, where comments are not allowed.
fn commented(query: &str) -> String {
    let mut depth = 0;
    let comment = |c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if c == ' ' && depth == 0 { " # it's (a) [comment\n\t".to_owned() } else { c.to_string() }
    };
    query.chars().map(comment).collect()
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_tree_and_text(query in vector()) {
        let expr = read(&query);
        let printed = expr.to_string();
        let again = read(&printed);
        prop_assert_eq!(again.to_string(), printed.as_str());
        prop_assert_eq!(again.value_type(), expr.value_type());
        let tree = plain(expr.clone());
        prop_assert_eq!(&plain(again), &tree);
        for width in [1, 20, 100] {
            let pretty = expr.pretty_with_width(width);
            let again = read(&pretty);
            prop_assert_eq!(again.pretty_with_width(width), pretty);
            prop_assert_eq!(again.to_string(), printed.as_str());
            prop_assert_eq!(&plain(again), &tree);
        }
    }

    #[test]
    fn each_nodes_place_is_its_text(query in vector()) {
        Places(&query).visit_expr(&read(&query));
    }

    #[test]
    fn comments_and_line_breaks_mean_nothing(query in vector()) {
        prop_assert_eq!(plain(read(&commented(&query))), plain(read(&query)));
    }

    #[test]
    fn pieces_of_queries_do_not_panic(text in pieces()) {
        exercise(&text);
    }

    #[test]
    fn bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_damaged_query_does_not_panic(query in vector(), at in any::<prop::sample::Index>(), piece in pieces()) {
        let mut cut = at.index(query.len() + 1);
        while !query.is_char_boundary(cut) {
            cut -= 1;
        }
        exercise(&format!("{}{piece}{}", &query[..cut], &query[cut..]));
        exercise(&query[..cut]);
    }
}
