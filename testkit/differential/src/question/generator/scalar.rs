//! Scalars, and the numbers that parameters are.

use emberdb_promql_syntax::{BinaryOp, FunctionId};

use super::{Maker, Wish};

/// Functions without arguments, or with numbers only.
const CALLS: [FunctionId; 9] = [
    FunctionId::Time,
    FunctionId::Pi,
    FunctionId::Scalar,
    FunctionId::MinOf,
    FunctionId::MaxOf,
    FunctionId::Start,
    FunctionId::End,
    FunctionId::Step,
    FunctionId::Range,
];

impl Maker<'_> {
    /// A scalar that can stand beside an operator or as an argument.
    pub(super) fn scalar(&mut self, depth: u8) -> String {
        if depth == 0 {
            return self.number().to_owned();
        }
        match self.random.weighted(&[55, 20, 15, 5, 5]) {
            0 => self.number().to_owned(),
            1 => {
                // The experimental ones are rarer.
                let function = if self.random.percent(70) {
                    self.random.pick([FunctionId::Time, FunctionId::Pi, FunctionId::Scalar])
                } else {
                    self.random.pick(CALLS)
                };
                self.scalar_call(function, depth)
            }
            2 => self.arithmetic(depth),
            3 => self.scalar_comparison(depth),
            _ => format!("(-{})", self.scalar(depth - 1)),
        }
    }

    /// A call of a function that returns a scalar.
    pub(super) fn scalar_call(&mut self, function: FunctionId, depth: u8) -> String {
        let name = function.name();
        match function {
            FunctionId::Scalar if self.random.percent(80) => {
                let aggregation = self.random.pick(["sum", "avg", "max", "count", "min"]);
                format!("scalar({aggregation}({}))", self.selected(Wish::Floats).text)
            }
            FunctionId::Scalar => {
                format!("scalar({})", self.vector(Wish::Floats, depth.saturating_sub(1)).text)
            }
            FunctionId::MinOf | FunctionId::MaxOf => {
                let depth = depth.saturating_sub(1);
                format!("{name}({}, {})", self.scalar(depth), self.scalar(depth))
            }
            _ => format!("{name}()"),
        }
    }

    /// Operators are written without parentheses as often as with them, so that what binds tighter shows.
    fn arithmetic(&mut self, depth: u8) -> String {
        let op = self.random.pick([
            BinaryOp::Add,
            BinaryOp::Sub,
            BinaryOp::Mul,
            BinaryOp::Div,
            BinaryOp::Mod,
            BinaryOp::Pow,
            BinaryOp::Atan2,
        ]);
        let (left, right) = (self.scalar(depth - 1), self.scalar(depth - 1));
        if self.random.percent(50) {
            let (third, other) = (self.number(), self.random.pick(["+", "-", "*", "/", "^"]));
            return format!("({left} {op} {right} {other} {third})");
        }
        format!("({left} {op} {right})")
    }

    fn scalar_comparison(&mut self, depth: u8) -> String {
        let op = self.comparison();
        format!("({} {op} bool {})", self.scalar(depth - 1), self.scalar(depth - 1))
    }

    pub(super) fn comparison(&mut self) -> BinaryOp {
        self.random.pick([
            BinaryOp::Equal,
            BinaryOp::NotEqual,
            BinaryOp::Less,
            BinaryOp::LessEqual,
            BinaryOp::Greater,
            BinaryOp::GreaterEqual,
        ])
    }

    /// A number, in one of the ways to write one.
    pub(super) fn number(&mut self) -> &'static str {
        if self.random.percent(75) {
            return self
                .random
                .pick(["0", "1", "2", "3", "10", "60", "100", "1000", "0.5", "0.1", "1.5", "-1", "-2.5"]);
        }
        self.random.pick([
            "1e3", "2.5e-3", "1e+20", "1e300", "4.9e-324", "0x1F", "0755", "1_000", ".5", "5.", "5m",
            "1h30m", "Inf", "+Inf", "-Inf", "NaN", "-0",
        ])
    }

    /// The rank of a quantile; mostly one.
    pub(super) fn quantile(&mut self) -> &'static str {
        if self.random.percent(90) {
            return self
                .random
                .pick(["0", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99", "1", "(1 / 3)"]);
        }
        self.random.pick(["1.5", "-0.1", "NaN", "Inf", "scalar(vector(0.5))", "(time() % 2)"])
    }
}
