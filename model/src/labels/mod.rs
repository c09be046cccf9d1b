//! Labels: as text at the edges ([`Labels`]), as symbols inside ([`Label`], [`SymbolTable`]), shown by [`LabelsRef`].

mod names;
mod set;
mod symbol;
mod view;

pub use names::{
    BUCKET_LABEL, METRIC_NAME, QUANTILE_LABEL, is_legacy_label_name, is_legacy_metric_name, write_quoted,
};
pub use set::{LabelError, Labels, LabelsBuilder};
pub use symbol::{Label, Symbol, SymbolTable};
pub use view::LabelsRef;
