//! Upstream's `.test` scripts: data is loaded, queries are evaluated, and answers compared with what the script expects.
//!
//! * [`parse`](mod@parse): text to commands; [`command`]: the commands; [`notation`]: series and values on one line;
//!   [`start_timestamps`]: since when they count; [`nhcb`]: native histograms made of classic ones
//! * [`engine`]: what a query engine must offer to be run, [`query_error`] how it fails; [`naive`] and [`fast`]: the two
//!   evaluators as such; [`storage`]: what they ask, [`chunked`]: histograms in it
//! * [`runner`]: runs the commands, also as range queries and with `@`; [`variant`]: those; [`compare`]: answers and expectations;
//!   [`report`]: the outcome

mod chunked;
mod command;
mod compare;
mod engine;
#[cfg(feature = "engine")]
mod fast;
mod naive;
mod nhcb;
mod notation;
mod parse;
mod query_error;
mod report;
mod runner;
mod start_timestamps;
mod storage;
mod variant;

pub use chunked::{in_whole_counts, through_chunks};
#[cfg(feature = "conformance")]
pub(crate) use command::NotedValue;
pub use command::ScriptSeries;
pub use compare::{are_floats_equal, are_histograms_equal, are_values_equal};
pub use engine::{ScriptAnswer, ScriptEngine};
#[cfg(feature = "engine")]
pub use fast::FastScriptEngine;
pub use naive::NaiveScriptEngine;
#[cfg(feature = "conformance")]
pub(crate) use notation::line as series_line;
pub use parse::ScriptError;
pub use query_error::{ScriptQueryError, ScriptQueryErrorKind};
pub use report::{ScriptFailure, ScriptReport};
pub use runner::run_script;
#[cfg(feature = "conformance")]
pub(crate) use start_timestamps::sequence as start_timestamp_offsets;
pub use storage::ScriptStorage;
