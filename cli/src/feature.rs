//! `--enable-feature`: what is experimental, by Prometheus' names.

use clap::Args;
use emberdb::{DbOptions, Feature};

/// The name of the feature that keeps exemplars.
const EXEMPLAR_STORAGE: &str = "exemplar-storage";

/// The name of the feature that keeps start timestamps.
const ST_STORAGE: &str = "st-storage";

/// The features that a command is given.
#[derive(Args)]
pub(crate) struct FeatureArgs {
    /// Switch experimental parts of PromQL on, by Prometheus' names, with commas between them:
    /// promql-experimental-functions, promql-extended-range-selectors, promql-binop-fill-modifiers,
    /// promql-duration-expr, promql-delayed-name-removal, use-start-timestamps, type-and-unit-labels; or store more: exemplar-storage,
    /// st-storage (since when samples count).
    #[arg(long = "enable-feature", value_name = "NAME", value_delimiter = ',', value_parser = parse)]
    features: Vec<Enabled>,
}

/// Something that is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Enabled {
    /// Of the language.
    Query(Feature),
    /// Exemplars are kept.
    ExemplarStorage,
    /// Start timestamps are kept.
    StStorage,
}

impl FeatureArgs {
    /// Options with the features switched on.
    pub(crate) fn options(&self) -> DbOptions {
        let mut options = DbOptions::default();
        if !self.features.contains(&Enabled::ExemplarStorage) {
            options.storage.exemplars_max = 0;
        }
        for feature in &self.features {
            match *feature {
                Enabled::Query(feature) => options.engine.enable(feature),
                Enabled::ExemplarStorage => {}
                Enabled::StStorage => options.storage.start_timestamps = true,
            }
        }
        options
    }
}

fn parse(name: &str) -> Result<Enabled, String> {
    match name {
        EXEMPLAR_STORAGE => return Ok(Enabled::ExemplarStorage),
        ST_STORAGE => return Ok(Enabled::StStorage),
        _ => {}
    }
    Feature::named(name).map(Enabled::Query).ok_or_else(|| {
        let known = Feature::ALL.iter().map(|feature| feature.name()).chain([EXEMPLAR_STORAGE, ST_STORAGE]);
        format!("there is no such feature; there are {}", known.collect::<Vec<_>>().join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_known_are_refused_with_those_that_are() {
        assert_eq!(parse("promql-binop-fill-modifiers"), Ok(Enabled::Query(Feature::BinopFillModifiers)));
        assert!(
            parse("xor2-encoding")
                .unwrap_err()
                .contains("use-start-timestamps, type-and-unit-labels, exemplar-storage, st-storage")
        );
    }

    #[test]
    fn exemplars_are_kept_when_they_are_switched_on() {
        let kept = |features| FeatureArgs { features }.options().storage.exemplars_max;
        assert_eq!(kept(vec![]), 0);
        assert_eq!(kept(vec![Enabled::ExemplarStorage]), DbOptions::default().storage.exemplars_max);
    }

    #[test]
    fn start_timestamps_are_kept_when_they_are_switched_on() {
        let kept = |features| FeatureArgs { features }.options().storage.start_timestamps;
        assert!(!kept(vec![]) && kept(vec![Enabled::StStorage]));
    }
}
