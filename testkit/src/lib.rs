//! Reference evaluator, script runner and generators for the tests.
