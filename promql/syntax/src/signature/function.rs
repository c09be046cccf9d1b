//! The function table: the only place that knows which functions exist.
//!
//! Whoever gives a function its body matches on [`FunctionId`] exhaustively, so a function without a body, or
//! a body without a function, does not compile.

use std::fmt;

use super::ValueType;

/// What a function takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The name. Names are case-sensitive but for those that are keywords too (`start`, `end`, `step`,
    /// `range`, `min_of`, `max_of`).
    pub name: &'static str,
    /// The types of the arguments; [`arity`](Self::arity) says which may be missing or repeat.
    pub arg_types: &'static [ValueType],
    /// How many arguments.
    pub arity: Arity,
    /// The type of the result.
    pub return_type: ValueType,
    /// It parses only with [`ParserOptions::experimental_functions`](crate::ParserOptions).
    pub is_experimental: bool,
    /// The result depends on the evaluation time even when all selectors within are pinned by `@`, so the
    /// call is not step-invariant.
    pub is_at_modifier_unsafe: bool,
}

impl Signature {
    /// The least number of arguments.
    #[must_use]
    pub const fn args_min(&self) -> usize {
        match self.arity {
            Arity::Exact => self.arg_types.len(),
            Arity::Optional(_) | Arity::Unlimited => self.arg_types.len().saturating_sub(1),
        }
    }

    /// The greatest number of arguments; `None` is no limit.
    #[must_use]
    pub const fn args_max(&self) -> Option<usize> {
        match self.arity {
            Arity::Exact => Some(self.arg_types.len()),
            Arity::Optional(surplus) => Some(self.args_min() + surplus as usize),
            Arity::Unlimited => None,
        }
    }

    /// The type of argument number `index`, from 0: surplus arguments have the type of the last.
    #[must_use]
    pub fn arg_type(&self, index: usize) -> Option<ValueType> {
        self.arg_types.get(index).or(self.arg_types.last()).copied()
    }
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// One for each type.
    Exact,
    /// One for each type but the last; then up to so many of the last type.
    Optional(u8),
    /// One for each type but the last; then any number of the last type.
    Unlimited,
}

/// One row a function: variant, name, argument types, arity, result, and what is special.
macro_rules! functions {
    ($($id:ident $name:literal ($($arg:ident),*) $arity:ident $(($surplus:literal))? -> $result:ident [$($flag:ident)*],)*) => {
        /// A PromQL function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FunctionId {
            $(#[doc = concat!("`", $name, "`.")] $id,)*
        }

        impl FunctionId {
            /// All functions, sorted by name.
            pub const ALL: &[Self] = &[$(Self::$id),*];
        }

        /// The signatures in the order of [`FunctionId::ALL`].
        const SIGNATURES: &[Signature] = &[$(
            Signature {
                name: $name,
                arg_types: &[$(ValueType::$arg),*],
                arity: Arity::$arity $(($surplus))?,
                return_type: ValueType::$result,
                is_experimental: $(flag!($flag experimental) |)* false,
                is_at_modifier_unsafe: $(flag!($flag at_unsafe) |)* false,
            },
        )*];
    };
}

/// Whether the first word is the second.
macro_rules! flag {
    (experimental experimental) => {
        true
    };
    (at_unsafe at_unsafe) => {
        true
    };
    ($given:ident $asked:ident) => {
        false
    };
}

functions! {
    Abs "abs" (Vector) Exact -> Vector [],
    Absent "absent" (Vector) Exact -> Vector [],
    AbsentOverTime "absent_over_time" (Matrix) Exact -> Vector [],
    Acos "acos" (Vector) Exact -> Vector [],
    Acosh "acosh" (Vector) Exact -> Vector [],
    Asin "asin" (Vector) Exact -> Vector [],
    Asinh "asinh" (Vector) Exact -> Vector [],
    Atan "atan" (Vector) Exact -> Vector [],
    Atanh "atanh" (Vector) Exact -> Vector [],
    AvgOverTime "avg_over_time" (Matrix) Exact -> Vector [],
    Ceil "ceil" (Vector) Exact -> Vector [],
    Changes "changes" (Matrix) Exact -> Vector [],
    Clamp "clamp" (Vector, Scalar, Scalar) Exact -> Vector [],
    ClampMax "clamp_max" (Vector, Scalar) Exact -> Vector [],
    ClampMin "clamp_min" (Vector, Scalar) Exact -> Vector [],
    Cos "cos" (Vector) Exact -> Vector [],
    Cosh "cosh" (Vector) Exact -> Vector [],
    CountOverTime "count_over_time" (Matrix) Exact -> Vector [],
    DayOfMonth "day_of_month" (Vector) Optional(1) -> Vector [at_unsafe],
    DayOfWeek "day_of_week" (Vector) Optional(1) -> Vector [at_unsafe],
    DayOfYear "day_of_year" (Vector) Optional(1) -> Vector [at_unsafe],
    DaysInMonth "days_in_month" (Vector) Optional(1) -> Vector [at_unsafe],
    Deg "deg" (Vector) Exact -> Vector [],
    Delta "delta" (Matrix) Exact -> Vector [],
    Deriv "deriv" (Matrix) Exact -> Vector [],
    DoubleExponentialSmoothing "double_exponential_smoothing" (Matrix, Scalar, Scalar) Exact -> Vector [experimental],
    End "end" () Exact -> Scalar [experimental at_unsafe],
    Exp "exp" (Vector) Exact -> Vector [],
    FirstOverTime "first_over_time" (Matrix) Exact -> Vector [],
    Floor "floor" (Vector) Exact -> Vector [],
    HistogramAvg "histogram_avg" (Vector) Exact -> Vector [],
    HistogramCount "histogram_count" (Vector) Exact -> Vector [],
    HistogramFraction "histogram_fraction" (Scalar, Scalar, Vector) Exact -> Vector [],
    HistogramQuantile "histogram_quantile" (Scalar, Vector) Exact -> Vector [],
    HistogramQuantiles "histogram_quantiles" (Vector, String, Scalar, Scalar) Optional(9) -> Vector [experimental],
    HistogramStddev "histogram_stddev" (Vector) Exact -> Vector [],
    HistogramStdvar "histogram_stdvar" (Vector) Exact -> Vector [],
    HistogramSum "histogram_sum" (Vector) Exact -> Vector [],
    Hour "hour" (Vector) Optional(1) -> Vector [at_unsafe],
    Idelta "idelta" (Matrix) Exact -> Vector [],
    Increase "increase" (Matrix) Exact -> Vector [],
    Info "info" (Vector, Vector) Optional(1) -> Vector [experimental],
    Irate "irate" (Matrix) Exact -> Vector [],
    LabelJoin "label_join" (Vector, String, String, String) Unlimited -> Vector [],
    LabelReplace "label_replace" (Vector, String, String, String, String) Exact -> Vector [],
    LastOverTime "last_over_time" (Matrix) Exact -> Vector [],
    Ln "ln" (Vector) Exact -> Vector [],
    Log10 "log10" (Vector) Exact -> Vector [],
    Log2 "log2" (Vector) Exact -> Vector [],
    MadOverTime "mad_over_time" (Matrix) Exact -> Vector [experimental],
    MaxOf "max_of" (Scalar, Scalar) Exact -> Scalar [experimental],
    MaxOverTime "max_over_time" (Matrix) Exact -> Vector [],
    MinOf "min_of" (Scalar, Scalar) Exact -> Scalar [experimental],
    MinOverTime "min_over_time" (Matrix) Exact -> Vector [],
    Minute "minute" (Vector) Optional(1) -> Vector [at_unsafe],
    Month "month" (Vector) Optional(1) -> Vector [at_unsafe],
    Pi "pi" () Exact -> Scalar [],
    PredictLinear "predict_linear" (Matrix, Scalar) Exact -> Vector [at_unsafe],
    PresentOverTime "present_over_time" (Matrix) Exact -> Vector [],
    QuantileOverTime "quantile_over_time" (Scalar, Matrix) Exact -> Vector [],
    Rad "rad" (Vector) Exact -> Vector [],
    Range "range" () Exact -> Scalar [experimental at_unsafe],
    Rate "rate" (Matrix) Exact -> Vector [],
    Resets "resets" (Matrix) Exact -> Vector [],
    Round "round" (Vector, Scalar) Optional(1) -> Vector [],
    Scalar "scalar" (Vector) Exact -> Scalar [],
    Sgn "sgn" (Vector) Exact -> Vector [],
    Sin "sin" (Vector) Exact -> Vector [],
    Sinh "sinh" (Vector) Exact -> Vector [],
    Sort "sort" (Vector) Exact -> Vector [],
    SortByLabel "sort_by_label" (Vector, String) Unlimited -> Vector [experimental],
    SortByLabelDesc "sort_by_label_desc" (Vector, String) Unlimited -> Vector [experimental],
    SortDesc "sort_desc" (Vector) Exact -> Vector [],
    Sqrt "sqrt" (Vector) Exact -> Vector [],
    Start "start" () Exact -> Scalar [experimental at_unsafe],
    StartTimestamp "start_timestamp" (Vector) Exact -> Vector [experimental],
    StddevOverTime "stddev_over_time" (Matrix) Exact -> Vector [],
    StdvarOverTime "stdvar_over_time" (Matrix) Exact -> Vector [],
    Step "step" () Exact -> Scalar [experimental at_unsafe],
    SumOverTime "sum_over_time" (Matrix) Exact -> Vector [],
    Tan "tan" (Vector) Exact -> Vector [],
    Tanh "tanh" (Vector) Exact -> Vector [],
    Time "time" () Exact -> Scalar [at_unsafe],
    Timestamp "timestamp" (Vector) Exact -> Vector [at_unsafe],
    TsOfFirstOverTime "ts_of_first_over_time" (Matrix) Exact -> Vector [experimental],
    TsOfLastOverTime "ts_of_last_over_time" (Matrix) Exact -> Vector [experimental],
    TsOfMaxOverTime "ts_of_max_over_time" (Matrix) Exact -> Vector [experimental],
    TsOfMinOverTime "ts_of_min_over_time" (Matrix) Exact -> Vector [experimental],
    Vector "vector" (Scalar) Exact -> Vector [],
    Year "year" (Vector) Optional(1) -> Vector [at_unsafe],
}

impl FunctionId {
    /// The function called `name`, experimental or not.
    ///
    /// ```
    /// use emberdb_promql_syntax::FunctionId;
    ///
    /// assert_eq!(FunctionId::by_name("rate"), Some(FunctionId::Rate));
    /// assert_eq!(FunctionId::by_name("Rate"), None);
    /// ```
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let index = SIGNATURES.binary_search_by(|signature| signature.name.cmp(name)).ok()?;
        Self::ALL.get(index).copied()
    }

    /// What the function takes and gives.
    #[must_use]
    pub const fn signature(self) -> &'static Signature {
        &SIGNATURES[self as usize]
    }

    /// The name as queries write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.signature().name
    }
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Arity, FunctionId, SIGNATURES};
    use crate::signature::ValueType;

    #[test]
    fn every_function_is_found_by_its_name() {
        assert!(SIGNATURES.is_sorted_by(|a, b| a.name < b.name), "binary search needs the names sorted");
        for &function in FunctionId::ALL {
            assert_eq!(FunctionId::by_name(function.name()), Some(function));
        }
        assert_eq!(FunctionId::by_name("sum"), None, "an aggregation is not a function");
    }

    #[test]
    fn arity_says_which_arguments_may_be_missing_or_repeat() {
        let round = FunctionId::Round.signature();
        assert_eq!((round.args_min(), round.args_max()), (1, Some(2)));
        let join = FunctionId::LabelJoin.signature();
        assert_eq!((join.args_min(), join.args_max(), join.arity), (3, None, Arity::Unlimited));
        assert_eq!(join.arg_type(17), Some(ValueType::String));
        let quantiles = FunctionId::HistogramQuantiles.signature();
        assert_eq!((quantiles.args_min(), quantiles.args_max()), (3, Some(12)));
    }
}
