//! Random questions: typed, so that most are valid, and made for the series there are, so that most have an answer.
//!
//! * [`fragment`]: pieces of text, with what is known of them
//! * [`selector`], [`window`], [`scalar`], [`duration`]: what expressions begin from
//! * [`call`], [`labels`], [`aggregation`], [`binary`], [`histogram`]: what they grow by
//! * [`wrong`]: questions that no engine should answer

mod aggregation;
mod binary;
mod call;
mod duration;
mod fragment;
mod histogram;
mod labels;
mod scalar;
mod selector;
#[cfg(test)]
mod tests;
mod window;
mod wrong;

use emberdb_promql_syntax::{AggregationOp, FunctionId, ValueType};

use super::random::Random;
use super::{Origin, Question, Span, When};
use crate::data::{Family, FamilyKind, LabelValues};
use fragment::{Samples, Vector, quoted};

/// An endless row of questions about some families, the same for the same seed.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    families: Vec<Family>,
    span: Span,
}

impl Generator {
    /// Questions about `families`, of which there are samples from the start to the end of `span`.
    #[must_use]
    pub fn new(seed: u64, families: &[Family], span: Span) -> Self {
        let mut families = families.to_vec();
        if families.is_empty() {
            families.push(Family {
                name: "up".to_owned(),
                kind: FamilyKind::Gauge,
                labels: Vec::<LabelValues>::new(),
                has_late_gaps: false,
            });
        }
        Self { random: Random::new(seed), families, span }
    }
}

impl Iterator for Generator {
    type Item = Question;

    fn next(&mut self) -> Option<Question> {
        // Each question has its own numbers, so that none changes when an earlier one comes to need more.
        let random = Random::new(self.random.next());
        let mut maker = Maker { random, families: &self.families, span: self.span };
        Some(if maker.random.percent(10) { maker.wrong() } else { maker.question() })
    }
}

/// What is wished of a vector's samples. It is a wish: where there is no such family, another does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Any,
    Floats,
    /// Native ones.
    Histograms,
    /// Classic ones.
    Buckets,
}

/// Makes one question.
struct Maker<'a> {
    random: Random,
    families: &'a [Family],
    span: Span,
}

impl<'a> Maker<'a> {
    fn question(&mut self) -> Question {
        let when = self.span.when(&mut self.random);
        let query = match (when, self.random.weighted(&[3, 1, 3, 93])) {
            (When::Instant { .. }, 0) => self.window(Wish::Any, 2).text,
            (When::Instant { .. }, 1) => quoted(self.random.pick(["", "text", "ünï\tcode", "\"quoted\\\""])),
            (_, 2) => self.scalar(3),
            _ => self.answer().text,
        };
        let query = if self.random.percent(1) { format!("{query} # said so") } else { query };
        Question { query, when, origin: Origin::Generated }
    }

    /// What a vector is asked for at the top: one in seven shall have histograms for samples.
    fn answer(&mut self) -> Vector {
        let depth = [1, 2, 3, 4][self.random.weighted(&[25, 40, 25, 10])];
        if self.random.percent(16) {
            return self.histograms(depth);
        }
        match self.random.weighted(&[4, 44, 24, 23, 2, 3]) {
            0 => self.selector(Wish::Any),
            1 => {
                let function = self.function();
                match function.signature().return_type {
                    ValueType::Scalar => {
                        let text = self.scalar_call(function, depth);
                        Vector::tight(text, Vec::new(), Samples::Floats)
                    }
                    _ => self.call(function, Wish::Any, depth),
                }
            }
            2 => {
                let op = self.aggregation_op();
                self.aggregation(op, Wish::Any, depth)
            }
            3 => {
                let op = self.operator();
                self.binary(op, Wish::Any, depth)
            }
            4 => self.counted_limit(depth),
            _ => self.negated(Wish::Any, depth),
        }
    }

    /// Any expression that is an instant vector, with samples as wished for.
    fn vector(&mut self, wish: Wish, depth: u8) -> Vector {
        if wish == Wish::Histograms {
            return self.histograms(depth.min(2));
        }
        if depth == 0 || wish == Wish::Buckets {
            return self.selector(wish);
        }
        match self.random.weighted(&[26, 36, 16, 18, 4]) {
            0 => self.selector(wish),
            1 => {
                let function = self.function();
                let function = match function.signature().return_type {
                    ValueType::Scalar => FunctionId::Rate,
                    _ => function,
                };
                self.call(function, wish, depth)
            }
            2 => {
                let op = self.aggregation_op();
                self.aggregation(op, wish, depth)
            }
            3 => {
                let op = self.operator();
                self.binary(op, wish, depth)
            }
            _ => self.negated(wish, depth),
        }
    }

    fn negated(&mut self, wish: Wish, depth: u8) -> Vector {
        let vector = self.vector(wish, depth.saturating_sub(1));
        let sign = if self.random.percent(85) { "-" } else { "+" };
        Vector::loose(format!("{sign}{}", vector.operand()), vector.labels, vector.samples)
    }

    /// Any function of the table; the most used ones more often.
    fn function(&mut self) -> FunctionId {
        use FunctionId as F;
        if self.random.percent(20) {
            return self.random.pick([
                F::Rate,
                F::Increase,
                F::HistogramQuantile,
                F::AvgOverTime,
                F::SumOverTime,
            ]);
        }
        self.random.choose(FunctionId::ALL).copied().unwrap_or(F::Rate)
    }

    fn aggregation_op(&mut self) -> AggregationOp {
        if self.random.percent(30) { AggregationOp::Sum } else { self.random.pick(AggregationOp::ALL) }
    }

    /// A family with the samples wished for.
    fn family(&mut self, wish: Wish) -> &'a Family {
        use FamilyKind as K;
        let kind = match wish {
            Wish::Any => {
                let kinds = [
                    K::Counter,
                    K::Gauge,
                    K::ClassicBuckets,
                    K::NativeHistogram,
                    K::GaugeHistogram,
                    K::CustomHistogram,
                    K::Mixed,
                    K::Info,
                ];
                kinds[self.random.weighted(&[28, 28, 10, 10, 6, 6, 8, 4])]
            }
            Wish::Floats => [K::Counter, K::Gauge, K::Info][self.random.weighted(&[48, 48, 4])],
            Wish::Buckets => K::ClassicBuckets,
            Wish::Histograms => {
                let kinds = [K::NativeHistogram, K::GaugeHistogram, K::CustomHistogram, K::Mixed];
                kinds[self.random.weighted(&[58, 20, 14, 8])]
            }
        };
        self.family_of(kind, wish)
    }

    /// A family of a kind, or else one with the samples wished for, or else any.
    fn family_of(&mut self, kind: FamilyKind, wish: Wish) -> &'a Family {
        let families = self.families;
        let is_wished = |family: &&Family| match wish {
            Wish::Any => true,
            Wish::Floats => Samples::of(family.kind) == Samples::Floats,
            Wish::Buckets => Samples::of(family.kind) == Samples::Buckets,
            Wish::Histograms => Samples::of(family.kind) == Samples::Histograms,
        };
        let of_kind: Vec<&Family> = families.iter().filter(|family| family.kind == kind).collect();
        let wished: Vec<&Family> = families.iter().filter(is_wished).collect();
        let found = self.random.choose(&of_kind).or_else(|| self.random.choose(&wished)).copied();
        // `Generator::new` sees to it that there is one.
        found.unwrap_or_else(|| &families[self.random.below(families.len() as u64) as usize])
    }
}
