//! Binary operators.
//!
//! * [`arithmetic`]: one operator on columns of numbers
//! * [`element`]: one operator on two elements of which one is a histogram
//! * [`scalar`]: vector with scalar, and the sign of a vector
//! * [`signature`]: which series of two vectors belong together
//! * [`matching`]: pairs of series and the checks that they are pairs
//! * [`meeting`]: two series that meet, and what the operator takes of them
//! * [`presence`]: at which steps something is there
//! * [`vector`]: vector with vector
//! * [`set`]: `and`, `or`, `unless`

mod arithmetic;
mod element;
mod matching;
mod meeting;
mod presence;
mod scalar;
mod set;
mod signature;
mod vector;

pub(crate) use arithmetic::{Operation, scalar_operation};
pub(crate) use scalar::{Negated, vector_scalar};
pub(crate) use set::{SetOperation, set_operation};
pub(crate) use vector::{VectorOperation, vector_operation};
