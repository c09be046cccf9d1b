//! The suites by name.

use super::{Data, DataError, Progress, Run, SuiteReport};
use super::{
    compliance, differential, engine, exposition, histogram, labels, parser, promqltest, remote, tsdb,
};

/// A part of the data, and what is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Upstream's acceptance scripts of PromQL.
    Promqltest,
    /// Which queries parse, their trees, and how they print.
    Parser,
    /// The engine's limits, statistics, annotations, and more scripts.
    Engine,
    /// Matchers, their regular expressions, relabelling.
    Labels,
    /// The queries of the PromQL compliance tester.
    Compliance,
    /// The formats that are scraped.
    Exposition,
    /// The mathematics of histograms.
    Histogram,
    /// Data directories, blocks and chunks.
    Tsdb,
    /// Random queries with upstream's answers.
    Differential,
    /// Requests of remote write.
    Remote,
}

impl Suite {
    /// All of them, in the order in which they are told of.
    pub const ALL: [Self; 10] = [
        Self::Promqltest,
        Self::Parser,
        Self::Engine,
        Self::Labels,
        Self::Compliance,
        Self::Exposition,
        Self::Histogram,
        Self::Tsdb,
        Self::Differential,
        Self::Remote,
    ];

    /// Its name, which is that of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Promqltest => "promqltest",
            Self::Parser => "parser",
            Self::Engine => "engine",
            Self::Labels => "labels",
            Self::Compliance => "compliance",
            Self::Exposition => "exposition",
            Self::Histogram => "histogram",
            Self::Tsdb => "tsdb",
            Self::Differential => "differential",
            Self::Remote => "remote",
        }
    }

    /// The suite of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// Asks all of it.
    ///
    /// # Errors
    /// [`DataError`] if a file is missing or is not what it should be. What merely disagrees is in the report.
    pub fn run(self, data: &Data, progress: &mut dyn Progress) -> Result<SuiteReport, DataError> {
        let mut run = Run::new(self, data, progress);
        match self {
            Self::Promqltest => promqltest::run(&mut run)?,
            Self::Parser => parser::run(&mut run)?,
            Self::Engine => engine::run(&mut run)?,
            Self::Labels => labels::run(&mut run)?,
            Self::Compliance => compliance::run(&mut run)?,
            Self::Exposition => exposition::run(&mut run)?,
            Self::Histogram => histogram::run(&mut run)?,
            Self::Tsdb => tsdb::run(&mut run)?,
            Self::Differential => differential::run(&mut run)?,
            Self::Remote => remote::run(&mut run)?,
        }
        Ok(run.into_report())
    }
}
