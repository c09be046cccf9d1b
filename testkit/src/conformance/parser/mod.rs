//! The parser: what parses, the tree, both printed forms, and the first error; signatures and durations.
//!
//! * [`tree`]: our trees in the form of the data; [`places`]: where upstream's positions are odd
//! * [`lexer`]: tokens; [`series`]: series notation, which is for scripts

mod lexer;
mod places;
mod series;
mod tree;

use emberdb_promql_syntax::{
    Arity, Expr, FunctionId, MatchOp, Matcher, ParserOptions, VectorSelector, Visitor, format_duration,
    parse_duration, parse_signed_duration, parse_with,
};
use serde_json::Value;

use super::mismatch::{same, same_text};
use super::{Check, DataError, Mismatch, Run, read};

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    records(run, "parser/cases.jsonl", case)?;
    records(run, "parser/corpus.jsonl", of_corpus)?;
    records(run, "parser/durations.jsonl", duration)?;
    functions(run)
}

fn records(run: &mut Run<'_>, path: &str, check: fn(&Value) -> Check) -> Result<(), DataError> {
    let records = run.data.records(path)?;
    run.begin(path, records.len());
    for (at, record) in records.iter().enumerate() {
        let text = |name| read::text_or_empty(record, name);
        run.case(format!("{path}:{}: {} {:?}", at + 1, text("kind"), text("input")), check(record));
    }
    Ok(())
}

fn case(record: &Value) -> Check {
    match read::text(&record["kind"])? {
        "expr" | "print" | "pretty" | "fuzz" => expression(record),
        "series" => series::line(record),
        "histogram_print" => series::histogram(record),
        "print_selector" => selector(record),
        "extract_selectors" => {
            let expr = parsed(read::text(&record["input"])?, &ParserOptions::ALL)?;
            let wanted =
                read::list(&record["selectors"])?.iter().map(read::text).collect::<Result<Vec<_>, _>>()?;
            same_text("selectors", &wanted.join(" "), &selectors(&expr))
        }
        "lex" => lexer::check(record),
        other => Err(Mismatch::unsupported(other)),
    }
}

fn parsed(query: &str, options: &ParserOptions) -> Result<Expr, Mismatch> {
    parse_with(query, options).map_err(|error| Mismatch::new(format!("is refused: {error}")))
}

fn expression(record: &Value) -> Check {
    let is_ok = read::truth(&record["ok"])?;
    let Some(input) = record["input"].as_str() else {
        // What is not UTF-8 is no `&str`, and so refused by its type.
        return same("is accepted", &is_ok, &std::str::from_utf8(&read::bytes(record, "input")?).is_ok());
    };
    if is_ok {
        let expr = parsed(input, &options(record))?;
        same_text("value type", read::text(&record["value_type"])?, expr.value_type().as_str())?;
        return printed_as(&expr, record).and_then(|()| tree_is(&expr, input, &record["ast"]));
    }
    let wanted = read::text(&record["error"])?;
    let got = match parse_with(input, &options(record)) {
        Ok(expr) => return Err(Mismatch::new(format!("is accepted as {expr}\nwanted {wanted}"))),
        Err(got) => got.to_string(),
    };
    // Behind `<Item` comes a number of upstream's own.
    match wanted.split_once("<Item") {
        Some((comparable, _)) if got.starts_with(comparable) => Ok(()),
        _ => same_text("error", wanted, &got),
    }
}

fn printed_as(expr: &Expr, record: &Value) -> Check {
    same_text("print", read::text(&record["print"])?, &expr.to_string())?;
    let width = read::integer(&record["pretty_width"]).unwrap_or(10);
    for (field, width) in [("pretty100", 100), ("pretty10", 10), ("pretty", width)] {
        if let Some(wanted) = record[field].as_str() {
            same_text(field, wanted, &expr.pretty_with_width(width))?;
        }
    }
    Ok(())
}

fn tree_is(expr: &Expr, input: &str, wanted: &Value) -> Check {
    if wanted.is_null() {
        return Ok(());
    }
    let (got, wanted) = (tree::expr(expr), tree::normalized(wanted));
    let placed = places::as_upstream(got.clone(), input);
    let bare = |tree: Value| tree::without_places(tree).to_string();
    same_text("tree", &bare(wanted.clone()), &bare(got))?;
    same_text("positions", &wanted.to_string(), &placed.to_string())
}

/// A selector that is not parsed but put together.
fn selector(record: &Value) -> Check {
    let Expr::VectorSelector(mut selector) = parsed("x", &ParserOptions::default())? else {
        return Err(Mismatch::new("a name is a selector"));
    };
    let name = read::text(&record["name"])?;
    selector.name = (!name.is_empty()).then(|| name.to_owned());
    selector.matchers.clear();
    for matcher in read::list(&record["matchers"])? {
        let op = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex]
            .into_iter()
            .find(|op| matcher["type"] == op.as_str())
            .ok_or_else(|| Mismatch::new(format!("unknown operator in {matcher}")))?;
        let matcher = Matcher::new(op, read::text(&matcher["name"])?, read::text(&matcher["value"])?);
        selector.matchers.push(matcher.map_err(|error| Mismatch::new(error.to_string()))?);
    }
    same_text("print", read::text(&record["print"])?, &Expr::VectorSelector(selector).to_string())
}

/// A query of the scripts or of the compliance tester.
fn of_corpus(record: &Value) -> Check {
    let input = read::text(&record["input"])?;
    let parsed = parse_with(input, &ParserOptions::ALL);
    same("is accepted", &read::truth(&record["ok"])?, &parsed.is_ok())?;
    let Ok(expr) = parsed else { return Ok(()) };
    let none = ParserOptions { duration_expr: false, ..ParserOptions::default() };
    let is_plain = parse_with(input, &none).is_ok();
    same("is accepted without options", &read::truth(&record["ok_without_options"])?, &is_plain)?;
    same_text("value type", read::text(&record["value_type"])?, expr.value_type().as_str())?;
    printed_as(&expr, record)
}

fn duration(record: &Value) -> Check {
    let input = read::text(&record["input"])?;
    let parse = if record["allow_negative"] == true { parse_signed_duration } else { parse_duration };
    match parse(input) {
        Ok(ms) => {
            same("is accepted", &true, &(record["ok"] == true))?;
            same_text("nanoseconds", &record["ns"].to_string(), &(i128::from(ms) * 1_000_000).to_string())?;
            same_text("print", read::text(&record["print"])?, &format_duration(ms))
        }
        Err(error) => same_text("error", read::text_or_empty(record, "error"), &error.to_string()),
    }
}

fn functions(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "parser/functions.json";
    let table = run.data.json(PATH)?;
    let table = read::list_or_empty(&table);
    run.begin(PATH, table.len());
    for wanted in table {
        let name = read::text_or_empty(wanted, "name");
        let function = FunctionId::ALL.iter().find(|function| function.name() == name);
        let check = match function {
            Some(function) => same("signature", wanted, &signature(*function)),
            None => Err(Mismatch::new("is not known")),
        };
        run.case(format!("{PATH}: {name}"), check);
    }
    let is_known = |function: &FunctionId| table.iter().any(|wanted| wanted["name"] == function.name());
    for surplus in FunctionId::ALL.iter().filter(|function| !is_known(function)) {
        run.case(format!("{PATH}: {}", surplus.name()), Err(Mismatch::new("is not upstream's")));
    }
    Ok(())
}

fn signature(function: FunctionId) -> Value {
    let signature = function.signature();
    let variadic = match signature.arity {
        Arity::Exact => 0,
        Arity::Optional(surplus) => i64::from(surplus),
        Arity::Unlimited => -1,
    };
    let arg_types: Vec<_> = signature.arg_types.iter().map(|value_type| value_type.as_str()).collect();
    serde_json::json!({
        "name": signature.name,
        "arg_types": arg_types,
        "return_type": signature.return_type.as_str(),
        "variadic": variadic,
        "experimental": signature.is_experimental,
        "at_modifier_unsafe": signature.is_at_modifier_unsafe,
    })
}

fn options(record: &Value) -> ParserOptions {
    let has = |option: &str| read::list_or_empty(&record["options"]).iter().any(|o| o == option);
    ParserOptions {
        experimental_functions: has("experimental_functions"),
        duration_expr: has("duration_expr"),
        extended_range_selectors: has("extended_range_selectors"),
        binop_fill_modifiers: has("binop_fill_modifiers"),
    }
}

fn selectors(expr: &Expr) -> String {
    struct Selectors(Vec<String>);
    impl Visitor for Selectors {
        fn visit_vector_selector(&mut self, selector: &VectorSelector) {
            let matchers: Vec<_> = selector.matchers.iter().map(ToString::to_string).collect();
            self.0.push(format!("{{{}}}", matchers.join(", ")));
        }
    }
    let mut selectors = Selectors(Vec::new());
    selectors.visit_expr(expr);
    selectors.0.join(" ")
}
