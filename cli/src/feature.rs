//! `--enable-feature`: what is experimental, by Prometheus' names.

use clap::Args;
use emberdb::{DbOptions, Feature};

/// The features that a command is given.
#[derive(Args)]
pub(crate) struct FeatureArgs {
    /// Switch experimental parts of PromQL on, by Prometheus' names, with commas between them:
    /// promql-experimental-functions, promql-extended-range-selectors, promql-binop-fill-modifiers,
    /// promql-delayed-name-removal, use-start-timestamps, type-and-unit-labels.
    #[arg(long = "enable-feature", value_name = "NAME", value_delimiter = ',', value_parser = parse)]
    features: Vec<Feature>,
}

impl FeatureArgs {
    /// Options with the features switched on.
    pub(crate) fn options(&self) -> DbOptions {
        let mut options = DbOptions::default();
        self.features.iter().for_each(|&feature| options.engine.enable(feature));
        options
    }
}

fn parse(name: &str) -> Result<Feature, String> {
    Feature::named(name).ok_or_else(|| {
        let known: Vec<&str> = Feature::ALL.iter().map(|feature| feature.name()).collect();
        format!("there is no such feature; there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_known_are_refused_with_those_that_are() {
        assert_eq!(parse("promql-binop-fill-modifiers"), Ok(Feature::BinopFillModifiers));
        assert!(parse("exemplar-storage").unwrap_err().contains("use-start-timestamps"));
    }
}
