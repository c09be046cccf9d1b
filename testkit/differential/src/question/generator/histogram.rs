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
                let function = self.random.pick([
                    FunctionId::Rate,
                    FunctionId::Rate,
                    FunctionId::Increase,
                    FunctionId::Irate,
                    FunctionId::Delta,
                    FunctionId::Idelta,
                    FunctionId::SumOverTime,
                    FunctionId::AvgOverTime,
                    FunctionId::LastOverTime,
                    FunctionId::FirstOverTime,
                    FunctionId::LabelReplace,
                    FunctionId::LabelJoin,
                    FunctionId::Info,
                ]);
                self.call(function, Wish::Histograms, depth)
            }
            2 => {
                let op = self.random.pick([
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
    pub(super) fn binary_of_histograms(&mut self, op: BinaryOp, depth: u8) -> Vector {
        let selected = self.selected(Wish::Histograms);
        let left = self.variant(&selected, depth);
        let text = match op {
            BinaryOp::Mul if self.random.percent(30) => format!("{} * {}", self.factor(), left.operand()),
            BinaryOp::Mul | BinaryOp::Div => format!("{} {op} {}", left.operand(), self.factor()),
            BinaryOp::TrimLower | BinaryOp::TrimUpper => {
                let edge = self.random.pick(["0.1", "1", "0", "0.25", "-0.5", "3", "100", "Inf", "-Inf"]);
                format!("{} {op} {edge}", left.operand())
            }
            _ => {
                let right = self.variant(&selected, depth);
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
    pub(super) fn variant(&mut self, selected: &Selected, _depth: u8) -> Vector {
        let text = &selected.text;
        let labels = selected.labels.clone();
        let samples = selected.samples();
        let (range, offset) = (self.range(), self.offset());
        let modifiers = self.time_modifiers();
        match self.random.weighted(&[35, 25, 10, 15, 10, 5]) {
            0 => Vector::tight(format!("{text}{modifiers}"), labels, samples),
            1 => Vector::tight(format!("rate({text}[{range}]{modifiers})"), labels, samples),
            2 => Vector::tight(format!("increase({text}[{range}])"), labels, samples),
            3 => Vector::tight(format!("{text}{offset}"), labels, samples),
            4 => Vector::tight(format!("avg_over_time({text}[{range}]{modifiers})"), labels, samples),
            _ => {
                Vector::loose(format!("{text} * {}", self.random.pick(["2", "0.5", "1e-3"])), labels, samples)
            }
        }
    }
}
