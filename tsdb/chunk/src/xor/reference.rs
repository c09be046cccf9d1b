//! The format read from its definition, bit by bit: what the fast decoder is compared with.

use crate::bits::slow::SlowBits;

/// All samples as (time, value bits), or the bit at which the field begins that is cut off or wrong.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<(i64, u64)>, usize> {
    let mut bits = SlowBits::new(bytes);
    let count = bits.number(16)?;
    let mut samples: Vec<(i64, u64)> = Vec::new();
    let mut window = (0, 64);
    let mut step = 0_i64;
    for index in 0..count {
        if index == 0 {
            samples.push((bits.varint()?, bits.number(64)?));
            continue;
        }
        if index == 1 {
            step = bits.uvarint()? as i64;
        } else {
            step = step.wrapping_add(match bits.ones(4)? {
                0 => 0,
                1 => bits.moved(14)?,
                2 => bits.moved(17)?,
                3 => bits.moved(20)?,
                _ => bits.number(64)? as i64,
            });
        }
        let (t, value) = *samples.last().expect("index 0 has pushed one");
        let mut xor = 0;
        if bits.number(1)? == 1 {
            if bits.number(1)? == 1 {
                window = bits.window()?;
            }
            xor = bits.in_window(window)?;
        }
        samples.push((t.wrapping_add(step), value ^ xor));
    }
    Ok(samples)
}
