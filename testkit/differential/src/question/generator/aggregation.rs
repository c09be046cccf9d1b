//! Aggregations.

use emberdb_promql_syntax::{AggregationOp, ValueType};

use super::fragment::{Samples, Vector, label_names, names_of, quoted};
use super::{Maker, Wish};
use crate::data::{FamilyKind, LabelValues};

impl Maker<'_> {
    /// Any aggregation, with the parameter it takes.
    pub(super) fn aggregation(&mut self, op: AggregationOp, wish: Wish, depth: u8) -> Vector {
        let wish = self.mostly(wish);
        let depth = depth.saturating_sub(1);
        if wish != Wish::Histograms && op.param_type().is_none() && self.random.percent(3) {
            return self.aggregated_names(op, wish);
        }
        if matches!(op, AggregationOp::TopK | AggregationOp::BottomK) {
            return self.ranking(op, wish, depth);
        }
        let vector = self.vector(wish, depth);
        let (grouping, mut labels) = self.grouping(&vector.labels);
        let param = match op.param_type() {
            Some(ValueType::String) => {
                let label = LabelValues { name: "value".to_owned(), values: Vec::new() };
                labels.push(label);
                Some(quoted("value"))
            }
            Some(_) => Some(self.aggregation_parameter(op)),
            None => None,
        };
        if matches!(op, AggregationOp::LimitRatio | AggregationOp::LimitK) {
            labels.clone_from(&vector.labels);
        }
        let samples = Self::samples_aggregated(op, vector.samples);
        let arguments =
            param.map_or_else(|| format!("({})", vector.text), |param| format!("({param}, {})", vector.text));
        Vector::tight(self.written(op, &grouping, &arguments), labels, samples)
    }

    /// The grouping before or after the arguments.
    fn written(&mut self, op: AggregationOp, grouping: &str, arguments: &str) -> String {
        if grouping.is_empty() {
            format!("{op}{arguments}")
        } else if self.random.percent(75) {
            format!("{op} {grouping} {arguments}")
        } else {
            format!("{op}{arguments} {grouping}")
        }
    }

    /// No grouping, `by` or `without` some labels; and the labels that are left.
    pub(super) fn grouping(&mut self, labels: &[LabelValues]) -> (String, Vec<LabelValues>) {
        let named = self.random.some_of(labels, 50);
        match self.random.weighted(&[20, 55, 25]) {
            0 => (String::new(), Vec::new()),
            1 => {
                let mut names = names_of(&named);
                if self.random.percent(8) {
                    names.push("__name__".to_owned());
                }
                (format!("by {}", label_names(names)), named)
            }
            _ => {
                let left = labels.iter().filter(|label| !named.contains(label)).cloned().collect();
                (format!("without {}", label_names(names_of(&named))), left)
            }
        }
    }

    fn aggregation_parameter(&mut self, op: AggregationOp) -> String {
        match op {
            AggregationOp::Quantile => self.quantile().to_owned(),
            AggregationOp::LimitRatio => {
                self.random.pick(["0.5", "0.1", "-0.5", "0.9", "-0.1", "1", "0.7", "-1"]).to_owned()
            }
            // Which of the series are the first ones is for the storage to say.
            _ => self.random.pick(["1000", "500", "1e4", "scalar(vector(700))"]).to_owned(),
        }
    }

    /// `topk` and `bottomk`. Of equal values the series that is found first wins: some are left out only where values
    /// are hardly ever equal, as those of counters are.
    fn ranking(&mut self, op: AggregationOp, wish: Wish, depth: u8) -> Vector {
        let (vector, k) = if self.random.percent(75) {
            let family = self.family_of(FamilyKind::Counter, Wish::Floats);
            let selected = self.selected_from(family);
            let k = self.random.pick(["1", "2", "3", "5", "10", "2.9", "scalar(vector(2))", "0"]);
            (self.variant(&selected), k)
        } else {
            (self.vector(wish, depth), self.random.pick(["1000", "1e3", "500"]))
        };
        let (grouping, _) = self.grouping(&vector.labels);
        let text = self.written(op, &grouping, &format!("({k}, {})", vector.text));
        Vector::tight(text, vector.labels, vector.samples)
    }

    /// Over the series of two names.
    fn aggregated_names(&mut self, op: AggregationOp, wish: Wish) -> Vector {
        let selector = self.selected_names(wish);
        let grouping =
            self.random.pick(["by (__name__)", "by (job, __name__)", "without (instance)", "by (job)"]);
        Vector::tight(format!("{op} {grouping} ({selector})"), Vec::new(), Samples::Floats)
    }

    /// How many series a part has: that `limitk` chose some shows, and which ones does not matter.
    pub(super) fn counted_limit(&mut self, depth: u8) -> Vector {
        let vector = self.vector(Wish::Any, depth.saturating_sub(1));
        let kept = self.random.some_of(&vector.labels, 40);
        let names = label_names(names_of(&kept));
        let k = self.random.pick(["1", "2", "3"]);
        Vector::tight(
            format!("count by {names} (limitk by {names} ({k}, {}))", vector.text),
            kept,
            Samples::Floats,
        )
    }

    const fn samples_aggregated(op: AggregationOp, samples: Samples) -> Samples {
        match op {
            AggregationOp::Sum | AggregationOp::Avg | AggregationOp::LimitK | AggregationOp::LimitRatio => {
                samples
            }
            _ => Samples::Floats,
        }
    }
}
