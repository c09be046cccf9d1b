//! The tokens of a query, under upstream's names.

use emberdb_promql_syntax::{AggregationOp, BinaryOp, Keyword, Token, TokenKind, tokens};
use serde_json::Value;

use crate::conformance::mismatch::{same, same_text};
use crate::conformance::{Check, Mismatch, read};

/// The tokens of an input, or the first fault. Comments are no tokens here.
pub(super) fn check(record: &Value) -> Check {
    if record["series_desc"] == true {
        return Err(Mismatch::unsupported("tokens of series notation"));
    }
    let is_ok = read::truth(&record["ok"])?;
    let Some(input) = record["input"].as_str() else {
        return same("is accepted", &is_ok, &std::str::from_utf8(&read::bytes(record, "input")?).is_ok());
    };
    let found = match tokens(input) {
        Ok(_) if !is_ok => return Err(Mismatch::new(format!("is accepted\nwanted {}", record["error"]))),
        Ok(found) => found,
        Err(error) if is_ok => return Err(Mismatch::new(format!("is refused: {error}"))),
        Err(error) => return same_text("error", read::text(&record["error"])?, error.message()),
    };
    let wanted = read::list(&record["tokens"])?.iter().filter(|token| token["tok"] != "COMMENT");
    let wanted = wanted.map(told).collect::<Result<Vec<Told<'_>>, Mismatch>>()?;
    let found = found.iter().map(|token| (name(token), token.span.start, token.span.text(input)));
    same("tokens", &wanted, &found.collect::<Vec<_>>())
}

/// A token's name, its offset, and its text.
type Told<'t> = (&'t str, u32, &'t str);

fn told(token: &Value) -> Result<Told<'_>, Mismatch> {
    Ok((read::text(&token["tok"])?, read::integer(&token["pos"])?, read::text(&token["text"])?))
}

/// What upstream calls a token.
fn name(token: &Token) -> &'static str {
    match token.kind {
        TokenKind::End => "EOF",
        TokenKind::Fault => "ERROR",
        TokenKind::Comma => "COMMA",
        TokenKind::Colon => "COLON",
        TokenKind::LeftParen => "LEFT_PAREN",
        TokenKind::RightParen => "RIGHT_PAREN",
        TokenKind::LeftBrace => "LEFT_BRACE",
        TokenKind::RightBrace => "RIGHT_BRACE",
        TokenKind::LeftBracket => "LEFT_BRACKET",
        TokenKind::RightBracket => "RIGHT_BRACKET",
        TokenKind::Assign => "EQL",
        TokenKind::RegexMatch => "EQL_REGEX",
        TokenKind::RegexNoMatch => "NEQ_REGEX",
        TokenKind::At => "AT",
        TokenKind::Number => "NUMBER",
        TokenKind::Duration => "DURATION",
        TokenKind::String => "STRING",
        TokenKind::Identifier => "IDENTIFIER",
        TokenKind::MetricIdentifier => "METRIC_IDENTIFIER",
        TokenKind::Operator(op) => operator(op),
        TokenKind::Aggregator(op) => aggregator(op),
        TokenKind::Keyword(keyword) => word(keyword),
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "ADD",
        BinaryOp::Sub => "SUB",
        BinaryOp::Mul => "MUL",
        BinaryOp::Div => "DIV",
        BinaryOp::Mod => "MOD",
        BinaryOp::Pow => "POW",
        BinaryOp::Atan2 => "ATAN2",
        BinaryOp::Equal => "EQLC",
        BinaryOp::NotEqual => "NEQ",
        BinaryOp::Less => "LSS",
        BinaryOp::LessEqual => "LTE",
        BinaryOp::Greater => "GTR",
        BinaryOp::GreaterEqual => "GTE",
        BinaryOp::TrimUpper => "TRIM_UPPER",
        BinaryOp::TrimLower => "TRIM_LOWER",
        BinaryOp::And => "LAND",
        BinaryOp::Or => "LOR",
        BinaryOp::Unless => "LUNLESS",
    }
}

fn aggregator(op: AggregationOp) -> &'static str {
    match op {
        AggregationOp::Sum => "SUM",
        AggregationOp::Avg => "AVG",
        AggregationOp::Count => "COUNT",
        AggregationOp::Min => "MIN",
        AggregationOp::Max => "MAX",
        AggregationOp::Group => "GROUP",
        AggregationOp::Stddev => "STDDEV",
        AggregationOp::Stdvar => "STDVAR",
        AggregationOp::TopK => "TOPK",
        AggregationOp::BottomK => "BOTTOMK",
        AggregationOp::CountValues => "COUNT_VALUES",
        AggregationOp::Quantile => "QUANTILE",
        AggregationOp::LimitK => "LIMITK",
        AggregationOp::LimitRatio => "LIMIT_RATIO",
    }
}

fn word(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Offset => "OFFSET",
        Keyword::Anchored => "ANCHORED",
        Keyword::Smoothed => "SMOOTHED",
        Keyword::By => "BY",
        Keyword::Without => "WITHOUT",
        Keyword::On => "ON",
        Keyword::Ignoring => "IGNORING",
        Keyword::GroupLeft => "GROUP_LEFT",
        Keyword::GroupRight => "GROUP_RIGHT",
        Keyword::Bool => "BOOL",
        Keyword::Fill => "FILL",
        Keyword::FillLeft => "FILL_LEFT",
        Keyword::FillRight => "FILL_RIGHT",
        Keyword::Start => "START",
        Keyword::End => "END",
        Keyword::Step => "STEP",
        Keyword::Range => "RANGE",
        Keyword::MinOf => "MIN_OF",
        Keyword::MaxOf => "MAX_OF",
    }
}
