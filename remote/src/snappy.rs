//! Snappy's block format, with limits before and after.

use crate::reply::Refusal;

/// A request may have so many bytes, compressed or not: upstream's limit. Requests of its senders have some hundred KiB.
pub const REQUEST_BYTES_MAX: usize = 32 << 20;

/// The bytes of a compressed request. What they would grow to is looked at before there is room made for them.
pub(crate) fn decompress(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    if body.len() > REQUEST_BYTES_MAX {
        return Err(Refusal::too_large());
    }
    let corrupt = |error| Refusal::bad_request(format!("snappy: corrupt input: {error}"));
    let bytes = match snap::raw::decompress_len(body) {
        // One of 4 GiB and more is as corrupt to other readers as to ours, but it is one of the things that are limited.
        Err(snap::Error::TooBig { .. }) => usize::MAX,
        length => length.map_err(corrupt)?,
    };
    if bytes > REQUEST_BYTES_MAX {
        return Err(Refusal::bad_request(format!(
            "decoded size exceeds the {REQUEST_BYTES_MAX} bytes limit"
        )));
    }
    // An empty body has no length that could be read; the rest of upstream's words are those of its library.
    snap::raw::Decoder::new().decompress_vec(body).map_err(corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_beyond_the_limit_is_refused_before_it_grows() {
        // Lengths of 4 GiB - 1 and of 32 MiB + 1, and of 2^40, with nothing behind them.
        for claim in [
            &[0xff, 0xff, 0xff, 0xff, 0x0f][..],
            &[0x81, 0x80, 0x80, 0x10],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x20],
        ] {
            let refusal = decompress(claim).unwrap_err();
            assert_eq!(refusal.status, 400, "{refusal:?}");
        }
        let refusal = decompress(&[0xff, 0xff, 0xff, 0xff, 0x0f]).unwrap_err();
        assert_eq!(refusal.message, "decoded size exceeds the 33554432 bytes limit");
        let zeros = vec![0; REQUEST_BYTES_MAX + 1];
        let bomb = snap::raw::Encoder::new().compress_vec(&zeros).unwrap();
        assert!(bomb.len() < zeros.len() / 15);
        assert_eq!(decompress(&bomb).unwrap_err().status, 400);
        assert_eq!(decompress(&zeros).unwrap_err().status, 413);
        let most = snap::raw::Encoder::new().compress_vec(&zeros[1..]).unwrap();
        assert_eq!(decompress(&most).unwrap().len(), REQUEST_BYTES_MAX);
    }

    #[test]
    fn what_is_cut_off_or_empty_is_corrupt() {
        let whole = snap::raw::Encoder::new().compress_vec(b"up up up up up up and away").unwrap();
        assert_eq!(decompress(&whole).unwrap(), b"up up up up up up and away");
        for end in 0..whole.len() {
            let refusal = decompress(&whole[..end]).unwrap_err();
            assert!(
                refusal.status == 400 && refusal.message.starts_with("snappy: corrupt input"),
                "{refusal:?}"
            );
        }
        // A request with nothing in it.
        assert_eq!(decompress(&[0]).unwrap(), b"");
    }
}
