//! The checksum of a fragment: CRC-32C (Castagnoli), as in all of Prometheus' files.

/// The checksum of a fragment's data; its header is not covered.
pub(crate) fn checksum(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
}

#[cfg(test)]
mod tests {
    /// The check value that the CRC catalogue lists for CRC-32/ISCSI.
    #[test]
    fn is_castagnoli() {
        assert_eq!(super::checksum(b"123456789"), 0xe306_9283);
    }
}
