//! One series for each combination of labels.

use emberdb_model::{Labels, LabelsBuilder, METRIC_NAME};

use super::noise::Noise;
use super::times::Range;
use super::{DataSample, DataSeries, Family};

/// The labels of one series, without the name; an empty value stands for no label.
pub(super) struct Combination<'a> {
    family: &'a Family,
    values: Vec<&'a str>,
    seed: u64,
}

impl Combination<'_> {
    /// The name of the family.
    pub(super) fn name(&self) -> &str {
        &self.family.name
    }

    /// The value of a label; empty if it has none.
    pub(super) fn get(&self, name: &str) -> &str {
        let mut pairs = self.family.labels.iter().zip(&self.values);
        pairs.find(|(label, _)| label.name == name).map_or("", |(_, value)| value)
    }

    /// All values of a label in the family.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.family.labels.iter().find(|label| label.name == name).map_or(&[], |label| &label.values)
    }

    /// The chance of the series.
    pub(super) fn noise(&self) -> Noise {
        self.noise_but_for("")
    }

    /// The chance that it shares with the series that differ in this label only.
    pub(super) fn noise_but_for(&self, left_out: &str) -> Noise {
        let pairs = self.family.labels.iter().zip(&self.values);
        let pairs = pairs.filter(|(label, _)| label.name != left_out);
        let text = pairs
            .fold(self.family.name.clone(), |text, (label, value)| format!("{text},{}={value}", label.name));
        Noise::new(self.seed, &text)
    }

    fn labels(&self) -> Labels {
        let mut builder = LabelsBuilder::new();
        builder.push(METRIC_NAME, &self.family.name);
        for (label, value) in self.family.labels.iter().zip(&self.values) {
            builder.push(&label.name, value);
        }
        builder.build().expect("a family has each label once")
    }
}

/// Collects series.
pub(super) struct Builder {
    seed: u64,
    pub(super) range: Range,
    pub(super) families: Vec<Family>,
    pub(super) series: Vec<DataSeries>,
}

impl Builder {
    pub(super) fn new(seed: u64, range: Range) -> Self {
        Self { seed, range, families: Vec::new(), series: Vec::new() }
    }

    /// Adds a family: `samples` are asked for each combination of the labels' values; where there are none, there is no series.
    pub(super) fn add(
        &mut self,
        family: Family,
        mut samples: impl FnMut(&Combination<'_>, Range) -> Vec<DataSample>,
    ) {
        let mut combinations = vec![Vec::new()];
        for label in &family.labels {
            let longer = |values: &Vec<usize>| {
                (0..label.values.len())
                    .map(|place| [values.as_slice(), &[place]].concat())
                    .collect::<Vec<_>>()
            };
            combinations = combinations.iter().flat_map(longer).collect();
        }
        for places in combinations {
            let values =
                family.labels.iter().zip(places).map(|(label, place)| label.values[place].as_str()).collect();
            let combination = Combination { family: &family, values, seed: self.seed };
            let samples = samples(&combination, self.range);
            if !samples.is_empty() {
                self.series.push(DataSeries { labels: combination.labels(), samples, exemplars: Vec::new() });
            }
        }
        self.families.push(family);
    }
}
