//! Bits one by one: what the formats' definitions are read with, to compare the fast readers with.

/// The bits of a chunk and a place in them. What is cut off or wrong is an error: the place where the field begins.
pub(crate) struct SlowBits {
    bits: Vec<bool>,
    pub(crate) at_bit: usize,
}

impl SlowBits {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let bits =
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1 == 1)).collect();
        Self { bits, at_bit: 0 }
    }

    pub(crate) fn number(&mut self, count: usize) -> Result<u64, usize> {
        let field = self.bits.get(self.at_bit..self.at_bit + count).ok_or(self.at_bit)?;
        self.at_bit += count;
        Ok(field.iter().fold(0, |number, &bit| number << 1 | u64::from(bit)))
    }

    /// Ones up to a zero, or `most` of them.
    pub(crate) fn ones(&mut self, most: usize) -> Result<usize, usize> {
        let mut ones = 0;
        while ones < most && self.number(1)? == 1 {
            ones += 1;
        }
        Ok(ones)
    }

    /// `count` bits that stand for -2^(count-1) up to 2^(count-1)-1.
    pub(crate) fn signed(&mut self, count: usize) -> Result<i64, usize> {
        let number = self.number(count)?;
        Ok(if count < 64 && number >= 1 << (count - 1) {
            number as i64 - (1 << count)
        } else {
            number as i64
        })
    }

    /// `count` bits, less than 64, that stand for -2^(count-1)+1 up to 2^(count-1).
    pub(crate) fn moved(&mut self, count: usize) -> Result<i64, usize> {
        let number = self.number(count)? as i64;
        Ok(if number > 1 << (count - 1) { number - (1 << count) } else { number })
    }

    pub(crate) fn uvarint(&mut self) -> Result<u64, usize> {
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

    pub(crate) fn varint(&mut self) -> Result<i64, usize> {
        let zigzag = self.uvarint()?;
        Ok(if zigzag % 2 == 0 { (zigzag / 2) as i64 } else { -1 - (zigzag / 2) as i64 })
    }

    fn length(&mut self) -> Result<usize, usize> {
        Ok([0, 3, 6, 9, 12, 18, 25, 56, 64][self.ones(8)?])
    }

    pub(crate) fn uvarbit(&mut self) -> Result<u64, usize> {
        let length = self.length()?;
        self.number(length)
    }

    pub(crate) fn varbit(&mut self) -> Result<i64, usize> {
        match self.length()? {
            0 => Ok(0),
            64 => Ok(self.number(64)? as i64),
            length => self.moved(length),
        }
    }

    /// A window of a value's XOR: the zeros before it and its length.
    pub(crate) fn window(&mut self) -> Result<(u64, u64), usize> {
        let start = self.at_bit;
        let fields = self.number(11)?;
        let (leading, length) = (fields / 64, if fields % 64 == 0 { 64 } else { fields % 64 });
        if leading + length > 64 { Err(start) } else { Ok((leading, length)) }
    }

    /// What is in a window.
    pub(crate) fn in_window(&mut self, (leading, length): (u64, u64)) -> Result<u64, usize> {
        Ok(self.number(length as usize)? << (64 - leading - length))
    }
}

/// Start timestamps by definition: what stands behind sample `index` of a chunk with this header byte.
pub(crate) struct SlowStarts {
    byte: u64,
    start_ms: i64,
    behind_ms: i64,
}

impl SlowStarts {
    pub(crate) const fn new(byte: u64) -> Self {
        Self { byte, start_ms: 0, behind_ms: 0 }
    }

    /// The start of a sample, given its time and that of the sample before.
    pub(crate) fn next(
        &mut self,
        bits: &mut SlowBits,
        index: u64,
        previous_ms: i64,
        t_ms: i64,
    ) -> Result<i64, usize> {
        let change_at = self.byte % 128;
        if index == 0 && self.byte >= 128 {
            self.start_ms = t_ms.wrapping_sub(bits.varint()?);
        } else if index > 0 && change_at > 0 && index >= change_at {
            let number = bits.varbit()?;
            self.behind_ms = if index == change_at { number } else { self.behind_ms.wrapping_add(number) };
            self.start_ms = previous_ms.wrapping_sub(self.behind_ms);
        }
        Ok(self.start_ms)
    }
}
