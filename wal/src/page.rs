//! Pages: a segment is a row of 32 KiB pages, and no fragment crosses from one to the next.
//!
//! ```text
//! 0                                                    32768
//! ├──────────┬──────────┬──────────────────┬───────────┤
//! │ fragment │ fragment │ fragment         │ 0 0 0 ... │
//! └──────────┴──────────┴──────────────────┴───────────┘
//!                                           zeros where no header fits any more, or where a segment
//!                                           was closed before the page was full
//! ```

/// Size of a page in bytes.
pub const PAGE_BYTES: usize = 32 * 1024;

/// Bytes from `offset` (in a segment) to the end of its page: 1 to [`PAGE_BYTES`].
pub(crate) fn left_in_page(offset: u64) -> usize {
    // The remainder is smaller than a page, so it fits any usize.
    PAGE_BYTES - (offset % PAGE_BYTES as u64) as usize
}

/// Whether `offset` is the beginning of a page.
pub(crate) fn is_page_border(offset: u64) -> bool {
    offset.is_multiple_of(PAGE_BYTES as u64)
}
