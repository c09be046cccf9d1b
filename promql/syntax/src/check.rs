//! What the grammar cannot see: types, numbers of arguments, and which matching an operator allows.
//!
//! Children are checked before their parents, from left to right, so that the first error is the innermost.

use emberdb_model::METRIC_NAME;

use crate::ast::{Aggregation, Binary, Call, Expr, Fill, MatchCardinality, Unary, VectorSelector};
use crate::error::Fault;
use crate::quote::quoted;
use crate::signature::{Arity, FunctionId, ValueType};
use crate::span::Span;

type Checked<T> = Result<T, Box<Fault>>;

/// Checks a tree and settles what depends on types: set operators match many to many, and operators with a scalar
/// side have no matching.
pub(crate) fn check(expr: &mut Expr, query: &str) -> Checked<ValueType> {
    Checker { query }.expr(expr)
}

struct Checker<'q> {
    query: &'q str,
}

impl Checker<'_> {
    fn expr(&self, expr: &mut Expr) -> Checked<ValueType> {
        match expr {
            Expr::NumberLiteral(_) => Ok(ValueType::Scalar),
            Expr::StringLiteral(_) => Ok(ValueType::String),
            Expr::VectorSelector(selector) => {
                vector_selector(selector)?;
                Ok(ValueType::Vector)
            }
            Expr::MatrixSelector(matrix) => {
                vector_selector(&matrix.selector)?;
                Ok(ValueType::Matrix)
            }
            Expr::Subquery(subquery) => match self.expr(&mut subquery.expr)? {
                ValueType::Vector => Ok(ValueType::Matrix),
                other => {
                    let message = format!("subquery is only allowed on instant vector, got {other} instead");
                    refuse(subquery.span, message)
                }
            },
            Expr::Call(call) => self.call(call),
            Expr::Aggregation(aggregation) => self.aggregation(aggregation),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Paren(paren) => self.expr(&mut paren.expr),
        }
    }

    fn call(&self, call: &mut Call) -> Checked<ValueType> {
        let signature = call.function.signature();
        let (given, least) = (call.args.len(), signature.args_min());
        let most = signature.args_max().unwrap_or(usize::MAX);
        if !(least..=most).contains(&given) {
            let (bound, wanted) = match signature.arity {
                Arity::Exact => ("", least),
                Arity::Optional(_) | Arity::Unlimited if given < least => ("at least ", least),
                Arity::Optional(_) | Arity::Unlimited => ("at most ", most),
            };
            let message = format!(
                "expected {bound}{wanted} argument(s) in call to {}, got {given}",
                quoted(signature.name)
            );
            return refuse(call.span, message);
        }
        if call.function == FunctionId::Info
            && let Some(labels) = call.args.get_mut(1)
        {
            label_selectors(labels)?;
        }
        for (index, arg) in call.args.iter_mut().enumerate() {
            if let Some(wanted) = signature.arg_type(index) {
                self.expect(arg, wanted, || format!("call to function {}", quoted(signature.name)))?;
            }
        }
        Ok(signature.return_type)
    }

    fn aggregation(&self, aggregation: &mut Aggregation) -> Checked<ValueType> {
        self.expect(&mut aggregation.expr, ValueType::Vector, || "aggregation expression".to_owned())?;
        if let (Some(param), Some(wanted)) = (&mut aggregation.param, aggregation.op.param_type()) {
            self.expect(param, wanted, || "aggregation parameter".to_owned())?;
        }
        Ok(ValueType::Vector)
    }

    fn unary(&self, unary: &mut Unary) -> Checked<ValueType> {
        let operand = self.expr(&mut unary.expr)?;
        if matches!(operand, ValueType::Scalar | ValueType::Vector) {
            return Ok(operand);
        }
        let allowed = "unary expression only allowed on expressions of type scalar or instant vector";
        refuse(unary.span, format!("{allowed}, got {}", quoted(operand.description())))
    }

    fn binary(&self, binary: &mut Binary) -> Checked<ValueType> {
        let lhs = self.expr(&mut binary.lhs)?;
        let rhs = self.expr(&mut binary.rhs)?;
        let op = binary.op;
        let are_scalars = lhs == ValueType::Scalar && rhs == ValueType::Scalar;
        if binary.return_bool && !op.is_comparison() {
            return refuse(self.operator(binary), "bool modifier can only be used on comparison operators");
        }
        if op.is_comparison() && !binary.return_bool && are_scalars {
            return refuse(self.operator(binary), "comparisons between scalars must use BOOL modifier");
        }
        if let Some(matching) = &binary.matching
            && matching.labels.is_on()
            && let Some(label) =
                matching.labels.labels().iter().find(|label| matching.include.contains(label))
        {
            let message = format!("label {} must not occur in ON and GROUP clause at once", quoted(label));
            return refuse(self.operator(binary), message);
        }
        for (side, value_type) in [(&binary.lhs, lhs), (&binary.rhs, rhs)] {
            if !matches!(value_type, ValueType::Scalar | ValueType::Vector) {
                let message = "binary expression must contain only scalar and instant vector types";
                return refuse(side.span(), message);
            }
        }
        self.matching(binary, lhs == ValueType::Vector && rhs == ValueType::Vector)?;
        if op.is_set() && (lhs == ValueType::Scalar || rhs == ValueType::Scalar) {
            let message = format!("set operator \"{op}\" not allowed in binary scalar expression");
            return refuse(binary.span, message);
        }
        Ok(if are_scalars { ValueType::Scalar } else { ValueType::Vector })
    }

    /// Checks and settles how the sides find each other.
    fn matching(&self, binary: &mut Binary, are_vectors: bool) -> Checked<()> {
        let Some(matching) = &mut binary.matching else {
            return Ok(());
        };
        let has_fill = matching.fill != Fill::default();
        if !are_vectors {
            if !matching.labels.labels().is_empty() {
                return refuse(binary.span, "vector matching only allowed between instant vectors");
            }
            if has_fill {
                return refuse(binary.span, "filling in missing series only allowed between instant vectors");
            }
            binary.matching = None;
        } else if binary.op.is_set() {
            if matching.cardinality != MatchCardinality::OneToOne {
                return refuse(binary.span, format!("no grouping allowed for \"{}\" operation", binary.op));
            }
            if has_fill {
                return refuse(binary.span, "filling in missing series not allowed for set operators");
            }
            matching.cardinality = MatchCardinality::ManyToMany;
        }
        Ok(())
    }

    fn expect(&self, expr: &mut Expr, wanted: ValueType, place: impl FnOnce() -> String) -> Checked<()> {
        let found = self.expr(expr)?;
        if found == wanted {
            return Ok(());
        }
        let (wanted, found) = (wanted.description(), found.description());
        refuse(expr.span(), format!("expected type {wanted} in {}, got {found}", place()))
    }

    /// Where the operator and its modifiers stand: between the sides, without the blanks around.
    fn operator(&self, binary: &Binary) -> Span {
        let between = Span::new(binary.lhs.span().end, binary.rhs.span().start);
        let text = between.text(self.query);
        let start = between.start as usize + (text.len() - text.trim_start().len());
        Span::of(start, start + text.trim().len())
    }
}

/// The second argument of `info`: matchers without a metric name, which may all match the empty string.
fn label_selectors(labels: &mut Expr) -> Checked<()> {
    match labels {
        Expr::VectorSelector(selector) if selector.name.is_none() => {
            selector.allow_empty_matchers = true;
            Ok(())
        }
        Expr::VectorSelector(selector) => {
            refuse(selector.span, "expected label selectors only, got vector selector instead")
        }
        other => refuse(other.span(), "expected label selectors only"),
    }
}

fn vector_selector(selector: &VectorSelector) -> Checked<()> {
    if let Some(name) = &selector.name {
        // The last matcher is the one that stands for `name`.
        let written = selector.matchers.split_last().map_or(&[][..], |(_, written)| written);
        return match written.iter().find(|matcher| matcher.name() == METRIC_NAME) {
            None => Ok(()),
            Some(second) => {
                let (name, second) = (quoted(name), quoted(second.value()));
                refuse(selector.span, format!("metric name must not be set twice: {name} or {second}"))
            }
        };
    }
    if selector.allow_empty_matchers || selector.matchers.iter().any(|matcher| !matcher.matches("")) {
        return Ok(());
    }
    refuse(selector.span, "vector selector must contain at least one non-empty matcher")
}

fn refuse<T>(span: Span, message: impl Into<String>) -> Checked<T> {
    Err(Box::new(Fault::new(span, message)))
}
