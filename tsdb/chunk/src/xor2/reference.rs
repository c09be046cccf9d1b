//! The format read from its definition, bit by bit: what the decoder is compared with.

use super::STALE_NAN_BITS;
use crate::bits::slow::{SlowBits, SlowStarts};

/// All samples as (time, value bits, start), or the bit at which the field begins that is cut off or wrong.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<(i64, u64, i64)>, usize> {
    let mut bits = SlowBits::new(bytes);
    let count = bits.number(16)?;
    let mut starts = SlowStarts::new(bits.number(8)?);
    let mut samples: Vec<(i64, u64, i64)> = Vec::new();
    let mut values = Values { live: 0, window: (0, 64) };
    let mut step = 0_i64;
    for index in 0..count {
        let before = samples.last().map_or(0, |&(t, _, _)| t);
        let (t, value);
        if index == 0 {
            t = bits.varint()?;
            value = bits.number(64)?;
            values.live = if value == STALE_NAN_BITS { 0 } else { value };
        } else if index == 1 {
            step = bits.uvarint()? as i64;
            t = before.wrapping_add(step);
            value = values.behind_time(&mut bits)?;
        } else {
            let ones = bits.ones(5)?;
            let change = match ones {
                2 => bits.signed(13)?,
                3 => bits.signed(20)?,
                4 => bits.signed(64)?,
                _ => 0,
            };
            step = step.wrapping_add(change);
            t = before.wrapping_add(step);
            value = match ones {
                0 => values.live,
                1 => {
                    let is_new = bits.number(1)? == 1;
                    values.changed(&mut bits, is_new)?
                }
                5 => STALE_NAN_BITS,
                _ => values.behind_time(&mut bits)?,
            };
        }
        samples.push((t, value, starts.next(&mut bits, index, before, t)?));
    }
    Ok(samples)
}

struct Values {
    live: u64,
    window: (u64, u64),
}

impl Values {
    fn behind_time(&mut self, bits: &mut SlowBits) -> Result<u64, usize> {
        match bits.ones(3)? {
            0 => Ok(self.live),
            1 => self.changed(bits, false),
            2 => self.changed(bits, true),
            _ => Ok(STALE_NAN_BITS),
        }
    }

    fn changed(&mut self, bits: &mut SlowBits, is_new: bool) -> Result<u64, usize> {
        if is_new {
            self.window = bits.window()?;
        }
        self.live ^= bits.in_window(self.window)?;
        Ok(self.live)
    }
}
