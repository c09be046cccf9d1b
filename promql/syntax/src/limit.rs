//! What a query may not exceed.

/// The greatest length of a query in bytes (1 MiB). Real queries stay far below; at this length the tree
/// takes some tens of MiB.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// The greatest height of a syntax tree, and the greatest depth to which brackets, signs and calls nest.
///
/// Parser, printer and every later stage walk the tree by recursion. This many levels fit in the 2 MiB
/// stack of a worker thread, with room for frames of 4 KiB, and are several times what generated queries
/// (long chains of `or`) are seen to need.
pub const DEPTH_MAX: usize = 500;
