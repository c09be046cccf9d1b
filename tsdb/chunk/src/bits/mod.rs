//! A stream of bits, most significant first, in bytes.
//!
//! - [`writer`]: appends up to 64 bits at a time to a growing buffer.
//! - [`block`]: the same into memory on the stack, without branches. [`sink`]: what both are.
//! - [`reader`]: the checked reader, and the unaligned loads that the fast decoder is made of.
//! - `slow`: what the readers are compared with.

mod block;
mod reader;
mod sink;
#[cfg(test)]
pub(crate) mod slow;
mod writer;

pub(crate) use block::BitBlock;
pub(crate) use reader::{BitReader, PEEK_BITS, peek, peek_full};
pub(crate) use sink::BitSink;
pub(crate) use writer::BitWriter;
