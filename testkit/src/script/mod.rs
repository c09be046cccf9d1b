//! Upstream's `.test` scripts: data is loaded, queries are evaluated, and answers compared with what the script expects.
//!
//! * [`parse`](mod@parse): text to commands; [`command`]: the commands; [`notation`]: series and values on one line
//! * [`engine`]: what a query engine must offer to be run; [`naive`] and [`fast`]: the two evaluators as such
//! * [`runner`]: runs the commands, also as range queries and with `@`; [`variant`]: those; [`compare`]: answers and expectations;
//!   [`report`]: the outcome
//! * [`touch`]: which queries can see series that were not loaded

mod command;
mod compare;
mod engine;
mod fast;
mod naive;
mod notation;
mod parse;
mod report;
mod runner;
mod touch;
mod variant;

pub use command::ScriptSeries;
pub use compare::are_floats_equal;
pub use engine::{ScriptAnswer, ScriptEngine};
pub use fast::FastScriptEngine;
pub use naive::NaiveScriptEngine;
pub use parse::ScriptError;
pub use report::{ScriptFailure, ScriptReport};
pub use runner::run_script;
pub use touch::touches;
