//! Functions that look at labels, and those that read a distribution from `le`.

use emberdb_promql_syntax::FunctionId;

use super::call::Arguments;
use super::fragment::{Samples, Vector, label_names, names_of, quoted};
use super::{Maker, Wish};
use crate::data::LabelValues;

impl Maker<'_> {
    /// A new label from an old one, so that series stay apart.
    pub(super) fn label_replace(&mut self, wish: Wish, depth: u8) -> Arguments {
        let vector = self.vector_of_any(wish, depth);
        let source = self.label_of(&vector);
        let (replacement, regex) = self.random.pick([
            ("$1", "(.*)"),
            ("$1", "(.+)"),
            ("${1}-x", "(.).*"),
            ("$1x", "(.*)"),
            ("${head}", "(?P<head>[a-z]+).*"),
            ("same", ".*"),
            ("a$$b", ".+"),
            ("", ".*"),
            ("$2$1", "(.)(.*)"),
            ("none", "no such value"),
        ]);
        let target = self.random.pick(["added", "added", "added", "label.added", "added_too"]);
        let mut labels = vector.labels.clone();
        labels.retain(|label| label.name != target);
        Arguments { labels, ..Arguments::of(vector) }
            .then(quoted(target))
            .then(quoted(replacement))
            .then(quoted(&source))
            .then(quoted(regex))
    }

    pub(super) fn label_join(&mut self, wish: Wish, depth: u8) -> Arguments {
        let vector = self.vector_of_any(wish, depth);
        let sources = self.random.some_of(&names_of(&vector.labels), 60);
        let separator = self.random.pick(["-", "", "/", ", "]);
        let mut arguments = Arguments::of(vector).then(quoted("joined")).then(quoted(separator));
        for source in sources {
            arguments = arguments.then(quoted(&source));
        }
        arguments
    }

    pub(super) fn sorted_by_label(&mut self, wish: Wish, depth: u8) -> Arguments {
        let vector = self.vector_of_any(wish, depth);
        let names = self.random.some_of(&names_of(&vector.labels), 70);
        names.iter().fold(Arguments::of(vector), |arguments, name| arguments.then(quoted(name)))
    }

    fn vector_of_any(&mut self, wish: Wish, depth: u8) -> Vector {
        let wish = if wish == Wish::Any && self.random.percent(70) { Wish::Floats } else { wish };
        self.vector(wish, depth)
    }

    /// The name of a label that elements may have.
    pub(super) fn label_of(&mut self, vector: &Vector) -> String {
        let label = self.random.choose(&vector.labels);
        label.map_or_else(|| "job".to_owned(), |label| label.name.clone())
    }

    /// `histogram_quantile`, `histogram_quantiles` and `histogram_fraction`, over classic or native histograms.
    pub(super) fn distribution_arguments(&mut self, function: FunctionId, depth: u8) -> Arguments {
        let vector = match self.random.weighted(&[45, 48, 7]) {
            0 => self.buckets(),
            1 => self.vector(Wish::Histograms, depth),
            _ => self.vector(Wish::Any, depth),
        };
        let mut labels = vector.labels;
        labels.retain(|label| label.name != "le");
        let texts = match function {
            FunctionId::HistogramQuantile => vec![self.quantile().to_owned(), vector.text],
            FunctionId::HistogramFraction => {
                let lower = self.random.pick(["0", "0.1", "-Inf", "-1", "1", "0.25", "NaN"]);
                let upper = self.random.pick(["0.5", "1", "2", "Inf", "10", "0.3", "100"]);
                vec![lower.to_owned(), upper.to_owned(), vector.text]
            }
            _ => {
                let ranks = self.random.pick([
                    "0.5",
                    "0.5, 0.9",
                    "0, 0.25, 0.99, 1",
                    "0.1, 1.5",
                    "0.9, 0.9, (1 / 3)",
                ]);
                vec![vector.text, quoted("rank"), ranks.to_owned()]
            }
        };
        Arguments { texts, labels, samples: Samples::Floats }
    }

    /// Classic buckets, mostly as they are asked for: their rates, summed by `le` and some other labels.
    fn buckets(&mut self) -> Vector {
        let selected = self.selected(Wish::Buckets);
        let (is_bucket, others): (Vec<_>, Vec<_>) =
            selected.labels.into_iter().partition(|label| label.name == "le");
        let modifiers = self.time_modifiers();
        let rated = match self.random.weighted(&[60, 20, 20]) {
            0 => format!("rate({}[{}]{modifiers})", selected.text, self.range()),
            1 => format!("increase({}[{}]{modifiers})", selected.text, self.range()),
            _ => format!("{}{modifiers}", selected.text),
        };
        if self.random.percent(25) {
            return Vector::tight(rated, [others, is_bucket].concat(), Samples::Buckets);
        }
        let kept: Vec<LabelValues> = self.random.some_of(&others, 50);
        let kept = [kept, is_bucket].concat();
        let text = if self.random.percent(75) {
            format!("sum by {} ({rated})", label_names(names_of(&kept)))
        } else {
            let dropped = others.iter().filter(|label| !kept.contains(label));
            format!("sum without {} ({rated})", label_names(dropped.map(|label| &label.name)))
        };
        Vector::tight(text, kept, Samples::Buckets)
    }
}
