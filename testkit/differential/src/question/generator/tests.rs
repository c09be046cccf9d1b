//! What the questions are, taken together.

use std::collections::BTreeSet;

use emberdb_promql_syntax::{
    Aggregation, AggregationOp, At, Binary, BinaryOp, Call, DurationExpr, DurationKind, DurationSpec, Expr,
    ExtendedRange, FunctionId, Grouping, MatchCardinality, Matcher, ParserOptions, Subquery, VectorSelector,
    Visitor, parse_with, walk_aggregation, walk_binary, walk_call, walk_duration_expr, walk_subquery,
    walk_vector_selector,
};

use super::{Family, FamilyKind, Generator, LabelValues, Origin, Question, Span, When};

const SPAN: Span = Span { start_ms: 1_700_000_000_000, end_ms: 1_700_010_800_000 };

fn family(name: &str, kind: FamilyKind, labels: &[(&str, &[&str])]) -> Family {
    let label = |(name, values): &(&str, &[&str])| LabelValues {
        name: (*name).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    Family { name: name.to_owned(), kind, labels: labels.iter().map(label).collect(), has_late_gaps: false }
}

/// One of each kind and more, with names that have to be quoted.
fn families() -> Vec<Family> {
    use FamilyKind as K;
    const TARGET: [(&str, &[&str]); 2] = [("job", &["api", "web"]), ("instance", &["a:1", "b:2"])];
    let target = |more: &[(&'static str, &'static [&'static str])]| [&TARGET, more].concat();
    vec![
        family("requests_total", K::Counter, &target(&[("code", &["200", "404", "500"])])),
        family("errors_total", K::Counter, &target(&[])),
        family("bytes.sent/total", K::Counter, &target(&[("größe", &["klein", "groß", ""])])),
        family("temperature", K::Gauge, &target(&[("zone", &["", "kitchen"])])),
        family("on", K::Gauge, &target(&[])),
        family("latency_bucket", K::ClassicBuckets, &target(&[("le", &["0.1", "1", "+Inf"])])),
        family("latency", K::NativeHistogram, &target(&[("path", &["/", "/a"])])),
        family("sizes", K::GaugeHistogram, &target(&[])),
        family("custom", K::CustomHistogram, &target(&[])),
        family("mixed", K::Mixed, &target(&[])),
        family("target_info", K::Info, &target(&[("version", &["1"])])),
    ]
}

fn questions(seed: u64, count: usize) -> Vec<Question> {
    Generator::new(seed, &families(), SPAN).take(count).collect()
}

#[test]
fn the_same_seed_asks_the_same_and_another_one_does_not() {
    assert_eq!(questions(7, 500), questions(7, 500));
    let (first, second) = (questions(7, 500), questions(8, 500));
    let first: BTreeSet<_> = first.iter().map(|question| &question.query).collect();
    assert!(second.iter().filter(|question| first.contains(&question.query)).count() < 50);
}

#[test]
fn a_seed_asks_the_same_on_every_platform() {
    let bytes = questions(1, 2000).into_iter().flat_map(|question| question.query.into_bytes());
    let hash = bytes.fold(0u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    assert_eq!(
        hash, 16_024_485_932_359_848_383,
        "another generator, another hash: the questions of a seed are new ones then"
    );
}

#[test]
fn generated_ones_parse_and_wrong_ones_mostly_do_not() {
    let (mut wrong, mut refused, mut all) = (0, 0, 0);
    for seed in 0..8 {
        for question in questions(seed, 2500) {
            let parsed = parse_with(&question.query, &ParserOptions::ALL);
            all += 1;
            if question.origin == Origin::Wrong {
                wrong += 1;
                refused += usize::from(parsed.is_err());
            } else if let Err(error) = parsed {
                panic!("seed {seed}: {}: {error}", question.query);
            }
        }
    }
    assert_eq!(all, 20_000);
    assert!((1_800..2_200).contains(&wrong), "one in ten is wrong: {wrong}");
    assert!(refused * 10 > wrong * 6 && refused < wrong, "{refused} of {wrong}");
}

#[test]
fn only_instant_queries_ask_for_what_ranges_cannot_have() {
    for question in questions(11, 5000).iter().filter(|question| question.origin == Origin::Generated) {
        let parsed = parse_with(&question.query, &ParserOptions::ALL).expect("generated queries parse");
        let has_steps = matches!(question.when, When::Range { .. });
        let is_plottable = matches!(parsed.value_type().to_string().as_str(), "scalar" | "vector");
        assert!(is_plottable || !has_steps, "{}", question.query);
    }
}

/// Everything of the language that a query has, by name.
#[derive(Default)]
struct Features(BTreeSet<String>);

impl Features {
    fn add(&mut self, feature: impl Into<String>) {
        self.0.insert(feature.into());
    }

    fn add_if(&mut self, is_there: bool, feature: &str) {
        if is_there {
            self.add(feature);
        }
    }

    fn times(&mut self, offset: &DurationSpec, at: Option<At>) {
        if let DurationSpec::Millis(ms) = offset {
            self.add_if(*ms > 0, "offset");
            self.add_if(*ms < 0, "negative offset");
        }
        match at {
            Some(At::Timestamp(_)) => self.add("@"),
            Some(At::Start) => self.add("@ start()"),
            Some(At::End) => self.add("@ end()"),
            None => {}
        }
    }
}

impl Visitor for Features {
    fn visit_call(&mut self, call: &Call) {
        self.add(call.function.name());
        walk_call(self, call);
    }

    fn visit_aggregation(&mut self, aggregation: &Aggregation) {
        self.add(aggregation.op.as_str());
        match &aggregation.grouping {
            Grouping::By(labels) => self.add_if(!labels.is_empty(), "by"),
            Grouping::Without(_) => self.add("without"),
        }
        walk_aggregation(self, aggregation);
    }

    fn visit_binary(&mut self, binary: &Binary) {
        self.add(format!("operator {}", binary.op));
        self.add_if(binary.return_bool, "bool");
        if let Some(matching) = &binary.matching {
            self.add(if matching.labels.is_on() { "on" } else { "ignoring" });
            self.add(matching.cardinality.as_str());
            let is_grouped = matching.cardinality != MatchCardinality::OneToOne;
            self.add_if(is_grouped && !matching.include.is_empty(), "include");
            self.add_if(matching.fill.lhs.is_some(), "fill left");
            self.add_if(matching.fill.rhs.is_some(), "fill right");
        }
        walk_binary(self, binary);
    }

    fn visit_subquery(&mut self, subquery: &Subquery) {
        self.add(if subquery.step.is_some() { "subquery with a step" } else { "subquery" });
        self.times(&subquery.offset, subquery.at);
        walk_subquery(self, subquery);
    }

    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.times(&selector.offset, selector.at);
        if let Some(extended) = selector.extended_range {
            self.add(extended.as_str());
        }
        self.add_if(selector.metric_name() == Some("bytes.sent/total"), "quoted name");
        walk_vector_selector(self, selector);
    }

    fn visit_matcher(&mut self, matcher: &Matcher) {
        self.add(format!("matcher {}", matcher.op()));
        self.add_if(matcher.name() == "größe", "quoted label");
    }

    fn visit_duration_expr(&mut self, expr: &DurationExpr) {
        match &expr.kind {
            DurationKind::Number(_) => {}
            DurationKind::Unary { .. } => self.add("duration sign"),
            DurationKind::Binary { op, .. } => self.add(format!("duration {}", op.as_str())),
            DurationKind::Step => self.add("duration step"),
            DurationKind::Range => self.add("duration range"),
        }
        walk_duration_expr(self, expr);
    }
}

#[test]
fn everything_of_the_language_is_asked_for_within_five_thousand() {
    let mut seen = Features::default();
    for question in questions(5, 5000).iter().filter(|question| question.origin == Origin::Generated) {
        seen.visit_expr(&parse_with(&question.query, &ParserOptions::ALL).expect("generated queries parse"));
    }
    let functions = FunctionId::ALL.iter().map(|function| function.name().to_owned());
    let aggregations = AggregationOp::ALL.iter().map(ToString::to_string);
    let operators = BinaryOp::ALL.iter().map(|op| format!("operator {op}"));
    let cardinalities = [
        MatchCardinality::OneToOne,
        MatchCardinality::ManyToOne,
        MatchCardinality::OneToMany,
        MatchCardinality::ManyToMany,
    ];
    let extended = [ExtendedRange::Anchored, ExtendedRange::Smoothed].map(|range| range.as_str().to_owned());
    let durations = ["+", "-", "*", "/", "%", "^", "min_of", "max_of", "sign", "step", "range"];
    let others = [
        "offset",
        "negative offset",
        "@",
        "@ start()",
        "@ end()",
        "by",
        "without",
        "bool",
        "on",
        "ignoring",
        "include",
        "fill left",
        "fill right",
        "subquery",
        "subquery with a step",
        "quoted name",
        "quoted label",
        "matcher =",
        "matcher !=",
        "matcher =~",
        "matcher !~",
    ];
    let wanted = functions
        .chain(aggregations)
        .chain(operators)
        .chain(cardinalities.map(|cardinality| cardinality.as_str().to_owned()))
        .chain(extended)
        .chain(durations.map(|op| format!("duration {op}")))
        .chain(others.map(str::to_owned));
    let missing: Vec<String> = wanted.filter(|feature| !seen.0.contains(feature)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn without_families_there_are_questions_too() {
    for question in
        Generator::new(3, &[], SPAN).take(500).filter(|question| question.origin == Origin::Generated)
    {
        assert!(parse_with(&question.query, &ParserOptions::ALL).is_ok(), "{}", question.query);
    }
}

#[test]
fn one_is_not_like_the_other() {
    let questions = questions(2, 5000);
    let different: BTreeSet<&str> = questions.iter().map(|question| question.query.as_str()).collect();
    assert!(different.len() > 4_500, "{}", different.len());
    let is_number =
        |query: &&str| matches!(parse_with(query, &ParserOptions::ALL), Ok(Expr::NumberLiteral(_)));
    assert!(different.iter().filter(|query| is_number(query)).count() < 100);
}
