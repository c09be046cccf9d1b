//! Queries in the style of rule and dashboard files, and the series they ask for.

mod families;

pub use families::dashboard_families;
