//! Families of series and their samples, the same for the same seed and end.
//!
//! - `set`: all of it. `family`: what a generator of questions knows of it. `series`: one series; `delivery`: what is sent
//!   when.
//! - `hostile` and `hostile_histogram`: families made to hurt; `sane`: samples for families that others have named, such
//!   as those of dashboards;
//!   `demo`: the families of the compliance tests.
//! - `times`: when samples are; `float`, `classic`, `native`: what they are; `noise`: chance that can be repeated;
//!   `builder`: one series for each combination of labels.

mod builder;
mod classic;
mod delivery;
mod demo;
mod family;
mod float;
mod hostile;
mod hostile_histogram;
mod native;
mod noise;
mod sane;
mod series;
mod set;
mod times;

pub use delivery::{Delivery, Slice};
pub use family::{Family, FamilyKind, LabelValues};
pub use series::{DataSample, DataSeries, DataValue};
pub use set::{DATA_SPAN_MS, DataSet, Deletion};
