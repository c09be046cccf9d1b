//! A stream of bits, most significant first, in bytes.
//!
//! - [`writer`]: appends up to 64 bits at a time to a growing buffer.
//! - [`reader`]: the checked reader, and the unaligned loads that the fast decoder is made of.
//! - `slow`: what the readers are compared with.

mod reader;
#[cfg(test)]
pub(crate) mod slow;
mod writer;

pub(crate) use reader::{BitReader, PEEK_BITS, peek, peek_full};
pub(crate) use writer::BitWriter;
