//! Which words are not names.

use super::token::{Keyword, TokenKind};
use crate::signature::{AggregationOp, BinaryOp};

/// The longest keyword is `count_values`.
const KEYWORD_BYTES_MAX: usize = 12;

/// What a word without a colon is, in any case of letters; `Identifier` when it is just a name.
///
/// `fill`, `fill_left` and `fill_right` are keywords only before a parenthesis, which the caller sees.
pub(super) fn classify(word: &[u8]) -> TokenKind {
    let mut lower = [0; KEYWORD_BYTES_MAX];
    let Some(lower) = lower.get_mut(..word.len()) else {
        return TokenKind::Identifier;
    };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let aggregator = TokenKind::Aggregator;
    let operator = TokenKind::Operator;
    let keyword = TokenKind::Keyword;
    // By length first: most words are settled by one jump and a few comparisons of known size.
    match lower.len() {
        2 => match &*lower {
            b"by" => keyword(Keyword::By),
            b"on" => keyword(Keyword::On),
            b"or" => operator(BinaryOp::Or),
            _ => TokenKind::Identifier,
        },
        3 => match &*lower {
            b"sum" => aggregator(AggregationOp::Sum),
            b"avg" => aggregator(AggregationOp::Avg),
            b"min" => aggregator(AggregationOp::Min),
            b"max" => aggregator(AggregationOp::Max),
            b"and" => operator(BinaryOp::And),
            b"end" => keyword(Keyword::End),
            b"inf" | b"nan" => TokenKind::Number,
            _ => TokenKind::Identifier,
        },
        4 => match &*lower {
            b"topk" => aggregator(AggregationOp::TopK),
            b"bool" => keyword(Keyword::Bool),
            b"step" => keyword(Keyword::Step),
            b"fill" => keyword(Keyword::Fill),
            _ => TokenKind::Identifier,
        },
        5 => match &*lower {
            b"count" => aggregator(AggregationOp::Count),
            b"group" => aggregator(AggregationOp::Group),
            b"start" => keyword(Keyword::Start),
            b"range" => keyword(Keyword::Range),
            b"atan2" => operator(BinaryOp::Atan2),
            _ => TokenKind::Identifier,
        },
        6 => match &*lower {
            b"offset" => keyword(Keyword::Offset),
            b"unless" => operator(BinaryOp::Unless),
            b"stddev" => aggregator(AggregationOp::Stddev),
            b"stdvar" => aggregator(AggregationOp::Stdvar),
            b"limitk" => aggregator(AggregationOp::LimitK),
            b"min_of" => keyword(Keyword::MinOf),
            b"max_of" => keyword(Keyword::MaxOf),
            _ => TokenKind::Identifier,
        },
        7 => match &*lower {
            b"without" => keyword(Keyword::Without),
            b"bottomk" => aggregator(AggregationOp::BottomK),
            _ => TokenKind::Identifier,
        },
        8 => match &*lower {
            b"ignoring" => keyword(Keyword::Ignoring),
            b"quantile" => aggregator(AggregationOp::Quantile),
            b"anchored" => keyword(Keyword::Anchored),
            b"smoothed" => keyword(Keyword::Smoothed),
            _ => TokenKind::Identifier,
        },
        9 if lower == b"fill_left" => keyword(Keyword::FillLeft),
        10 => match &*lower {
            b"group_left" => keyword(Keyword::GroupLeft),
            b"fill_right" => keyword(Keyword::FillRight),
            _ => TokenKind::Identifier,
        },
        11 => match &*lower {
            b"group_right" => keyword(Keyword::GroupRight),
            b"limit_ratio" => aggregator(AggregationOp::LimitRatio),
            _ => TokenKind::Identifier,
        },
        12 if lower == b"count_values" => aggregator(AggregationOp::CountValues),
        _ => TokenKind::Identifier,
    }
}

/// The keyword that can stand in a duration expression, in any case of letters.
pub(super) fn classify_in_duration(word: &[u8]) -> Option<Keyword> {
    match classify(word) {
        TokenKind::Keyword(keyword @ (Keyword::Step | Keyword::Range | Keyword::MinOf | Keyword::MaxOf)) => {
            Some(keyword)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::classify;
    use crate::lexical::token::{Keyword, TokenKind};
    use crate::signature::{AggregationOp, BinaryOp};

    #[test]
    fn every_aggregation_and_word_operator_is_a_keyword_in_any_case() {
        for op in AggregationOp::ALL {
            assert_eq!(classify(op.as_str().as_bytes()), TokenKind::Aggregator(op));
            assert_eq!(classify(op.as_str().to_uppercase().as_bytes()), TokenKind::Aggregator(op));
        }
        for op in BinaryOp::ALL {
            if op.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                assert_eq!(classify(op.as_str().as_bytes()), TokenKind::Operator(op));
            }
        }
    }

    #[test]
    fn every_other_keyword_is_known_and_other_words_are_names() {
        use Keyword::*;
        let keywords = [
            ("offset", Offset),
            ("anchored", Anchored),
            ("smoothed", Smoothed),
            ("by", By),
            ("without", Without),
            ("on", On),
            ("ignoring", Ignoring),
            ("group_left", GroupLeft),
            ("group_right", GroupRight),
            ("bool", Bool),
            ("fill", Fill),
            ("fill_left", FillLeft),
            ("fill_right", FillRight),
            ("start", Start),
            ("end", End),
            ("step", Step),
            ("range", Range),
            ("min_of", MinOf),
            ("max_of", MaxOf),
        ];
        for (word, keyword) in keywords {
            assert_eq!(classify(word.as_bytes()), TokenKind::Keyword(keyword));
        }
        assert_eq!(classify(b"InF"), TokenKind::Number);
        for name in
            ["", "a", "sums", "topkk", "rate", "fill_down", "count_value_s", "a_very_long_metric_name"]
        {
            assert_eq!(classify(name.as_bytes()), TokenKind::Identifier, "{name}");
        }
    }
}
