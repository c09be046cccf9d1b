//! PromQL text to checked syntax tree and back.
