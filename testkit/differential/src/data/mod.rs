//! Families of series and their samples, the same for the same seed.

mod family;

pub use family::{Family, FamilyKind, LabelValues};
