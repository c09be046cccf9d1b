//! Angles reduced to at most an eighth of a turn.

use std::f64::consts::FRAC_PI_4;

/// Up to here the multiples of the parts of π/4 are exact.
const NEAR: f64 = (1_u64 << 29) as f64;

/// π/4 in three parts, the first two with zeros at the end.
const FRAC_PI_4_PARTS: [f64; 3] =
    [0.785_398_125_648_498_5, 3.774_894_707_930_798e-8, 2.695_151_429_079_059_5e-15];

const FRAC_4_PI: f64 = 1.273_239_544_735_162_8;

/// The digits of 4/π to base 2^64: enough for the largest exponent.
const FRAC_4_PI_DIGITS: [u64; 20] = [
    0x0000_0000_0000_0001,
    0x45f3_06dc_9c88_2a53,
    0xf84e_afa3_ea69_bb81,
    0xb6c5_2b32_7887_2083,
    0xfca2_c757_bd77_8ac3,
    0x6e48_dc74_849b_a5c0,
    0x0c92_5dd4_13a3_2439,
    0xfc3b_d639_6253_4e7d,
    0xd104_6bea_5d76_8909,
    0xd338_e04d_68be_fc82,
    0x7323_ac73_06a6_73e9,
    0x3908_bf17_7bf2_5076,
    0x3ff1_2fff_bc0b_301f,
    0xde5e_2316_b414_da3e,
    0xda6c_fd9e_4f96_136e,
    0x9e8c_7ecd_3cbf_d45a,
    0xea4f_758f_d7cb_e2f6,
    0x7a0e_73ef_14a5_25d4,
    0xd7f6_bf62_3f1a_ba10,
    0xac06_608d_f8f6_d757,
];

/// `x` without whole quarters of a turn: `x = π/4 octant + rest`, up to full turns, where the octant is even and the
/// rest is between -π/4 and π/4. For an `x` that is finite and not below zero.
pub(super) fn reduced(x: f64) -> (u64, f64) {
    if x < NEAR { reduced_by_parts(x) } else { reduced_by_digits(x) }
}

/// Cody's and Waite's way.
fn reduced_by_parts(x: f64) -> (u64, f64) {
    let octant = (x * FRAC_4_PI) as u64;
    let even = octant + (octant & 1);
    let rest = FRAC_PI_4_PARTS.iter().fold(x, |rest, part| rest - even as f64 * part);
    (even & 7, rest)
}

/// Payne's and Hanek's way: only those digits of 4/π are multiplied that make the product modulo 8.
fn reduced_by_digits(x: f64) -> (u64, f64) {
    let bits = x.to_bits();
    // The mantissa is a whole number; the octants shall be the highest three bits of 64.
    let place = (bits >> 52) as usize + 61 - (1023 + 52);
    let mantissa = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let [z0, z1, z2] = three_digits(place).map(|digit| u128::from(digit) * mantissa);
    // Bits above the 128 are full turns.
    let product = (z0 << 64).wrapping_add(z1).wrapping_add(z2 >> 64);
    let octant = (product >> 125) as u64;
    let fraction = fraction(product);
    if octant & 1 == 1 {
        ((octant + 1) & 7, (fraction - 1.0) * FRAC_PI_4)
    } else {
        (octant, fraction * FRAC_PI_4)
    }
}

/// The three digits of 4/π from the bit on that has the weight `2^-place`.
fn three_digits(place: usize) -> [u64; 3] {
    let (digit, shift) = (place / 64, place % 64);
    [0, 1, 2].map(|offset| {
        let [high, low] = [0, 1].map(|next| u128::from(FRAC_4_PI_DIGITS[digit + offset + next]));
        ((high << 64 | low) << shift >> 64) as u64
    })
}

/// What stands behind the three bits of the octant, as a number below 1.
fn fraction(product: u128) -> f64 {
    let high = (product << 3 >> 64) as u64;
    let zeros = high.leading_zeros();
    // The lower half comes with the three bits that the higher one has taken from it: upstream's answers have them twice.
    let digits = u128::from(high) << 64 | product & u128::from(u64::MAX);
    let mantissa = (digits << (zeros + 1) >> 64) as u64 >> 12;
    f64::from_bits(u64::from(1022 - zeros) << 52 | mantissa)
}
