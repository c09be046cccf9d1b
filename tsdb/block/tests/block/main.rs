//! Blocks as a whole: those that upstream wrote, and our own.

mod data;
mod garbage;
mod golden;
mod histograms;
mod merging;
mod model;
