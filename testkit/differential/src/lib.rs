//! Data made to hurt, questions about them, and the comparison of two engines' answers. Nothing here does I/O: `cargo xtask
//! differential` starts the servers, asks and reports.
//!
//! - [`data`]: families of series and their samples, the same for the same seed.
//! - [`question`]: what is asked: random queries by a typed generator, queries of rule and dashboard files; and smaller
//!   ones than a given one.
//! - [`change`]: which questions touch a behaviour that upstream has changed, and in which version.
//! - [`answer`]: answers of `/api/v1` compared.
#![forbid(unsafe_code)]

pub mod answer;
pub mod change;
pub mod data;
pub mod question;
