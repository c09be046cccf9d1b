//! `ember tsdb` and `ember import` as a user runs them: on small directories that a test makes, and on Prometheus' own where they
//! are at hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::disallowed_methods, reason = "a test runs a program and looks at its files from outside")]

mod dump;
mod import;
mod manage;
mod support;
mod verify;
