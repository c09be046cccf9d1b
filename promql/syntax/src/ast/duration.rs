//! What stands in brackets and after `offset`: a literal, or arithmetic that is done per query.

use emberdb_model::math;

use super::literal::NumberLiteral;
use super::unary::Sign;
use crate::span::Span;

/// A duration in a selector or subquery.
#[derive(Debug, Clone, PartialEq)]
pub enum DurationSpec {
    /// A literal, in milliseconds.
    Millis(i64),
    /// An expression. It can ask for the query's step and range, so it has a value only within a query.
    Expr(Box<DurationExpr>),
}

impl DurationSpec {
    /// No duration: the offset of a selector without `offset`.
    pub const ZERO: Self = Self::Millis(0);

    /// Whether this is the literal 0.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        matches!(self, Self::Millis(0))
    }

    /// The duration in milliseconds, for an offset: any sign.
    ///
    /// `step_ms` and `range_ms` (end - start) are the top-level query's; both are 0 in an instant query.
    ///
    /// # Errors
    /// As [`DurationExpr::resolve`].
    pub fn resolve(&self, step_ms: i64, range_ms: i64) -> Result<i64, DurationError> {
        match self {
            Self::Millis(ms) => Ok(*ms),
            Self::Expr(expr) => expr.resolve(step_ms, range_ms),
        }
    }

    /// The duration in milliseconds, for a range or a step: greater than 0.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve), and [`DurationError::NotPositive`].
    pub fn resolve_positive(&self, step_ms: i64, range_ms: i64) -> Result<i64, DurationError> {
        match self {
            Self::Millis(ms) if *ms <= 0 => Err(DurationError::NotPositive { span: Span::default() }),
            Self::Millis(ms) => Ok(*ms),
            Self::Expr(expr) => expr.resolve_positive(step_ms, range_ms),
        }
    }
}

impl Default for DurationSpec {
    fn default() -> Self {
        Self::ZERO
    }
}

/// Arithmetic on durations: `5m + step() * 2`. All numbers are seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationExpr {
    /// What is computed.
    pub kind: DurationKind,
    /// Written in parentheses, and printed so.
    pub parenthesized: bool,
    /// Where it stands, without the parentheses.
    pub span: Span,
}

/// What a [`DurationExpr`] computes.
#[derive(Debug, Clone, PartialEq)]
pub enum DurationKind {
    /// A number of seconds.
    Number(NumberLiteral),
    /// `-expr`. A sign directly before a number is folded into the number.
    Unary {
        /// Which sign.
        sign: Sign,
        /// What follows it.
        operand: Box<DurationExpr>,
    },
    /// `lhs + rhs`, `min_of(lhs, rhs)`.
    Binary {
        /// Which operation.
        op: DurationOp,
        /// The left side or first argument.
        lhs: Box<DurationExpr>,
        /// The right side or second argument.
        rhs: Box<DurationExpr>,
    },
    /// `step()`: the step of the top-level query.
    Step,
    /// `range()`: end - start of the top-level query.
    Range,
}

/// An operation on two durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DurationOp {
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `%`.
    Mod,
    /// `^`.
    Pow,
    /// `min_of(a, b)`.
    MinOf,
    /// `max_of(a, b)`.
    MaxOf,
}

impl DurationOp {
    /// The operator or function name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::MinOf => "min_of",
            Self::MaxOf => "max_of",
        }
    }
}

/// Why a duration expression has no value. The span is that of the part concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// The right side of `/` is 0.
    #[error("division by zero")]
    DivisionByZero {
        /// The division.
        span: Span,
    },
    /// The right side of `%` is 0.
    #[error("modulo by zero")]
    ModuloByZero {
        /// The modulo.
        span: Span,
    },
    /// NaN or an infinity.
    #[error("duration is NaN or infinite")]
    NotFinite {
        /// The whole expression.
        span: Span,
    },
    /// More than 64 bits of nanoseconds hold.
    #[error("duration is out of range")]
    OutOfRange {
        /// The whole expression.
        span: Span,
    },
    /// A range or step of 0 or less.
    #[error("duration must be greater than 0")]
    NotPositive {
        /// The whole expression.
        span: Span,
    },
}

impl DurationError {
    /// Where the part without value stands.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::DivisionByZero { span }
            | Self::ModuloByZero { span }
            | Self::NotFinite { span }
            | Self::OutOfRange { span }
            | Self::NotPositive { span } => *span,
        }
    }
}

/// Seconds beyond which nanoseconds no longer fit 64 bits: about 292 years.
const SECONDS_MAX: f64 = i64::MAX as f64 / 1e9;

impl DurationExpr {
    /// The value in milliseconds, of any sign, computed in float seconds and cut off to whole milliseconds.
    ///
    /// `step_ms` and `range_ms` (end - start) are the top-level query's; both are 0 in an instant query.
    ///
    /// # Errors
    /// Division or modulo by zero; NaN, an infinity, or a value beyond 292 years.
    pub fn resolve(&self, step_ms: i64, range_ms: i64) -> Result<i64, DurationError> {
        self.millis(self.finite_seconds(step_ms, range_ms)?)
    }

    /// As [`resolve`](Self::resolve), for a range or a step.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve), and [`DurationError::NotPositive`].
    pub fn resolve_positive(&self, step_ms: i64, range_ms: i64) -> Result<i64, DurationError> {
        let seconds = self.finite_seconds(step_ms, range_ms)?;
        if seconds <= 0.0 {
            return Err(DurationError::NotPositive { span: self.span });
        }
        self.millis(seconds)
    }

    fn millis(&self, seconds: f64) -> Result<i64, DurationError> {
        if seconds.abs() > SECONDS_MAX {
            return Err(DurationError::OutOfRange { span: self.span });
        }
        Ok((seconds * 1000.0) as i64)
    }

    fn finite_seconds(&self, step_ms: i64, range_ms: i64) -> Result<f64, DurationError> {
        let seconds = self.seconds(step_ms, range_ms)?;
        if seconds.is_finite() { Ok(seconds) } else { Err(DurationError::NotFinite { span: self.span }) }
    }

    fn seconds(&self, step_ms: i64, range_ms: i64) -> Result<f64, DurationError> {
        Ok(match &self.kind {
            DurationKind::Number(number) => number.value,
            DurationKind::Step => step_ms as f64 / 1000.0,
            DurationKind::Range => range_ms as f64 / 1000.0,
            DurationKind::Unary { sign: Sign::Plus, operand } => operand.seconds(step_ms, range_ms)?,
            DurationKind::Unary { sign: Sign::Minus, operand } => -operand.seconds(step_ms, range_ms)?,
            DurationKind::Binary { op, lhs, rhs } => {
                let (lhs, rhs) = (lhs.seconds(step_ms, range_ms)?, rhs.seconds(step_ms, range_ms)?);
                match op {
                    DurationOp::Add => lhs + rhs,
                    DurationOp::Sub => lhs - rhs,
                    DurationOp::Mul => lhs * rhs,
                    DurationOp::Div if rhs == 0.0 => {
                        return Err(DurationError::DivisionByZero { span: self.span });
                    }
                    DurationOp::Div => lhs / rhs,
                    DurationOp::Mod if rhs == 0.0 => {
                        return Err(DurationError::ModuloByZero { span: self.span });
                    }
                    DurationOp::Mod => lhs % rhs,
                    DurationOp::Pow => math::pow(lhs, rhs),
                    // Of NaN and a number it is NaN.
                    DurationOp::MinOf | DurationOp::MaxOf if lhs.is_nan() || rhs.is_nan() => f64::NAN,
                    DurationOp::MinOf => lhs.min(rhs),
                    DurationOp::MaxOf => lhs.max(rhs),
                }
            }
        })
    }
}
