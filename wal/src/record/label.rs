//! Sets of labels, of series and of exemplars.
//!
//! ```text
//! ┌──────────────────────────┬──────────────────────────────────────┐
//! │ uvarint number of labels │ per label: string name, string value │
//! └──────────────────────────┴──────────────────────────────────────┘
//! ```

use super::RecordError;
use super::field::{FieldReader, put_string, put_uvarint};

/// Most labels of a series or of an exemplar that are read. Upstream has no limit; Prometheus' users are far below a
/// hundred.
pub const LABELS_PER_SERIES_MAX: usize = 65_536;

/// Smallest label, in bytes: two empty strings.
const LABEL_BYTES_MIN: usize = 1 + 1;

/// Appends labels as (name, value).
pub(crate) fn put_labels<'l>(labels: impl Iterator<Item = (&'l str, &'l str)> + Clone, record: &mut Vec<u8>) {
    put_uvarint(labels.clone().count() as u64, record);
    for (name, value) in labels {
        put_string(name, record);
        put_string(value, record);
    }
}

/// Appends the labels that follow to `labels`.
pub(crate) fn read_labels<'a>(
    fields: &mut FieldReader<'a>,
    labels: &mut Vec<(&'a str, &'a str)>,
) -> Result<(), RecordError> {
    // Nothing is reserved for a count that the bytes may not bear out: the buffer grows with what is there.
    each_label(fields, |name, value| labels.push((name, value)))
}

/// Reads the labels that follow, one after the other.
pub(crate) fn each_label<'a>(
    fields: &mut FieldReader<'a>,
    mut visit: impl FnMut(&'a str, &'a str),
) -> Result<(), RecordError> {
    let count = fields.count("labels", LABELS_PER_SERIES_MAX, LABEL_BYTES_MIN)?;
    for _ in 0..count {
        let name = fields.string("a label's name")?;
        let value = fields.string("a label's value")?;
        visit(name, value);
    }
    Ok(())
}
