//! One operator on columns of numbers: the operator is looked at once a column, not once a step.

use emberdb_model::math;
use emberdb_promql_syntax::BinaryOp;

use crate::annotation::Origin;
use crate::batch::Column;

/// Steps whose presence shares a word.
const WORD: usize = u64::BITS as usize;

/// An operator and how its result is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) op: BinaryOp,
    /// A comparison gives 0 or 1 instead of filtering.
    pub(crate) return_bool: bool,
    /// Of the whole expression, for annotations.
    pub(crate) origin: Origin,
}

impl Operation {
    /// Whether the result is another quantity than the operands, so that it loses their name.
    pub(crate) fn drops_name(&self) -> bool {
        self.return_bool || self.changes_meaning()
    }

    /// Whether it is arithmetic.
    pub(crate) fn changes_meaning(&self) -> bool {
        !self.op.is_comparison() && !self.op.is_trim() && !self.op.is_set()
    }

    /// `left op right` into `out`, whose presence says where both are there; a comparison that filters keeps `kept`,
    /// which is one of the two.
    pub(crate) fn apply(&self, left: &[f64], right: &[f64], kept: &[f64], out: &mut Column) {
        let (values, presence) = out.parts_mut();
        match self.op {
            // Not for floats: what is said of that is said element by element.
            op if op.is_trim() => presence.fill(0),
            op if op.is_comparison() => {
                let of_op = |flags: &mut dyn FnMut(usize, u64)| masks(op, left, right, flags);
                if self.return_bool {
                    of_op(&mut |word, mask| {
                        for (bit, value) in values[word * WORD..].iter_mut().take(WORD).enumerate() {
                            *value = (mask >> bit & 1) as f64;
                        }
                    });
                } else {
                    values.copy_from_slice(kept);
                    of_op(&mut |word, mask| presence[word] &= mask);
                }
            }
            op => arithmetic(op, left, right, values),
        }
    }
}

fn arithmetic(op: BinaryOp, left: &[f64], right: &[f64], out: &mut [f64]) {
    match op {
        BinaryOp::Add => each(left, right, out, |l, r| l + r),
        BinaryOp::Sub => each(left, right, out, |l, r| l - r),
        BinaryOp::Mul => each(left, right, out, |l, r| l * r),
        BinaryOp::Div => each(left, right, out, |l, r| l / r),
        BinaryOp::Mod => each(left, right, out, |l, r| l % r),
        BinaryOp::Pow => each(left, right, out, math::pow),
        BinaryOp::Atan2 => each(left, right, out, math::atan2),
        other => debug_assert!(false, "{other} is no arithmetic"),
    }
}

#[inline]
fn each(left: &[f64], right: &[f64], out: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    for ((out, &left), &right) in out.iter_mut().zip(left).zip(right) {
        *out = f(left, right);
    }
}

/// Gives `flags` for each word of steps where the comparison holds.
fn masks(op: BinaryOp, left: &[f64], right: &[f64], flags: &mut dyn FnMut(usize, u64)) {
    match op {
        BinaryOp::Equal => words(left, right, flags, |l, r| l == r),
        BinaryOp::NotEqual => words(left, right, flags, |l, r| l != r),
        BinaryOp::Less => words(left, right, flags, |l, r| l < r),
        BinaryOp::LessEqual => words(left, right, flags, |l, r| l <= r),
        BinaryOp::Greater => words(left, right, flags, |l, r| l > r),
        BinaryOp::GreaterEqual => words(left, right, flags, |l, r| l >= r),
        other => debug_assert!(false, "{other} is no comparison"),
    }
}

#[inline]
fn words(left: &[f64], right: &[f64], flags: &mut dyn FnMut(usize, u64), holds: impl Fn(f64, f64) -> bool) {
    for (word, (left, right)) in left.chunks(WORD).zip(right.chunks(WORD)).enumerate() {
        let mut mask = 0;
        for (bit, (&left, &right)) in left.iter().zip(right).enumerate() {
            mask |= u64::from(holds(left, right)) << bit;
        }
        flags(word, mask);
    }
}

/// `left op right` for two scalars: a comparison gives 0 or 1.
pub(crate) fn scalar_operation(op: BinaryOp, left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; left.len()];
    if op.is_comparison() {
        masks(op, left, right, &mut |word, mask| {
            for (bit, value) in out[word * WORD..].iter_mut().take(WORD).enumerate() {
                *value = (mask >> bit & 1) as f64;
            }
        });
    } else {
        arithmetic(op, left, right, &mut out);
    }
    out
}
