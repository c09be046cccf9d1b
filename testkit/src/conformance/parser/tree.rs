//! A tree in the form that the conformance data has it in.

use emberdb_promql_syntax::{
    At, DurationExpr, DurationKind, DurationSpec, Expr, ExtendedRange, NumberLiteral, Sign, Span,
    VectorSelector,
};
use serde_json::{Value, json};

use crate::conformance::base64;

/// The tree as JSON.
pub(super) fn expr(node: &Expr) -> Value {
    match node {
        Expr::NumberLiteral(number) => number_literal(number),
        Expr::StringLiteral(string) => {
            let mut node = json!({"type": "stringLiteral", "pos": pos(string.span)});
            match &string.not_utf8 {
                None => node["val"] = string.value.clone().into(),
                Some(bytes) => node["val_b64"] = base64::encoded(bytes).into(),
            }
            node
        }
        Expr::VectorSelector(selector) => vector_selector(selector),
        Expr::MatrixSelector(matrix) => json!({
            "type": "matrixSelector",
            "pos": pos(matrix.span),
            "selector": vector_selector(&matrix.selector),
            "range_ms": millis(&matrix.range),
            "range_expr": duration(&matrix.range),
        }),
        Expr::Subquery(subquery) => json!({
            "type": "subquery",
            "pos": pos(subquery.span),
            "expr": expr(&subquery.expr),
            "range_ms": millis(&subquery.range),
            "range_expr": duration(&subquery.range),
            "step_ms": subquery.step.as_ref().map_or(0, millis),
            "step_expr": subquery.step.as_ref().map_or(Value::Null, duration),
            "offset_ms": millis(&subquery.offset),
            "offset_expr": duration(&subquery.offset),
            "timestamp_ms": timestamp(subquery.at),
            "start_or_end": start_or_end(subquery.at),
        }),
        Expr::Call(call) => json!({
            "type": "call",
            "pos": pos(call.span),
            "func": call.function.name(),
            "args": call.args.iter().map(expr).collect::<Vec<_>>(),
        }),
        Expr::Aggregation(aggregation) => json!({
            "type": "aggregation",
            "pos": pos(aggregation.span),
            "op": aggregation.op.as_str(),
            "expr": expr(&aggregation.expr),
            "param": aggregation.param.as_ref().map(expr),
            "grouping": aggregation.grouping.labels(),
            "without": aggregation.grouping.is_without(),
        }),
        Expr::Binary(binary) => json!({
            "type": "binaryExpr",
            "pos": pos(binary.span),
            "op": binary.op.as_str(),
            "lhs": expr(&binary.lhs),
            "rhs": expr(&binary.rhs),
            "bool": binary.return_bool,
            "matching": binary.matching.as_ref().map(|matching| json!({
                "card": matching.cardinality.as_str(),
                "labels": matching.labels.labels(),
                "on": matching.labels.is_on(),
                "include": matching.include,
                "fill_lhs": matching.fill.lhs.map(|x| canonical(&x.to_string())),
                "fill_rhs": matching.fill.rhs.map(|x| canonical(&x.to_string())),
            })),
        }),
        Expr::Unary(unary) => json!({
            "type": "unaryExpr",
            "pos": pos(unary.span),
            "op": unary.sign.as_str(),
            "expr": expr(&unary.expr),
        }),
        Expr::Paren(paren) => json!({"type": "parenExpr", "pos": pos(paren.span), "expr": expr(&paren.expr)}),
    }
}

/// The tree of the data, with its numbers written one way.
pub(super) fn normalized(tree: &Value) -> Value {
    let mut tree = tree.clone();
    each_object(&mut tree, &mut |object| {
        let is_number = object.get("type").is_some_and(|kind| kind == "numberLiteral");
        for field in ["val", "fill_lhs", "fill_rhs"] {
            if let Some(value) = object.get_mut(field)
                && (is_number || field != "val")
                && !value.is_null()
            {
                *value = canonical(&value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
            }
        }
    });
    tree
}

/// The tree without positions.
pub(super) fn without_places(mut tree: Value) -> Value {
    each_object(&mut tree, &mut |object| {
        object.remove("pos");
    });
    tree
}

fn each_object(tree: &mut Value, change: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match tree {
        Value::Object(object) => {
            change(object);
            object.values_mut().for_each(|child| each_object(child, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, change)),
        _ => {}
    }
}

fn vector_selector(selector: &VectorSelector) -> Value {
    let matchers: Vec<_> = selector
        .matchers
        .iter()
        .map(|m| json!({"type": m.op().as_str(), "name": m.name(), "value": m.value()}))
        .collect();
    json!({
        "type": "vectorSelector",
        "pos": pos(selector.span),
        "name": selector.name.as_deref().unwrap_or_default(),
        "matchers": matchers,
        "offset_ms": millis(&selector.offset),
        "offset_expr": duration(&selector.offset),
        "timestamp_ms": timestamp(selector.at),
        "start_or_end": start_or_end(selector.at),
        "anchored": selector.extended_range == Some(ExtendedRange::Anchored),
        "smoothed": selector.extended_range == Some(ExtendedRange::Smoothed),
        "bypass_empty_matcher_check": selector.allow_empty_matchers,
    })
}

fn number_literal(number: &NumberLiteral) -> Value {
    json!({
        "type": "numberLiteral",
        "pos": pos(number.span),
        "val": canonical(&number.value.to_string()),
        "duration": number.is_duration,
    })
}

fn duration_expr(expr: &DurationExpr) -> Value {
    let (op, lhs, rhs) = match &expr.kind {
        // A literal in parentheses is upstream's unary plus.
        DurationKind::Number(number) if expr.parenthesized => ("+", Value::Null, number_literal(number)),
        DurationKind::Number(number) => return number_literal(number),
        DurationKind::Unary { sign: Sign::Plus, operand } => ("+", Value::Null, duration_expr(operand)),
        DurationKind::Unary { sign: Sign::Minus, operand } => ("-", Value::Null, duration_expr(operand)),
        DurationKind::Binary { op, lhs, rhs } => (op.as_str(), duration_expr(lhs), duration_expr(rhs)),
        DurationKind::Step => ("step", Value::Null, Value::Null),
        DurationKind::Range => ("range", Value::Null, Value::Null),
    };
    json!({
        "type": "durationExpr",
        "pos": pos(expr.span),
        "op": op,
        "lhs": lhs,
        "rhs": rhs,
        "wrapped": expr.parenthesized,
    })
}

fn duration(spec: &DurationSpec) -> Value {
    match spec {
        DurationSpec::Millis(_) => Value::Null,
        DurationSpec::Expr(expr) => duration_expr(expr),
    }
}

fn millis(spec: &DurationSpec) -> i64 {
    match spec {
        DurationSpec::Millis(ms) => *ms,
        DurationSpec::Expr(_) => 0,
    }
}

fn timestamp(at: Option<At>) -> Value {
    match at {
        Some(At::Timestamp(ms)) => json!(ms),
        _ => Value::Null,
    }
}

fn start_or_end(at: Option<At>) -> Value {
    match at {
        Some(At::Start) => json!("start"),
        Some(At::End) => json!("end"),
        _ => Value::Null,
    }
}

fn pos(span: Span) -> Value {
    json!([span.start, span.end])
}

/// A number as text that is the same for the same number.
fn canonical(number: &str) -> Value {
    number.parse().map_or_else(|_| json!(number), |value: f64| json!(format!("{value:?}")))
}
