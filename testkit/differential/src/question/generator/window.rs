//! Range vectors.

use emberdb_promql_syntax::FunctionId;

use super::fragment::{Samples, Window};
use super::{Maker, Wish};
use crate::data::FamilyKind;

impl Maker<'_> {
    /// A range vector that suits a function.
    pub(super) fn window_for(&mut self, function: FunctionId, wish: Wish, depth: u8) -> Window {
        if self.random.percent(15) && depth > 0 {
            return self.subquery(wish, depth);
        }
        let kinds: &[FamilyKind] = match (function, wish) {
            (_, Wish::Any | Wish::Buckets) => &[],
            (FunctionId::Rate | FunctionId::Increase | FunctionId::Irate, Wish::Floats) => {
                &[FamilyKind::Counter]
            }
            (FunctionId::Delta | FunctionId::Idelta | FunctionId::Deriv, Wish::Floats) => {
                &[FamilyKind::Gauge]
            }
            (FunctionId::Rate | FunctionId::Increase | FunctionId::Irate, Wish::Histograms) => {
                &[FamilyKind::NativeHistogram, FamilyKind::CustomHistogram]
            }
            (FunctionId::Delta | FunctionId::Idelta, Wish::Histograms) => &[FamilyKind::GaugeHistogram],
            (_, Wish::Floats | Wish::Histograms) => &[],
        };
        let kind = if self.random.percent(90) { self.random.choose(kinds).copied() } else { None };
        let family = match kind {
            Some(kind) => self.family_of(kind, wish),
            None => self.family(wish),
        };
        let selected = self.selected_from(family);
        let extended = self.extended(function);
        let text = format!("{}[{}]{}{extended}", selected.text, self.range(), self.time_modifiers());
        Window { text, samples: selected.samples(), labels: selected.labels }
    }

    /// A range vector for nothing in particular.
    pub(super) fn window(&mut self, wish: Wish, depth: u8) -> Window {
        self.window_for(FunctionId::CountOverTime, wish, depth)
    }

    fn subquery(&mut self, wish: Wish, depth: u8) -> Window {
        let vector = self.vector(wish, depth - 1);
        let text = format!("{}[{}]{}", vector.operand(), self.subquery_range(), self.time_modifiers());
        Window { text, labels: vector.labels, samples: vector.samples }
    }

    /// `anchored` or `smoothed`, where the function allows it; mostly nothing.
    fn extended(&mut self, function: FunctionId) -> &'static str {
        let allowed: &[&str] = match function {
            FunctionId::Rate | FunctionId::Increase | FunctionId::Delta => &[" anchored", " smoothed"],
            FunctionId::Changes | FunctionId::Resets => &[" anchored"],
            _ => &[],
        };
        if self.random.percent(8) { self.random.choose(allowed).copied().unwrap_or_default() } else { "" }
    }

    /// The samples of a function's result that takes a range vector.
    pub(super) const fn samples_over_time(function: FunctionId, window: Samples) -> Samples {
        match function {
            FunctionId::Rate
            | FunctionId::Increase
            | FunctionId::Irate
            | FunctionId::Delta
            | FunctionId::Idelta
            | FunctionId::SumOverTime
            | FunctionId::AvgOverTime
            | FunctionId::LastOverTime
            | FunctionId::FirstOverTime => window,
            _ => Samples::Floats,
        }
    }
}
