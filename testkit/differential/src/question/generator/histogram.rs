//! Vectors of native histograms.

use emberdb_promql_syntax::{AggregationOp, BinaryOp, FunctionId};

use super::fragment::{Samples, Selected, Vector};
use super::{Maker, Wish};

impl Maker<'_> {
    /// An expression whose samples are native histograms.
    pub(super) fn histograms(&mut self, depth: u8) -> Vector {
        if depth == 0 {
            return self.selector(Wish::Histograms);
        }
        match self.random.weighted(&[14, 34, 22, 24, 3, 3]) {
            0 => self.selector(Wish::Histograms),
            1 => {
                let functions = [
                    (FunctionId::Rate, 3),
                    (FunctionId::Increase, 2),
                    (FunctionId::Irate, 4),
                    (FunctionId::Delta, 4),
                    (FunctionId::Idelta, 3),
                    (FunctionId::SumOverTime, 5),
                    (FunctionId::AvgOverTime, 1),
                    (FunctionId::LastOverTime, 4),
                    (FunctionId::FirstOverTime, 1),
                    (FunctionId::LabelReplace, 2),
                    (FunctionId::LabelJoin, 2),
                    (FunctionId::Info, 1),
                ];
                let (function, _) = functions[self.random.weighted(&functions.map(|(_, weight)| weight))];
                self.call(function, Wish::Histograms, depth)
            }
            2 => {
                let op = self.random.pick([
                    AggregationOp::Sum,
                    AggregationOp::Sum,
                    AggregationOp::Sum,
                    AggregationOp::Avg,
                    AggregationOp::LimitK,
                ]);
                self.aggregation(op, Wish::Histograms, depth)
            }
            3 => {
                let ops = [
                    BinaryOp::Add,
                    BinaryOp::Sub,
                    BinaryOp::Mul,
                    BinaryOp::Div,
                    BinaryOp::TrimLower,
                    BinaryOp::TrimUpper,
                ];
                let op = ops[self.random.weighted(&[6, 6, 6, 4, 1, 1])];
                self.binary(op, Wish::Histograms, depth)
            }
            4 => {
                let vector = self.vector(Wish::Histograms, depth - 1);
                Vector::loose(format!("-{}", vector.operand()), vector.labels, Samples::Histograms)
            }
            _ => {
                let op = self.random.pick([
                    BinaryOp::And,
                    BinaryOp::Or,
                    BinaryOp::Unless,
                    BinaryOp::Equal,
                    BinaryOp::NotEqual,
                ]);
                self.binary(op, Wish::Histograms, depth)
            }
        }
    }

    /// What histograms can be operands of: two of them, or one and a number.
    pub(super) fn binary_of_histograms(&mut self, op: BinaryOp) -> Vector {
        let selected = self.selected(Wish::Histograms);
        let left = self.variant(&selected);
        let text = match op {
            BinaryOp::Mul if self.random.percent(30) => format!("{} * {}", self.factor(), left.operand()),
            BinaryOp::Mul | BinaryOp::Div => format!("{} {op} {}", left.operand(), self.factor()),
            BinaryOp::TrimLower | BinaryOp::TrimUpper => {
                let edge = self.random.pick(["0.1", "1", "0", "0.25", "-0.5", "3", "100", "Inf", "-Inf"]);
                format!("{} {op} {edge}", left.operand())
            }
            _ => {
                let right = self.variant(&selected);
                let returned = if op.is_comparison() && self.random.percent(40) { " bool" } else { "" };
                format!("{} {op}{returned} {}", left.operand(), right.operand())
            }
        };
        Vector::loose(text, selected.labels, Samples::Histograms)
    }

    fn factor(&mut self) -> &'static str {
        self.random.pick(["2", "0.5", "3", "-1", "1e3", "0", "scalar(vector(4))", "(-0.25)", "Inf"])
    }

    /// One of several looks at the same series: their labels are the same, whatever is done.
    pub(super) fn variant(&mut self, selected: &Selected) -> Vector {
        let text = &selected.text;
        let labels = selected.labels.clone();
        let samples = selected.samples();
        let (range, offset, modifiers) = (self.range(), self.offset(), self.time_modifiers());
        // Rates and averages of native histograms are asked for elsewhere, too.
        let weights = match samples {
            Samples::Histograms => [35, 8, 5, 20, 4, 10, 18],
            Samples::Floats | Samples::Buckets => [35, 25, 10, 10, 10, 5, 5],
        };
        let text = match self.random.weighted(&weights) {
            0 => format!("{text}{modifiers}"),
            1 => format!("rate({text}[{range}]{modifiers})"),
            2 => format!("increase({text}[{range}])"),
            3 => format!("{text}{offset}"),
            4 => format!("avg_over_time({text}[{range}]{modifiers})"),
            5 => {
                let factor = self.random.pick(["2", "0.5", "1e-3"]);
                return Vector::loose(format!("{text} * {factor}"), labels, samples);
            }
            _ => {
                let function = self.random.pick(["sum_over_time", "last_over_time"]);
                format!("{function}({text}[{range}]{modifiers})")
            }
        };
        Vector::tight(text, labels, samples)
    }
}
