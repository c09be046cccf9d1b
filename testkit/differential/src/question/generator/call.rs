//! Calls of functions that return vectors: for each function the arguments that it makes something of.

use emberdb_promql_syntax::{FunctionId, ValueType};

use super::fragment::{Samples, Vector, quoted};
use super::{Maker, Wish};
use crate::data::{Family, FamilyKind, LabelValues};

/// Arguments, and what the result is.
pub(super) struct Arguments {
    pub(super) texts: Vec<String>,
    pub(super) labels: Vec<LabelValues>,
    pub(super) samples: Samples,
}

impl Arguments {
    pub(super) fn of(vector: Vector) -> Self {
        Self { texts: vec![vector.text], labels: vector.labels, samples: vector.samples }
    }

    pub(super) fn then(mut self, text: impl Into<String>) -> Self {
        self.texts.push(text.into());
        self
    }

    const fn into_floats(mut self) -> Self {
        self.samples = Samples::Floats;
        self
    }
}

impl Maker<'_> {
    /// A call of a function that returns a vector; of samples as wished for, if the function passes them on.
    pub(super) fn call(&mut self, function: FunctionId, wish: Wish, depth: u8) -> Vector {
        let arguments = self.arguments(function, wish, depth.saturating_sub(1));
        let text = format!("{}({})", function.name(), arguments.texts.join(", "));
        Vector::tight(text, arguments.labels, arguments.samples)
    }

    fn arguments(&mut self, function: FunctionId, wish: Wish, depth: u8) -> Arguments {
        use FunctionId as F;
        match function {
            F::HistogramQuantile | F::HistogramQuantiles | F::HistogramFraction => {
                self.distribution_arguments(function, depth)
            }
            F::HistogramAvg
            | F::HistogramCount
            | F::HistogramSum
            | F::HistogramStddev
            | F::HistogramStdvar => {
                let wish = if self.random.percent(92) { Wish::Histograms } else { Wish::Any };
                Arguments::of(self.vector(wish, depth)).into_floats()
            }
            F::Absent => self.absent(depth),
            F::LabelReplace => self.label_replace(wish, depth),
            F::LabelJoin => self.label_join(wish, depth),
            F::SortByLabel | F::SortByLabelDesc => self.sorted_by_label(wish, depth),
            F::Info => self.info(wish),
            F::Clamp => {
                let bounds = self.random.pick([
                    ["0", "10"],
                    ["-1", "1"],
                    ["1", "1000"],
                    ["-Inf", "0.5"],
                    ["0", "NaN"],
                ]);
                self.floats(depth).then(bounds[0]).then(bounds[1])
            }
            F::Round => {
                let argument = self.floats(depth);
                let nearest = self.random.pick(["", "0.1", "1", "5", "0.25", "1e-3", "60", "0"]);
                if nearest.is_empty() { argument } else { argument.then(nearest) }
            }
            F::Timestamp | F::StartTimestamp => {
                let wish = self.mostly(wish);
                Arguments::of(if self.random.percent(80) {
                    self.selector(wish)
                } else {
                    self.vector(wish, depth)
                })
                .into_floats()
            }
            // What lies outside of where they are defined is NaN.
            F::Acos | F::Asin | F::Atanh => self.bent(depth, |operand| format!("{operand} % 1")),
            F::Acosh | F::Ln | F::Log2 | F::Log10 | F::Sqrt => {
                self.bent(depth, |operand| format!("abs({operand}) + 1"))
            }
            F::Exp | F::Cosh | F::Sinh => self.bent(depth, |operand| format!("{operand} % 5")),
            F::Vector => {
                let text = self.scalar(depth);
                Arguments { texts: vec![text], labels: Vec::new(), samples: Samples::Floats }
            }
            _ => self.arguments_by_type(function, wish, depth),
        }
    }

    /// What the signature asks for.
    fn arguments_by_type(&mut self, function: FunctionId, wish: Wish, depth: u8) -> Arguments {
        let signature = function.signature();
        let mut all = Arguments { texts: Vec::new(), labels: Vec::new(), samples: Samples::Floats };
        let fewest = signature.args_min();
        let most = signature.args_max().unwrap_or(fewest + 2).min(fewest + 2);
        let count = self.random.between(fewest as i64, most as i64) as usize;
        for index in 0..count {
            match signature.arg_type(index).unwrap_or(ValueType::Scalar) {
                ValueType::Vector => {
                    let vector = self.vector_for(function, depth);
                    (all.labels, all.samples) = (vector.labels, Samples::Floats);
                    all.texts.push(vector.text);
                }
                ValueType::Matrix => {
                    let wish = self.mostly(wish);
                    let window = self.window_for(function, wish, depth);
                    all.samples = Self::samples_over_time(function, window.samples);
                    all.labels =
                        if function == FunctionId::AbsentOverTime { Vec::new() } else { window.labels };
                    all.texts.push(window.text);
                }
                ValueType::Scalar => {
                    let text = self.parameter(function, depth);
                    all.texts.push(text);
                }
                ValueType::String => all.texts.push(quoted("text")),
            }
        }
        all
    }

    /// A vector of floats; of times for the functions of dates.
    fn vector_for(&mut self, function: FunctionId, depth: u8) -> Vector {
        use FunctionId as F;
        let is_date = matches!(
            function,
            F::Minute
                | F::Hour
                | F::DayOfWeek
                | F::DayOfMonth
                | F::DayOfYear
                | F::DaysInMonth
                | F::Month
                | F::Year
        );
        if is_date && self.random.percent(70) {
            let days = self.random.between(-40_000, 40_000);
            let selected = self.selected(Wish::Any);
            return match self.random.weighted(&[1, 1, 1]) {
                0 => Vector::tight(format!("vector(time() + {days} * 86400)"), Vec::new(), Samples::Floats),
                1 => Vector::tight(format!("timestamp({})", selected.text), selected.labels, Samples::Floats),
                _ => Vector::loose(
                    format!("{} * 0 + {days} * 43200.5", selected.text),
                    selected.labels,
                    Samples::Floats,
                ),
            };
        }
        let wish = if self.random.percent(95) { Wish::Floats } else { Wish::Any };
        self.vector(wish, depth)
    }

    /// A parameter that is a number.
    fn parameter(&mut self, function: FunctionId, depth: u8) -> String {
        match function {
            FunctionId::QuantileOverTime => self.quantile().to_owned(),
            FunctionId::DoubleExponentialSmoothing => {
                self.random.pick(["0.1", "0.5", "0.9", "0.01", "(1 / 4)"]).to_owned()
            }
            FunctionId::PredictLinear => {
                self.random.pick(["60", "3600", "-300", "4 * 3600", "0", "1h", "1.5"]).to_owned()
            }
            _ => self.scalar(depth),
        }
    }

    fn floats(&mut self, depth: u8) -> Arguments {
        Arguments::of(self.vector(Wish::Floats, depth)).into_floats()
    }

    /// A vector of floats brought to where the function has values; sometimes left as it is.
    fn bent(&mut self, depth: u8, bend: impl Fn(&str) -> String) -> Arguments {
        let mut vector = self.vector(Wish::Floats, depth);
        if self.random.percent(75) {
            vector.text = bend(&vector.operand());
        }
        Arguments::of(vector).into_floats()
    }

    /// `wish`, but floats mostly where there is none.
    pub(super) fn mostly(&mut self, wish: Wish) -> Wish {
        match wish {
            Wish::Any if self.random.percent(90) => Wish::Floats,
            other => other,
        }
    }

    /// Mostly a selector that selects nothing, as then there is an answer.
    fn absent(&mut self, depth: u8) -> Arguments {
        let selected = self.selected(Wish::Any);
        let text = match self.random.weighted(&[4, 3, 2, 1]) {
            0 => "missing{job=\"none\", instance=~\"a|b\", zone!=\"\"}".to_owned(),
            1 => format!("{} > Inf", selected.text),
            2 => format!("{} offset 90d", selected.text),
            _ => self.vector(Wish::Any, depth).text,
        };
        Arguments { texts: vec![text], labels: Vec::new(), samples: Samples::Floats }
    }

    /// `info` adds the labels of info metrics to series of the same `job` and `instance`.
    fn info(&mut self, wish: Wish) -> Arguments {
        let scraped = |family: &&Family| {
            family.kind != FamilyKind::Info
                && (wish != Wish::Histograms || Samples::of(family.kind) == Samples::Histograms)
                && ["job", "instance"]
                    .iter()
                    .all(|name| family.labels.iter().any(|label| label.name == *name))
        };
        let families = self.families;
        let fitting: Vec<_> = families.iter().filter(scraped).collect();
        let selected = match self.random.choose(&fitting) {
            Some(family) => self.selected_from(family),
            None => self.selected(wish),
        };
        let window =
            if selected.kind == FamilyKind::Counter { self.random.pick(["", "", "rate"]) } else { "" };
        let text = if window.is_empty() { selected.text } else { format!("{window}({}[5m])", selected.text) };
        let samples = Samples::of(selected.kind);
        let argument = Arguments { texts: vec![text], labels: selected.labels, samples };
        let data_labels = [
            "",
            "",
            "{version=~\".+\"}",
            "{k8s_cluster_name=~\".*\"}",
            "{__name__=\"target_info\"}",
            "{__name__=~\".+_info\"}",
        ];
        let picked = self.random.pick(data_labels);
        if picked.is_empty() { argument } else { argument.then(picked) }
    }
}
