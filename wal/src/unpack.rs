//! From a record as it is stored to the record.

use crate::compression::{Decompressor, RecordCompression};
use crate::error::WalError;
use crate::part::{OpenPart, Place, Stored};

/// Where records of several fragments are put together, and compressed ones decompressed.
pub(crate) struct Unpacker {
    pub(crate) assembled: Vec<u8>,
    decompressor: Decompressor,
}

impl Unpacker {
    pub(crate) fn new() -> Self {
        Self { assembled: Vec::new(), decompressor: Decompressor::new() }
    }

    /// Decompresses a record that the part has found, if it is compressed.
    pub(crate) fn unpack(&mut self, part: &OpenPart, stored: &Stored) -> Result<(), WalError> {
        let bytes = stored_bytes(part, &self.assembled, &stored.place);
        let outcome = match stored.compression {
            RecordCompression::None => return Ok(()),
            RecordCompression::Snappy => self.decompressor.decompress_snappy(bytes),
            RecordCompression::Zstd => self.decompressor.decompress_zstd(bytes),
        };
        outcome.map_err(|error| part.decompression_error(stored.offset, error))
    }

    /// The record, once it is unpacked.
    pub(crate) fn record<'a>(&'a self, part: &'a OpenPart, stored: &Stored) -> &'a [u8] {
        match stored.compression {
            RecordCompression::None => stored_bytes(part, &self.assembled, &stored.place),
            RecordCompression::Snappy | RecordCompression::Zstd => self.decompressor.record(),
        }
    }
}

fn stored_bytes<'a>(part: &'a OpenPart, assembled: &'a [u8], place: &Place) -> &'a [u8] {
    match place {
        Place::Window(range) => part.window.get(range.clone()).unwrap_or_default(),
        Place::Assembled => assembled,
    }
}
