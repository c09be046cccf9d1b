//! Symbols, postings and matchers to series.
