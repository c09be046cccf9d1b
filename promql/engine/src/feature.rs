//! What is experimental upstream, under upstream's names.

use std::fmt;

use crate::options::EngineOptions;

/// A part of PromQL that is experimental in Prometheus 3.14: off unless it is enabled, as there. The names are those of
/// Prometheus' `--enable-feature`.
///
/// ```
/// use emberdb_promql_engine::{Engine, EngineOptions, Feature, QueryOptions};
///
/// let mut options = EngineOptions::default();
/// let feature = Feature::named("promql-experimental-functions").ok_or("no such feature")?;
/// options.enable(feature);
/// assert!(options.parser.experimental_functions);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Experimental functions, and the aggregations `limitk` and `limit_ratio`.
    ExperimentalFunctions,
    /// Arithmetic in brackets and after `offset`. It is on without being enabled, as upstream.
    DurationExpr,
    /// `anchored` and `smoothed`.
    ExtendedRangeSelectors,
    /// `fill`, `fill_left` and `fill_right`.
    BinopFillModifiers,
    /// [`EngineOptions::delayed_name_removal`].
    DelayedNameRemoval,
    /// [`EngineOptions::use_start_timestamps`].
    UseStartTimestamps,
    /// [`EngineOptions::type_and_unit_labels`].
    TypeAndUnitLabels,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ExperimentalFunctions,
        Self::DurationExpr,
        Self::ExtendedRangeSelectors,
        Self::BinopFillModifiers,
        Self::DelayedNameRemoval,
        Self::UseStartTimestamps,
        Self::TypeAndUnitLabels,
    ];

    /// The name of the flag.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExperimentalFunctions => "promql-experimental-functions",
            Self::DurationExpr => "promql-duration-expr",
            Self::ExtendedRangeSelectors => "promql-extended-range-selectors",
            Self::BinopFillModifiers => "promql-binop-fill-modifiers",
            Self::DelayedNameRemoval => "promql-delayed-name-removal",
            Self::UseStartTimestamps => "use-start-timestamps",
            Self::TypeAndUnitLabels => "type-and-unit-labels",
        }
    }

    /// The feature with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl EngineOptions {
    /// Switches a feature on.
    pub fn enable(&mut self, feature: Feature) {
        match feature {
            Feature::ExperimentalFunctions => self.parser.experimental_functions = true,
            Feature::DurationExpr => self.parser.duration_expr = true,
            Feature::ExtendedRangeSelectors => self.parser.extended_range_selectors = true,
            Feature::BinopFillModifiers => self.parser.binop_fill_modifiers = true,
            Feature::DelayedNameRemoval => self.delayed_name_removal = true,
            Feature::UseStartTimestamps => self.use_start_timestamps = true,
            Feature::TypeAndUnitLabels => self.type_and_unit_labels = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_promql_syntax::ParserOptions;

    #[test]
    fn every_feature_has_a_name_and_does_something() {
        let mut all = EngineOptions::default();
        for feature in Feature::ALL {
            assert_eq!(Feature::named(feature.name()), Some(feature));
            all.enable(feature);
        }
        assert_eq!(all.parser, ParserOptions::ALL);
        assert!(all.delayed_name_removal && all.use_start_timestamps && all.type_and_unit_labels);
        assert_eq!(Feature::named("promql"), None);
    }
}
