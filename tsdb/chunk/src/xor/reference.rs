//! The format read from its definition, bit by bit: what the fast decoder is compared with.

/// All samples as (time, value bits), or the bit at which the field begins that is cut off or wrong.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<(i64, u64)>, usize> {
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1 == 1)).collect();
    let mut stream = Stream { bits, at_bit: 0 };
    let count = stream.number(16)?;
    let mut samples: Vec<(i64, u64)> = Vec::new();
    let mut window = (0, 64);
    let mut step = 0_i64;
    for index in 0..count {
        if index == 0 {
            let zigzag = stream.uvarint()?;
            let t = if zigzag % 2 == 0 { (zigzag / 2) as i64 } else { -1 - (zigzag / 2) as i64 };
            samples.push((t, stream.number(64)?));
            continue;
        }
        if index == 1 {
            step = stream.uvarint()? as i64;
        } else {
            let mut ones = 0;
            while ones < 4 && stream.number(1)? == 1 {
                ones += 1;
            }
            step = step.wrapping_add(match ones {
                0 => 0,
                1 => stream.moved(14)?,
                2 => stream.moved(17)?,
                3 => stream.moved(20)?,
                _ => stream.number(64)? as i64,
            });
        }
        let (t, value) = *samples.last().expect("index 0 has pushed one");
        let mut xor = 0;
        if stream.number(1)? == 1 {
            if stream.number(1)? == 1 {
                let start = stream.at_bit;
                let fields = stream.number(11)?;
                window = (fields / 64, fields % 64);
                if window.1 == 0 {
                    window.1 = 64;
                }
                if window.0 + window.1 > 64 {
                    return Err(start);
                }
            }
            xor = stream.number(window.1 as usize)? << (64 - window.0 - window.1);
        }
        samples.push((t.wrapping_add(step), value ^ xor));
    }
    Ok(samples)
}

struct Stream {
    bits: Vec<bool>,
    at_bit: usize,
}

impl Stream {
    fn number(&mut self, count: usize) -> Result<u64, usize> {
        let field = self.bits.get(self.at_bit..self.at_bit + count).ok_or(self.at_bit)?;
        self.at_bit += count;
        Ok(field.iter().fold(0, |number, &bit| number << 1 | u64::from(bit)))
    }

    /// `count` bits that stand for -2^(count-1)+1 up to 2^(count-1).
    fn moved(&mut self, count: usize) -> Result<i64, usize> {
        let number = self.number(count)? as i64;
        Ok(if number > 1 << (count - 1) { number - (1 << count) } else { number })
    }

    fn uvarint(&mut self) -> Result<u64, usize> {
        let start = self.at_bit;
        let mut number = 0_u128;
        for place in 0..10 {
            let byte = self.number(8)?;
            number |= u128::from(byte % 128) << (7 * place);
            if byte < 128 || place == 9 {
                return if byte < 128 && number < 1 << 64 { Ok(number as u64) } else { Err(start) };
            }
        }
        Err(start)
    }
}
