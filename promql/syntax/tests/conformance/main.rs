//! The parser against the conformance data: what parses, the tree, both printed forms, and the first error.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace.
//! Without it the tests say so and pass.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a helper fails and reports as its test does")]

mod ast_json;
mod places;

use std::path::PathBuf;

use emberdb_promql_syntax::{
    Arity, Expr, FunctionId, ParserOptions, VectorSelector, Visitor, format_duration, parse_duration,
    parse_signed_duration, parse_with,
};
use serde_json::Value;

/// How many records agree in one respect, and the first that do not.
#[derive(Default)]
struct Tally {
    agree: usize,
    differ: Vec<String>,
}

impl Tally {
    fn count(&mut self, is_same: bool, difference: impl FnOnce() -> String) {
        if is_same {
            self.agree += 1;
        } else {
            self.differ.push(difference());
        }
    }

    fn same(&mut self, input: &str, got: &str, wanted: &str) {
        self.count(got == wanted, || format!("{input}\n      got  {got}\n      want {wanted}"));
    }

    /// Prints the count; what differs may be at most `differ_max`.
    fn report(&self, name: &str, differ_max: usize) {
        println!("  {name}: {} agree, {} differ", self.agree, self.differ.len());
        for difference in &self.differ {
            println!("    {difference}");
        }
        assert!(self.differ.len() <= differ_max, "{name}: {} differ", self.differ.len());
    }
}

#[test]
fn cases() {
    let Some(records) = records("parser/cases.jsonl") else { return };
    let (mut accepted, mut value_type) = (Tally::default(), Tally::default());
    let (mut tree, mut place) = (Tally::default(), Tally::default());
    let (mut print, mut pretty, mut error, mut extract) =
        (Tally::default(), Tally::default(), Tally::default(), Tally::default());
    let mut skipped = std::collections::BTreeMap::<String, usize>::new();
    for record in &records {
        let kind = text(record, "kind");
        if kind == "extract_selectors" {
            let expr = parse_with(text(record, "input"), &ParserOptions::ALL).unwrap();
            extract.same(text(record, "input"), &selectors(&expr), &joined(&record["selectors"]));
            continue;
        }
        let Some(input) =
            record["input"].as_str().filter(|_| matches!(kind, "expr" | "print" | "pretty" | "fuzz"))
        else {
            let why = if record["input_b64"].is_string() { "not UTF-8, so no `&str`" } else { "not a query" };
            *skipped.entry(format!("{kind} ({why})")).or_default() += 1;
            continue;
        };
        let parsed = parse_with(input, &options(record));
        accepted.same(input, verdict(parsed.is_ok()), verdict(record["ok"] == true));
        match (&parsed, record["ok"] == true) {
            (Ok(expr), true) => {
                value_type.same(input, expr.value_type().as_str(), text(record, "value_type"));
                print.same(input, &expr.to_string(), text(record, "print"));
                for (field, width) in [("pretty100", 100), ("pretty10", 10)] {
                    if let Some(wanted) = record[field].as_str() {
                        pretty.same(input, &expr.pretty_with_width(width), wanted);
                    }
                }
                if let (Some(wanted), Some(width)) =
                    (record["pretty"].as_str(), record["pretty_width"].as_u64())
                {
                    pretty.same(input, &expr.pretty_with_width(width as usize), wanted);
                }
                if !record["ast"].is_null() {
                    let (got, wanted) = (ast_json::expr(expr), ast_json::normalized(&record["ast"]));
                    let placed = places::as_upstream(got.clone(), input);
                    place.same(input, &placed.to_string(), &wanted.to_string());
                    tree.same(
                        input,
                        &ast_json::without_places(got).to_string(),
                        &ast_json::without_places(wanted).to_string(),
                    );
                }
            }
            (Err(got), false) => {
                // Behind `<Item` comes a number of upstream's own.
                let wanted = text(record, "error");
                let comparable = wanted.split("<Item").next().unwrap_or(wanted);
                let got = got.to_string();
                error.count(got.starts_with(comparable) && (comparable != wanted || got == wanted), || {
                    format!("{input}\n      got  {got}\n      want {wanted}")
                });
            }
            _ => {}
        }
    }
    println!("parser/cases.jsonl: {} records", records.len());
    println!("  skipped: {skipped:?} (the test-script runner has its own parsers for series and histograms)");
    accepted.report("parses or is refused", 0);
    value_type.report("value type", 0);
    tree.report("tree", 0);
    place.report("positions", 0);
    print.report("print", 0);
    pretty.report("pretty", 0);
    error.report("first error", 0);
    extract.report("selectors", 0);
}

#[test]
fn corpus() {
    let Some(records) = records("parser/corpus.jsonl") else { return };
    let (mut accepted, mut without_options, mut value_type, mut print, mut pretty) =
        (Tally::default(), Tally::default(), Tally::default(), Tally::default(), Tally::default());
    for record in &records {
        let input = text(record, "input");
        let parsed = parse_with(input, &ParserOptions::ALL);
        accepted.same(input, verdict(parsed.is_ok()), verdict(record["ok"] == true));
        let Ok(expr) = parsed else { continue };
        let none = ParserOptions { duration_expr: false, ..ParserOptions::default() };
        let is_plain = parse_with(input, &none).is_ok();
        without_options.same(input, verdict(is_plain), verdict(record["ok_without_options"] == true));
        value_type.same(input, expr.value_type().as_str(), text(record, "value_type"));
        print.same(input, &expr.to_string(), text(record, "print"));
        pretty.same(input, &expr.pretty(), text(record, "pretty100"));
    }
    println!("parser/corpus.jsonl: {} records", records.len());
    accepted.report("parses or is refused", 0);
    without_options.report("parses or is refused without options", 0);
    value_type.report("value type", 0);
    print.report("print", 0);
    pretty.report("pretty", 0);
}

#[test]
fn compliance_queries() {
    let Some(records) = records("compliance/queries.jsonl") else { return };
    let mut accepted = Tally::default();
    for record in &records {
        // Those that must fail fail on evaluation at the latest; the others must parse.
        let input = text(record, "query");
        let parsed = parse_with(input, &ParserOptions::ALL);
        accepted.count(parsed.is_ok() || record["should_fail"] == true, || format!("{input}: {parsed:?}"));
    }
    println!("compliance/queries.jsonl: {} records", records.len());
    accepted.report("parses", 0);
}

#[test]
fn durations() {
    let Some(records) = records("parser/durations.jsonl") else { return };
    let (mut accepted, mut value, mut print) = (Tally::default(), Tally::default(), Tally::default());
    for record in &records {
        let input = text(record, "input");
        let read = if record["allow_negative"] == true { parse_signed_duration } else { parse_duration };
        match read(input) {
            Ok(ms) => {
                accepted.same(input, "accepted", verdict(record["ok"] == true));
                value.same(input, &(ms * 1_000_000).to_string(), &record["ns"].to_string());
                print.same(input, &format_duration(ms), record["print"].as_str().unwrap_or_default());
            }
            Err(error) => {
                accepted.same(input, &error.to_string(), record["error"].as_str().unwrap_or_default());
            }
        }
    }
    println!("parser/durations.jsonl: {} records", records.len());
    accepted.report("accepted, or refused with the same words", 0);
    value.report("value", 0);
    print.report("print", 0);
}

#[test]
fn functions() {
    let Some(path) = data("parser/functions.json") else { return };
    let table: Value = serde_json::from_str(&read(&path)).unwrap();
    let table = table.as_array().unwrap();
    assert_eq!(FunctionId::ALL.len(), table.len());
    for (function, wanted) in FunctionId::ALL.iter().zip(table) {
        let signature = function.signature();
        let variadic = match signature.arity {
            Arity::Exact => 0,
            Arity::Optional(surplus) => i64::from(surplus),
            Arity::Unlimited => -1,
        };
        let arg_types: Vec<_> = signature.arg_types.iter().map(|value_type| value_type.as_str()).collect();
        let got = serde_json::json!({
            "name": signature.name,
            "arg_types": arg_types,
            "return_type": signature.return_type.as_str(),
            "variadic": variadic,
            "experimental": signature.is_experimental,
            "at_modifier_unsafe": signature.is_at_modifier_unsafe,
        });
        assert_eq!(&got, wanted);
    }
    println!("parser/functions.json: {} signatures agree", table.len());
}

fn options(record: &Value) -> ParserOptions {
    let has = |option: &str| {
        record["options"].as_array().is_some_and(|options| options.iter().any(|o| o == option))
    };
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

fn joined(list: &Value) -> String {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn verdict(is_ok: bool) -> &'static str {
    if is_ok { "accepted" } else { "refused" }
}

fn text<'r>(record: &'r Value, field: &str) -> &'r str {
    record[field].as_str().unwrap_or_default()
}

fn records(path: &str) -> Option<Vec<Value>> {
    let file = read(&data(path)?);
    Some(file.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[expect(clippy::disallowed_methods, reason = "the tests look for their data where the caller says")]
fn data(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance");
    let folder = std::env::var("EMBERDB_CONFORMANCE").unwrap_or_else(|_| beside.to_owned());
    let file = PathBuf::from(folder).join(path);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: {} is not there", file.display());
    None
}

#[expect(clippy::disallowed_methods, reason = "test data is read as it lies")]
fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
