//! Prometheus' own data, asked of everything here that has an answer.
//!
//! The data lies outside the repository, in a folder that [`Data`] finds; what its files mean is said by the README in it.
//! A [`Suite`] compares one part of it with one part of the project, and gives a [`SuiteReport`]: how many cases agree,
//! and each that does not. What cannot be done is a failure too, told as such; what is not asked at all is a note.
//!
//! * `suite`: the suites by name; `report`: what came of one; `progress`: how far it is; `mismatch`: how a case fails
//! * `data`: the files; `read` and `base64`: what they are made of; `folder`: directories to write into
//! * `promqltest` and `script`: upstream's scripts; `engine`: limits, statistics, annotations; `differential`: random
//!   queries; `evaluator`: who is asked all of these, `answer`: how answers compare
//! * `tsdb`: data directories and chunks; `parser`, `compliance`, `labels`, `exposition`, `histogram`, `remote`: the rest
//!
//! ```
//! use emberdb_testkit::conformance::{Data, Suite};
//!
//! // None if there is no data.
//! if let Some(data) = Data::find(None)? {
//!     let report = Suite::Labels.run(&data, &mut ())?;
//!     assert!(report.passed > 0, "{report}");
//! }
//! # Ok::<(), emberdb_testkit::conformance::DataError>(())
//! ```

mod answer;
mod base64;
mod compliance;
mod data;
mod differential;
mod engine;
mod evaluator;
mod exposition;
mod folder;
mod histogram;
mod labels;
mod mismatch;
mod parser;
mod progress;
mod promqltest;
mod read;
mod remote;
mod report;
mod script;
mod suite;
mod tsdb;

pub use data::{Data, DataError};
pub use progress::Progress;
pub use report::{CaseFailure, SuiteReport};
pub use suite::Suite;

use mismatch::{Check, Mismatch};
use report::Run;
