//! `limitk` and `limit_ratio`: some series of a group, unchanged.

use std::sync::Arc;

use emberdb_model::{Label, SymbolTable};
use xxhash_rust::xxh64::xxh64;

use super::Groups;
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::{Held, ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource};

/// `limitk by (...) (k, input)`: the first k values of each group at each step. `k` has one number a step.
pub(crate) fn limitk(
    input: &dyn VectorSource,
    k: &[usize],
    groups: &Groups,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let steps = input.steps().count;
    let mut taken: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    let mut labels = SeriesLabels::default();
    let mut columns = Vec::new();
    let mut reservation = context.hold(0)?;
    let mut held = 0;
    for_each_column(input, &all_of(input), context, |series, column| {
        let taken = &mut taken[groups.of_series[series]];
        taken.resize(steps, 0);
        let mut kept = Column::absent(steps);
        let mut takes = |step: usize| {
            let has_room = taken[step] < k[step];
            taken[step] += usize::from(has_room);
            has_room
        };
        for (step, value) in column.iter_present() {
            if takes(step) {
                kept.set(step, value);
            }
        }
        for (step, histogram) in column.iter_histograms() {
            if takes(step) {
                kept.set_histogram(step, Arc::clone(histogram));
            }
        }
        if !kept.is_vacant() {
            held += kept.weight();
            reservation.set(held)?;
            labels.push(input.series().get(series).iter().copied(), input.series().drops_name(series));
            columns.push(kept);
        }
        Ok(())
    })?;
    Ok(Held::new(labels, columns, input.steps(), reservation))
}

/// `limit_ratio(r, input)`: the series whose hash falls into that share; a negative ratio takes the others.
pub(crate) struct LimitRatio {
    input: Vector,
    ratio: ScalarColumn,
    /// Where each series' hash stands between 0 and 1.
    offsets: Vec<f64>,
}

impl LimitRatio {
    pub(crate) fn new(input: Vector, ratio: ScalarColumn, symbols: &SymbolTable) -> Self {
        let mut bytes = Vec::new();
        let offsets = input.series().iter().map(|labels| {
            write_label_bytes(labels, symbols, &mut bytes);
            xxh64(&bytes, 0) as f64 / u64::MAX as f64
        });
        let offsets = offsets.collect();
        Self { input, ratio, offsets }
    }
}

fn is_sampled(ratio: f64, offset: f64) -> bool {
    if ratio >= 0.0 { offset < ratio } else { offset >= 1.0 + ratio }
}

impl VectorSource for LimitRatio {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.input.series()
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)?;
        for (step, &ratio) in self.ratio.0.iter().enumerate() {
            if ratio == 0.0 || !is_sampled(ratio.clamp(-1.0, 1.0), self.offsets[series]) {
                out.clear(step);
            }
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }
}

/// The bytes that upstream hashes: of each label name and value, each after its length, which is one byte, or 255 and
/// three more, least significant first.
fn write_label_bytes(labels: &[Label], symbols: &SymbolTable, out: &mut Vec<u8>) {
    out.clear();
    for text in labels.iter().flat_map(|l| [symbols.resolve(l.name), symbols.resolve(l.value)]) {
        match u8::try_from(text.len()) {
            Ok(len) if len < 255 => out.push(len),
            _ => {
                out.push(255);
                out.extend_from_slice(&(text.len() as u64).to_le_bytes()[..3]);
            }
        }
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_one_byte_or_four() {
        let mut symbols = SymbolTable::new();
        let long = "x".repeat(300);
        let labels = [Label { name: symbols.intern("a"), value: symbols.intern(&long) }];
        let mut bytes = Vec::new();
        write_label_bytes(&labels, &symbols, &mut bytes);
        assert_eq!(bytes[..6], [1, b'a', 255, 44, 1, 0]);
        assert_eq!(bytes.len(), 6 + 300);
    }

    #[test]
    fn a_ratio_and_its_negative_rest_share_the_series() {
        for offset in [0.0, 0.3, 0.5, 0.999] {
            assert_ne!(is_sampled(0.25, offset), is_sampled(-0.75, offset));
        }
    }
}
