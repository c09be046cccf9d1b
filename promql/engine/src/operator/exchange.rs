//! Pulling columns out of a source: computed by as many threads as there are, handed on in order.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Held, Scratch, Vector, VectorSource};
use crate::batch::Column;
use crate::context::QueryContext;
use crate::error::Result;

/// A block of columns has about so many steps: enough work to share, little memory (8 bytes each).
const BLOCK_STEPS: usize = 1 << 16;

/// The same where columns may have native histograms, each of which takes the memory of a hundred floats: what is in
/// one block stays in the caches while it is folded.
const BLOCK_STEPS_OF_HISTOGRAMS: usize = 1 << 12;

/// A block has at least so many columns and at most so many, however long these are.
const BLOCK_COLUMNS: (usize, usize) = (16, 1024);

/// Each thread takes about so many pieces of a block, so that one slow series does not keep the others waiting.
const PIECES_PER_THREAD: usize = 4;

/// Gives `fold` the columns of the series `which`, one after another in that order.
///
/// The order does not depend on the number of threads, so what `fold` sums up does not either.
pub(crate) fn for_each_column(
    source: &dyn VectorSource,
    which: &[u32],
    context: &Arc<QueryContext>,
    mut fold: impl FnMut(usize, &Column) -> Result<()> + Send,
) -> Result<()> {
    let Some(pool) = context.pool.as_ref().filter(|_| which.len() > 1) else {
        return one_by_one(source, which, context, &mut fold);
    };
    if which.first().is_some_and(|&first| source.held(first as usize).is_some()) {
        return one_by_one(source, which, context, &mut fold);
    }
    let block_steps = if source.may_have_histograms() { BLOCK_STEPS_OF_HISTOGRAMS } else { BLOCK_STEPS };
    let block = (block_steps / source.steps().count).clamp(BLOCK_COLUMNS.0, BLOCK_COLUMNS.1);
    let threads = pool.current_num_threads();
    pool.install(move || {
        let mut columns = vec![Column::new(); block.min(which.len())];
        for block in which.chunks(block) {
            let piece = block.len().div_ceil(threads * PIECES_PER_THREAD);
            let pieces = columns[..block.len()].par_chunks_mut(piece).zip(block.par_chunks(piece));
            let begun = context.meters.as_ref().map(|meters| meters.now());
            let done: Vec<Result<()>> = pieces
                .map(|(columns, which)| {
                    let mut scratch = Scratch::new(context);
                    for (column, &series) in columns.iter_mut().zip(which) {
                        context.check()?;
                        source.column(series as usize, &mut scratch, column)?;
                    }
                    Ok(())
                })
                .collect();
            if let (Some(meters), Some(begun)) = (&context.meters, begun) {
                meters.set_aside(meters.now().saturating_sub(begun));
            }
            // The first in order, not the first in time: the answer must not depend on who is faster.
            done.into_iter().collect::<Result<()>>()?;
            for (column, &series) in columns.iter().zip(block) {
                fold(series as usize, column)?;
            }
        }
        Ok(())
    })
}

fn one_by_one(
    source: &dyn VectorSource,
    which: &[u32],
    context: &Arc<QueryContext>,
    fold: &mut dyn FnMut(usize, &Column) -> Result<()>,
) -> Result<()> {
    let mut scratch = Scratch::new(context);
    let mut column = scratch.take_column();
    for &series in which {
        let series = series as usize;
        context.check()?;
        match source.held(series) {
            Some(held) => fold(series, held)?,
            None => {
                source.column(series, &mut scratch, &mut column)?;
                fold(series, &column)?;
            }
        }
    }
    scratch.give_column(column);
    if let Some(meters) = &context.meters {
        meters.set_aside(scratch.lap.below);
    }
    Ok(())
}

/// All series of a source, as [`for_each_column`] wants them.
pub(crate) fn all_of(source: &dyn VectorSource) -> Vec<u32> {
    (0..source.len() as u32).collect()
}

/// Computes and forgets the columns of a source that nobody asks for, for the sake of their annotations and errors.
pub(crate) fn drain(source: &dyn VectorSource, which: &[u32], context: &Arc<QueryContext>) -> Result<()> {
    if source.is_quiet() {
        return Ok(());
    }
    for_each_column(source, which, context, |_, _| Ok(()))
}

/// Computes all columns and keeps those that have a value at some step.
pub(crate) fn hold(source: &dyn VectorSource, context: &Arc<QueryContext>) -> Result<Held> {
    let mut reservation = context.hold(0)?;
    let mut columns = Vec::new();
    let mut kept = Vec::new();
    let mut samples = 0;
    for_each_column(source, &all_of(source), context, |series, column| {
        if !column.is_vacant() {
            samples += column.weight();
            reservation.set(samples)?;
            columns.push(column.clone());
            kept.push(series);
        }
        Ok(())
    })?;
    let series = source.series().select(kept.into_iter());
    Ok(Held::new(series, columns, source.steps(), reservation))
}

/// Computes all columns and keeps all of them.
pub(crate) fn hold_all(source: &dyn VectorSource, context: &Arc<QueryContext>) -> Result<Held> {
    let mut reservation = context.hold(0)?;
    let mut columns = Vec::with_capacity(source.len());
    let mut samples = 0;
    for_each_column(source, &all_of(source), context, |_, column| {
        samples += column.weight();
        reservation.set(samples)?;
        columns.push(column.clone());
        Ok(())
    })?;
    Ok(Held::new((**source.series()).clone(), columns, source.steps(), reservation))
}

/// As [`hold`], boxed.
pub(crate) fn hold_vector(source: &dyn VectorSource, context: &Arc<QueryContext>) -> Result<Vector> {
    Ok(Box::new(hold(source, context)?))
}
