//! PromQL evaluation: plans, operators over columns, functions.
